// SPDX-License-Identifier: Apache-2.0
//
// What a creation needs besides the call that it tries: sockets to accept from, a descriptor to duplicate. All of it
// close-on-exec from the start where the system can, so that whatever leaks was made by the call itself.
#pragma once

/// A descriptor of /dev/null that stays open.
int spare_descriptor();

/// A descriptor number of the calling thread's own, far from those that the kernel hands out.
int high_number();

/// A listening TCP socket on loopback, the calling thread's own; non-blocking.
int listener();

/// A TCP socket connected to listener(), or -1; the caller closes it.
int connect_to_listener();

/// A connected pair of the calling thread's own: what is sent to the first end arrives at the second.
const int* private_pair();

/// Sends a descriptor to the second end of private_pair().
bool send_descriptor();
