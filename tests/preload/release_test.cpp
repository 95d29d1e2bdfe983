// SPDX-License-Identifier: Apache-2.0
//
// What a program that is started is given by rules of the exec family: what the shim forced and a rule exempts, that
// program alone, and never what the program before it marked itself.

#include "tests/support/spawn.h"

namespace {

using ::testing::HasSubstr;

std::string under(const std::string& rules, std::vector<std::string> verbs, std::vector<std::string> settings = {}) {
  verbs.insert(verbs.begin(), PROBE);
  settings.insert(settings.end(), {"LD_PRELOAD=" SHIM, "CLOEXEC_PROFILE=strict", "CLOEXEC_POLICY=" + rules});
  const Ran ran = run(verbs, settings);
  EXPECT_EQ(ran.err, "");
  EXPECT_EQ(ran.status, 0);
  return ran.out;
}

const std::vector<std::string> replacing = {"execve", "execv",  "execvp", "execvpe",
                                            "execl",  "execlp", "execle", "execveat"};
const std::vector<std::string> by_descriptor = {"fexecve", "execveat-empty"};
const std::vector<std::string> spawning = {"posix_spawn", "posix_spawnp"};

/// Each way to start a program, in each kind of process that may do so.
void each_start(auto&& visit) {
  const std::vector<std::string> children = {"fork", "vfork", "clone", "borrow"};
  for (const auto& list : {replacing, by_descriptor, spawning})
    for (const std::string& way : list) {
      visit(way, std::vector<std::string>{"start:" + way});
      visit(way, std::vector<std::string>{"second-thread", "start:" + way});
      visit(way, std::vector<std::string>{"thread", "start:" + way, "end"});
      for (const std::string& child : children) visit(way, std::vector<std::string>{child, "start:" + way, "end"});
    }
}

bool is_by_descriptor(const std::string& way) { return way == "fexecve" || way == "execveat-empty"; }

TEST(Release, GivesWhatTheShimForcedInEveryWay) {
  each_start([](const std::string& way, std::vector<std::string> verbs) {
    verbs.insert(verbs.begin(), {"open", "open-cloexec", "socket"});
    // The program's own descriptor is forced like others.
    const std::string arrived = is_by_descriptor(way) ? "arrived 3 5 6\n" : "arrived 3 5\n";
    const std::string made = "open 3 1\nopen-cloexec 4 1\nsocket 5 1\n";
    EXPECT_EQ(under("exempt exec", verbs), made + arrived) << testing::PrintToString(verbs);
    EXPECT_EQ(under("exempt", verbs), "open 3 0\nopen-cloexec 4 1\nsocket 5 0\n" + arrived);
    EXPECT_EQ(under("exempt exec fd=5", verbs), made + "arrived 5\n") << testing::PrintToString(verbs);
    EXPECT_EQ(under("force exec fd=5; exempt exec fd=3-5", verbs), made + "arrived 3\n");
    EXPECT_EQ(under("", verbs), made + "arrived\n");
  });
}

TEST(Release, IsAskedForEachFunctionByName) {
  for (const auto& list : {replacing, spawning})
    for (const std::string& way : list) {
      EXPECT_EQ(under("exempt " + way, {"open", "start:" + way}), "open 3 1\narrived 3\n") << way;
      EXPECT_EQ(under("force " + way + "; exempt exec", {"open", "start:" + way}), "open 3 1\narrived\n") << way;
    }
}

TEST(Release, CountsASpawnAsAChild) {
  for (const std::string& way : spawning) {
    EXPECT_EQ(under("exempt exec when=child", {"open", "start:" + way}), "open 3 1\narrived 3\n");
    EXPECT_EQ(under("exempt exec when=parent", {"open", "start:" + way}), "open 3 1\narrived\n");
    EXPECT_EQ(under("exempt exec when=parent", {"open", "fork", "start:" + way, "end"}), "open 3 1\narrived\n");
  }
  for (const std::string& way : replacing) {
    EXPECT_EQ(under("exempt exec when=parent", {"open", "start:" + way}), "open 3 1\narrived 3\n");
    EXPECT_EQ(under("exempt exec when=child", {"open", "start:" + way}), "open 3 1\narrived\n");
    for (const std::string child : {"fork", "vfork", "clone", "borrow"}) {
      EXPECT_EQ(under("exempt exec when=child", {"open", child, "start:" + way, "end"}), "open 3 1\narrived 3\n");
      EXPECT_EQ(under("exempt exec when=parent", {"open", child, "start:" + way, "end"}), "open 3 1\narrived\n");
    }
  }
}

TEST(Release, IsRightForAChildWhoseParentHasTriedToStartBefore) {
  for (const std::string child : {"fork", "vfork", "clone", "borrow"})
    for (const std::string when : {"child", "parent"})
      for (const std::string failing : {"/nonexistent ENOENT", "/dev/null EACCES"}) {
        const auto blank = failing.find(' ');
        EXPECT_EQ(under("exempt exec when=" + when,
                        {"open", "start:execv=" + failing.substr(0, blank), child, "start:execv", "end"}),
                  "open 3 1\nstart execv -1" + failing.substr(blank) + "\narrived" + (when == "child" ? " 3\n" : "\n"))
            << child;
      }
}

TEST(Release, NeverGivesWhatTheProgramMarked) {
  const std::string rules = "exempt exec";
  EXPECT_EQ(under(rules, {"open", "mark:3", "start:execv"}), "open 3 1\narrived\n");
  EXPECT_EQ(under(rules, {"open", "mark-by-ioctl:3", "start:execv"}), "open 3 1\narrived\n");
  EXPECT_EQ(under(rules, {"open", "mark-by-number:3", "start:execv"}), "open 3 1\narrived\n");
  EXPECT_EQ(under(rules, {"open", "clear:3", "mark:3", "start:execv"}), "open 3 1\narrived\n");
  EXPECT_EQ(under(rules, {"open", "close:3", "open-cloexec", "start:execv"}), "open 3 1\nopen-cloexec 3 1\narrived\n");
  EXPECT_EQ(under(rules, {"open", "close:3", "fopen-cloexec", "start:execv"}),
            "open 3 1\nfopen-cloexec 3 1\narrived\n");
  EXPECT_EQ(under(rules, {"open", "close:3", "opendir:/", "start:execv"}), "open 3 1\nopendir 3 1\narrived\n");
}

TEST(Release, NeverGivesWhatWasMarkedInARange) {
  for (const std::string way : {"mark-range:3", "mark-range-by-number:3"}) {
    EXPECT_EQ(under("exempt exec", {"open", "open", way, "start:execv"}), "open 3 1\nopen 4 1\narrived\n") << way;
    EXPECT_EQ(under("exempt exec", {"open", "fork", way, "end", "start:execv"}), "open 3 1\narrived 3\n") << way;
  }
}

TEST(Release, NeverGivesWhatLibcOrTheKernelMarksAtANumberThatWasForced) {
  for (const std::string verb : {"pidfd", "pidfd-by-number", "opendir:/", "shm_open", "mq_open", "recvmsg-cloexec"}) {
    const std::string said = under("exempt exec", {"open", "close:3", verb, "start:execv"});
    EXPECT_THAT(said, HasSubstr(verb.substr(0, verb.find(':')) + " 3 1\n")) << verb;
    EXPECT_THAT(said, ::testing::EndsWith("\narrived\n")) << verb;
  }
  EXPECT_EQ(under("exempt exec", {"open:/", "fdopendir:3", "start:execv"}), "open 3 1\nfdopendir 3 1\narrived\n");
  EXPECT_EQ(under("exempt exec", {"pidfd-by-number", "open", "close:4", "pidfd_getfd-by-number:3", "start:execv"}),
            "pidfd-by-number 3 1\nopen 4 1\npidfd_getfd-by-number 4 1\narrived\n");
}

TEST(Release, NeverGivesWhatTheKernelMarksWhereItHasIt) {
  // Kernels may lack these, or refuse them: then the shim's process is told the same.
  for (const std::string verb : {"bpf-by-number", "landlock-by-number", "io_uring-by-number", "seccomp-by-number"}) {
    const std::vector<std::string> verbs = {"open", "close:3", verb, "start:execv"};
    std::vector<std::string> words = verbs;
    words.insert(words.begin(), PROBE);
    const std::string bare = run(words, {}).out;
    EXPECT_THAT(bare, ::testing::AnyOf(HasSubstr(verb + " 3 1\n"), HasSubstr(verb + " -1 E")));
    EXPECT_EQ(under("exempt exec", verbs).substr(sizeof "open 3 1"), bare.substr(sizeof "open 3 0"));
  }
}

TEST(Release, ForgetsNothingWhenWhatIsMarkedFails) {
  for (const std::string verb :
       {"pidfd:-1", "pidfd-by-number:-1", "opendir:/nonexistent", "fdopendir:99", "pidfd_getfd-by-number:99"}) {
    const std::string said = under("exempt exec", {"open", verb, "start:execv"});
    EXPECT_THAT(said, HasSubstr(verb.substr(0, verb.find(':')) + " -1 E")) << verb;
    EXPECT_THAT(said, ::testing::EndsWith("\narrived 3\n")) << verb;
  }
}

TEST(Release, ForgetsWhatClosefromCloses) {
  // libc opens a file of its own then, unseen, and marks it.
  EXPECT_EQ(under("exempt exec", {"open", "closefrom:3", "getpwent:3", "start:execv"}),
            "open 3 1\ngetpwent 3 1\narrived\n");
  for (const std::string child : {"fork", "vfork", "clone", "borrow"})
    EXPECT_EQ(under("exempt exec", {"open", "open", child, "closefrom:4", "start:execv", "end", "start:execv"}),
              "open 3 1\nopen 4 1\narrived 3\narrived 3 4\n")
        << child;
  EXPECT_EQ(under("exempt exec", {"open", "vfork", "closefrom:-1", "end", "start:execv"}), "open 3 1\narrived 3\n");
}

TEST(Release, KnowsAChildThatSharesMemory) {
  EXPECT_EQ(under("exempt exec when=parent", {"open", "share", "start:execv", "end"}), "open 3 1\narrived\n");
  EXPECT_EQ(under("exempt exec when=child", {"open", "share", "start:execv", "end"}), "open 3 1\narrived 3\n");
  // And its parent, which has planned before.
  EXPECT_EQ(under("exempt open when=parent", {"open", "share", "open", "end", "open"}),
            "open 3 0\nopen 4 1\nopen 4 0\n");
}

TEST(Release, HasRoomForTheArgumentsOfAScriptThatExecvpStarts) {
  EXPECT_EQ(under("exempt exec", {"open", "second-thread", "many:60000"}), "open 3 1\nstarted with 60000\n");
}

TEST(Release, KnowsWhatAChildDidItself) {
  for (const std::string child : {"fork", "vfork", "clone", "borrow"}) {
    EXPECT_EQ(under("exempt exec", {"open", "open", child, "mark:3", "start:execv", "end", "flag:3", "start:execv"}),
              "open 3 1\nopen 4 1\narrived 4\nflag 3 1\narrived 3 4\n")
        << child;
    EXPECT_EQ(under("exempt exec", {"open", child, "open", "open-cloexec", "start:execv", "end", "start:execv"}),
              "open 3 1\nopen 4 1\nopen-cloexec 5 1\narrived 3 4\narrived 3\n")
        << child;
    EXPECT_EQ(under("exempt exec", {"open", "open", "open-cloexec", child, "close:5", "open", "close:4", "open-cloexec",
                                    "start:execv", "end", "start:execv"}),
              "open 3 1\nopen 4 1\nopen-cloexec 5 1\nopen 5 1\nopen-cloexec 4 1\narrived 3 5\narrived 3 4\n")
        << child;
  }
}

TEST(Release, KnowsWhatAChildDidByACallOftenMade) {
  for (const std::string call : {"open", "socket", "fopen", "dup:1", "pipe"})
    for (const std::string child : {"fork", "vfork", "clone", "borrow"}) {
      // The last of the four is the program's own; the child makes another of its number.
      const std::string said = under("exempt exec", {call, call, call, "dup2-cloexec:20", child, "close:20", "up-to:20",
                                                     call, "end", "start:execv"});
      EXPECT_THAT(said, ::testing::Not(HasSubstr(" 20\n"))) << call << ' ' << child;
      EXPECT_THAT(said, HasSubstr("arrived 3 4 5")) << call << ' ' << child;
    }
}

TEST(Release, LeavesTheStartersDescriptorsAsTheyWere) {
  for (const std::string& way : spawning)
    for (const std::string thread : {"flag:3", "second-thread"})
      EXPECT_THAT(under("exempt exec", {"open", "open-cloexec", thread, "start:" + way, "flag:3", "flag:4"}),
                  HasSubstr("arrived 3\nflag 3 1\nflag 4 1\n"));
  for (const std::string& way : replacing)
    for (const std::string child : {"fork", "vfork", "clone", "borrow"})
      EXPECT_EQ(under("exempt exec", {"open", child, "start:" + way, "end", "flag:3"}),
                "open 3 1\narrived 3\nflag 3 1\n")
          << way << ' ' << child;
}

TEST(Release, IsUndoneWhenTheStartFails) {
  for (const auto& list : {replacing, spawning})
    for (const std::string& way : list)
      for (const std::string thread : {"flag:0", "second-thread"})
        // Of what is not there nothing is given in the first place.
        for (const std::string failing : {"/nonexistent ENOENT", "/dev/null EACCES"}) {
          const auto blank = failing.find(' ');
          const std::string start = "start:" + way + "=" + failing.substr(0, blank);
          const std::string failed =
              "start " + way + " -1" + failing.substr(blank) + "\nflag 3 1\nflag 4 1\nflag 5 0\n";
          EXPECT_THAT(under("exempt exec",
                            {thread, "open", "open-cloexec", "open", "clear:5", start, "flag:3", "flag:4", "flag:5"}),
                      HasSubstr(failed))
              << thread;
          EXPECT_THAT(under("exempt exec", {thread, "open", "open-cloexec", "open", "clear:5", "vfork", start, "end",
                                            "flag:3", "flag:4", "flag:5"}),
                      HasSubstr(failed));
        }
}

TEST(Release, FailsAsLibcDoes) {
  for (const auto& list : {replacing, spawning})
    for (const std::string& way : list)
      for (const std::string program : {"/nonexistent", "/dev/null", "/", "/dev/null/x", ""}) {
        const std::vector<std::string> verbs = {"open", "start:" + way + "=" + program};
        std::vector<std::string> words = verbs;
        words.insert(words.begin(), PROBE);
        const std::string bare = run(words, {}).out;
        EXPECT_THAT(bare, HasSubstr(" -1 E"));
        EXPECT_EQ(under("exempt exec", verbs).substr(sizeof "open 3 1"), bare.substr(sizeof "open 3 0"));
      }
  const std::vector<std::string> nulls = {PROBE, "open", "null-starts"};
  const Ran bare = run(nulls, {});
  const Ran shimmed =
      run(nulls, {"LD_PRELOAD=" SHIM, "CLOEXEC_POLICY=exempt exec target=x; exempt exec announced=yes"});
  EXPECT_EQ(bare.status, 0);
  EXPECT_EQ(shimmed.status, 0);
  EXPECT_EQ(shimmed.out.substr(sizeof "open 3 1"), bare.out.substr(sizeof "open 3 0"));
}

TEST(Target, IsTheProgramBeingStarted) {
  for (const auto& list : {replacing, spawning})
    for (const std::string& way : list) {
      const std::string program = way + "=" PROBE;
      EXPECT_EQ(under("exempt exec target=policy_probe", {"open", "start:" + program}), "open 3 1\narrived 3\n") << way;
      EXPECT_EQ(under("exempt exec target=ls,*/policy_*", {"open", "start:" + program}), "open 3 1\narrived 3\n");
      EXPECT_EQ(under("exempt exec target=policy", {"open", "start:" + program}), "open 3 1\narrived\n") << way;
      EXPECT_EQ(under("exempt exec target=policy_probe", {"open", "start:" + way}), "open 3 1\narrived\n");
    }
}

TEST(Announced, IsTheNumberThatTheProgramIsTold) {
  const std::string rules = "exempt exec announced=yes";
  for (const auto& list : {replacing, by_descriptor, spawning})
    for (const std::string& way : list) {
      if (is_by_descriptor(way)) continue;
      EXPECT_EQ(under(rules, {"open", "open", "open", "start:" + way + " --status-fd 4"}),
                "open 3 1\nopen 4 1\nopen 5 1\narrived 4\n")
          << way;
      EXPECT_EQ(under(rules, {"open", "open", "start:" + way + " /dev/fd/3"}), "open 3 1\nopen 4 1\narrived 3\n");
      EXPECT_EQ(under(rules, {"open", "open-cloexec", "start:" + way + " --pass-fds=3,4"}),
                "open 3 1\nopen-cloexec 4 1\narrived 3\n");
      EXPECT_EQ(under(rules, {"open", "open", "start:" + way + " 3:4"}), "open 3 1\nopen 4 1\narrived\n");
      EXPECT_EQ(under(rules, {"open", "start:" + way + " page3"}), "open 3 1\narrived\n");
    }
}

TEST(Announced, HoldsForVariablesThatTheProgramSetItself) {
  const std::string rules = "exempt exec announced=yes";
  EXPECT_EQ(under(rules, {"open", "setenv:NGINX=3;5;", "open", "open", "start:execv"}),
            "open 3 1\nopen 4 1\nopen 5 1\narrived 3 5\n");
  EXPECT_EQ(under(rules, {"open", "open", "setenv:LISTEN_FDS=1", "start:execv"}), "open 3 1\nopen 4 1\narrived 3\n");
  EXPECT_EQ(under(rules, {"open", "start:execv"}, {"NGINX=3;"}), "open 3 1\narrived\n");
  EXPECT_EQ(under(rules, {"open", "setenv:NGINX=3;", "start:execv"}, {"NGINX=4;"}), "open 3 1\narrived 3\n");
  EXPECT_EQ(under(rules, {"open", "setenv:COUNT=3 apples", "start:execv"}), "open 3 1\narrived\n");
}

TEST(Announced, HoldsAlthoughAnotherConstructorChangedTheEnvironment) {
  const Ran ran = run({PROBE, "open", "open", "setenv:NGINX=3;", "start:execv"},
                      {"FIRST=1", "SECOND=2", ("LD_PRELOAD=" SHIM ":" EARLY_SETENV), "CLOEXEC_PROFILE=strict",
                       "CLOEXEC_POLICY=exempt exec announced=yes", "LAST=3"});
  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(ran.out, "open 3 1\nopen 4 1\narrived 3\n");
}

TEST(Announced, KeepsTheDescriptorThatAScriptIsReadFrom) {
  // The interpreter opens /dev/fd/N: fexecve(3).
  for (const std::string& way : by_descriptor)
    for (const std::string child : {"fork", "vfork"}) {
      const Ran ran = run({PROBE, child, "start:" + way + "=" SCRIPT, "end"}, {"LD_PRELOAD=" SHIM, "PATH=/bin"});
      EXPECT_EQ(ran.out, "script arrived\n") << child << ' ' << way << ' ' << ran.err;
    }
}

TEST(Standard, GivesOnWhatAProgramMadeThatExecsWithoutAFork) {
  const auto standard = [](std::vector<std::string> verbs) {
    verbs.insert(verbs.begin(), PROBE);
    return run(verbs, {"LD_PRELOAD=" SHIM}).out;
  };
  EXPECT_EQ(standard({"open", "open-cloexec", "start:execv"}), "open 3 1\nopen-cloexec 4 1\narrived 3\n");
  EXPECT_EQ(standard({"open", "fork", "start:execv", "end"}), "open 3 1\narrived\n");
  EXPECT_EQ(standard({"open", "fork", "dup2:9", "start:execv", "end"}), "open 3 1\ndup2 9 1\narrived 9\n");
  EXPECT_EQ(standard({"open", "vfork", "dup2:9", "start:execv", "end"}), "open 3 1\ndup2 9 1\narrived 9\n");
  // Who calls dup2 for the number that is right already believes that it is inheritable now.
  EXPECT_EQ(standard({"open", "fork", "dup2-same:3", "start:execv", "end"}), "open 3 1\ndup2-same 3 1\narrived 3\n");
  EXPECT_EQ(standard({"open-cloexec", "fork", "dup2-same:3", "start:execv", "end"}),
            "open-cloexec 3 1\ndup2-same 3 1\narrived\n");
  EXPECT_EQ(standard({"open", "dup2-same:3", "fork", "start:execv", "end"}), "open 3 1\ndup2-same 3 1\narrived\n");
}

TEST(Numbers, OfAVforkChildAreItsOwn) {
  for (const std::string child : {"vfork", "borrow"}) {
    EXPECT_EQ(under("exempt exec", {"limit:2000", child, "dup2:1023", "dup2:1024", "start:execv", "end",
                                    "dup2-cloexec:1023", "dup2-cloexec:1024", "start:execv"}),
              "dup2 1023 1\ndup2 1024 1\narrived 1023 1024\ndup2-cloexec 1023 1\ndup2-cloexec 1024 1\narrived\n")
        << child;
    // What its parent forced there it gives as its parent would.
    EXPECT_EQ(under("exempt exec", {"limit:2000", "dup2:1024", child, "start:execv", "end", "start:execv"}),
              "dup2 1024 1\narrived 1024\narrived 1024\n")
        << child;
  }
}

TEST(Numbers, AreThoseOfTheInnermostVforkChild) {
  EXPECT_EQ(under("exempt exec", {"open", "vfork", "open", "vfork", "open", "start:execv", "end", "start:execv", "end",
                                  "start:execv"}),
            "open 3 1\nopen 4 1\nopen 5 1\narrived 3 4 5\narrived 3 4\narrived 3\n");
}

TEST(Numbers, BeyondALimitThatWasLoweredAreGivenAllTheSame) {
  for (const std::string& way : spawning)
    EXPECT_EQ(under("exempt exec", {"limit:1000", "second-thread", "open", "dup2:900", "limit:100", "start:" + way}),
              "open 3 1\ndup2 900 1\narrived 3 900\n")
        << way;
}

TEST(Target, OfAProgramThatIsADescriptorIsItsFirstArgument) {
  for (const std::string& way : by_descriptor) {
    const std::string program = way + "=" PROBE;
    EXPECT_EQ(under("exempt exec target=policy_probe", {"open", "start:" + program}), "open 3 1\narrived 3 4\n") << way;
    EXPECT_EQ(under("exempt exec target=other", {"open", "start:" + program}), "open 3 1\narrived\n") << way;
  }
  EXPECT_EQ(under("exempt exec target=policy_probe", {"open", "start:execveat-or-empty=" PROBE}),
            "open 3 1\narrived 3\n");
}

TEST(Announced, IsNotWhatHasNoNameOrWasThereBefore) {
  const std::string rules = "exempt exec announced=yes";
  EXPECT_EQ(under(rules, {"open", "entry:NGINX:3", "start:execv"}), "open 3 1\narrived\n");
  EXPECT_EQ(under(rules, {"open", "entry:NGINX=3", "start:execv"}), "open 3 1\narrived 3\n");
  EXPECT_EQ(under(rules, {"open", "setenv:NGINX=3;", "start:execv"}, {"OTHER=1", "NGINX=3;"}), "open 3 1\narrived\n");
}

TEST(Release, FailsAsLibcDoesWhateverTheRulesAskAbout) {
  for (const std::string mode : {"CLOEXEC_MODE=enforce", "CLOEXEC_MODE=observe"})
    for (const std::string rules : {"exempt exec", "exempt exec announced=yes", "exempt exec target=x"})
      for (const std::string thread : {"flag:0", "second-thread"}) {
        const std::vector<std::string> nulls = {PROBE, "open", thread, "null-starts"};
        const Ran bare = run(nulls, {"LISTEN_FDS=9"});
        const Ran shimmed = run(nulls, {"LISTEN_FDS=9", "LD_PRELOAD=" SHIM, mode, "CLOEXEC_POLICY=" + rules});
        EXPECT_EQ(shimmed.status, 0);
        EXPECT_EQ(shimmed.out.substr(sizeof "open 3 1"), bare.out.substr(sizeof "open 3 0")) << rules << ' ' << thread;
      }
}

}  // namespace
