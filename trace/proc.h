// SPDX-License-Identifier: Apache-2.0
//
// Files of /proc/TASK. The tasks that are asked about are traced, and cannot end for good without their tracer's
// knowing: a number never means another one.
#pragma once

#include <sys/types.h>

#include <string>

namespace cloexec::trace {

/// Opens /proc/TASK/NAME for reading, close-on-exec; negative when that cannot be.
int open_in_proc(pid_t task, const std::string& name, int flags = 0);

/// The whole file; empty when it cannot be read.
std::string read_in_proc(pid_t task, const std::string& name);

/// What one read(2) gives of it: all of a file of a few lines.
std::string beginning_in_proc(pid_t task, const std::string& name);

/// What a symbolic link says; empty when it cannot be read.
std::string link_in_proc(pid_t task, const std::string& name);

/// What /proc/TASK/status says as a number, of "PPid", for one; 0 when it cannot be read.
pid_t number_in_status(pid_t task, const std::string& name);

/// Whether the process or thread is there and has not ended: one that nobody has waited for yet has, and so may the
/// first thread of a process.
bool is_alive(pid_t task);

/// A thread of the process that has not ended, `preferred` if it can be; 0 when there is none.
pid_t living_task(pid_t process, pid_t preferred);

}  // namespace cloexec::trace
