// SPDX-License-Identifier: Apache-2.0
//
// Scripts that are run by a descriptor run under the shim where they run bare; and the interpreter cannot read what the
// program has marked, where it cannot bare.

#include <sys/stat.h>

#include <fstream>

#include "ask.h"

namespace {

class Scripts : public testing::TestWithParam<std::string> {
 protected:
  Scripts() {
    path_ = mkdtemp(path_.data());
    const std::string script = path_ + "/script";
    std::ofstream(script) << "#!/bin/sh\necho \"ran with $1\"\n";
    chmod(script.c_str(), 0755);
  }
  ~Scripts() override { run({"/bin/rm", "-rf", path_}, {}); }

  std::string path_ = "/tmp/giving.XXXXXX";
};

TEST_P(Scripts, RunByADescriptorAsTheyDoBare) {
  for (const std::string where : {"self", "fork", "vfork", "threads"})
    for (const bool is_marked : {false, true}) {
      std::vector<std::string> words = {SCRIPTS, GetParam(), path_, where};
      if (is_marked) words.emplace_back("marked");
      const Ran without = run(words, nothing_preloaded);
      const Ran with = run(words, shim_preloaded);
      if (!is_marked) {
        EXPECT_EQ(without.out, "ran with word\n") << without.err;
      }
      EXPECT_EQ(with.out, without.out) << where << ' ' << is_marked << with.err;
      EXPECT_EQ(with.err, without.err) << where << ' ' << is_marked;
      EXPECT_EQ(with.status, without.status) << where << ' ' << is_marked;
    }
}

INSTANTIATE_TEST_SUITE_P(How, Scripts,
                         testing::Values("execveat", "file-empty", "fexecve", "file-proc", "file-dev", "directory-proc",
                                         "directory-dev", "spawn-proc", "spawn-dev"),
                         [](const auto& how) {
                           std::string name = how.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
