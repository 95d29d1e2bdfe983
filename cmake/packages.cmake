# SPDX-License-Identifier: Apache-2.0
# What cpack packs, and as what: the library, of which several architectures can be installed side by side, in libcloexec;
# whatever else is installed in cloexec. A DEB and an RPM need trees of their own, since a distribution's $LIB says where
# the library is to be; scripts/package makes them.
set(packaging ${PROJECT_SOURCE_DIR}/packaging)

# Its first line and the first trailer say what is packed, by whom.
file(READ ${packaging}/changelog changelog)
if(NOT changelog MATCHES "^cloexec \\(([^)-]+)-([^)]+)\\)[^\n]*\n.*\n -- ([^\n]*>)  ")
  message(FATAL_ERROR "packaging/changelog is no Debian changelog")
endif()
set(packaged_version ${CMAKE_MATCH_1})
set(packaged_release ${CMAKE_MATCH_2})
set(packager ${CMAKE_MATCH_3})
if(NOT packaged_version STREQUAL PROJECT_VERSION)
  message(FATAL_ERROR "packaging/changelog speaks of ${packaged_version}, the project is ${PROJECT_VERSION}")
endif()

# The folder must not be told from what was built in it.
add_compile_options(-ffile-prefix-map=${PROJECT_BINARY_DIR}=. -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.)

# Of what names no component of its own, such as what is installed elsewhere in the tree.
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME command)
# Debian's libraries are not executable (policy 8.1), and rpm finds out only about those that are.
string(COMPARE EQUAL ${CLOEXEC_PACKAGE} DEB CMAKE_INSTALL_SO_NO_EXE)
set(CPACK_COMPONENTS_ALL library)
if(CLOEXEC_CLI AND NOT CMAKE_CROSSCOMPILING)
  list(APPEND CPACK_COMPONENTS_ALL command)
endif()

set(CPACK_GENERATOR ${CLOEXEC_PACKAGE})
set(CPACK_PACKAGE_NAME cloexec)
set(CPACK_PACKAGE_VENDOR cloexec)
set(CPACK_PACKAGE_CONTACT "${packager}")
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/finish_package.cmake)
set(CPACK_CLOEXEC_STRIP ${CMAKE_STRIP})

set(about "By default each descriptor that a program opens is inherited by every
program that it execs: a child keeps sockets and locks alive, holds deleted
files open, and can read what it should not.")
set(library_summary "Preload that makes every descriptor close-on-exec")
set(library_about "${about}

The library, put into LD_PRELOAD or /etc/ld.so.preload, stands in front of
every libc function that makes a descriptor and asks for close-on-exec in the
very call, but for what a policy exempts.")
set(command_summary "Run programs with close-on-exec descriptors and see what leaks")
set(command_about "${about}

The command runs programs under a preloaded library that makes every new
descriptor close-on-exec, explains what its policy says, and reports which
descriptors leak into which programs, and who made them.")

set(documents command:cloexec library:libcloexec)
foreach(document IN LISTS documents)
  string(REGEX MATCH "^(.*):(.*)$" document ${document})
  set(component ${CMAKE_MATCH_1})
  set(package ${CMAKE_MATCH_2})
  set(docdir ${CMAKE_INSTALL_DATAROOTDIR}/doc/${package})
  if(CLOEXEC_PACKAGE STREQUAL "DEB")
    install(FILES ${packaging}/copyright ${packaging}/README.Debian DESTINATION ${docdir} COMPONENT ${component})
    install(FILES ${packaging}/changelog DESTINATION ${docdir} COMPONENT ${component} RENAME changelog.Debian)
    install(FILES CHANGELOG.md DESTINATION ${docdir} COMPONENT ${component} RENAME changelog)
    install(FILES ${packaging}/${package}.lintian-overrides DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/lintian/overrides
      COMPONENT ${component} RENAME ${package})
  else()
    install(FILES CHANGELOG.md DESTINATION ${docdir} COMPONENT ${component})
    install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/licenses/${package} COMPONENT ${component})
  endif()
endforeach()

# Debian's begin with a small letter, other distributions' with a capital one (Developer's Reference 6.2.2).
string(REGEX REPLACE "^P" "p" library_synopsis ${library_summary})
string(REGEX REPLACE "^R" "r" command_synopsis ${command_summary})
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE ${packaged_release})
set(CPACK_DEBIAN_PACKAGE_SOURCE cloexec)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS ON)
if(CMAKE_CROSSCOMPILING)
  string(REPLACE aarch64 arm64 CPACK_DEBIAN_PACKAGE_ARCHITECTURE ${CMAKE_SYSTEM_PROCESSOR})
endif()
set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libcloexec)
set(CPACK_DEBIAN_LIBRARY_DESCRIPTION "${library_synopsis}\n${library_about}")
# CPack knows no Multi-Arch before 3.31: it rides on the line before.
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION "libs\nMulti-Arch: same")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SUGGESTS cloexec)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA ${packaging}/triggers ${packaging}/prerm)
set(CPACK_DEBIAN_COMMAND_PACKAGE_NAME cloexec)
set(CPACK_DEBIAN_COMMAND_DESCRIPTION "${command_synopsis}\n${command_about}")
set(CPACK_DEBIAN_COMMAND_PACKAGE_SECTION "utils\nMulti-Arch: foreign")
set(CPACK_DEBIAN_COMMAND_PACKAGE_SHLIBDEPS ON)
set(CPACK_COMPONENT_COMMAND_DEPENDS library)

set(CPACK_RPM_COMPONENT_INSTALL ON)
set(CPACK_RPM_FILE_NAME RPM-DEFAULT)
set(CPACK_RPM_PACKAGE_RELEASE ${packaged_release})
set(CPACK_RPM_PACKAGE_LICENSE Apache-2.0)
set(CPACK_RPM_PACKAGE_GROUP "System Environment/Base")
set(CPACK_RPM_COMPRESSION_TYPE xz)
# Neither the hour nor the machine of the build; and what is packed has been stripped and compressed here.
set(CPACK_RPM_SPEC_MORE_DEFINE "%define use_source_date_epoch_as_buildtime 1
%define clamp_mtime_to_source_date_epoch 1
%define _buildhost reproducible
%define _build_id_links none
%define packager ${packager}")
set(CPACK_RPM_SPEC_INSTALL_POST "%{nil}")
# Folders of the distribution's filesystem package and of the shells.
set(CPACK_RPM_EXCLUDE_FROM_AUTO_FILELIST_ADDITION
  /usr/lib64 /usr/share/man /usr/share/man/man1 /usr/share/man/man5 /usr/share/man/man8 /usr/share/licenses
  /usr/share/bash-completion /usr/share/bash-completion/completions /usr/share/zsh /usr/share/zsh/site-functions
  /usr/share/fish /usr/share/fish/vendor_completions.d)
set(CPACK_RPM_LIBRARY_PACKAGE_NAME libcloexec)
set(CPACK_RPM_LIBRARY_PACKAGE_SUMMARY ${library_summary})
set(CPACK_RPM_LIBRARY_PACKAGE_DESCRIPTION "${library_about}")
set(CPACK_RPM_LIBRARY_PRE_UNINSTALL_SCRIPT_FILE ${packaging}/prerm)
set(CPACK_RPM_COMMAND_PACKAGE_NAME cloexec)
set(CPACK_RPM_COMMAND_PACKAGE_SUMMARY ${command_summary})
set(CPACK_RPM_COMMAND_PACKAGE_DESCRIPTION "${command_about}")
set(CPACK_RPM_COMMAND_PACKAGE_REQUIRES "libcloexec%{?_isa} = ${packaged_version}")

include(CPack)
