# SPDX-License-Identifier: Apache-2.0
"""mksh's tests of what a shell does. Other shells are not asked: where they differ, some of the scripts call themselves for ever."""
import re

from suite import Program, Suite, worst

DOCS = "/usr/share/doc/mksh"
# check.pl gives each test an environment of its own, and some want a terminal.
SCRIPT = f"""
zcat {DOCS}/check.pl.gz >check.pl && zcat {DOCS}/check.t.gz >check.t || exit
exec script --quiet --return --command "
  perl check.pl -s check.t -v -p /bin/$1 -C $(sed -n 's/^cat=//p' {DOCS}/testdata.$2) ${{LD_PRELOAD:+-e LD_PRELOAD=$LD_PRELOAD}}" /dev/null
"""


def by_line(finished):
    return worst((name, "passed" if verdict == "pass" else "failed")
                 for verdict, name in re.findall(r"^(pass|FAIL) check\.t:(\S+)", finished.text, re.MULTILINE))


def programs():
    return [Program(shell, ["sh", "-c", SCRIPT, "sh", shell, data], by_line, seconds=600)
            for shell, data in (("mksh", "full"), ("lksh", "legacy"))]


SUITES = [Suite("mksh", "a shell: redirections, co-processes, here-documents, jobs", ["mksh", "perl", "bsdutils"], programs)]
