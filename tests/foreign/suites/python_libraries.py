# SPDX-License-Identifier: Apache-2.0
"""What Python's event loops ship of their tests, run by pytest: children with mapped descriptors, sockets passed on."""
from suite import Program, Suite, junit

TWISTED = ["twisted.test.test_process", "twisted.test.test_stdio", "twisted.test.test_unix",
           "twisted.internet.test.test_process", "twisted.internet.test.test_posixprocess", "twisted.internet.test.test_unix",
           "twisted.internet.test.test_sigchld", "twisted.internet.test.test_inotify", "twisted.python.test.test_sendmsg",
           "twisted.python.test.test_systemd", "twisted.runner.test.test_procmon"]
TRIO = [f"trio.tests.test_{name}" for name in ("subprocess", "unix_pipes", "socket", "highlevel_open_unix_stream", "file_io",
                                               "wait_for_object", "signals", "threads")]
TORNADO = [f"tornado.test.{name}_test" for name in ("process", "netutil", "iostream", "httpserver", "autoreload", "tcpserver")]
PSUTIL = [f"psutil.tests.test_{name}" for name in ("connections", "posix", "testutils")]


# A mixin is no test, though its name may begin with Test.
PYTEST = ["/usr/bin/python3", "-m", "pytest", "-p", "no:cacheprovider", "-k", "not Mixin", "--junitxml", "report.xml", "--pyargs"]


def programs_of(modules):
    def programs():
        return [Program(module, [*PYTEST, module], junit, seconds=400) for module in modules]
    return programs


SUITES = [
    Suite("twisted", "Twisted: children's descriptors, UNIX sockets that pass them", ["python3-twisted", "python3-pytest"],
          programs_of(TWISTED)),
    Suite("trio", "Trio: subprocesses, pipes, sockets", ["python3-trio", "python3-pytest", "python3-trustme"], programs_of(TRIO)),
    Suite("tornado", "Tornado: pre-forked servers, subprocesses, reloading", ["python3-tornado", "python3-pytest"],
          programs_of(TORNADO)),
    Suite("psutil", "psutil: what it sees of descriptors and processes", ["python3-psutil", "python3-pytest"],
          programs_of(PSUTIL)),
]
