// SPDX-License-Identifier: Apache-2.0

#include "cli/doctor/findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <initializer_list>
#include <string_view>

#include "cli/doctor/elf_file.h"
#include "cli/doctor/rights.h"
#include "cli/loader.h"

namespace cloexec::cli {
namespace {

enum class Loader : std::uint8_t { none, glibc, musl, other };

constexpr std::string_view advice_when_secure =
    "unless its caller has those rights already, ld.so ignores what LD_PRELOAD names with a slash (AT_SECURE), and "
    "only "
    "/etc/ld.so.preload brings the shim in, which then ignores the environment";
constexpr std::string_view advice_when_secure_on_musl =
    "unless its caller has those rights already, musl's loader ignores LD_PRELOAD (AT_SECURE) and has nothing in its "
    "stead";

Loader loader_named(const std::string& path) {
  const std::string name = std::filesystem::path(path).filename();
  if (name.starts_with("ld-musl-")) return Loader::musl;
  const bool is_glibc = name.starts_with("ld-linux") || name.starts_with("ld64.so.") || name.starts_with("ld.so.") ||
                        (name.starts_with("ld-2.") && name.ends_with(".so"));
  return is_glibc ? Loader::glibc : Loader::other;
}

void say_steps(const Location& location, Findings& findings) {
  for (const Step& step : location.steps) {
    switch (step.why) {
      case Step::Why::script:
        findings.push_back(
            {"script", Severity::note,
             fmt::format("{} is a script: what is said here is said of its interpreter, {}.", step.from, step.to)});
        break;
      case Step::Why::shell:
        findings.push_back({"script", Severity::note,
                            fmt::format("{} is a text without a #! line, which execvp gives to {}: what is said here "
                                        "is said of that.",
                                        step.from, step.to)});
        break;
      case Step::Why::env:
        findings.push_back(
            {"env", Severity::note, fmt::format("{} finds {} in PATH and becomes that.", step.from, step.to)});
        break;
    }
  }
}

void say_rights(const std::string& path, Loader loader, Findings& findings) {
  const Right right = right_of(path);
  if (!right) return;
  if (!right.has_effect) {
    findings.push_back(
        {right.id, Severity::note,
         fmt::format("It is {}, which its file system, mounted nosuid, leaves without effect.", right.text)});
    return;
  }
  if (loader == Loader::none) {
    findings.push_back({right.id, Severity::error, fmt::format("It is {}.", right.text)});
    return;
  }
  const std::string shim = loader == Loader::glibc ? shim_for_all() : "";
  if (!shim.empty()) {
    findings.push_back(
        {right.id, Severity::note,
         fmt::format("It is {}: ld.so ignores LD_PRELOAD (AT_SECURE), but /etc/ld.so.preload brings in {}, "
                     "which then goes by /etc/cloexec.conf alone.",
                     right.text, shim)});
    return;
  }
  findings.push_back({right.id, Severity::error,
                      fmt::format("It is {}: {}.", right.text,
                                  loader == Loader::musl ? advice_when_secure_on_musl : advice_when_secure)});
}

void say_unloaded(const std::string& path, const ElfFile& file, Findings& findings) {
  if (loader_named(file.soname) != Loader::other || loader_named(path) != Loader::other) {
    findings.push_back({"loader", Severity::warning,
                        "It is the dynamic loader: what it is told to load decides, so ask about that program."});
  } else if (!file.soname.empty() && !file.is_pie) {
    findings.push_back({"library", Severity::error, "It is a shared library, which cannot be run by itself."});
  } else {
    findings.push_back({file.is_movable ? "static-pie" : "static", Severity::error,
                        fmt::format("It is statically linked{}: no dynamic loader runs that could load the shim, which "
                                    "reaches only the dynamic programs that it starts.",
                                    file.is_movable ? " (static-pie)" : "")});
  }
}

void say_interpreter(const std::string& interpreter, Loader loader, Findings& findings) {
  if (const int obstacle = obstacle_to(interpreter); obstacle != 0) {
    findings.push_back({"missing-interpreter", Severity::error,
                        fmt::format("Its loader {} cannot be executed here ({}), so that it does not start at all.",
                                    interpreter, std::strerror(obstacle))});
    return;
  }
  switch (loader) {
    case Loader::glibc:
      findings.push_back(
          {"glibc", Severity::note, fmt::format("Its loader is glibc's, {}, which loads the shim.", interpreter)});
      break;
    case Loader::musl:
      findings.push_back(
          {"musl", Severity::note, fmt::format("Its loader is musl's, {}, which loads the shim.", interpreter)});
      break;
    default:
      findings.push_back({"unknown-interpreter", Severity::warning,
                          fmt::format("Its loader {} is neither glibc's nor musl's: whether it heeds LD_PRELOAD, and "
                                      "the shim knows its libc, is not known.",
                                      interpreter)});
  }
}

void say_architecture(const ElfFile& file, const ElfFile& shim, Findings& findings) {
  if (file.architecture == shim.architecture) return;
  findings.push_back({"architecture", Severity::error,
                      fmt::format("It is {} and libcloexec.so is {}, which its loader refuses: install a shim of that "
                                  "kind too, and name both with LD_PRELOAD='/usr/$LIB/libcloexec.so'.",
                                  file.architecture.name(), shim.architecture.name())});
}

void say_raw_calls(const RawCalls& calls, Findings& findings) {
  if (calls.found == 0) return;
  const std::string count = fmt::format("{} byte sequence{} that look{} like a system call instruction", calls.found,
                                        calls.found == 1 ? "" : "s", calls.found == 1 ? "s" : "");
  if (calls.evident == 0) {
    findings.push_back({"raw-syscalls", Severity::note,
                        fmt::format("Its code has {}, none with a call's number or error check beside it, so that they "
                                    "are probably parts of other instructions.",
                                    count)});
    return;
  }
  findings.push_back({"raw-syscalls", Severity::warning,
                      fmt::format("Its code has {}, {} of which evidently {}: descriptors made there are out of the "
                                  "shim's reach, though which calls they make is not known.",
                                  count, calls.evident, calls.evident == 1 ? "is one" : "are such")});
}

void say_sanitizer(const std::string& runtime, Findings& findings) {
  if (runtime.empty()) return;
  findings.push_back({"address-sanitizer", Severity::note,
                      fmt::format("It needs {}, which ends it when another library comes first: `cloexec run` sees to "
                                  "that; where LD_PRELOAD is set by hand, set ASAN_OPTIONS=verify_asan_link_order=0, "
                                  "too.",
                                  runtime)});
}

std::string list_of(std::vector<std::string> names) {
  constexpr std::size_t most = 6;
  std::sort(names.begin(), names.end());
  const std::size_t count = names.size();
  if (count > most) names.resize(most);
  return fmt::format("{}{}", fmt::join(names, ", "), count > most ? fmt::format(" and {} more", count - most) : "");
}

/// What starts programs while its effective user is not its real one starts them in secure-execution mode.
void say_changed_user(const ElfFile& file, Findings& findings) {
  const auto has_one_of = [&](std::initializer_list<const char*> names) {
    return std::any_of(names.begin(), names.end(), [&](const char* name) { return file.imports.contains(name); });
  };
  if (!has_one_of({"seteuid", "setegid", "setreuid", "setregid", "setresuid", "setresgid"}) ||
      !has_one_of({"execve", "execv", "execvp", "execvpe", "execl", "execlp", "execle", "fexecve", "posix_spawn",
                   "posix_spawnp", "system", "popen"}))
    return;
  findings.push_back({"effective-user", Severity::note,
                      "It can change its effective user or group and start programs: what it starts while that is not "
                      "its real one gets no LD_PRELOAD (AT_SECURE); /etc/ld.so.preload reaches it."});
}

void say_symbols(const ElfFile& file, const ElfFile& shim, Findings& findings) {
  std::vector<std::string> rings;
  std::copy_if(file.imports.begin(), file.imports.end(), std::back_inserter(rings),
               [](const std::string& name) { return name.starts_with("io_uring_"); });
  if (!rings.empty())
    findings.push_back({"io_uring", Severity::warning,
                        fmt::format("It uses io_uring ({}): the kernel makes those descriptors, close-on-exec only "
                                    "where the request says so.",
                                    list_of(rings))});
  if (file.imports.contains("dlmopen"))
    findings.push_back({"dlmopen", Severity::warning,
                        "It calls dlmopen: libraries in a namespace of their own look symbols up there, past the "
                        "shim."});
  std::vector<std::string> own;
  std::vector<std::string> interceptors;
  for (const std::string& name : file.functions) {
    if (!shim.functions.contains(name) || name.starts_with("cloexec_")) continue;
    // So does compiler-rt name what goes on to the next symbol (interception.h).
    (file.functions.contains("__interceptor_" + name) ? interceptors : own).push_back(name);
  }
  if (!interceptors.empty())
    findings.push_back(
        {"interceptors", Severity::note,
         fmt::format("A sanitizer that is linked in comes before the shim's functions and calls them: {}.",
                     list_of(interceptors))});
  if (!own.empty())
    findings.push_back({"own-functions", Severity::warning,
                        fmt::format("It defines functions of its own that come before the shim's: {}.", list_of(own))});
}

/// What keeps a preload out keeps no tracer out; what does not run by itself has nothing to guard.
void say_supervisor(const std::string& path, Findings& findings) {
  const auto is_no_program = [](const Finding& finding) {
    return finding.id == "missing-interpreter" || finding.id == "library" || finding.id == "loader";
  };
  const auto is_obstacle = [](const Finding& finding) { return finding.severity != Severity::note; };
  if (std::any_of(findings.begin(), findings.end(), is_no_program) ||
      std::none_of(findings.begin(), findings.end(), is_obstacle))
    return;
  findings.push_back({"supervise", Severity::note,
                      fmt::format("`cloexec run --supervise` reaches it, and all that it starts, from outside{}.",
                                  right_of(path) ? "; as root, or it runs without its rights" : "")});
}

void say_unreadable(const Location& location, Findings& findings) {
  say_rights(location.image, Loader::glibc, findings);
  if (findings.empty() || findings.back().severity != Severity::error)
    throw std::runtime_error(fmt::format("{}: {}", location.image, std::strerror(EACCES)));
  findings.push_back({"unreadable", Severity::note, "It may be executed but not read, so that no more can be told."});
}

void say_file(const Location& location, const std::string& shim_path, Findings& findings) {
  const ElfFile file = read_elf(location.image);
  const ElfFile shim = read_elf(shim_path);
  const Loader loader = file.interpreter ? loader_named(*file.interpreter) : Loader::none;
  if (file.interpreter) {
    say_interpreter(*file.interpreter, loader, findings);
  } else {
    say_unloaded(location.image, file, findings);
  }
  say_architecture(file, shim, findings);
  say_rights(location.image, loader, findings);
  if (file.is_go)
    findings.push_back({"go", Severity::warning,
                        "It is a Go program: Go makes its system calls itself, past the shim, and marks its "
                        "descriptors itself."});
  // A static program has all of libc's in it.
  if (!file.interpreter) return;
  say_sanitizer(file.address_sanitizer, findings);
  say_raw_calls(file.raw_calls, findings);
  if (!right_of(location.image)) say_changed_user(file, findings);
  say_symbols(file, shim, findings);
  if (!file.has_sections)
    findings.push_back({"no-sections", Severity::warning,
                        "It has no section headers: whether it is a Go program, and which functions it uses, cannot "
                        "be told."});
}

}  // namespace

Findings examine(const Location& location, const std::string& shim_path) {
  Findings findings;
  say_steps(location, findings);
  if (location.is_readable) {
    say_file(location, shim_path, findings);
  } else {
    say_unreadable(location, findings);
  }
  say_supervisor(location.image, findings);
  return findings;
}

}  // namespace cloexec::cli
