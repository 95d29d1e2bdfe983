// SPDX-License-Identifier: Apache-2.0
//
// The least that a preload can be: what it costs, every preload costs. It has a function and a variable of each thread,
// so that it has as many program headers as the shim.

__thread int cloexec_empty_preload;

int* cloexec_of_thread(void);
int* cloexec_of_thread(void) { return &cloexec_empty_preload; }
