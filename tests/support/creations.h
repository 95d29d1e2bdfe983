// SPDX-License-Identifier: Apache-2.0
//
// Every common way to make a descriptor without asking for close-on-exec, as a table: the race runs through it, and the
// sandbox's and the neighbours' probes look at what each one made.
#pragma once

#include <span>

/// Sees each descriptor that a creation has made, while it is open.
using Visit = void (*)(int fd);

struct Creation {
  const char* name;
  /// Makes descriptors, shows them to `visit` and closes them. 0, or the errno of the call that is tried. Nothing else
  /// that it opens is inheritable at any time, unless the system cannot do that. Any thread may call it.
  int (*make)(Visit visit);
};

/// What works in a container, without privileges.
std::span<const Creation> creations();

/// The same calls with wrong arguments: `make` gives the errno, and 0 when the call succeeded after all.
std::span<const Creation> failures();
