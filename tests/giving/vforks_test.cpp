// SPDX-License-Identifier: Apache-2.0
//
// A vfork child gives what is its own, and marks what it marks, at every number; its parent goes on as if it had never
// been. All of it with one copy of the library, and with two.

#include <sys/resource.h>

#include "ask.h"

namespace {

const std::string file = "arrived 3=/etc/passwd\n";
const std::string nothing = "arrived\n";
const std::string afterwards = file + file;  // told, and by an exec without a fork

class Vforks : public testing::TestWithParam<std::string> {
 protected:
  static std::string under(const std::vector<std::string>& arguments, const std::string& policy = "") {
    std::vector<std::string> words = {VFORKS};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<std::string> environment = {"LD_PRELOAD=" + GetParam()};
    if (!policy.empty()) environment.insert(environment.end(), {"CLOEXEC_PROFILE=strict", "CLOEXEC_POLICY=" + policy});
    return said(words, environment);
  }
};

std::string without(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), VFORKS);
  return bare(arguments);
}

TEST_P(Vforks, ChildGivesWhatItPutAtANumber) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  for (const int each : {9, 1023, 1024, 5000, 19000, 40000, 65535}) {
    // Not every machine allows so many.
    if (limit.rlim_max <= static_cast<rlim_t>(each)) break;
    const std::string number = std::to_string(each);
    const std::string pipe = " " + number + "=pipe\n";
    const std::string inherited = "arrived 3=/etc/passwd 4=pipe 5=pipe";
    for (const std::string child : {"plumb", "fork"}) {
      EXPECT_EQ(without({child, number}), inherited + pipe + afterwards);
      EXPECT_EQ(under({child, number}), "arrived" + pipe + afterwards) << child;
      EXPECT_EQ(without({child, number, "mark"}), inherited + '\n' + afterwards);
      EXPECT_EQ(under({child, number, "mark"}), nothing + afterwards) << child << ' ' << number;
      EXPECT_EQ(under({child, number, "tell"}), "arrived 3=/etc/passwd" + pipe + afterwards) << child << ' ' << number;
    }
  }
}

TEST_P(Vforks, ChildsMarksHoldHoweverManyTheyAre) {
  const std::string parents = "arrived 500=/etc/passwd 600=/etc/passwd\n";
  EXPECT_EQ(under({"many"}), "arrived 600=/etc/passwd 1800=/etc/passwd\n" + parents + afterwards);
}

TEST_P(Vforks, ChildOfAChildGivesItsOwnOnly) {
  EXPECT_EQ(without({"nested"}),
            "arrived 3=/etc/passwd 20=/etc/passwd 21=/etc/passwd\n"
            "arrived 3=/etc/passwd 20=/etc/passwd\n" +
                afterwards);
  EXPECT_EQ(under({"nested"}), "arrived 21=/etc/passwd\narrived 20=/etc/passwd\n" + afterwards);
}

TEST_P(Vforks, ChildThatNoFunctionMadeIsAChild) {
  EXPECT_EQ(without({"raw"}), file + afterwards);
  EXPECT_EQ(under({"raw"}), nothing + afterwards);
  EXPECT_EQ(under({"raw"}, "exempt exec when=parent"), nothing + nothing + file);
}

#ifdef __x86_64__
TEST_P(Vforks, ChildThatWasMadeByNumberExecsAndItsParentGoesOn) {
  for (const std::string call : {"number", "clone-number"}) {
    EXPECT_EQ(without({call}), file + afterwards) << call;
    EXPECT_EQ(under({call}), nothing + afterwards) << call;
  }
}
#endif

TEST_P(Vforks, HandlerThatRunsAsVforkReturnsIsTheParents) {
  const std::string parents = "arrived 3=/etc/passwd 41=/etc/passwd\n";
  for (const std::string how : {"handler", "jump"}) {
    EXPECT_EQ(without({how}), "not marked: by the handler 400, later 400\n" + parents + parents);
    EXPECT_EQ(under({how}), "not marked: by the handler 0, later 0\n" + file + parents) << how;
    EXPECT_EQ(under({how}, "exempt open,dup2 when=child"),
              "not marked: by the handler 0, later 0\n" + nothing + nothing)
        << how;
  }
}

TEST_P(Vforks, HandlerThatRunsAsAChildsVforkReturnsIsTheChilds) {
  for (const std::vector<std::string>& how : {std::vector<std::string>{"nested-handler"}, {"nested-handler", "1"}}) {
    EXPECT_EQ(without(how), file + afterwards);
    EXPECT_EQ(under(how), nothing + afterwards) << testing::PrintToString(how);
  }
}

TEST_P(Vforks, HandlerMayCallVforkAsVforkReturns) {
  const std::string right = "right: by the handler 3000, by whom it interrupted 3000\n" + afterwards;
  EXPECT_EQ(without({"handler-vforks"}), right);
  EXPECT_EQ(under({"handler-vforks"}), right);
}

INSTANTIATE_TEST_SUITE_P(Copies, Vforks, testing::Values(SHIM, FIRST_COPY ":" SECOND_COPY),
                         [](const auto& copies) { return copies.index == 0 ? "one" : "two"; });

TEST(Copies, OfTheLibraryGiveWhatOneDoes) {
  const auto two = [](const std::vector<std::string>& words) {
    return said(words, {"PATH=/usr/bin:/bin", "LD_PRELOAD=" FIRST_COPY ":" SECOND_COPY});
  };
  for (const std::string way : {"exec", "fork", "vfork", "clone", "spawn", "actions", "thread"}) {
    EXPECT_EQ(two({STALE, "nothing", way, "told"}), file) << way;
    EXPECT_EQ(two({STALE, "nothing", way}), shimmed({STALE, "nothing", way})) << way;
    EXPECT_EQ(two({STALE, "close", way, "told"}), nothing) << way;
    EXPECT_EQ(two({STALE, "fclose", way, "told"}), nothing) << way;
  }
}

}  // namespace
