// SPDX-License-Identifier: Apache-2.0
//
// mips64el: the n64 ABI. Who calls has our address in $25; from it comes, in $12, where our addresses are found. $28,
// which C has that in, must be kept.
#pragma once

#include "shim/machine/common.h"

namespace [[gnu::visibility("hidden")]] cloexec {

struct Machine : CommonMachine {
  static constexpr std::uint16_t elf = 8;  // e_machine (elf(5))

  static constexpr unsigned largest_page = 65536;
  static constexpr bool does_pipe_return_both = true;
  static constexpr bool is_unsigned_passed_with_sign = true;

  /// The kernel's struct, asm/stat.h.
  struct Status {
    unsigned st_dev[4];
    unsigned long st_ino;
    unsigned st_mode;
    unsigned st_nlink;
    unsigned st_uid;
    unsigned st_gid;
    unsigned st_rdev[4];
    long st_size;
    unsigned unused[10];
  };
  static_assert(sizeof(Status) == 104);

  [[gnu::always_inline]] static long call_system(long number, long a, long b, long c, long d, long e, long f) {
    register long v0 asm("$2") = number;
    register long a0 asm("$4") = a;
    register long a1 asm("$5") = b;
    register long a2 asm("$6") = c;
    register long a3 asm("$7") = d;
    register long a4 asm("$8") = e;
    register long a5 asm("$9") = f;
    asm volatile("syscall"
                 : "+r"(v0), "+r"(a3), "+r"(a4), "+r"(a5)
                 : "r"(a0), "r"(a1), "r"(a2)
                 : "$1", "$3", "$10", "$11", "$12", "$13", "$14", "$15", "$24", "$25", "hi", "lo", "memory");
    return a3 != 0 ? -v0 : v0;
  }

  /// The register points behind it.
  static std::uintptr_t thread_area() {
    constexpr std::uintptr_t offset = 0x7000;
    return reinterpret_cast<std::uintptr_t>(__builtin_thread_pointer()) - offset;
  }
};

}  // namespace cloexec

#define CLOEXEC_BEGIN(name)                                                       \
  ".set push\n.set noreorder\n.cfi_startproc\n  lui $12, %hi(%neg(%gp_rel(" #name \
  ")))\n  daddu $12, $12, $25\n"                                                  \
  "  daddiu $12, $12, %lo(%neg(%gp_rel(" #name ")))\n"
#define CLOEXEC_END ".cfi_endproc\n.set pop\n"
#define CLOEXEC_SAVE_ARGUMENTS                                                                                \
  "  daddiu $sp, $sp, -80\n  .cfi_adjust_cfa_offset 80\n  sd $4, 0($sp)\n  sd $5, 8($sp)\n  sd $6, 16($sp)\n" \
  "  sd $7, 24($sp)\n  sd $8, 32($sp)\n  sd $9, 40($sp)\n  sd $10, 48($sp)\n  sd $11, 56($sp)\n"              \
  "  sd $31, 64($sp)\n  .cfi_rel_offset 31, 64\n"
#define CLOEXEC_CALL(function) "  ld $25, %got_disp(" function ")($12)\n  jalr $25\n  nop\n"
#define CLOEXEC_JUMP                                                                              \
  "  move $25, $2\n  ld $4, 0($sp)\n  ld $5, 8($sp)\n  ld $6, 16($sp)\n  ld $7, 24($sp)\n"        \
  "  ld $8, 32($sp)\n  ld $9, 40($sp)\n  ld $10, 48($sp)\n  ld $11, 56($sp)\n  ld $31, 64($sp)\n" \
  "  .cfi_restore 31\n  jr $25\n  daddiu $sp, $sp, 80\n  .cfi_adjust_cfa_offset -80\n"
#define CLOEXEC_FOLLOW_ROUTE(name)                    \
  "  ld $25, %got_disp(cloexec_route_" #name          \
  ")($12)\n  ld $25, 0($25)\n  beqz $25, 1f\n  nop\n" \
  "  jr $25\n  nop\n1:\n"

// The frame is in $16 and has what that and $17 were; in $17 is where both go on, the return address in $31. SIGCHLD
// is 18.
#define CLOEXEC_VFORK                                \
  "  daddiu $sp, $sp, -16\n"                         \
  "  .cfi_adjust_cfa_offset 16\n"                    \
  "  sd $31, 8($sp)\n"                               \
  "  .cfi_rel_offset 31, 8\n"                        \
  "  ld $25, %got_disp(cloexec_begin_vfork)($12)\n"  \
  "  jalr $25\n"                                     \
  "  sd $12, 0($sp)\n"                               \
  "  ld $12, 0($sp)\n"                               \
  "  ld $31, 8($sp)\n"                               \
  "  .cfi_restore 31\n"                              \
  "  daddiu $sp, $sp, 16\n"                          \
  "  .cfi_adjust_cfa_offset -16\n"                   \
  "  bnez $2, 1f\n"                                  \
  "  ld $25, %got_disp(cloexec_fork_instead)($12)\n" \
  "  jr $25\n"                                       \
  "  nop\n"                                          \
  "1:sd $16, 24($2)\n"                               \
  "  sd $17, 32($2)\n"                               \
  "  move $16, $2\n"                                 \
  "  ld $17, %got_disp(cloexec_end_vfork)($12)\n"    \
  "  ld $8, 0($2)\n"                                 \
  "  lui $4, 0x0120\n"                               \
  "  ori $4, $4, 0x4112\n"                           \
  "  move $5, $0\n"                                  \
  "  move $6, $0\n"                                  \
  "  move $7, $0\n"                                  \
  "  li $2, 5055\n"                                  \
  "  syscall\n"                                      \
  "  beqz $7, 2f\n"                                  \
  "  move $4, $2\n"                                  \
  "  subu $4, $0, $2\n"                              \
  "2:move $25, $17\n"                                \
  "  move $5, $16\n"                                 \
  "  ld $17, 32($5)\n"                               \
  "  jr $25\n"                                       \
  "  ld $16, 24($5)\n"

#define CLOEXEC_SAVE_REGISTERS                                                                                 \
  "  sd $16, 0($4)\n  sd $17, 8($4)\n  sd $18, 16($4)\n  sd $19, 24($4)\n  sd $20, 32($4)\n  sd $21, 40($4)\n" \
  "  sd $22, 48($4)\n  sd $23, 56($4)\n  sd $28, 64($4)\n  sd $30, 72($4)\n  sd $29, 80($4)\n"                 \
  "  jr $31\n  sd $31, 88($4)\n"
