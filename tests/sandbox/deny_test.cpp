// SPDX-License-Identifier: Apache-2.0
//
// Under filters that refuse the atomic calls, or the flags, each alone and all together: what works without the shim
// works with it and is close-on-exec, and what fails, fails alike.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <vector>

#include "tests/support/shell.h"

namespace {

struct Refusal {
  const char* error;
  const char* names;
};

const Refusal refusals[] = {
    {"ENOSYS", "pipe2"},
    {"ENOSYS", "accept4"},
    {"ENOSYS", "dup3"},
    {"ENOSYS", "epoll_create1"},
    {"ENOSYS", "eventfd2"},
    {"ENOSYS", "signalfd4"},
    {"ENOSYS", "inotify_init1"},
    {"ENOSYS", "pipe2,accept4,dup3,epoll_create1,eventfd2,signalfd4,inotify_init1"},
    {"EPERM", "pipe2"},
    {"EPERM", "accept4"},
    {"EPERM", "dup3"},
    {"EPERM", "epoll_create1"},
    {"EPERM", "eventfd2"},
    {"EPERM", "signalfd4"},
    {"EPERM", "inotify_init1"},
    {"EPERM", "pipe2,accept4,dup3,epoll_create1,eventfd2,signalfd4,inotify_init1"},
    {"EINVAL", "SOCK_CLOEXEC"},
    {"EINVAL", "F_DUPFD_CLOEXEC"},
    {"EINVAL", "SOCK_CLOEXEC,F_DUPFD_CLOEXEC"},
    {"EPERM", "SOCK_CLOEXEC"},
    {"EPERM", "F_DUPFD_CLOEXEC"},
    {"EPERM", "SOCK_CLOEXEC,F_DUPFD_CLOEXEC"},
    {"EPERM", "pipe2,accept4,dup3,epoll_create1,eventfd2,signalfd4,inotify_init1,SOCK_CLOEXEC,F_DUPFD_CLOEXEC"},
};

std::string under(const Refusal& refusal, const std::string& preload, const std::string& options) {
  return quoted(DENY) + " " + refusal.error + " " + refusal.names +
         " -- env CLOEXEC_PROFILE=strict LD_PRELOAD=" + quoted(preload) + " " + quoted(PROBE) + " " + options;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

class Sandbox : public testing::TestWithParam<std::tuple<Refusal, const char*>> {};

TEST_P(Sandbox, ChangesNothingButTheFlag) {
  const auto& [refusal, options] = GetParam();
  const Outcome bare = run_in_shell(under(refusal, "", options));
  const Outcome shimmed = run_in_shell(under(refusal, SHIM, options));
  ASSERT_EQ(bare.status, 0) << bare.output;
  ASSERT_EQ(shimmed.status, 0) << shimmed.output;
  const auto expected = lines_of(bare.output);
  const auto seen = lines_of(shimmed.output);
  ASSERT_EQ(seen.size(), expected.size()) << shimmed.output;
  ASSERT_GT(seen.size(), 60u);
  for (std::size_t i = 0; i < seen.size(); ++i)
    EXPECT_EQ(seen[i], with_flags_set(expected[i])) << "bare: " << expected[i];
}

// Every call twice: once to find the fallback, once to use what was remembered.
INSTANTIATE_TEST_SUITE_P(Refusals, Sandbox,
                         testing::Combine(testing::ValuesIn(refusals),
                                          testing::Values("--times 2", "--fork --times 2")),
                         [](const auto& one) {
                           std::string name = std::string(std::get<0>(one.param).error) + "_";
                           for (const char c : std::string_view(std::get<0>(one.param).names))
                             name += c == ',' ? '_' : c;
                           return name + (std::get<1>(one.param)[2] == 'f' ? "_fork" : "_main");
                         });

struct Fallback {
  const char* call;  // as the probe names it
  Refusal refusal;
  const char* traced;   // the system call of the attempt
  const char* attempt;  // what stands in strace's line for it
};

class Remembered : public testing::TestWithParam<Fallback> {};

TEST_P(Remembered, CostsTheFailingAttemptOnce) {
  const Fallback& fallback = GetParam();
  const std::string denied = std::string(" = -1 ") + fallback.refusal.error;
  const Outcome outcome = run_in_shell(quoted(STRACE) + " -e signal=none -e trace=" + fallback.traced + " " +
                                       under(fallback.refusal, SHIM, std::string("--times 20 ") + fallback.call));
  ASSERT_EQ(outcome.status, 0) << outcome.output;
  const auto lines = lines_of(outcome.output);
  EXPECT_EQ(std::ranges::count(lines, std::string(fallback.call) + " main cloexec=1"),
            std::string(fallback.call) == "socketpair" ? 40 : 20)
      << outcome.output;
  EXPECT_EQ(std::ranges::count_if(lines,
                                  [&](const std::string& line) {
                                    return line.find(fallback.attempt) != std::string::npos &&
                                           line.find(denied) != std::string::npos;
                                  }),
            1)
      << outcome.output;
}

// Not pipe: glibc's own is pipe2, and fails without the shim as well.
INSTANTIATE_TEST_SUITE_P(
    Fallbacks, Remembered,
    testing::Values(Fallback{"socket", {"EINVAL", "SOCK_CLOEXEC"}, "socket", "socket("},
                    Fallback{"socket", {"EPERM", "SOCK_CLOEXEC"}, "socket", "socket("},
                    Fallback{"socketpair", {"EINVAL", "SOCK_CLOEXEC"}, "socketpair", "socketpair("},
                    Fallback{"dup", {"EINVAL", "F_DUPFD_CLOEXEC"}, "fcntl", "F_DUPFD_CLOEXEC"},
                    Fallback{"F_DUPFD", {"EPERM", "F_DUPFD_CLOEXEC"}, "fcntl", "F_DUPFD_CLOEXEC"},
                    Fallback{"dup2", {"EPERM", "dup3"}, "dup3", "dup3("},
                    Fallback{"accept", {"ENOSYS", "accept4"}, "accept4", "accept4("},
                    Fallback{"epoll_create", {"ENOSYS", "epoll_create1"}, "epoll_create1", "epoll_create1("},
                    Fallback{"inotify_init", {"EPERM", "inotify_init1"}, "inotify_init1", "inotify_init1("}),
    [](const auto& one) { return std::string(one.param.call) + one.param.refusal.error; });

class Failing : public testing::TestWithParam<const char*> {};

TEST_P(Failing, AnOpenIsMadeOnceWhenItsFlagIsKnownToWork) {
  const Outcome bare = run_in_shell("LD_PRELOAD= " + quoted(FAILING));
  ASSERT_EQ(bare.status, 0) << bare.output;
  const auto calls = std::ranges::count_if(lines_of(bare.output),
                                           [](const std::string& line) { return line.ends_with(" errno=EINVAL"); });
  ASSERT_EQ(calls, 9) << bare.output;
  const std::string command = "env CLOEXEC_PROFILE=strict CLOEXEC_POLICY=" + quoted(GetParam()) +
                              " LD_PRELOAD=" + quoted(SHIM) + " " + quoted(FAILING);
  const Outcome shimmed = run_in_shell(command);
  EXPECT_EQ(shimmed.output, bare.output);
  const Outcome traced = run_in_shell(quoted(STRACE) + " -e trace=open,openat " + command);
  EXPECT_EQ(std::ranges::count_if(lines_of(traced.output),
                                  [](const std::string& line) { return line.find("O_DIRECT") != std::string::npos; }),
            calls)
      << traced.output;
}

// No rule has a say, or one must be asked at each call.
INSTANTIATE_TEST_SUITE_P(Policies, Failing, testing::Values("", "exempt open path=/nowhere"));

}  // namespace
