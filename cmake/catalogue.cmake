# SPDX-License-Identifier: Apache-2.0
# Reads shim/interposed.def: CLOEXEC_CATALOGUE is the list of the names interposed on this architecture.
set(catalogue_file ${PROJECT_SOURCE_DIR}/shim/interposed.def)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${catalogue_file})

set(prefix "X")
if(CMAKE_SIZEOF_VOID_P EQUAL 4)
  set(prefix "X(_TIME64)?")
endif()
file(STRINGS ${catalogue_file} catalogue_lines REGEX "^${prefix}\\(")
set(CLOEXEC_CATALOGUE "")
foreach(line IN LISTS catalogue_lines)
  string(REGEX REPLACE "^[X_TIME64]+\\(([A-Za-z0-9_]+),.*" "\\1" name "${line}")
  list(APPEND CLOEXEC_CATALOGUE ${name})
endforeach()

# And CLOEXEC_EXPORTS what the library exports: these too.
file(STRINGS ${catalogue_file} watch_lines REGEX "^X_WATCH\\(")
set(CLOEXEC_EXPORTS ${CLOEXEC_CATALOGUE})
foreach(line IN LISTS watch_lines)
  string(REGEX REPLACE "^X_WATCH\\(([A-Za-z0-9_]+)\\)" "\\1" name "${line}")
  list(APPEND CLOEXEC_EXPORTS ${name})
endforeach()
