// SPDX-License-Identifier: Apache-2.0
//
// What scripts/bench times and the budgets count: every family of calls, each made and closed again, in the three forms
// in which programs can write it.

#pragma once

#include <span>

#include "functions.h"

enum class Form {
  plain,     // as programs of old wrote it
  asked,     // asking for close-on-exec in the call
  by_fcntl,  // by a second call
};

struct Maker {
  const char* name;
  void (*make)(const Functions&, Form);
  bool has_forms = true;  // whether close-on-exec can be asked for
};

/// Each does it once, and ends the process where it cannot.
std::span<const Maker> makers();
