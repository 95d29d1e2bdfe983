// SPDX-License-Identifier: Apache-2.0
//
// Recipes of calls that are made by function and by number alike: places differ by one.
#pragma once

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "shim/make/recipe.h"

namespace [[gnu::visibility("hidden")]] cloexec {

consteval Recipe open_recipe(Call call, std::int8_t path, std::uint8_t flags) {
  return flag(call, flags, O_CLOEXEC).about(path).retried(Retry::while_unsettled);
}

consteval Recipe openat2_recipe(std::int8_t path, std::uint8_t how) {
  Recipe recipe = by_way(Way::open_how, Call::openat2, Call::openat2).about(path).retried(Retry::while_unsettled);
  recipe.place = how;
  return recipe.or_syscall(SYS_openat2);
}

consteval Recipe receive_recipe(Call call, std::int8_t messages, std::uint8_t flags, Outcome outcome) {
  return flag(call, flags, MSG_CMSG_CLOEXEC).about(messages).giving(outcome).retried(Retry::if_family_refuses);
}

}  // namespace cloexec
