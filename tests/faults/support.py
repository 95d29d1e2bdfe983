# SPDX-License-Identifier: Apache-2.0
"""What the fault tests share: the same command bare and under the shim, and places where something is broken."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from namespaces import need  # noqa: E402

SHIM = os.environ["SHIM"]
CLOEXEC = os.environ["CLOEXEC"]
PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
NOBODY = 65534


def probe(name):
    """The path of a program that the build makes for the tests, here or in another folder."""
    return os.environ[name.upper()]


def run(command, environment=None, **options):
    """Runs it with nothing in the environment but PATH and this. Standard input is /dev/null."""
    options.setdefault("stdin", subprocess.DEVNULL)
    options.setdefault("timeout", 120)
    return subprocess.run([str(word) for word in command], env={"PATH": PATH, **(environment or {})},
                          capture_output=True, text=True, errors="surrogateescape", **options)


def forced(text):
    """What a probe says under the shim, from what it says bare."""
    return re.sub(r"cloexec=0\b", "cloexec=1", text)


class FaultTest(unittest.TestCase):
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0:
            raise AssertionError("needs root: this breaks mounts, limits and users around a program")

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="cloexec-faults-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.folder.chmod(0o755)

    def copied(self, path, name=None):
        """A copy that every user can reach."""
        copy = self.folder / (name or pathlib.Path(path).name)
        copy.write_bytes(pathlib.Path(path).read_bytes())
        copy.chmod(0o755)
        return copy

    def expect_same(self, command, environment=None, least=1, shim=SHIM, **options):
        """Runs it bare and under the shim: the same lines but for the flags, the same status, nothing of ours said.
        Returns what it printed under the shim."""
        bare = run(command, environment, **options)
        shimmed = run(command, {"CLOEXEC_PROFILE": "strict", **(environment or {}), "LD_PRELOAD": str(shim)}, **options)
        self.assertEqual(shimmed.returncode, bare.returncode, shimmed.stdout + shimmed.stderr)
        self.assertEqual(shimmed.stdout.splitlines(), forced(bare.stdout).splitlines())
        self.assertGreaterEqual(bare.stdout.count("cloexec=0"), least, bare.stdout + bare.stderr)
        self.assertNotIn("cloexec: ", shimmed.stderr)
        return shimmed.stdout

    def broken(self, script, *words):
        """A command that runs `words` in a mount namespace of its own, behind a shell script that breaks it. Nothing
        of it is seen outside, and it ends with the command."""
        need(self, "unshare", "--mount")
        return ["unshare", "--mount", "--propagation", "private", "sh", "-euc", script + '\nexec "$@"', "sh", *words]

    def in_system(self, words, change="", preload=(SHIM,), user=None, **options):
        """Runs `words` in a chroot that looks like this whole system, where /etc/ld.so.preload names the libraries of
        `preload`, and whatever `change` does to $root is done: an overlay, which ends with the command. There is a user
        alice, who may use sudo; root's password is "secret"."""
        libraries = [f"/usr/lib/cloexec-test/{number}/{pathlib.Path(one).name}" for number, one in enumerate(preload)]
        script = f"""
            mount -t tmpfs -o mode=755 tmpfs {self.folder}
            root={self.folder}/root
            mkdir {self.folder}/upper {self.folder}/work $root
            mount -t overlay -o lowerdir=/,upperdir={self.folder}/upper,workdir={self.folder}/work overlay $root
            mount --rbind /proc $root/proc
            mount --rbind /dev $root/dev
            echo 'alice:x:4242:4242::/:/bin/sh' >>$root/etc/passwd
            echo 'alice:!:19000:0:99999:7:::' >>$root/etc/shadow
            echo 'alice:x:4242:' >>$root/etc/group
            echo 'alice ALL=(ALL:ALL) NOPASSWD: SETENV: ALL' >$root/etc/sudoers.d/alice
            echo root:secret | chroot $root chpasswd -c SHA256 -s 1000
            install -m 755 {probe("probe")} $root/usr/bin/plain
            install -m 4755 {probe("probe")} $root/usr/bin/of-user
            install -m 2755 -g nogroup {probe("probe")} $root/usr/bin/of-group
            install -m 755 {probe("probe")} $root/usr/bin/of-file
            setcap cap_net_raw+ep $root/usr/bin/of-file
            {change}
            """
        for library, one in zip(libraries, preload):
            script += f"install -D -m 755 {one} $root{library}\n"
        if preload:
            script += f"echo {' '.join(libraries)} >$root/etc/ld.so.preload\n"
        become = ["setpriv", "--reuid=4242", "--regid=4242", "--clear-groups"] if user == "alice" else []
        return run(self.broken(script, "chroot", f"{self.folder}/root", *become, *words), **options)
