# SPDX-License-Identifier: Apache-2.0
"""One boot of a machine: a copy of its disk in memory, by systemd-nspawn, entered by nsenter. Belongs into a mount and a
process namespace of its own, with which everything ends."""
import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
PATIENCE = 180  # seconds for what takes five
CGROUPS = pathlib.Path("/sys/fs/cgroup")
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8",
               "DEBIAN_FRONTEND": "noninteractive"}


class Trouble(Exception):
    """The machine could not be made, booted or ended."""


def own_cgroup():
    line = next(line for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines() if line.startswith("0::"))
    return CGROUPS / line.removeprefix("0::").lstrip("/")


def see_cgroups():
    """Where no systemd rules, the unified hierarchy may not be mounted; in this mount namespace it is then."""
    if (CGROUPS / "cgroup.procs").exists():
        return
    try:
        subprocess.run(["umount", "--lazy", CGROUPS], check=False)
        subprocess.run(["mount", "-t", "cgroup2", "none", CGROUPS], check=True)
    except subprocess.CalledProcessError as trouble:
        raise Trouble("no machine can be booted here: that wants a systemd as the first process, or a kernel and a container "
                      "that let the unified hierarchy of control groups (cgroup2) be mounted") from trouble


class Machine:
    """A machine in a folder of its own; there is none any more when the context ends."""
    running = set()
    no_more = False

    def __init__(self, work):
        self.work = work
        self.root = work / "root"
        self.log = work / "console"
        self.cgroup = own_cgroup() / work.name
        self.nspawn = self.leader = None
        self.is_shimmed = self.has_command = False

    def __enter__(self):
        self.running.add(self)
        return self

    def __exit__(self, *_):
        self.end()
        self.running.discard(self)

    @classmethod
    def kill_all(cls):
        """Of all threads, which then clean up what is theirs; none boots another."""
        cls.no_more = True
        for machine in list(cls.running):
            machine.kill()

    def make(self, disk, packages=()):
        """A copy of this disk. `packages` are the library's, which is preloaded into everything, and the command's; without them
        it is bare."""
        self._mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", self.work)
        for name in ("root", "upper", "overlay"):
            (self.work / name).mkdir()
        self._mount("-t", "overlay", "-o", f"lowerdir={disk},upperdir={self.work}/upper,workdir={self.work}/overlay", "overlay",
                    self.root)
        shutil.copytree(HERE / "root", self.root, dirs_exist_ok=True, symlinks=True)
        shutil.copytree(HERE / "inside", self.root / "srv/machine", ignore=shutil.ignore_patterns("__pycache__"))
        self.in_root("/srv/machine/prepare")
        if packages:
            self._install(*packages)

    def _install(self, library, command):
        for package in (library, command):
            shutil.copy(package, self.root / "srv")
        self.in_root("apt-get", "-qq", "install", f"/srv/{library.name}")
        # Built for this machine's Debian, it needs libraries that another suite may have in another version.
        with contextlib.suppress(Trouble):
            self.in_root("apt-get", "-qq", "install", f"/srv/{command.name}")
            self.has_command = True
        (self.root / "etc/ld.so.preload").write_text("/usr/$LIB/libcloexec.so\n")
        self.is_shimmed = True

    @staticmethod
    def _mount(*words):
        subprocess.run(["mount", *words], check=True)

    def in_root(self, *words):
        """What a program says that runs while the machine does not."""
        return self._run(["chroot", self.root, *words])

    def inside(self, *words, timeout=PATIENCE, check=True):
        """What a program says that runs in the machine, with the system's descriptors and environment."""
        return self._run(["nsenter", "--target", str(self.leader), "--all", *words], timeout, check)

    def _run(self, words, timeout=PATIENCE, check=True):
        done = subprocess.run(words, env=ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
                              timeout=timeout, check=False)
        if check and done.returncode != 0:
            raise Trouble(f"{' '.join(map(str, words))}: status {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def boot(self):
        if self.no_more:
            raise Trouble("ended before it was booted")
        self.cgroup.mkdir()
        with open(self.log, "wb") as log:
            self.nspawn = subprocess.Popen(
                ["sh", "-c", 'echo $$ >"$0" && exec "$@"', self.cgroup / "cgroup.procs",
                 "systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit", f"--directory={self.root}",
                 "--machine=machine", "--resolv-conf=off", "--timezone=off", "--link-journal=no", "--private-network",
                 "--console=pipe"],
                env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        self.leader = self._wait_for(self._find_leader, "its first process")
        self._wait_for(lambda: self.state() in ("running", "degraded"), "the end of the boot")

    def state(self):
        return self.inside("systemctl", "is-system-running", check=False).strip()

    def _find_leader(self):
        """The child of nspawn that is the first in a process namespace, once it is systemd."""
        for pid in pathlib.Path(f"/proc/{self.nspawn.pid}/task/{self.nspawn.pid}/children").read_text().split():
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
            numbers = next(line.split() for line in status.splitlines() if line.startswith("NSpid:"))
            if len(numbers) > 2 and numbers[-1] == "1" and "Name:\tsystemd\n" in status:
                return int(pid)
        return None

    def _wait_for(self, condition, what):
        end = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(OSError):
                if value := condition():
                    return value
            if self.nspawn.poll() is not None or time.monotonic() > end:
                raise Trouble(f"waited in vain for {what}\n" + self.log.read_text(errors="replace")[-4000:])
            time.sleep(0.1)

    def power_off(self):
        """nspawn's exit status; None when it had to be killed."""
        self.inside("systemctl", "poweroff", check=False)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.nspawn.wait(PATIENCE)
        return None

    def kill(self):
        if self.nspawn and self.nspawn.poll() is None:
            if self.leader:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self.leader, signal.SIGKILL)  # and the kernel ends all others with it
            self.nspawn.kill()

    def end(self):
        """Whatever the state is: nothing runs afterwards, and nothing is mounted."""
        self.kill()
        if self.nspawn:
            self.nspawn.wait()
        for folder in (self.root, self.work):
            if folder.is_mount():
                subprocess.run(["umount", "--lazy", folder], check=False)
        self._remove_cgroup()

    def _remove_cgroup(self):
        if not self.cgroup.exists():
            return
        folders = sorted((path for path in self.cgroup.rglob("*") if path.is_dir()), reverse=True)
        end = time.monotonic() + 10
        for folder in [*folders, self.cgroup]:
            while folder.exists() and time.monotonic() < end:
                with contextlib.suppress(OSError):
                    folder.rmdir()
                    break
                time.sleep(0.05)
