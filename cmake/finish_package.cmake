# SPDX-License-Identifier: Apache-2.0
# Run by cpack on what it is about to pack. Strips and compresses as Debian policy asks (10.1, 12.1, 12.7), which `cmake
# --install` leaves to whoever packs; -n keeps the hour out of the files.
set(components ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/*)
file(GLOB documents ${components}/usr/share/man/man*/* ${components}/usr/share/doc/*/changelog*)
file(GLOB libraries ${components}/usr/lib*/libcloexec.so ${components}/usr/lib*/*/libcloexec.so
  ${components}/usr/lib/*/cloexec/libcloexec.so)
file(GLOB programs ${components}/usr/bin/*)
if(NOT documents OR NOT libraries)
  message(FATAL_ERROR "nothing to finish in ${CPACK_TEMPORARY_INSTALL_DIRECTORY}")
endif()
execute_process(COMMAND gzip -9n ${documents} COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CPACK_CLOEXEC_STRIP} --strip-unneeded --remove-section=.comment --remove-section=.note
  ${libraries} ${programs} COMMAND_ERROR_IS_FATAL ANY)
