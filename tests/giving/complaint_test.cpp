// SPDX-License-Identifier: Apache-2.0
//
// What the shim has to say about a policy it says where errors are expected, and never into a file of the program's
// that happens to be descriptor 2.

#include <fstream>
#include <iterator>

#include "ask.h"

namespace {

constexpr char content[] = "precious: 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789\n";

class Complaint : public testing::Test {
 protected:
  Complaint() { close(mkstemp(file_.data())); }
  ~Complaint() override { unlink(file_.c_str()); }

  /// By a shell that is not preloaded itself; the file is what its redirection says. Returns what is in it then.
  std::string after(const std::string& preload, const std::string& redirection, const std::string& argument = "") {
    std::ofstream(file_) << content;
    const std::string variables = preload.empty() ? "" : "LD_PRELOAD=" + preload + " CLOEXEC_POLICY=nonsense ";
    const Ran ran = run({"/bin/sh", "-c", "exec env " + variables + COMPLAINT " " + argument + " " + redirection},
                        {"PATH=/usr/bin:/bin"});
    EXPECT_EQ(ran.status, 0) << redirection;
    EXPECT_EQ(ran.out, "arrived\narrived\n") << redirection;
    error_ = ran.err;
    std::ifstream text(file_);
    return std::string(std::istreambuf_iterator<char>(text), {});
  }

  std::string file_ = "/tmp/giving.XXXXXX";
  std::string error_;
};

TEST_F(Complaint, IsNotWrittenOverAFile) {
  for (const std::string preload : {"", SHIM}) {
    EXPECT_EQ(after(preload, "2<>" + file_), content) << preload;
    EXPECT_EQ(after(preload, "2<" + file_), content);
  }
}

TEST_F(Complaint, IsNotWrittenOverWhatTheProgramOpened) {
  for (const std::string preload : {"", SHIM}) {
    EXPECT_EQ(after(preload, "", file_), content) << preload;
    EXPECT_EQ(after(preload, "2>&-", file_), content) << preload;
  }
}

TEST_F(Complaint, IsSaidInALogAndInAPipe) {
  EXPECT_THAT(after(SHIM, "2>>" + file_), testing::StartsWith(std::string(content) + "cloexec: CLOEXEC_POLICY:1:1: "));
  after(SHIM, "");
  EXPECT_THAT(error_, testing::StartsWith("cloexec: CLOEXEC_POLICY:1:1: "));
}

}  // namespace
