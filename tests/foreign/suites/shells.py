# SPDX-License-Identifier: Apache-2.0
"""mksh's tests of what a shell is, redirections and co-processes among them, by mksh and by shells that fail many of them."""
import re

from suite import Program, Suite, worst

SHELLS = ["/bin/mksh", "/bin/lksh", "/bin/ksh93", "/bin/bash", "/bin/dash"]
DOCS = "/usr/share/doc/mksh"
# check.pl gives each test an environment of its own, and some want a terminal.
SCRIPT = f"""
zcat {DOCS}/check.pl.gz >check.pl && zcat {DOCS}/check.t.gz >check.t || exit
exec script --quiet --return --command "
  perl check.pl -s check.t -v -p $1 -C $(sed -n 's/^cat=//p' {DOCS}/testdata.full) ${{LD_PRELOAD:+-e LD_PRELOAD=$LD_PRELOAD}}" log
"""


def by_line(finished):
    return worst((name, "passed" if verdict == "pass" else "failed")
                 for verdict, name in re.findall(r"^(pass|FAIL) check\.t:(\S+)", finished.text, re.MULTILINE))


def programs():
    return [Program(shell.rpartition("/")[2], ["sh", "-c", SCRIPT, "sh", shell], by_line, seconds=600) for shell in SHELLS]


SUITES = [Suite("shells", "five shells: redirections, co-processes, here-documents, jobs",
                ["mksh", "ksh93u+m", "bash", "dash", "perl", "bsdutils"], programs)]
