// SPDX-License-Identifier: Apache-2.0
//
// The least that a preload can be: what it costs, every preload costs.

int cloexec_empty_preload;
int cloexec_empty_preload = 1;
