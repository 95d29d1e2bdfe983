// SPDX-License-Identifier: Apache-2.0
//
// Where debug information lies that is in no object's own file.
#pragma once

#include <elfutils/libdwfl.h>

namespace cloexec::cli {

/// For libdw to call: looks where distributions put it (by build-id, by debuglink), asks the servers of DEBUGINFOD_URLS
/// when that is set (debuginfod(8)), and looks at what was fetched from such earlier.
int find_debug_file(Dwfl_Module* module, void** data, const char* name, Dwarf_Addr base, const char* file,
                    const char* link, GElf_Word link_checksum, char** found);

}  // namespace cloexec::cli
