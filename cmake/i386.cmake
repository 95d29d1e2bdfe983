# SPDX-License-Identifier: Apache-2.0
# The compiler's own package (gcc-12-multilib) is enough. The package gcc-multilib, which cannot be installed beside a cross
# compiler, would only add the link /usr/include/asm, for which the -idirafter stands.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR i386)
set(CMAKE_C_FLAGS_INIT "-m32 -idirafter /usr/include/x86_64-linux-gnu")
set(CMAKE_CXX_FLAGS_INIT "-m32 -idirafter /usr/include/x86_64-linux-gnu")
