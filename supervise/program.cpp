// SPDX-License-Identifier: Apache-2.0

#include "supervise/program.h"

#include <sys/auxv.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "trace/proc.h"

namespace cloexec::supervise {
namespace {

constexpr std::string_view descriptor_folder = "/dev/fd/";

}  // namespace

const AuxiliaryValues& Program::auxiliary() {
  if (!auxiliary_) auxiliary_.emplace(read_in_proc(process_, "auxv"));
  return *auxiliary_;
}

const std::string& Program::path() {
  if (!path_) path_ = text_at(process_, auxiliary().get(AT_EXECFN));
  return *path_;
}

const Strings& Program::arguments() {
  if (!arguments_) arguments_.emplace(read_in_proc(process_, "cmdline"));
  return *arguments_;
}

std::string_view Program::argv0() { return arguments().first(); }

std::string_view Program::target() {
  return path().starts_with(descriptor_folder) ? argv0() : std::string_view(path());
}

void Program::read_announcements(const std::string& before) {
  told_ = told_to(path(), target(), arguments(), Strings(read_in_proc(process_, "environ")), Strings(before));
}

bool Program::is_told(int fd, const std::string& before) {
  if (!told_) read_announcements(before);
  return std::any_of(told_->begin(), told_->end(), [=](const Told& one) { return fd >= one.first && fd <= one.last; });
}

}  // namespace cloexec::supervise
