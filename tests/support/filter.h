// SPDX-License-Identifier: Apache-2.0
//
// A seccomp filter that answers an error to some system calls, as an old kernel, a container's profile or a system out
// of files does: for `deny`, which starts a program under it, and for probes that put themselves under it.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

/// From now on answers errno ERROR_NAME to the system calls of these names, separated by commas. Some names are not
/// system calls but requests: SOCK_CLOEXEC (the bit, to socket, socketpair and accept4), F_DUPFD and F_DUPFD_CLOEXEC
/// (the commands, to fcntl), TIOCGPTPEER (to ioctl), and private_memory (an anonymous mmap of 64 KiB or more). 0, or -1
/// with a message on standard error.
int deny_calls(const char* error_name, const char* names);

#ifdef __cplusplus
}
#endif
