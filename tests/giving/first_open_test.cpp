// SPDX-License-Identifier: Apache-2.0
//
// An open that fails after it has made its file fails once: EINVAL stays EINVAL, and is not EEXIST.

#include "ask.h"

namespace {

/// A directory of the test's own.
class FirstOpen : public testing::Test {
 protected:
  FirstOpen() { path_ = mkdtemp(path_.data()); }
  ~FirstOpen() override { run({"/bin/rm", "-rf", path_}, {}); }

  std::string file() { return path_ + "/file" + std::to_string(++files_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/giving.XXXXXX";
  int files_ = 0;
};

TEST_F(FirstOpen, ThatIsAnsweredEinvalIsMadeOnce) {
  for (const std::string how : {"open", "open64", "openat", "openat64"}) {
    const std::string right = "-1 EINVAL, file 1\n";
    EXPECT_EQ(said({FIRST_OPEN, how, file()}, {"LD_PRELOAD=" NO_DIRECT}), right);
    EXPECT_EQ(said({FIRST_OPEN, how, file()}, {"LD_PRELOAD=" SHIM ":" NO_DIRECT}), right) << how;
  }
}

TEST_F(FirstOpen, OnAFileSystemWithoutDirectAccessIsAsBare) {
  const auto on_ramfs = [this](const std::string& how, const std::string& preload) {
    return run({"/usr/bin/unshare", "-m", "/bin/sh", "-c",
                "mount -t ramfs none " + path() + " && exec env LD_PRELOAD=" + preload + " " FIRST_OPEN " " + how +
                    " " + path() + "/file"},
               {"PATH=/usr/bin:/bin:/usr/sbin:/sbin"});
  };
  if (on_ramfs("open", "").status != 0) GTEST_SKIP() << "no mount of our own can be made";
  for (const std::string how : {"open", "open64", "openat", "openat64", "syscall"}) {
    const std::string right = on_ramfs(how, "").out;
    EXPECT_EQ(right, "-1 EINVAL, file 1\n");
    EXPECT_EQ(on_ramfs(how, SHIM).out, right) << how;
  }
}

}  // namespace
