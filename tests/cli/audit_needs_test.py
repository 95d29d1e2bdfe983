#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An audit that enforces says what was withheld and who needed it; with the rule that it names the need is met, and
nothing else is given."""
import json
import subprocess
import unittest

from support import CommandTest

# Opens a secret and a state, and tells its helper by its standard input which number the state has.
DAEMON = """
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int count, char **words) {
  open("secret", O_RDONLY);
  const int state = open("state", O_RDWR);
  int ends[2], status = 0;
  pipe2(ends, O_CLOEXEC);
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[0], 0);
    execl("./helper", "helper", words[1], (char *)0);
    _exit(127);
  }
  dprintf(ends[1], "state %d", state);
  close(ends[0]);
  close(ends[1]);
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}
"""
# Uses the number that it is told by the call that it is told; also says which numbers above 2 it has got.
HELPER = """
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
static int use(const char *call, int fd) {
  static char text[16];
  struct stat status;
  if (!strcmp(call, "read")) return read(fd, text, 1) < 0;
  if (!strcmp(call, "pread64")) return pread64(fd, text, 1, 0) < 0;
  if (!strcmp(call, "write")) return write(fd, "x", 1) < 0;
  if (!strcmp(call, "lseek64")) return lseek64(fd, 0, SEEK_END) < 0;
  if (!strcmp(call, "fstat")) return fstat(fd, &status) < 0;
  if (!strcmp(call, "dup")) return dup(fd) < 0;
  if (!strcmp(call, "dup2")) return dup2(fd, 40) < 0;
  if (!strcmp(call, "fcntl")) return fcntl(fd, F_GETFD) < 0;
  if (!strcmp(call, "fdopen")) return fdopen(fd, "r") == 0;
  if (!strcmp(call, "mmap")) return mmap(0, 1, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED;
  if (!strcmp(call, "close")) return close(fd) < 0;
  if (!strcmp(call, "getsockopt")) return getsockopt(fd, SOL_SOCKET, SO_TYPE, text, &(socklen_t){4}) < 0;
  if (!strcmp(call, "nothing")) return 0;
  if (!strncmp(call, "scan", 4)) {
    for (int i = 3; i < 256; ++i) !strncmp(call, "scan fcntl", 10) ? fcntl(i, F_SETFD, FD_CLOEXEC) : fstat(i, &status);
    return strstr(call, "read") != 0 && read(fd, text, 1) < 0;
  }
  if (!strcmp(call, "clear")) {
    for (int i = 3; i < 256; ++i) close(i);
    return 0;
  }
  return 98;
}
int main(int count, char **words) {
  int fd = -1, failed;
  char name[32];
  if (scanf("state %d", &fd) != 1) return 97;
  for (int i = 3; i < 16; ++i) {
    snprintf(name, sizeof name, "/proc/self/fd/%d", i);
    if (access(name, F_OK) == 0) printf("%d ", i);
  }
  failed = use(words[1], fd);
  printf("%s\\n", failed ? "failed" : "worked");
  return failed;
}
"""
USES = ("read", "pread64", "write", "lseek64", "fstat", "dup", "dup2", "fcntl", "fdopen", "mmap")


class Needs(CommandTest):
    def setUp(self):
        super().setUp()
        for name, source in (("daemon", DAEMON), ("helper", HELPER)):
            (self.folder / f"{name}.c").write_text(source)
            subprocess.run(["cc", "-w", "-o", name, f"{name}.c"], cwd=self.folder, check=True)
            (self.folder / ("state" if name == "daemon" else "secret")).write_text("text")

    def audit(self, *words):
        result = self.cloexec("audit", "--enforce", "--format", "json", "-o", "report.json", *words)
        report = json.loads((self.folder / "report.json").read_text())
        self.assertEqual(report["lost"], 0)
        return report, result

    def rule(self):
        """What differs from run to run in a temporary name is a star."""
        return f"exempt exec program={self.folder}/daemon target=helper path=/tmp/*/state"

    def withheld(self, report):
        return [(one["program"].rpartition("/")[2], fd["target"].rpartition("/")[2], fd.get("missed_by", ""), fd.get("remedy", ""))
                for one in report["execs"] for fd in one["fds"] if fd["class"] == "withheld"]

    def test_each_use_of_what_was_withheld_is_a_need(self):
        rule = self.rule()
        for call in USES:
            with self.subTest(call=call):
                report, result = self.audit("--", "./daemon", call)
                self.expect(result, 1, "failed\n", "cloexec: Nothing leaked: no descriptor above 2 crossed an exec. Needed, but withheld: 1 descriptor.\n")
                self.assertEqual(self.withheld(report), [("helper", "secret", "", ""), ("helper", "state", call, rule)])
                self.assertEqual((report["summary"]["withheld"], report["summary"]["needed"]), (2, 1))
                # With the rule it works, and the secret stays where it is.
                for command in (["run"], ["audit", "--enforce", "-o", "none"]):
                    self.assertEqual(self.cloexec(*command, "--rule", rule, "--", "./daemon", call).stdout, "4 worked\n")

    def test_a_close_is_none(self):
        for call, missed_by in (("close", "close"), ("clear", ""), ("nothing", "")):
            report, _ = self.audit("--", "./daemon", call)
            self.assertEqual(self.withheld(report), [("helper", "secret", "", ""), ("helper", "state", missed_by, "")], call)
            self.assertEqual(report["summary"]["needed"], 0)

    def test_to_look_through_all_numbers_is_none(self):
        for call, missed_by in (("scan fcntl", ""), ("scan fstat", ""), ("scan fcntl, read", "read"), ("scan fstat, read", "read"), ("getsockopt", "getsockopt")):
            report, _ = self.audit("--", "./daemon", call)
            self.assertEqual([one[:3] for one in self.withheld(report)], [("helper", "secret", ""), ("helper", "state", missed_by)], call)

    def test_a_file_that_is_handed_on_to_oneself_is_named_by_its_path(self):
        (self.folder / "helper").unlink()
        (self.folder / "again.c").write_text("""
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int count, char **words) {
  char c;
  if (count > 1) return read(3, &c, 1) < 0;
  open("state", O_RDONLY);
  if (fork() == 0) execl("./again", "again", "x", (char *)0);
  wait(0);
  return 0;
}
""")
        subprocess.run(["cc", "-w", "-o", "again", "again.c"], cwd=self.folder, check=True)
        report, _ = self.audit("--", "./again")
        self.assertEqual(self.withheld(report),
                         [("again", "state", "read", f"exempt exec program={self.folder}/again target=again path=/tmp/*/state")])

    def test_a_librarys_own_function_of_such_a_name_is_its_own(self):
        (self.folder / "own.c").write_text("""
#include <stdio.h>
char *send(double x, int a, int b, int c, int d, int e, int f, int g, int h) {
  static char text[32];
  snprintf(text, sizeof text, "%.1f %d %d", x, g, h);
  return text;
}
""")
        (self.folder / "uses.c").write_text("""
#include <stdio.h>
char *send(double x, int a, int b, int c, int d, int e, int f, int g, int h);
int main(void) {
  for (int i = 0; i < 2; ++i) puts(send(2.5, 1, 2, 3, 4, 5, 6, 7, 8));
}
""")
        subprocess.run(["cc", "-w", "-shared", "-fPIC", "-o", "libown.so", "own.c"], cwd=self.folder, check=True)
        subprocess.run(["cc", "-w", "-fno-builtin", "-o", "uses", "uses.c", "./libown.so"], cwd=self.folder, check=True)
        self.expect(self.cloexec("audit", "-o", "report", "--", "./uses"), 0, "2.5 7 8\n2.5 7 8\n")

    def test_what_is_observed_is_not_withheld(self):
        result = self.cloexec("audit", "--format", "json", "--", "./daemon", "read")
        report = json.loads(result.stdout.partition("\n")[2])
        self.assertEqual((self.withheld(report), report["summary"]["withheld"], report["summary"]["leaks"]), ([], 0, 2))

    def test_through_a_shell(self):
        (self.folder / "helper").rename(self.folder / "helper.real")
        (self.folder / "helper").write_text('#!/bin/sh\nexec ./helper.real "$@"\n')
        (self.folder / "helper").chmod(0o755)
        report, _ = self.audit("--", "./daemon", "read")
        self.assertEqual([one[:3] for one in self.withheld(report)],
                         [("dash", "secret", ""), ("dash", "state", ""), ("helper.real", "secret", ""), ("helper.real", "state", "read")])

    def test_reports_and_suggestions_name_the_need_and_the_rule(self):
        rule = self.rule()
        need = f"{self.folder}/helper needs 4, file {self.folder}/state, made by main in daemon, by open: its read failed"
        text = self.cloexec("audit", "--enforce", "--", "./daemon", "read", COLUMNS="1000").stdout
        self.assertIn(f"{need}.\nThis rule gives it: {rule}\n", text)
        self.assertIn("withheld needed by read", text)
        page = self.cloexec("audit", "--enforce", "--format", "html", "--", "./daemon", "read").stdout
        self.assertIn("<strong>Needed:</strong>", page)
        self.audit("--", "./daemon", "read")
        self.assertEqual(self.cloexec("policy", "suggest", "report.json").stdout,
                         "# What looks deliberate in report.json: read it before you use it.\n"
                         "# Needed: programs used these numbers, which were withheld from them.\n"
                         f"# {need}\n{rule}\n")


if __name__ == "__main__":
    unittest.main()
