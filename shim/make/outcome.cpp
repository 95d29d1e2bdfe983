// SPDX-License-Identifier: Apache-2.0

#include "shim/make/outcome.h"

#include "shim/host/stream.h"
#include "shim/make/rights.h"

namespace cloexec {

bool has_failed(const Attempt& attempt, Word result) {
  switch (attempt.recipe.outcome) {
    case Outcome::stream:
      return result == 0;
    case Outcome::rights:
      return result < 0;
    case Outcome::number:
    case Outcome::pair:
    case Outcome::many_rights:
      return static_cast<int>(result) < 0;
  }
  __builtin_unreachable();
}

void each_descriptor(const Attempt& attempt, Word result, void (*visit)(const Site&, int)) {
  switch (attempt.recipe.outcome) {
    case Outcome::number:
      return visit(attempt.site(), static_cast<int>(result));
    case Outcome::stream:
      return visit(attempt.site(), number_of(from_word<FILE*>(result)));
    case Outcome::pair: {
      const auto* const ends = from_word<const int*>(attempt.words[attempt.recipe.subject]);
      visit(attempt.site(), ends[0]);
      return visit(attempt.site(), ends[1]);
    }
    case Outcome::rights:
    case Outcome::many_rights:
      return each_right(attempt, result, visit);
  }
}

}  // namespace cloexec
