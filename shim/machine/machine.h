// SPDX-License-Identifier: Apache-2.0
//
// What differs between architectures: all that the shim knows of its own is in this room, in one file each. Such a file
// says what of common.h is otherwise there, and how the system is called (`Machine`); and it has pieces of assembler:
//
//   CLOEXEC_BEGIN(name), CLOEXEC_END    what the function `name` begins and ends with
//   CLOEXEC_SAVE_ARGUMENTS              puts the registers that arguments come in on the stack (i386: the first two
//                                       arguments again)
//   CLOEXEC_CALL(function)              calls a function of ours, behind CLOEXEC_SAVE_ARGUMENTS
//   CLOEXEC_JUMP                        takes the arguments back, and jumps to the result of that call
//   CLOEXEC_FOLLOW_ROUTE(name)          jumps to route NAME (host/route.h) unless that is null yet
//   CLOEXEC_VFORK                       the body of vfork: interpose/vfork.cpp says what it does
//   CLOEXEC_SAVE_REGISTERS              the body of cloexec_save_registers (record/stack/registers.h)
#pragma once

#if defined(__x86_64__) && defined(__LP64__)
#include "shim/machine/x86_64.h"
#elif defined(__i386__)
#include "shim/machine/i386.h"
#elif defined(__aarch64__) && defined(__AARCH64EL__) && defined(__LP64__)
#include "shim/machine/aarch64.h"
#elif defined(__arm__) && defined(__ARMEL__) && defined(__ARM_EABI__)
#include "shim/machine/arm.h"
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#include "shim/machine/ppc64le.h"
#elif defined(__s390x__)
#include "shim/machine/s390x.h"
#elif defined(__riscv) && defined(__LP64__)
#include "shim/machine/riscv64.h"
#elif defined(__mips64) && defined(__MIPSEL__) && defined(__LP64__)
#include "shim/machine/mips64el.h"
#else
#error "this is none of amd64, i386, arm64, armhf, armel, ppc64el, s390x, riscv64, mips64el (docs/architectures.md)"
#endif
