# SPDX-License-Identifier: Apache-2.0
"""flock(1) in all its forms: the lock is a descriptor that somebody must keep."""
from scenario import scenario


def is_free(job, lock):
    return job.run("flock", "-n", lock, "true", bare=True, check=False).returncode == 0


@scenario("util-linux", "bash", does="a script locks 9>lock, and a second one cannot", quick=True)
def flock_of_a_shell(job):
    script = """exec 9>lock; flock -n 9 || exit 1
                sh -c 'exec 8>lock; flock -n 8' && exit 2; echo held"""
    return job.run("bash", "-c", script).stdout


@scenario("util-linux", does="-F execs the command, which holds the lock", quick=True)
def flock_no_fork(job):
    lock = job.directory / "lock"
    job.start("flock", "-F", lock, "sleep", "60")
    job.wait_for(lambda: "sleep" in {comm for _, comm, _, _ in job.inheritable()}, "the command's lock")
    job.expect(not is_free(job, lock), "the lock is free")


@scenario("util-linux", does="the command's child outlives flock and holds the lock, unless -o", quick=True)
def flock_child(job):
    said = []
    for option in ("-x", "-s", "-o"):
        lock = job.directory / f"lock{option}"
        # The command's background child keeps what the command was given.
        job.run("flock", option, lock, "sh", "-c", "sleep 60 >&- 2>&- <&- &", environment={})
        said.append(f"{option} {'free' if is_free(job, lock) else 'held'}")
    return "\n".join(said)
