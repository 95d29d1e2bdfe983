# SPDX-License-Identifier: Apache-2.0
# add_room(NAME USES...): the sources of this folder as a library of the command's, cloexec_NAME, built as the command is.
function(add_room name)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  add_library(cloexec_${name} STATIC ${sources})
  set_target_properties(cloexec_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_link_libraries(cloexec_${name} PRIVATE cloexec_warnings cloexec_sanitizers PUBLIC ${ARGN})
  target_compile_options(cloexec_${name} PRIVATE -fstack-protector-strong
    "$<$<CONFIG:Release,RelWithDebInfo>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>")
endfunction()
