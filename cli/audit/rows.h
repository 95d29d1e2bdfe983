// SPDX-License-Identifier: Apache-2.0
//
// Crossings as people read them: those that differ in nothing but their processes are one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/audit/report.h"

namespace cloexec::cli {

struct Row {
  std::string program;  // what was started
  Crossing crossing;
  bool is_from_thread = false;  // another than its process's first made it
  std::size_t times = 1;
};

Row row_of(const Exec& exec, const Crossing& crossing);

/// The same for what is to be one row: numbers of processes and of the kernel's objects do not count.
std::string key_of(const Row& row);

/// Counts `other`, of the same key, in `row`: what they differ in goes.
void merge(Row& row, const Row& other);

/// The same rows once, leaks first, then by number.
std::vector<Row> merged(std::vector<Row> rows);

/// "file /tmp/x", "pipe:[1234] read end; the other end is 4 of sh[12]", "eventfd".
std::string what_it_is(const Crossing& crossing);

/// "python3: libffi.so.8!open"; what stands for it when nothing is known.
std::string maker_of(const Row& row);

/// "in a thread", "in the child", both, or nothing.
std::string moment_of(const Row& row);

/// Its rule, and the word that announced it: "standard:4: exempt exec announced=yes, announced by '--status-fd=7'".
/// Empty when it is not exempt.
std::string reason_of(const Crossing& crossing);

/// As a shell would take it.
std::string shell_command(const std::vector<std::string>& words);

std::string_view base_of(std::string_view path);

}  // namespace cloexec::cli
