// SPDX-License-Identifier: Apache-2.0
//
// s390x: the s390x ELF ABI. Who calls has 160 bytes on the stack for who is called to save registers in.
#pragma once

#include "shim/machine/common.h"

namespace [[gnu::visibility("hidden")]] cloexec {

struct Machine : CommonMachine {
  static constexpr std::uint16_t elf = 22;  // e_machine (elf(5))

  static constexpr bool has_arguments_of_mmap_in_memory = true;
  static constexpr unsigned place_of_clone_flags = 2;
  using HashWord = std::uint64_t;

  [[gnu::always_inline]] static long call_system(long number, long a, long b, long c, long d, long e, long f) {
    register long r1 asm("r1") = number;
    register long r2 asm("r2") = a;
    register long r3 asm("r3") = b;
    register long r4 asm("r4") = c;
    register long r5 asm("r5") = d;
    register long r6 asm("r6") = e;
    register long r7 asm("r7") = f;
    asm volatile("svc 0" : "+d"(r2) : "d"(r1), "d"(r3), "d"(r4), "d"(r5), "d"(r6), "d"(r7) : "memory");
    return r2;
  }

  static std::uintptr_t thread_area() { return reinterpret_cast<std::uintptr_t>(__builtin_thread_pointer()); }
};

}  // namespace cloexec

#define CLOEXEC_BEGIN(name) ".cfi_startproc\n"
#define CLOEXEC_END ".cfi_endproc\n"
#define CLOEXEC_SAVE_ARGUMENTS                                                      \
  "  stmg %r2, %r6, 16(%r15)\n  stg %r14, 112(%r15)\n  .cfi_rel_offset %r14, 112\n" \
  "  aghi %r15, -160\n  .cfi_adjust_cfa_offset 160\n"
#define CLOEXEC_CALL(function) "  brasl %r14, " function "\n"
#define CLOEXEC_JUMP                                                                        \
  "  aghi %r15, 160\n  .cfi_adjust_cfa_offset -160\n  lgr %r1, %r2\n  lg %r14, 112(%r15)\n" \
  "  .cfi_restore %r14\n  lmg %r2, %r6, 16(%r15)\n  br %r1\n"
#define CLOEXEC_FOLLOW_ROUTE(name) "  larl %r1, cloexec_route_" #name "\n  ltg %r1, 0(%r1)\n  jz 1f\n  br %r1\n1:\n"

// The stack comes before the flags. The frame is in r4, which these flags make no argument, the return address in r14.
#define CLOEXEC_VFORK                   \
  "  stg %r14, 112(%r15)\n"             \
  "  .cfi_rel_offset %r14, 112\n"       \
  "  aghi %r15, -160\n"                 \
  "  .cfi_adjust_cfa_offset 160\n"      \
  "  brasl %r14, cloexec_begin_vfork\n" \
  "  aghi %r15, 160\n"                  \
  "  .cfi_adjust_cfa_offset -160\n"     \
  "  lg %r14, 112(%r15)\n"              \
  "  .cfi_restore %r14\n"               \
  "  ltgr %r4, %r2\n"                   \
  "  jgz cloexec_fork_instead\n"        \
  "  lg %r5, 0(%r4)\n"                  \
  "  lghi %r2, 0\n"                     \
  "  llilf %r3, 0x01204111\n"           \
  "  svc 120\n"                         \
  "  lgr %r3, %r4\n"                    \
  "  jg cloexec_end_vfork\n"

#define CLOEXEC_SAVE_REGISTERS "  stmg %r6, %r13, 0(%r2)\n  stg %r15, 64(%r2)\n  stg %r14, 72(%r2)\n  br %r14\n"
