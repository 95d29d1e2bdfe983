// SPDX-License-Identifier: Apache-2.0

#include "cli/system/origin.h"

namespace cloexec::cli {
namespace {

/// Whether the number has been what it is since the fork. Of high numbers, and of what the parent has closed, it is
/// only known that something was there: it is believed to be that.
bool is_inherited(const watch_block& block, std::uint64_t bit) {
  if (block.index >= watch_most_blocks_of_fork) return (block.is_parents & bit) != 0;
  if ((block.had & bit) == 0) return false;
  return ((block.is_same | block.is_parents) & bit) != 0 || (block.is_other & bit) == 0;
}

}  // namespace

Origin origin_of(const watch::Exec& exec, const watch_block& block, std::uint64_t bit) {
  const std::uint32_t flags = exec.facts.flags;
  const bool is_parents = (block.is_parents & bit) != 0;
  const bool has_parent_marked = (block.parents_marked & bit) != 0;
  if ((flags & watch_is_forked) == 0) {
    // When it was forked, it was so before the watch began.
    if ((flags & watch_is_unknown) == 0 || !is_parents) return Origin::own;
    return has_parent_marked ? Origin::cleared : Origin::inherited;
  }
  // Nobody can say which of two processes with one table has made what is in it.
  if ((flags & watch_shares_table) != 0) return has_parent_marked ? Origin::cleared : Origin::inherited;
  if (!is_inherited(block, bit)) return Origin::own;
  const bool was_marked = block.index < watch_most_blocks_of_fork ? (block.had_marked & bit) != 0 : has_parent_marked;
  return was_marked ? Origin::cleared : Origin::inherited;
}

}  // namespace cloexec::cli
