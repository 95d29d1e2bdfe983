// SPDX-License-Identifier: Apache-2.0
//
// Policy files as they are found on real machines: too large, of random bytes, of others, no files at all. The program
// runs in any case, and the message names the place.

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <random>

#include "tests/support/spawn.h"

namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::size_t longest_policy = 65536;
constexpr unsigned nobody = 65534;

class PolicyFile : public ::testing::Test {
 protected:
  PolicyFile() {
    char name[] = "/tmp/policy-file.XXXXXX";
    directory_ = mkdtemp(name);
    chmod(name, 0755);
  }
  ~PolicyFile() override { run({"/bin/rm", "-r", directory_}, {}); }

  std::string path(const std::string& name) const { return directory_ + "/" + name; }

  std::string file(const std::string& text, mode_t mode = 0600) const {
    std::ofstream(path("conf")) << text;
    chmod(path("conf").c_str(), mode);
    return path("conf");
  }

  /// Opens twice under the policy of that file; whatever the file, the program does so, and soon.
  static Ran open_under(const std::string& policy) {
    Ran ran = run({"/usr/bin/timeout", "--signal=KILL", "60", "/usr/bin/env", "LD_PRELOAD=" SHIM,
                   "CLOEXEC_PROFILE=strict", "CLOEXEC_POLICY_FILE=" + policy, PROBE, "open", "socket"},
                  {});
    EXPECT_EQ(ran.status, 0) << policy;
    EXPECT_THAT(ran.out, testing::MatchesRegex("open 3 [01]\nsocket 4 [01]\n"));
    return ran;
  }

  static void expect_refused(const std::string& policy, const std::string& why) {
    const Ran ran = open_under(policy);
    EXPECT_EQ(ran.out, "open 3 1\nsocket 4 1\n");
    EXPECT_EQ(ran.err, "cloexec: " + policy + ":1:1: " + why + "; the file is ignored\n");
  }

  /// The same as the user nobody, who can read the shim and the probe where they are copied to.
  Ran open_as_nobody(const std::string& policy) const {
    EXPECT_EQ(run({"/bin/cp", SHIM, path("shim.so")}, {}).status, 0);
    EXPECT_EQ(run({"/bin/cp", PROBE, path("probe")}, {}).status, 0);
    return run({"/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/env",
                "LD_PRELOAD=" + path("shim.so"), "CLOEXEC_POLICY_FILE=" + policy, path("probe"), "open"},
               {});
  }

 private:
  std::string directory_;
};

TEST_F(PolicyFile, IsReadWhateverItsLinesEndWith) {
  const std::string open_only = "open 3 0\nsocket 4 1\n";
  EXPECT_EQ(open_under(file("exempt open")).out, open_only);
  EXPECT_EQ(open_under(file("\r\n# all\r\nexempt open\r\n\r\n")).out, open_only);
  EXPECT_EQ(open_under(file("")).out, "open 3 1\nsocket 4 1\n");
  ASSERT_EQ(symlink("conf", path("link").c_str()), 0);
  file("exempt open");
  EXPECT_EQ(open_under(path("link")).out, open_only);
}

TEST_F(PolicyFile, MayHold64KiB) {
  const std::string rule = "exempt open\n";
  const std::string filler(longest_policy - rule.size(), '\n');
  Ran ran = open_under(file(filler + rule));
  EXPECT_EQ(ran.out, "open 3 0\nsocket 4 1\n");
  EXPECT_EQ(ran.err, "");
  ran = open_under(file(filler + "\n" + rule));
  EXPECT_EQ(ran.out.substr(9), "socket 4 1\n");
  EXPECT_THAT(ran.err, StartsWith("cloexec: " + path("conf") + ":1:1: the policy is longer than 64 KiB; "));
  ran = open_under(file(rule + std::string(10U << 20, 'x')));
  EXPECT_EQ(ran.out, "open 3 0\nsocket 4 1\n");
  EXPECT_THAT(ran.err, HasSubstr("the policy is longer than 64 KiB"));
}

TEST_F(PolicyFile, MayHold1024Rules) {
  std::string rules;
  for (int i = 0; i < 1023; ++i) rules += "force pipe\n";
  Ran ran = open_under(file(rules + "exempt open\n"));
  EXPECT_EQ(ran.out, "open 3 0\nsocket 4 1\n");
  EXPECT_EQ(ran.err, "");
  ran = open_under(file("exempt open\n" + rules + "exempt socket\n"));
  EXPECT_EQ(ran.out, "open 3 0\nsocket 4 1\n");
  EXPECT_THAT(ran.err, StartsWith("cloexec: " + path("conf") + ":1025:1: more than 1,024 rules; "));
  rules = "exempt open\n";
  for (int i = 0; i < 9999; ++i) rules += "force\n";
  ran = open_under(file(rules));
  EXPECT_EQ(ran.out, "open 3 0\nsocket 4 1\n");
  EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1);
  ran = open_under(file(rules + rules));
  EXPECT_EQ(ran.out, "open 3 0\nsocket 4 1\n");
}

TEST_F(PolicyFile, OfRandomBytesIsReportedAndNoMore) {
  std::mt19937 random(3);  // NOLINT: the same bytes every time
  for (const std::size_t size : {1U, 7U, 100U, 5000U, 65536U, 100000U})
    for (int i = 0; i < 20; ++i) {
      std::string bytes(size, '\0');
      for (char& byte : bytes) byte = static_cast<char>(random());
      const Ran ran = open_under(file(bytes));
      EXPECT_LE(std::count(ran.err.begin(), ran.err.end(), '\n'), 8);
      // A terminal would act on them.
      EXPECT_TRUE(std::none_of(ran.err.begin(), ran.err.end(), [](char c) { return c != '\n' && c >= 0 && c < ' '; }));
      if (size > 7) {
        EXPECT_THAT(ran.err, StartsWith("cloexec: " + path("conf") + ":"));
      }
    }
}

TEST_F(PolicyFile, OfOneEndlessWordIsReportedWithItsPlace) {
  const std::string x(60000, 'x');
  for (const std::string& text : {x, "exempt " + x, "exempt open " + x, "exempt open fd=" + x,
                                  "exempt open path=\"" + x, "exempt open when=" + x})
    EXPECT_THAT(open_under(file(text)).err, StartsWith("cloexec: " + path("conf") + ":1:"));
  std::string commas = "exempt ";
  while (commas.size() < 60000) commas += "open,";
  EXPECT_EQ(open_under(file(commas + "open")).out, "open 3 0\nsocket 4 1\n");
}

TEST_F(PolicyFile, EndsSoonWithPatternsThatBacktrack) {
  std::string stars;
  while (stars.size() < 60000) stars += "*a";
  EXPECT_EQ(open_under(file("exempt open program=/" + stars)).out, "open 3 1\nsocket 4 1\n");
  EXPECT_EQ(open_under(file("exempt open path=" + stars)).out, "open 3 1\nsocket 4 1\n");
}

TEST_F(PolicyFile, MustBeARegularFile) {
  ASSERT_EQ(mkfifo(path("fifo").c_str(), 0600), 0);
  ASSERT_EQ(mkdir(path("directory").c_str(), 0700), 0);
  expect_refused(path("fifo"), "not a regular file");
  expect_refused(path("directory"), "not a regular file");
  for (const std::string device : {"/dev/null", "/dev/zero", "/dev/full", "/dev/tty", "/dev/ptmx"}) {
    const Ran ran = open_under(device);
    EXPECT_EQ(ran.out, "open 3 1\nsocket 4 1\n");
    EXPECT_THAT(ran.err, StartsWith("cloexec: " + device + ":1:1: ")) << device;
  }
}

TEST_F(PolicyFile, MustBeThere) {
  ASSERT_EQ(symlink("nowhere", path("dangling").c_str()), 0);
  ASSERT_EQ(symlink("loop", path("loop").c_str()), 0);
  expect_refused(path("missing"), "there is no such file");
  expect_refused(path("dangling"), "there is no such file");
  expect_refused(path("loop"), "the file cannot be opened");
  expect_refused(file("exempt") + "/x", "the file cannot be opened");
}

TEST_F(PolicyFile, MustNotBeWritableByOthers) {
  for (const mode_t mode : {0622U, 0602U, 0620U, 0666U, 0777U})
    expect_refused(file("exempt", mode), "the file must not be writable by group or others");
  for (const mode_t mode : {0644U, 0755U, 0400U, 0700U})
    EXPECT_EQ(open_under(file("exempt", mode)).out, "open 3 0\nsocket 4 0\n");
}

TEST_F(PolicyFile, MustBelongToRootOrTheUser) {
  file("exempt open", 0644);
  ASSERT_EQ(chown(path("conf").c_str(), nobody, nobody), 0) << "needs root";
  expect_refused(path("conf"), "the file must belong to root or to the user of this process");
  EXPECT_EQ(open_as_nobody(path("conf")).out, "open 3 0\n");
  ASSERT_EQ(chown(path("conf").c_str(), 0, 0), 0);
  EXPECT_EQ(open_as_nobody(path("conf")).out, "open 3 0\n");
  ASSERT_EQ(chown(path("conf").c_str(), 1, 1), 0);
  EXPECT_EQ(open_as_nobody(path("conf")).out, "open 3 1\n");
}

TEST_F(PolicyFile, MustBeReadable) {
  const Ran ran = open_as_nobody(file("exempt open", 0600));
  EXPECT_EQ(ran.out, "open 3 1\n");
  EXPECT_EQ(ran.err, "cloexec: " + path("conf") + ":1:1: no permission to read the file; the file is ignored\n");
}

TEST_F(PolicyFile, LeavesNoDescriptorBehind) {
  const Ran ran = run({PROBE, "start:execv=" PROBE}, {"LD_PRELOAD=" SHIM, "CLOEXEC_POLICY=exempt; exempt exec",
                                                      "CLOEXEC_POLICY_FILE=" + file("exempt exec")});
  EXPECT_EQ(ran.out, "arrived\n");
}

/// In a mount namespace where /etc holds nothing but cloexec.conf.
Ran with_etc(const std::string& etc, const std::string& command, std::vector<std::string> environment) {
  environment.emplace_back("PATH=/usr/bin:/bin:/sbin");
  return run({"/usr/bin/unshare", "--mount", "/bin/sh", "-c", "mount --bind " + etc + " /etc && " + command},
             environment);
}

TEST_F(PolicyFile, OfTheSystemCountsWhenNoneIsNamed) {
  ASSERT_EQ(mkdir(path("etc").c_str(), 0755), 0);
  std::ofstream(path("etc/cloexec.conf")) << "exempt open\n";
  const std::string other = file("exempt socket");
  const std::string probe = "LD_PRELOAD=" SHIM " CLOEXEC_PROFILE=strict " PROBE " open socket";
  if (with_etc(path("etc"), "true", {}).status != 0) GTEST_SKIP() << "no mount of our own can be made";
  EXPECT_EQ(with_etc(path("etc"), probe, {}).out, "open 3 0\nsocket 4 1\n");
  EXPECT_EQ(with_etc(path("etc"), "CLOEXEC_POLICY_FILE= " + probe, {}).out, "open 3 0\nsocket 4 1\n");
  EXPECT_EQ(with_etc(path("etc"), "CLOEXEC_POLICY_FILE=" + other + " " + probe, {}).out, "open 3 1\nsocket 4 0\n");

  chmod(path("etc/cloexec.conf").c_str(), 0666);
  const Ran ran = with_etc(path("etc"), probe, {});
  EXPECT_EQ(ran.out, "open 3 1\nsocket 4 1\n");
  EXPECT_EQ(ran.err,
            "cloexec: /etc/cloexec.conf:1:1: the file must not be writable by group or others; the file is "
            "ignored\n");
}

TEST_F(PolicyFile, OfTheSystemAloneCountsInASetGroupIdProgram) {
  ASSERT_EQ(mkdir(path("etc").c_str(), 0755), 0);
  std::ofstream(path("etc/cloexec.conf")) << "exempt open\n";
  const std::string hostile = file("exempt socket");
  const std::string copy = std::string(LINKED_PROBE) + ".of-another-group";
  ASSERT_EQ(run({"/bin/cp", LINKED_PROBE, copy}, {}).status, 0);
  ASSERT_EQ(chown(copy.c_str(), 0, nobody), 0) << "needs root";
  ASSERT_EQ(chmod(copy.c_str(), 02755), 0);
  // Nor do names that its user chose make it a shell.
  const std::string shell = path("bash");
  ASSERT_EQ(symlink(copy.c_str(), shell.c_str()), 0);
  EXPECT_EQ(with_etc(path("etc"), shell + " open socket", {}).out, "open 3 0\nsocket 4 1\n");
  EXPECT_EQ(with_etc(path("etc"), "bash -c 'exec -a bash " + copy + " open socket'", {}).out, "open 3 0\nsocket 4 1\n");
  const Ran ran = with_etc(path("etc"), copy + " open socket dup2:9",
                           {"CLOEXEC_POLICY_FILE=" + hostile, "CLOEXEC_POLICY=exempt socket; x", "CLOEXEC_MODE=off",
                            "CLOEXEC_ALLOW=3-9", "CLOEXEC_PROFILE=lax"});
  unlink(copy.c_str());
  EXPECT_EQ(ran.out, "open 3 0\nsocket 4 1\ndup2 9 1\n");
  EXPECT_EQ(ran.err, "");
}

}  // namespace
