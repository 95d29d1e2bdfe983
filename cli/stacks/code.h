// SPDX-License-Identifier: Apache-2.0
//
// The code of all audited programs of one machine, each file at a place of its own, whatever process had it where: so
// each is read once. What elfutils' libdw does with it.
#pragma once

#include <elfutils/libdwfl.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cli/audit/frame.h"
#include "cli/stacks/object_file.h"
#include "cli/stacks/recorded.h"

namespace cloexec::cli {

class Code {
 public:
  explicit Code(audit::Machine machine);
  ~Code();
  Code(const Code&) = delete;
  Code& operator=(const Code&) = delete;

  /// Where `file` lies here; 0 when there is no room for it. `file` must outlive this.
  std::uint64_t add(const ObjectFile& file);

  /// Where a call returns to, or what was interrupted.
  struct Place {
    std::uint64_t address;
    bool is_return;
  };

  /// What reads the words of a stack: false where there is none.
  using Memory = std::function<bool(std::uint64_t address, std::uint64_t& word)>;

  /// Unwinds from `registers` (audit::registers_of) for as far as that goes, innermost first: at least the first place.
  std::vector<Place> unwind(const std::vector<std::uint64_t>& registers, const Memory& memory);

  /// The functions at `place`: several where they are inlined in each other, innermost first. At least one, of which
  /// may be known nothing but `module`, `path`, `build_id` and `offset`.
  std::vector<Frame> describe(Place place);

 private:
  struct Closer {
    void operator()(Dwfl* dwfl) const { dwfl_end(dwfl); }
  };

  audit::Machine machine_;
  std::uint64_t next_;
  std::uint64_t end_;
  std::unique_ptr<Dwfl, Closer> dwfl_;
  bool is_attached_ = false;
  void* current_ = nullptr;  // what is unwound just now
  std::map<const ObjectFile*, std::uint64_t> places_;
};

}  // namespace cloexec::cli
