# SPDX-License-Identifier: Apache-2.0
# Tests are added by these two, so that none is without a label.

# What both take behind their own arguments.
macro(parse_properties)
  cmake_parse_arguments(arg "" "PROCESSORS;COST" "LABELS;ENVIRONMENT;COMMAND" ${ARGN})
  foreach(label IN LISTS arg_LABELS)
    if(NOT label MATCHES "^(quick|counted|race|real|network)$")
      message(FATAL_ERROR "'${label}' is no label of a test: see tests/CMakeLists.txt")
    endif()
  endforeach()
  if(NOT arg_LABELS OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "a test's LABELS are missing, or this is nothing of it: '${arg_UNPARSED_ARGUMENTS}'")
  endif()
endmacro()

# add_labelled_test(NAME LABELS LABEL... [PROCESSORS N] [COST SECONDS] [ENVIRONMENT NAME=VALUE...] COMMAND WORD...)
# COST: those that take longest begin first, so that none is left alone at the end. With PROCESSORS 2 nothing else runs on a
# machine that has two.
function(add_labelled_test name)
  parse_properties(${ARGN})
  add_test(NAME ${name} COMMAND ${arg_COMMAND} COMMAND_EXPAND_LISTS)
  set_property(TEST ${name} PROPERTY LABELS ${arg_LABELS})
  foreach(property PROCESSORS COST ENVIRONMENT)
    if(arg_${property})
      set_property(TEST ${name} PROPERTY ${property} "${arg_${property}}")
    endif()
  endforeach()
endfunction()

# discover_tests(TARGET PREFIX LABELS LABEL... [PROCESSORS N] [COST SECONDS]): one test a case of GoogleTest's, as
# PREFIX.SUITE.CASE. Without the values of parameters, of which some are paths.
function(discover_tests target prefix)
  parse_properties(${ARGN})
  gtest_discover_tests(${target} TEST_PREFIX ${prefix}. NO_PRETTY_VALUES TEST_LIST discovered)
  # Read by ctest behind what lists the tests. A list of labels would not survive the way through the PROPERTIES there.
  set(properties "LABELS [[${arg_LABELS}]]")
  foreach(property PROCESSORS COST)
    if(arg_${property})
      string(APPEND properties " ${property} ${arg_${property}}")
    endif()
  endforeach()
  set(file ${CMAKE_CURRENT_BINARY_DIR}/${target}_properties.cmake)
  file(CONFIGURE OUTPUT ${file} CONTENT "if(discovered)
  set_tests_properties(\${discovered} PROPERTIES @properties@)
  unset(discovered)
endif()
" @ONLY)
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${file})
endfunction()
