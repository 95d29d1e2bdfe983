// SPDX-License-Identifier: Apache-2.0

#include "trace/vdso.h"

#include <array>
#include <cstring>
#include <string>

namespace cloexec::trace {
namespace {

/// In bytes: of code and all else it has two pages.
constexpr Word most = 4 * 4096UL;

/// What a tracer may read word by word.
std::string read_code(pid_t task, Word address) {
  std::string code;
  while (code.size() < most) {
    const std::optional<Word> word = peek(task, address + code.size());
    if (!word) break;
    std::array<char, sizeof(Word)> bytes;
    std::memcpy(bytes.data(), &*word, sizeof(Word));
    code.append(bytes.data(), bytes.size());
  }
  return code;
}

struct Known {
  bool is_known = false;
  std::optional<Gadget> gadget;
  Word code = 0;  // what stands there
};

/// Of 64-bit programs, and of 32-bit ones.
std::array<Known, 2> known;

}  // namespace

std::optional<Gadget> gadget_in_vdso(pid_t task, Word vdso, bool is_narrow) {
  Known& one = known[is_narrow ? 1 : 0];
  if (!one.is_known) {
    one.gadget = find_gadget(read_code(task, vdso), is_narrow);
    if (one.gadget) one.code = peek(task, vdso + one.gadget->offset).value_or(0);
    one.is_known = true;
  }
  // Programs of the x32 ABI have another vdso.
  if (!one.gadget || peek(task, vdso + one.gadget->offset) != one.code) return {};
  return one.gadget;
}

}  // namespace cloexec::trace
