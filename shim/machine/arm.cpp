// SPDX-License-Identifier: Apache-2.0
//
// What the compiler calls on armhf and armel, and libgcc or libc would have.

#ifdef __arm__
extern "C" {

// libgcc's raises a signal by libc. Nothing here divides by 0.
[[gnu::visibility("hidden")]] void __aeabi_idiv0() {}
[[gnu::visibility("hidden")]] void __aeabi_ldiv0() {}

// Tables refer to these by name, but the unwinder has its own of them (EHABI, 9.2).
[[gnu::visibility("hidden")]] void __aeabi_unwind_cpp_pr0() {}
[[gnu::visibility("hidden")]] void __aeabi_unwind_cpp_pr1() {}
[[gnu::visibility("hidden")]] void __aeabi_unwind_cpp_pr2() {}
}

// Where there is no register of the processor for the thread's pointer: may change ip and lr beside the result, r0. The
// kernel has a function for it at a fixed place (Documentation/arm/kernel_user_helpers.rst).
asm(".text\n.syntax unified\n.arm\n.globl __aeabi_read_tp\n.hidden __aeabi_read_tp\n"
    ".type __aeabi_read_tp, %function\n__aeabi_read_tp:\n"
    "  mvn r0, #0xf000\n  sub pc, r0, #31\n"
    ".size __aeabi_read_tp, . - __aeabi_read_tp\n");
#endif
