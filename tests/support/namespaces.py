# SPDX-License-Identifier: Apache-2.0
"""Namespaces, which the kernel refuses in a chroot, and some containers refuse: tests/support/in_own_root."""
import subprocess


def need(test, *words):
    """Skips the test, with the command's reason, where a command that only makes namespaces cannot."""
    done = subprocess.run([*words, "true"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        test.skipTest(f"{' '.join(map(str, words))}: {done.stderr.strip()}")
