# SPDX-License-Identifier: Apache-2.0
# What the presets asan and tsan add. The shim lives in other people's processes and is linked against nothing, so no
# sanitizer's runtime can be in it; undefined behaviour needs none when it traps.
set(CLOEXEC_SANITIZE "" CACHE STRING "What to check in the tests and what they link, as -fsanitize= has it")
option(CLOEXEC_COVERAGE "Count which lines the tests run (needs clang; scripts/coverage)" OFF)

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

# For the preset coverage: what `binary` does of its own sources and of `objects` is counted (tests/coverage/counters.cpp).
function(count_coverage binary)
  if(NOT CLOEXEC_COVERAGE)
    return()
  endif()
  foreach(target ${binary} ${ARGN})
    target_compile_options(${target} PRIVATE -fprofile-instr-generate -fcoverage-mapping -fprofile-update=atomic
      "SHELL:-mllvm -runtime-counter-relocation=true")
  endforeach()
  add_library(${binary}_counters OBJECT ${PROJECT_SOURCE_DIR}/tests/coverage/counters.cpp)
  get_target_property(type ${binary} TYPE)
  if(type STREQUAL "SHARED_LIBRARY")
    target_sources(${binary}_counters PRIVATE ${PROJECT_SOURCE_DIR}/tests/coverage/no_exceptions.cpp)
  endif()
  target_link_libraries(${binary}_counters PRIVATE cloexec_warnings)
  target_include_directories(${binary}_counters PRIVATE ${PROJECT_SOURCE_DIR})
  # Its inline functions, which are not counted, must not stand for those that are.
  target_compile_options(${binary}_counters PRIVATE -O2 -fvisibility-inlines-hidden)
  target_compile_definitions(${binary}_counters PRIVATE COUNTERS="${CMAKE_BINARY_DIR}/counters/${binary}")
  set_target_properties(${binary}_counters PROPERTIES POSITION_INDEPENDENT_CODE ON)
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/counters)
  target_sources(${binary} PRIVATE $<TARGET_OBJECTS:${binary}_counters>)
  # Nothing refers to what says which counter is which line's.
  target_link_options(${binary} PRIVATE LINKER:--no-gc-sections)
endfunction()
