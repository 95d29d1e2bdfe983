# SPDX-License-Identifier: Apache-2.0
# What the presets asan and tsan add. The shim lives in other people's processes and is linked against nothing, so no
# sanitizer's runtime can be in it; undefined behaviour needs none when it traps.
add_library(cloexec_sanitizers INTERFACE)
add_library(cloexec_shim_sanitizers INTERFACE)
if(CLOEXEC_SANITIZE)
  target_compile_options(cloexec_sanitizers INTERFACE -fsanitize=${CLOEXEC_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(cloexec_sanitizers INTERFACE -fsanitize=${CLOEXEC_SANITIZE})
  if(CLOEXEC_SANITIZE MATCHES "undefined")
    # A finding must fail the test in which it is made.
    target_compile_options(cloexec_sanitizers INTERFACE -fno-sanitize-recover=all)
    target_compile_options(cloexec_shim_sanitizers INTERFACE -fsanitize=undefined -fsanitize-undefined-trap-on-error)
  endif()
endif()
