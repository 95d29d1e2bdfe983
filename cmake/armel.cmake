# SPDX-License-Identifier: Apache-2.0
set(processor armv5tel)
set(triplet arm-linux-gnueabi)
set(emulator qemu-arm)
include(${CMAKE_CURRENT_LIST_DIR}/cross.cmake)
