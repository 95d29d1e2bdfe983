#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Watches a machine with another kernel: boots it in qemu with an initial RAM disk that holds the command.

Usage: old_kernel.py CLOEXEC PROBE [KERNEL]     KERNEL is Debian's linux-image-cloud-amd64 when it is not given

PROBE is tests/supervise's, linked statically. Four boots: as it is, with --who, locked down, and without the types of the kernel.
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

INIT = """#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /tmp /dev /etc
/bin/busybox touch /etc/passwd /etc/group /etc/hostname
/bin/busybox mount -t proc none /proc
/bin/busybox mount -t sysfs none /sys
/bin/busybox mount -t devtmpfs none /dev
/bin/busybox mount -t securityfs none /sys/kernel/security
/bin/busybox mkdir -p /sys/fs/cgroup
/bin/busybox mount -t cgroup2 none /sys/fs/cgroup
/bin/busybox mkdir /sys/fs/cgroup/test.service
exec </dev/null
PATH=/bin NO_COLOR=1
export PATH NO_COLOR
busybox uname -r
{more}
(busybox sh -c 'echo $$ >/sys/fs/cgroup/test.service/cgroup.procs; busybox sleep 3; exec /probe open:2 marked socket fork start end'; /probe vfork at:9 start end; echo hello >/tmp/x; /probe path:/tmp/x open:70 spawn) >/dev/null &
/cloexec audit --system {options} --for 6 --format json -o /report
echo "status $?"
echo "report begins"; busybox cat /report; echo "report ends"
busybox poweroff -f
"""
HIDE = "busybox mount -t tmpfs none /sys/kernel/btf"


def needed(program):
    """Shared objects, and the loader."""
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    return re.findall(r"(/\S+) \(0x", listed)


def build(folder, cloexec, probe, more, options):
    root = folder / "root"
    for name in ("bin", "lib", "lib64"):
        (root / name).mkdir(parents=True)
    for source, target in ((cloexec, "cloexec"), (probe, "probe"), (shutil.which("busybox"), "bin/busybox")):
        shutil.copy(source, root / target)
        for library in needed(source):
            place = root / library.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(library, place)
    (root / "init").write_text(INIT.replace("{more}", more).replace("{options}", options))
    (root / "init").chmod(0o755)
    files = subprocess.run(["find", "."], cwd=root, capture_output=True, check=True).stdout
    disk = folder / "initrd"
    with open(disk, "wb") as output:
        subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"], cwd=root, input=files, stdout=output, check=True)
    shutil.rmtree(root)
    return disk


def boot(kernel, disk, words):
    # By emulation: what offers KVM may offer half of it.
    command = ["qemu-system-x86_64", "-machine", "accel=tcg", "-cpu", "max", "-m", "1024", "-smp", "2", "-nographic", "-no-reboot",
               "-kernel", kernel, "-initrd", disk, "-append", f"console=ttyS0 quiet panic=-1 {words}"]
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          errors="replace", timeout=300, check=False)
    return done.stdout.replace("\r", "")


def crossings(output):
    text = output.partition("report begins\n")[2].partition("report ends")[0]
    report = json.loads(text)
    return report, [(one["program"], [(fd["fd"], fd["target"], fd["class"]) for fd in one["fds"]]) for one in report["execs"] if one["fds"]]


def main():
    if len(sys.argv) not in (3, 4):
        print(__doc__)
        return 2
    cloexec, probe = map(pathlib.Path, sys.argv[1:3])
    kernel = pathlib.Path(sys.argv[3]) if len(sys.argv) == 4 else sorted(pathlib.Path("/boot").glob("vmlinuz-*-cloud-*"))[-1]
    failures = 0
    for name, words, more in (("as it is", "", ""), ("with --who", "", ""), ("locked down", "lockdown=confidentiality lsm=lockdown", ""),
                              ("without BTF", "", HIDE)):
        with tempfile.TemporaryDirectory() as folder:
            output = boot(kernel, build(pathlib.Path(folder), cloexec, probe, more, name[5:] if "--" in name else ""), words)
        print(f"--- {kernel.name}, {name}")
        if words or more:
            said = re.search(r"cloexec: (.*)", output)
            good = "status 125" in output and said is not None
            print(said[1] if said else output[-6000:])
        else:
            try:
                report, found = crossings(output)
            except ValueError:
                print(output[-6000:])
                report, found = {}, []
            numbers = sorted([number for number, _, _ in fds] for program, fds in found if program == "/probe")
            makers = {fd["created"]["call"] for one in report.get("execs", []) for fd in one["fds"]}
            print(f"made by {makers}")
            good = "status 0" in output and (name == "as it is") == (makers == {""}) and report.get("lost") == 0 and numbers == [list(range(3, 74)), [3, 4, 6], [9]]
            print(*(f"{program} {fds[:4]}{f' and {len(fds) - 4} more' if len(fds) > 4 else ''}" for program, fds in found), sep="\n")
        print("ok" if good else "FAILED")
        failures += not good
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
