// SPDX-License-Identifier: Apache-2.0
//
// What rules say of the calls that a real program makes: where they come from, in which order they are asked, and what
// each key looks at.

#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "tests/support/spawn.h"

namespace {

using ::testing::HasSubstr;

/// What the probe says under the shim, with these rules and nothing else.
std::string under(const std::string& rules, std::vector<std::string> verbs) {
  verbs.insert(verbs.begin(), PROBE);
  const Ran ran = run(verbs, {"LD_PRELOAD=" SHIM, "CLOEXEC_PROFILE=strict", "CLOEXEC_POLICY=" + rules});
  EXPECT_EQ(ran.err, "");
  EXPECT_EQ(ran.status, 0);
  return ran.out;
}

class Files : public ::testing::Test {
 protected:
  Files() {
    char name[] = "/tmp/policy.XXXXXX";
    directory_ = mkdtemp(name);
  }
  ~Files() override { run({"/bin/rm", "-r", directory_}, {}); }

  std::string path(const std::string& name) const { return directory_ + "/" + name; }

  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
    chmod(path(name).c_str(), 0600);
    return path(name);
  }

 private:
  std::string directory_;
};

using Sources = Files;
using Program = Files;
using Path = Files;

TEST_F(Sources, AreAskedInOrder) {
  const auto opened = [](std::vector<std::string> settings) {
    settings.push_back("LD_PRELOAD=" SHIM);
    return run({PROBE, "open", "dup2:9", "fork", "dup2:10", "start:execv", "end"}, settings).out;
  };
  const std::string forced = "open 3 1\ndup2 9 1\ndup2 10 1\narrived\n";
  const std::string profile = "open 3 1\ndup2 9 1\ndup2 10 1\narrived 10\n";
  const std::string exempt = "open 3 0\ndup2 9 0\ndup2 10 0\narrived 3 9 10\n";
  const std::string force_file = "CLOEXEC_POLICY_FILE=" + file("force", "force\n");
  const std::string exempt_file = "CLOEXEC_POLICY_FILE=" + file("exempt", "# all\nexempt open\nexempt dup2\n");
  EXPECT_EQ(opened({}), profile);
  EXPECT_EQ(opened({"CLOEXEC_PROFILE=standard"}), profile);
  EXPECT_EQ(opened({"CLOEXEC_PROFILE=strict"}), forced);
  EXPECT_EQ(opened({"CLOEXEC_POLICY=exempt"}), exempt);
  EXPECT_EQ(opened({exempt_file}), exempt);
  EXPECT_EQ(opened({"CLOEXEC_POLICY=exempt", force_file}), exempt);
  // A rule that names no call is for those that make descriptors.
  EXPECT_EQ(opened({"CLOEXEC_POLICY=force", exempt_file}), profile);
  EXPECT_EQ(opened({force_file}), profile);
  EXPECT_EQ(opened({"CLOEXEC_POLICY=force exec", exempt_file}), "open 3 0\ndup2 9 0\ndup2 10 0\narrived 3 9 10\n");
  EXPECT_EQ(opened({"CLOEXEC_POLICY=force open; exempt open; force dup2 when=parent", exempt_file}),
            "open 3 1\ndup2 9 1\ndup2 10 0\narrived 10\n");
  EXPECT_EQ(opened({"CLOEXEC_POLICY=force", "CLOEXEC_ALLOW=3,10"}), "open 3 0\ndup2 9 1\ndup2 10 0\narrived 3 10\n");
  EXPECT_EQ(opened({"CLOEXEC_POLICY=exempt open", "CLOEXEC_MODE=off"}),
            "open 3 0\ndup2 9 0\ndup2 10 0\narrived 3 9 10\n");
}

TEST_F(Sources, ReportTheirPlaceAndKeepTheRest) {
  const std::string bad = file("bad", "exempt opne\n\nforce open # here\nexempt; exmpt\n");
  const Ran ran = run({PROBE, "open", "socket"},
                      {"LD_PRELOAD=" SHIM, "CLOEXEC_POLICY=exempt soket; exempt pipe whn=child\nforce pipe",
                       "CLOEXEC_POLICY_FILE=" + bad, "CLOEXEC_PROFILE=lax"});
  EXPECT_EQ(ran.out, "open 3 1\nsocket 4 0\n");
  EXPECT_THAT(ran.err, HasSubstr("cloexec: CLOEXEC_POLICY:1:8: unknown call 'soket', did you mean 'socket'?; the rule "
                                 "is ignored\n"));
  EXPECT_THAT(ran.err, HasSubstr("cloexec: CLOEXEC_POLICY:1:27: unknown key 'whn', did you mean 'when'?; "));
  EXPECT_THAT(ran.err, HasSubstr("cloexec: " + bad + ":1:8: unknown call 'opne', did you mean 'open'?; "));
  EXPECT_THAT(ran.err, HasSubstr("cloexec: " + bad + ":4:9: a rule begins with"));
  EXPECT_THAT(ran.err, HasSubstr("cloexec: CLOEXEC_PROFILE:1:1: unknown profile, use standard or strict; "));
}

TEST(Rules, DoNotBelieveANameThatTheProgramGaveItselfLater) {
  EXPECT_EQ(run({PROBE, "title:sh", "open"}, {"LD_PRELOAD=" SHIM}).out, "open 3 1\n");
}

TEST(Variable, IsReadUpToItsLimits) {
  const auto opened = [](const std::string& policy) {
    return run({PROBE, "open"}, {"LD_PRELOAD=" SHIM, "CLOEXEC_PROFILE=strict", "CLOEXEC_POLICY=" + policy});
  };
  std::string rules = "exempt open;";
  while (rules.size() < 60000) rules += "force;";
  Ran ran = opened(rules);
  EXPECT_EQ(ran.out, "open 3 0\n");
  EXPECT_THAT(ran.err, ::testing::StartsWith("cloexec: CLOEXEC_POLICY:1:1: more than 1,024 rules; "));
  ran = opened("exempt open;" + std::string(100000, ';'));
  EXPECT_EQ(ran.out, "open 3 0\n");
  EXPECT_THAT(ran.err, ::testing::StartsWith("cloexec: CLOEXEC_POLICY:1:1: the policy is longer than 64 KiB; "));
}

TEST(Calls, AreNamedByFamilyOrFunctionOrAll) {
  const std::vector<std::string> verbs = {"open", "fopen", "socket", "memfd", "dup:1"};
  EXPECT_EQ(under("exempt", verbs), "open 3 0\nfopen 4 0\nsocket 5 0\nmemfd 6 0\ndup 7 0\n");
  EXPECT_EQ(under("exempt *", verbs), "open 3 0\nfopen 4 0\nsocket 5 0\nmemfd 6 0\ndup 7 0\n");
  EXPECT_EQ(under("exempt open,temp", verbs), "open 3 0\nfopen 4 1\nsocket 5 1\nmemfd 6 0\ndup 7 1\n");
  EXPECT_EQ(under("exempt fopen,dup", verbs), "open 3 1\nfopen 4 0\nsocket 5 1\nmemfd 6 1\ndup 7 0\n");
  EXPECT_EQ(under("exempt openat", {"open", "openat", "syscall-open"}), "open 3 1\nopenat 4 0\nsyscall-open 5 0\n");
}

TEST(Calls, OfTheExecFamilyAreNotAmongAll) {
  EXPECT_EQ(under("exempt program=*", {"open", "start:execv"}), "open 3 0\narrived 3\n");
  EXPECT_EQ(under("force open; exempt", {"open", "start:execv"}), "open 3 1\narrived\n");
}

TEST(Number, IsLookedAtWhereItIsKnownAndAfterwardsWhereNot) {
  EXPECT_EQ(under("exempt fd=4,6-7", {"open", "open", "open", "socket", "fopen", "dup2:8", "dup2:7", "dup3:6"}),
            "open 3 1\nopen 4 0\nopen 5 1\nsocket 6 0\nfopen 7 0\ndup2 8 1\ndup2 7 0\ndup3 6 0\n");
  EXPECT_EQ(under("force fd=4; exempt", {"open", "open", "open", "dup2:4", "dup2:9"}),
            "open 3 0\nopen 4 1\nopen 5 0\ndup2 4 1\ndup2 9 0\n");
}

TEST_F(Path, IsWhatTheProgramWrote) {
  EXPECT_EQ(under("exempt open,stdio path=/dev/n*",
                  {"open:/dev/null", "open:/dev/zero", "open:/dev/../dev/null", "openat:/dev/null", "openat:/dev/zero",
                   "fopen:/dev/null", "fopen:/dev/zero", "freopen:/dev/null", "freopen:/dev/zero"}),
            "open 3 0\nopen 4 1\nopen 5 1\nopenat 6 0\nopenat 7 1\nfopen 8 0\nfopen 9 1\nfreopen 10 0\nfreopen 11 1\n");
  EXPECT_EQ(under("exempt path=*/kept*",
                  {"mkstemp:" + path("keptXXXXXX"), "mkstemp:" + path("lostXXXXXX"), "mkostemp:" + path("keptXXXXXX"),
                   "mkostemp:" + path("lostXXXXXX"), "mkstemps:" + path("keptXXXXXX"), "creat:" + path("kept1"),
                   "creat:" + path("lost1")}),
            "mkstemp 3 0\nmkstemp 4 1\nmkostemp 5 0\nmkostemp 6 1\nmkstemps 7 0\ncreat 8 0\ncreat 9 1\n");
  EXPECT_EQ(under("exempt path=/dev/null", {"syscall-open:/dev/null", "syscall-open:/dev/zero",
                                            "syscall-openat2:/dev/null", "syscall-openat2:/dev/zero"}),
            "syscall-open 3 0\nsyscall-open 4 1\nsyscall-openat2 5 0\nsyscall-openat2 6 1\n");
}

TEST_F(Path, IsNoneOfCallsThatTakeNone) {
  EXPECT_EQ(under("exempt path=*", {"socket", "dup:1", "open"}), "socket 3 1\ndup 4 1\nopen 5 0\n");
  EXPECT_EQ(under("exempt path=\"* *\"", {"creat:" + path("a b"), "creat:" + path("ab")}), "creat 3 0\ncreat 4 1\n");
}

TEST_F(Program, IsKnownByItsExecutableAndByWhatItWasStartedAs) {
  const auto is_exempt = [](const std::string& program, const std::string& rule) {
    const Ran ran =
        run({program, "open"}, {"LD_PRELOAD=" SHIM, "CLOEXEC_PROFILE=strict", "CLOEXEC_POLICY=exempt program=" + rule});
    EXPECT_EQ(ran.err, "");
    EXPECT_THAT(ran.out, ::testing::AnyOf("open 3 0\n", "open 3 1\n"));
    return ran.out == "open 3 0\n";
  };
  const std::string link = path("busy");
  ASSERT_EQ(symlink(PROBE, link.c_str()), 0);
  EXPECT_TRUE(is_exempt(PROBE, "policy_probe"));
  EXPECT_TRUE(is_exempt(PROBE, "policy_pro?e"));
  EXPECT_TRUE(is_exempt(PROBE, "sh,policy_*"));
  EXPECT_TRUE(is_exempt(PROBE, PROBE));
  EXPECT_TRUE(is_exempt(PROBE, "*/policy_probe"));
  EXPECT_FALSE(is_exempt(PROBE, "policy_prob"));
  EXPECT_FALSE(is_exempt(PROBE, "policy"));
  EXPECT_FALSE(is_exempt(PROBE, "/policy_probe"));
  EXPECT_TRUE(is_exempt(link, "busy"));
  EXPECT_TRUE(is_exempt(link, link));
  EXPECT_TRUE(is_exempt(link, "policy_probe"));
  EXPECT_FALSE(is_exempt(PROBE, "busy"));

  const std::string script = file("script", "#!" PROBE "\n");
  chmod(script.c_str(), 0755);
  EXPECT_TRUE(is_exempt(script, "script"));
  EXPECT_TRUE(is_exempt(script, "*/script"));
  EXPECT_TRUE(is_exempt(script, "policy_probe"));
  EXPECT_FALSE(is_exempt(script, "scrip"));
}

TEST_F(Program, IsKnownByTheNameOfALoginShell) {
  const auto started_as = [](const std::string& name, const std::string& rule) {
    return run({"/bin/bash", "-c", "exec -a '" + name + "' \"$0\" open", PROBE},
               {"LD_PRELOAD=" SHIM, "CLOEXEC_PROFILE=strict", "CLOEXEC_POLICY=exempt program=" + rule})
        .out;
  };
  EXPECT_EQ(started_as("-rescue", "rescue"), "open 3 0\n");
  EXPECT_EQ(started_as("/opt/rescue", "rescue"), "open 3 0\n");
  EXPECT_EQ(started_as("-rescue", "escue"), "open 3 1\n");
  EXPECT_EQ(started_as("", "policy_probe"), "open 3 0\n");
}

TEST(Module, IsTheObjectThatMadeTheCall) {
  const std::vector<std::string> verbs = {"open", "module", "handler", "module-handler"};
  EXPECT_EQ(under("exempt module=libpolicy_module.so", verbs),
            "open 3 1\nmodule 4 0\nhandler 5 1\nmodule-handler 6 0\n");
  EXPECT_EQ(under("exempt module=policy_probe", verbs), "open 3 0\nmodule 4 1\nhandler 5 0\nmodule-handler 6 1\n");
  EXPECT_EQ(under("exempt module=*.so", verbs), "open 3 1\nmodule 4 0\nhandler 5 1\nmodule-handler 6 0\n");
  EXPECT_EQ(under("force module=policy_*; exempt open", {"open", "fopen", "module", "syscall-open"}),
            "open 3 1\nfopen 4 1\nmodule 5 0\nsyscall-open 6 1\n");
}

TEST(When, IsExactInEachKindOfChild) {
  const std::vector<std::string> verbs = {"open",   "dup2:20", "fork",    "open",  "dup2:21", "end",     "vfork",
                                          "open",   "dup2:22", "end",     "clone", "open",    "dup2:23", "end",
                                          "borrow", "open",    "dup2:24", "end",   "open",    "dup2:25"};
  const auto expected = [](int parent, int child) {
    const std::string p = std::to_string(parent);
    const std::string c = std::to_string(child);
    std::string text = "open 3 " + p + "\ndup2 20 " + p + "\n";
    for (const auto* number : {"21", "22", "23", "24"})
      text.append("open 4 ").append(c).append("\ndup2 ").append(number).append(" ").append(c).append("\n");
    return text + "open 4 " + p + "\ndup2 25 " + p + "\n";
  };
  EXPECT_EQ(under("exempt when=child", verbs), expected(1, 0));
  EXPECT_EQ(under("exempt when=parent", verbs), expected(0, 1));
  EXPECT_EQ(under("force when=child; exempt", verbs), expected(0, 1));
  EXPECT_EQ(under("exempt open,dup2 when=child", verbs), expected(1, 0));
}

TEST(When, HoldsForAChildsChildAndEndsWithAnExec) {
  for (const std::string outer : {"fork", "clone"})
    for (const std::string inner : {"fork", "vfork", "clone", "borrow"})
      EXPECT_EQ(under("exempt open,dup2 when=child",
                      {"open", outer, "open", inner, "open", "dup2:20", "end", "open", "end", "open"}),
                "open 3 1\nopen 4 0\nopen 5 0\ndup2 20 0\nopen 5 0\nopen 4 1\n")
          << outer << ' ' << inner;
  EXPECT_EQ(under("exempt open when=child", {"fork", "start:execv=" PROBE, "end"}), "arrived\n");
}

TEST(When, IsRightHoweverOftenTheCallWasMadeBefore) {
  // What was found out about a call is remembered; a child may not be taken in by it, nor leave anything behind.
  for (const std::string child : {"fork", "vfork", "clone", "borrow"}) {
    EXPECT_EQ(under("exempt dup2 when=child",
                    {"dup2:20", "dup2:20", "dup2:20", child, "dup2:21", "dup2:21", "end", "dup2:22"}),
              "dup2 20 1\ndup2 20 1\ndup2 20 1\ndup2 21 0\ndup2 21 0\ndup2 22 1\n")
        << child;
    EXPECT_EQ(under("exempt dup2 when=child",
                    {child, "dup2:21", "dup3:22", "syscall-dup3:23", "end", "dup2:21", "dup3:22", "syscall-dup3:23"}),
              "dup2 21 0\ndup3 22 0\nsyscall-dup3 23 0\ndup2 21 1\ndup3 22 1\nsyscall-dup3 23 1\n")
        << child;
    EXPECT_EQ(under("exempt open when=child", {"open", "open", "open", child, "open", "end", "open"}),
              "open 3 1\nopen 4 1\nopen 5 1\nopen 6 0\nopen 6 1\n")
        << child;
  }
}

TEST(Received, IsExemptByTheFunctionThatReceives) {
  const std::vector<std::string> verbs = {"recvmsg", "recvmmsg", "syscall-recvmsg", "syscall-recvmmsg"};
  const auto expected = [](const char* one, const char* many) {
    std::string text;
    int fd = 3;
    const auto add = [&](const std::string& verb, int count, const char* flag) {
      for (int i = 0; i < count; ++i) text += verb + ' ' + std::to_string(fd++) + ' ' + flag + '\n';
    };
    add("recvmsg", 2, one);
    add("recvmmsg", 4, many);
    add("syscall-recvmsg", 2, one);
    add("syscall-recvmmsg", 4, many);
    return text;
  };
  EXPECT_EQ(under("", verbs), expected("1", "1"));
  EXPECT_EQ(under("exempt", verbs), expected("0", "0"));
  EXPECT_EQ(under("exempt recvmsg", verbs), expected("0", "1"));
  EXPECT_EQ(under("exempt recvmmsg", verbs), expected("1", "0"));
  EXPECT_EQ(under("exempt recvmsg fd=4", {"recvmsg", "recvmsg"}),
            "recvmsg 3 1\nrecvmsg 4 0\nrecvmsg 5 1\nrecvmsg 6 1\n");
  EXPECT_EQ(under("exempt recvmsg when=child", {"recvmsg", "recvmsg", "fork", "recvmsg", "end"}),
            "recvmsg 3 1\nrecvmsg 4 1\nrecvmsg 5 1\nrecvmsg 6 1\nrecvmsg 7 0\nrecvmsg 8 0\n");
}

TEST(Received, IsFoundBehindOtherControlMessages) {
  EXPECT_EQ(under("", {"recvmsg-credentials", "recvmsg-credentials", "recvmsg-credentials"}),
            "recvmsg-credentials 3 1\nrecvmsg-credentials 4 1\nrecvmsg-credentials 5 1\nrecvmsg-credentials 6 1\n"
            "recvmsg-credentials 7 1\nrecvmsg-credentials 8 1\n");
  EXPECT_EQ(under("exempt recvmsg fd=4", {"recvmsg-credentials"}),
            "recvmsg-credentials 3 1\nrecvmsg-credentials 4 0\n");
}

TEST(Received, IsNoDescriptorWhenAnotherProtocolSaysANumber) {
  EXPECT_EQ(under("", {"dup2:20", "clear:20", "recvmsg-internet", "recvmsg-internet"}),
            "dup2 20 1\nrecvmsg-internet 20 0\nrecvmsg-internet 20 0\n");
}

TEST(Received, FailsAndEndsAsWithoutUs) {
  const std::vector<std::string> verbs = {"recvmsg-null", "recvmmsg-past-the-end", "recvmsg-null"};
  std::vector<std::string> words = verbs;
  words.insert(words.begin(), PROBE);
  const Ran bare = run(words, {});
  EXPECT_THAT(bare.out, HasSubstr("recvmsg-null -1 E"));
  EXPECT_EQ(bare.status, 0);
  EXPECT_EQ(under("", verbs), bare.out);
}

TEST(Below, ARawCallTeachesNothingOfAFunctionThatAnotherPreloadWraps) {
  const auto beside = [](const std::string& rules, std::vector<std::string> verbs) {
    verbs.insert(verbs.begin(), PROBE);
    return run(verbs, {"LD_PRELOAD=" SHIM ":" LOWER, "CLOEXEC_PROFILE=strict", "CLOEXEC_POLICY=" + rules}).out;
  };
  EXPECT_EQ(beside("", {"syscall-dup3:20", "syscall-dup3:2", "dup3:21", "dup3:22", "syscall-dup3:23"}),
            "syscall-dup3 20 1\nsyscall-dup3 2 0\ndup3 21 1\ndup3 22 1\nsyscall-dup3 23 1\n");
  EXPECT_EQ(beside("exempt dup3", {"syscall-dup3:20", "syscall-dup3-cloexec:21", "dup3:22"}),
            "syscall-dup3 20 0\nsyscall-dup3-cloexec 21 1\ndup3 22 0\n");
  EXPECT_EQ(beside("exempt dup3 fd=21", {"syscall-dup3:20", "syscall-dup3:21"}),
            "syscall-dup3 20 1\nsyscall-dup3 21 0\n");
  EXPECT_EQ(beside("exempt exec", {"dup3:20", "close:20", "syscall-dup3-cloexec:20", "syscall-dup3:21", "start:execv"}),
            "dup3 20 1\nsyscall-dup3-cloexec 20 1\nsyscall-dup3 21 1\narrived 21\n");
}

/// What the probe says without the shim.
std::string bare(std::vector<std::string> verbs) {
  verbs.insert(verbs.begin(), PROBE);
  const Ran ran = run(verbs, {});
  EXPECT_EQ(ran.status, 0);
  return ran.out;
}

TEST(Odd, CallsAreForcedAndExemptLikeOthers) {
  const std::vector<std::string> verbs = {"openat2-null",
                                          "openat2-short",
                                          "openat2-long",
                                          "openat2-long:/nonexistent",
                                          "freopen-cloexec",
                                          "freopen-asking",
                                          "freopen:/dev/null",
                                          "freopen-cloexec:/nonexistent",
                                          "dup-cloexec:99",
                                          "dup-cloexec:1",
                                          "failed-mark:99",
                                          "failed-mark-by-ioctl:99",
                                          "failed-mark-by-ioctl:-1",
                                          "failed-clear-by-ioctl:99"};
  const std::string without = bare(verbs);
  EXPECT_THAT(without, HasSubstr("openat2-null -1 EFAULT\nopenat2-short -1 EINVAL\nopenat2-long 3 0\n"));
  EXPECT_EQ(under("exempt", verbs), without);
  std::string forced = without;
  // Whether a stream keeps the flag that it had (freopen-cloexec) differs by glibc.
  for (const std::string verb : {"openat2-long 3 ", "freopen-cloexec 4 ", "freopen 6 "}) {
    const auto at = forced.find(verb);
    ASSERT_NE(at, std::string::npos) << without;
    forced[at + verb.size()] = '1';
  }
  EXPECT_EQ(under("", verbs), forced);
  std::vector<std::string> words = verbs;
  words.insert(words.begin(), PROBE);
  EXPECT_EQ(run(words, {"LD_PRELOAD=" SHIM, "CLOEXEC_MODE=observe"}).out, without);
}

TEST(Calls, MadeAfterwardsAreExemptByRules) {
  EXPECT_EQ(under("", {"rresvport", "rresvport"}), "rresvport 3 1\nrresvport 4 1\n") << "needs root";
  EXPECT_EQ(under("exempt rresvport", {"rresvport"}), "rresvport 3 0\n");
  EXPECT_EQ(under("exempt rresvport fd=4", {"rresvport", "rresvport"}), "rresvport 3 1\nrresvport 4 0\n");
}

TEST(Calls, DeliverWhatIsExemptInheritable) {
  for (const std::string verb : {"fanotify", "fanotify-by-number"}) {
    const std::string without = bare({verb});
    ASSERT_THAT(without, ::testing::AnyOf(verb + " 5 0\n", HasSubstr(" -1 E")));
    EXPECT_EQ(under("exempt fanotify_init", {verb}), without);
    EXPECT_EQ(under("exempt open", {verb}), without.ends_with("5 0\n") ? verb + " 5 1\n" : without);
  }
}

TEST(Calls, ThatASandboxRefusesLaterAreMadeInTheirOldForm) {
  // Made often enough before that the atomic form was taken for granted.
  const std::vector<std::string> before = {"dup2:20", "dup2:20", "dup2:20", "dup:1", "dup:1", "dup:1"};
  const auto after = [&](const std::string& names, std::vector<std::string> verbs) {
    std::vector<std::string> all = before;
    all.push_back("deny:" + names);
    all.insert(all.end(), verbs.begin(), verbs.end());
    return under("", all);
  };
  EXPECT_THAT(after("dup3", {"dup2:30", "dup2:31"}), ::testing::EndsWith("dup2 30 1\ndup2 31 1\n"));
  EXPECT_THAT(after("F_DUPFD_CLOEXEC", {"dup:1"}), ::testing::EndsWith("dup 6 1\n"));
  EXPECT_THAT(after("dup3", {"dup2:99999999"}), ::testing::EndsWith("dup2 -1 EBADF\n"));
}

TEST(When, IsAParentsAfterAVforkThatFailed) {
  EXPECT_EQ(under("exempt open when=child", {"vfork", "open", "end", "deny:clone", "vfork", "open", "end", "open"}),
            "open 3 0\nvfork -1 ENOSYS\nopen 3 1\n");
}

TEST(When, IsKnownWhereTheKernelDoesNotWipeMemory) {
  const auto under_deny = [](std::vector<std::string> verbs) {
    verbs.insert(verbs.begin(), {DENY, "EINVAL", "madvise", "--", PROBE});
    return run(verbs, {"LD_PRELOAD=" SHIM, "CLOEXEC_PROFILE=strict", "CLOEXEC_POLICY=exempt open when=child"}).out;
  };
  EXPECT_EQ(under_deny({"open", "fork", "open", "fork", "open", "end", "end", "vfork", "open", "end", "open"}),
            "open 3 1\nopen 4 0\nopen 5 0\nopen 4 0\nopen 4 1\n");
  EXPECT_EQ(under("exempt open when=child", {"share", "open", "end", "share", "open", "end", "fork", "share", "open",
                                             "end", "open", "end", "open"}),
            "open 3 0\nopen 3 0\nopen 3 0\nopen 3 0\nopen 3 1\n");
}

TEST_F(Program, IsKnownByItsFileAloneWhenItsArgumentsAreTooMany) {
  const auto opened = [](const std::string& count, const std::string& rule) {
    return run({"/bin/bash", "-c", "exec -a rescue \"$0\" open $(/usr/bin/yes mark:0 | /usr/bin/head -n " + count + ")",
                PROBE},
               {"LD_PRELOAD=" SHIM, "CLOEXEC_PROFILE=strict", "CLOEXEC_POLICY=exempt program=" + rule})
        .out;
  };
  EXPECT_EQ(opened("60000", "rescue"), "open 3 0\n");
  EXPECT_EQ(opened("66000", "rescue"), "open 3 1\n");
  EXPECT_EQ(opened("66000", "policy_probe"), "open 3 0\n");
}

TEST_F(Program, MayHaveALongName) {
  const std::string name(90, 'p');
  ASSERT_EQ(run({"/bin/cp", PROBE, path(name)}, {}).status, 0);
  const auto opened = [&](const std::string& rule) {
    return run({path(name), "open"},
               {"LD_PRELOAD=" SHIM, "CLOEXEC_PROFILE=strict", "CLOEXEC_POLICY=exempt open " + rule})
        .out;
  };
  EXPECT_EQ(opened("program=" + name), "open 3 0\n");
  EXPECT_EQ(opened("module=" + name.substr(0, 63)), "open 3 0\n");
  EXPECT_EQ(opened("module=" + name.substr(0, 62)), "open 3 1\n");
  const auto started_as = [](const std::string& as, const std::string& rule) {
    return run({"/bin/bash", "-c", "exec -a '" + as + "' \"$0\" open", PROBE},
               {"LD_PRELOAD=" SHIM, "CLOEXEC_PROFILE=strict", "CLOEXEC_POLICY=exempt program=" + rule})
        .out;
  };
  EXPECT_EQ(started_as("/opt/" + std::string(90, 'd') + "/rescue", "rescue"), "open 3 0\n");
  EXPECT_EQ(started_as(std::string(120, 'r'), std::string(95, 'r')), "open 3 0\n");
}

TEST(Malformed, IsCutWhenALineWouldBeTooLong) {
  const std::string word(300, 'w');
  const Ran ran = run({PROBE, "open"}, {"LD_PRELOAD=" SHIM, "CLOEXEC_POLICY=exempt " + word,
                                        "CLOEXEC_POLICY_FILE=/nonexistent/" + std::string(300, 'd')});
  EXPECT_THAT(ran.err,
              HasSubstr("cloexec: CLOEXEC_POLICY:1:8: unknown call '" + word.substr(0, 160) + "'; the rule is"));
  EXPECT_THAT(ran.err, HasSubstr("cloexec: /nonexistent/" + std::string(147, 'd')));
  EXPECT_EQ(ran.out, "open 3 1\n");
}

}  // namespace
