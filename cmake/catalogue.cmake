# SPDX-License-Identifier: Apache-2.0
# Reads the catalogue, CLOEXEC_CATALOGUE_FILE: CLOEXEC_CATALOGUE is the list of the names interposed on this architecture.
set(CLOEXEC_CATALOGUE_FILE ${PROJECT_SOURCE_DIR}/catalogue/interposed.def)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CLOEXEC_CATALOGUE_FILE}
  ${PROJECT_SOURCE_DIR}/catalogue/used.def)

set(prefix "X")
if(CMAKE_SIZEOF_VOID_P EQUAL 4)
  set(prefix "X(_TIME64)?")
endif()
file(STRINGS ${CLOEXEC_CATALOGUE_FILE} catalogue_lines REGEX "^${prefix}\\(")
set(CLOEXEC_CATALOGUE "")
foreach(line IN LISTS catalogue_lines)
  string(REGEX REPLACE "^[X_TIME64]+\\(([A-Za-z0-9_]+),.*" "\\1" name "${line}")
  list(APPEND CLOEXEC_CATALOGUE ${name})
endforeach()

# And CLOEXEC_EXPORTS what the library exports: these too.
function(append_names list file kind)
  file(STRINGS ${file} lines REGEX "^${kind}\\(")
  foreach(line IN LISTS lines)
    string(REGEX REPLACE "^${kind}\\(([A-Za-z0-9_]+).*" "\\1" name "${line}")
    list(APPEND ${list} ${name})
  endforeach()
  set(${list} ${${list}} PARENT_SCOPE)
endfunction()
set(CLOEXEC_EXPORTS ${CLOEXEC_CATALOGUE})
append_names(CLOEXEC_EXPORTS ${CLOEXEC_CATALOGUE_FILE} X_WATCH)
if(CMAKE_SIZEOF_VOID_P EQUAL 4)
  append_names(CLOEXEC_EXPORTS ${CLOEXEC_CATALOGUE_FILE} X_WATCH_TIME64)
endif()
# And CLOEXEC_AUDIT_EXPORTS what that of an audit exports.
set(CLOEXEC_AUDIT_EXPORTS ${CLOEXEC_EXPORTS})
append_names(CLOEXEC_AUDIT_EXPORTS ${PROJECT_SOURCE_DIR}/catalogue/used.def X_USE)

# And CLOEXEC_CALLS what a rule may name: the same on every architecture.
file(STRINGS ${CLOEXEC_CATALOGUE_FILE} lines REGEX "^X(_TIME64)?\\(")
list(TRANSFORM lines REPLACE "^[^(]*\\(([A-Za-z0-9_]+),.*" "\\1" OUTPUT_VARIABLE CLOEXEC_CALLS)
