# SPDX-License-Identifier: Apache-2.0
"""CPython's own tests: the best-tested user of these calls that a distribution has, and one that knows close-on-exec well
(PEP 446)."""
from suite import Program, Suite, junit

DESCRIPTORS = ["test_os", "test_posix", "test_socket", "test_fcntl", "test_subprocess", "test_pty", "test_select", "test_epoll",
               "test_selectors"]
# What starts programs, locks files or passes descriptors on top of these.
USERS = ["test_asyncio", "test_signal", "test_io", "test_tempfile", "test_shutil", "test_popen", "test_poll", "test_openpty",
         "test_fork1", "test_wait3", "test_wait4", "test_ssl", "test_ftplib", "test_mailbox", "test_threading", "test_mmap",
         "test_httpservers", "test_socketserver", "test_cmd_line", "test_cmd_line_script", "test_faulthandler", "test_uuid",
         "test_multiprocessing_main_handling", "test_multiprocessing_forkserver", "test_largefile", "test_urllib2_localnet",
         "test_eintr", "test_ioctl", "test_pipes"]
# VSOCK needs a hypervisor's other side: without one these hang, with or without the shim.
IGNORED = "*VSOCK*"


def programs():
    return [Program(file, ["/usr/bin/python3", "-m", "test", "-i", IGNORED, "--junit-xml", "report.xml", file], junit, seconds=900)
            for file in DESCRIPTORS + USERS]


SUITES = [Suite("cpython", "descriptors, processes, sockets of the standard library", ["libpython3.11-testsuite", "python3"],
                programs)]
