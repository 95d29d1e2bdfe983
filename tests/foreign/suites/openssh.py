# SPDX-License-Identifier: Apache-2.0
"""OpenSSH's regression tests of what starts programs or hands on descriptors. Those of keys, ciphers and configuration are left
out: they take hours, and open files only."""
from suite import Program, Suite

TESTS = ["agent-ptrace", "agent-subprocess", "banner", "broken-pipe", "channel-timeout", "connect", "dynamic-forward", "envpass",
         "exit-status", "exit-status-signal", "forcecommand", "forward-control", "forwarding", "hostkey-agent", "keys-command",
         "keyscan", "knownhosts-command", "localcommand", "multiplex", "proxy-connect", "reconfigure", "reexec", "scp", "scp3",
         "sftp-chroot", "stderr-data", "transfer"]


def by_word(finished):
    """test-exec.sh exits with 0 for a test that it skipped, too."""
    if finished.status != 0:
        return {"": "failed"}
    return {"": "skipped" if "\nSKIPPED: " in finished.text else "passed"}


def programs():
    return [Program(test, ["/usr/lib/openssh/regress/run-tests", "", "t-exec", f"LTESTS={test}"], by_word, seconds=600)
            for test in TESTS]


SUITES = [Suite("openssh", "agents, forwarding, multiplexing, sshd's re-exec, sftp",
                ["openssh-tests", "openssh-server", "openssh-client", "openssh-sftp-server", "make", "sudo"], programs)]
