// SPDX-License-Identifier: Apache-2.0
//
// Crossings as people read them: those that differ in nothing but their processes are one, and so are those that one
// call has made by the dozen.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "cli/audit/report.h"

namespace cloexec::cli {

/// That a row keeps.
inline constexpr std::size_t most_examples = 50;

struct Row {
  std::map<std::string, std::size_t> programs;  // it crossed into, and how often
  Crossing crossing;
  bool is_from_thread = false;  // another than its process's first made it
  std::size_t times = 1;

  // One that stands for several, which differ in number or target alone:
  int last_fd = -1;                   // the highest number; `crossing` has the lowest
  std::vector<std::string> examples;  // some of them, as what_it_is() has it; empty when it stands for itself
  std::unordered_set<std::size_t> different = {};  // all of them, as hashes

  [[nodiscard]] std::size_t alike() const { return different.empty() ? 1 : different.size(); }
};

Row row_of(const Exec& exec, const Crossing& crossing);

/// The same for what is to be one row: numbers of processes and of the kernel's objects do not count.
std::string key_of(const Row& row);

/// The same for what one call has made: neither does the descriptor's number, nor its target.
std::string site_of(const Row& row);

/// Counts `other`, of the same key or the same site, in `row`: what they differ in goes.
void merge(Row& row, const Row& other);

/// Crossings as they come, of which only what differs is kept.
class Rows {
 public:
  /// The execs must outlive this.
  void add(const Exec& exec);

  /// The same rows once, and of one site that has very many one for all; leaks first, then by number.
  std::vector<Row> take();

 private:
  void add(const Exec& exec, const Crossing& crossing);

  std::vector<Row> rows_;
  std::unordered_map<std::string, std::size_t> places_;
  std::unordered_map<const Crossing*, std::size_t> known_;
};

/// What both begin and end with, and a "*" for what lies between.
std::string common_pattern(std::string_view a, std::string_view b);

/// "7", or "3-20002" where it stands for several.
std::string numbers_of(const Row& row);

/// "file /tmp/x", "pipe:[1234] read end; the other end is 4 of sh[12]", "eventfd".
std::string what_it_is(const Crossing& crossing);

/// The same; "40 like file /tmp/*.log" where it stands for several.
std::string what_it_is(const Row& row);

/// "BIO_new_file (bss_file.c:69) in libcrypto.so.3 of python3, by fopen64"; what stands for it when nothing is known.
std::string maker_of(const Row& row);

/// What was on the way there: "from X509_load_cert_file in libcrypto.so.3". Nothing without stacks.
std::vector<std::string> callers_of(const Creation& created);

/// "in thread loader", "in the child", both, or nothing.
std::string moment_of(const Row& row);

/// Its rule, and the word that announced it: "standard:4: exempt exec announced=yes, announced by '--status-fd=7'".
/// Of what the program has cleared the flag itself: "by keep (helper.c:12), fcntl". Of what was withheld and missed:
/// "needed by read", or "closed". Empty for others.
std::string reason_of(const Crossing& crossing);

/// As a shell would take it.
std::string shell_command(const std::vector<std::string>& words);

std::string_view base_of(std::string_view path);

}  // namespace cloexec::cli
