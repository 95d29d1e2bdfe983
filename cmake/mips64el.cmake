# SPDX-License-Identifier: Apache-2.0
set(processor mips64)
set(triplet mips64el-linux-gnuabi64)
set(emulator qemu-mips64el)
include(${CMAKE_CURRENT_LIST_DIR}/cross.cmake)
