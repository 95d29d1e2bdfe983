# SPDX-License-Identifier: Apache-2.0
"""Log daemons that hand each full file to a user's processor: by their manuals it reads its former state on descriptor 4,
and leaves its new one on descriptor 5.
"""
import signal
import subprocess

from scenario import scenario

COUNT = """#!/bin/sh
read -r count <&4 || count=0
echo $((count + 1)) >&5
cat
"""


def rotate_twice(job, *words):
    """Gives the daemon a line and makes it rotate, twice; returns the files that the processor has made, in order."""
    daemon = job.start(*words, stdin=subprocess.PIPE)
    for number in (1, 2):
        daemon.stdin.write(f"line {number}\n".encode())
        daemon.stdin.flush()
        job.wait_for(lambda number=number: f"line {number}\n" in (job.directory / "logs/current").read_text(), "the line")
        daemon.send_signal(signal.SIGALRM)
        job.wait_for(lambda number=number: len(list((job.directory / "logs").glob("@*.s"))) == number, "the processed file")
    job.count()
    daemon.stdin.close()
    job.expect(daemon.wait(20) == 0, job.log.read_text())
    return [path.read_text() for path in sorted((job.directory / "logs").glob("@*.s"))]


def counts_two(job, *words):
    made = rotate_twice(job, *words)
    job.expect([text.split("line ")[1] for text in made] == ["1\n", "2\n"], str(made))
    state = (job.directory / "logs/state").read_text()
    job.expect(state == "2\n", f"its state is {state!r}; {job.log.read_text()}")


def logs(job, config=""):
    job.write("count", COUNT, mode=0o755)
    job.write("logs/config", config)
    return job.directory / "logs"


@scenario("runit", does="svlogd: a processor finds on 4 what it left on 5", quick=True, seconds=40)
def svlogd_processor(job):
    counts_two(job, "svlogd", logs(job, f"!{job.directory}/count\n"))


@scenario("daemontools", does="multilog: the same", quick=True, seconds=40)
def multilog_processor(job):
    counts_two(job, "multilog", f"!{job.directory}/count", logs(job))


@scenario("socklog", "runit", quick=True, seconds=40,
          does="tryto -p as a processor: what a program says to 2 is the next one's first input")
def tryto_processor(job):
    job.write("program", "#!/bin/sh\necho remembered >&2\ncat\n", mode=0o755)
    made = rotate_twice(job, "svlogd", logs(job, f"!tryto -p {job.directory}/program\n"))
    job.expect(made == ["line 1\n", "remembered\nline 2\n"], f"{made}; {job.log.read_text()}")
