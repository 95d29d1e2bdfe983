// SPDX-License-Identifier: Apache-2.0

#include "shim/record/stack/registers.h"

asm(".text\n"
    ".globl cloexec_save_registers\n"
    ".hidden cloexec_save_registers\n"
    ".type cloexec_save_registers, %function\n"
    "cloexec_save_registers:\n" CLOEXEC_BEGIN(cloexec_save_registers) CLOEXEC_SAVE_REGISTERS CLOEXEC_END
    ".size cloexec_save_registers, . - cloexec_save_registers\n");
