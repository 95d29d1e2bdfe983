// SPDX-License-Identifier: Apache-2.0
//
// Whether a variable is this process's own doing is seen by what it was at the start, wherever it lies now.

#include "ask.h"

namespace {

const std::string nothing = "arrived\n";

std::string file(int fd) { return "arrived " + std::to_string(fd) + "=/etc/passwd\n"; }

std::string title(const std::vector<std::string>& variables, std::vector<std::string> arguments) {
  std::vector<std::string> environment = shim_preloaded;
  environment.insert(environment.end(), variables.begin(), variables.end());
  arguments.insert(arguments.begin(), TITLE);
  return said(arguments, environment);
}

const std::vector<std::string> ordinary = {"SHLVL=3", "JOURNAL_STREAM=9:4711", "LISTEN_FDS=4", "NGINX=5;", "MAIL_FD=7"};

TEST(Title, AllArriveWithoutTheShim) {
  EXPECT_THAT(bare({TITLE, "-w"}), testing::StartsWith("arrived 3=/etc/passwd 4=/etc/passwd"));
}

TEST(Title, VariablesThatWereThereAnnounceNothing) {
  EXPECT_EQ(title(ordinary, {}), nothing);
  EXPECT_EQ(title(ordinary, {"-w"}), nothing);
  for (const std::string& each : ordinary) EXPECT_EQ(title({each}, {"-w"}), nothing) << each;
}

TEST(Title, OneThatIsAddedAnnounces) {
  for (const std::vector<std::string>& how : {std::vector<std::string>{}, {"-w"}}) {
    const auto with = [&](const std::string& variable) {
      std::vector<std::string> arguments = how;
      arguments.push_back(variable);
      return arguments;
    };
    EXPECT_EQ(title({"SHLVL=3", "JOURNAL_STREAM=9:4711", "LISTEN_FDS=4"}, with("NGINX=5;")), file(5));
    EXPECT_EQ(title({"SHLVL=3", "NGINX=6;"}, with("NGINX=5;")), file(5));
    // Its name does not speak of descriptors.
    EXPECT_EQ(title({"SHLVL=3"}, with("SHLVL=4")), nothing);
    EXPECT_EQ(title({}, with("TR_TORRENT_NAME=3;4;8;9")), nothing);
    EXPECT_EQ(title({}, with("HTTP_X_FD=5")), nothing);
  }
}

TEST(Title, ListenFdsCountsWhenItsProcessIdIsNew) {
  EXPECT_EQ(title({"LISTEN_FDS=1", "LISTEN_PID=1"}, {"-w", "LISTEN_PID=2"}), file(3));
  EXPECT_EQ(title({"LISTEN_FDS=1", "LISTEN_PID=1"}, {"-w", "LISTEN_PID=1"}), nothing);
}

}  // namespace
