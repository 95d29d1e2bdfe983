// SPDX-License-Identifier: Apache-2.0
//
// `cloexec path`: where the shim is, for scripts that set LD_PRELOAD themselves.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.h"
#include "cli/find_shim.h"
#include "cli/loader.h"

namespace cloexec::cli {

void add_path(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("path", "Print where the library is, for LD_PRELOAD");
  auto is_plain = std::make_shared<bool>(false);
  command->add_flag("--plain", *is_plain, "The file itself, without $LIB");
  command->footer(
      "The loader fills in $LIB, so that 64-bit and 32-bit programs find their own: LD_PRELOAD=$(cloexec path) "
      "program.\n"
      "--plain is for what would fill it in sooner: a second shell (sh -c, eval), make, Dockerfiles; and for musl,\n"
      "whose loader does not know it.");
  command->callback([=, &action] {
    action = [=] {
      const std::string shim = find_shim();
      fmt::print("{}\n", *is_plain ? shim : with_lib_token(shim));
      return 0;
    };
  });
}

}  // namespace cloexec::cli
