# SPDX-License-Identifier: Apache-2.0
"""What crossed each exec, from the kernel's side: strace's log of a run, followed descriptor by descriptor."""
import collections
import dataclasses
import re

# Every system call that makes, marks or closes a descriptor, makes a process, or starts a program.
TRACED = ("open,openat,openat2,creat,socket,socketpair,accept,accept4,pipe,pipe2,dup,dup2,dup3,fcntl,ioctl,close,"
          "close_range,eventfd,eventfd2,epoll_create,epoll_create1,signalfd,signalfd4,timerfd_create,inotify_init,"
          "inotify_init1,memfd_create,recvmsg,recvmmsg,clone,clone3,fork,vfork,execve,execveat,pidfd_open,userfaultfd,"
          "io_uring_setup,fanotify_init,perf_event_open,bpf,landlock_create_ruleset,seccomp,open_by_handle_at")
MARKS = ("O_CLOEXEC", "SOCK_CLOEXEC", "EFD_CLOEXEC", "EPOLL_CLOEXEC", "SFD_CLOEXEC", "TFD_CLOEXEC", "IN_CLOEXEC",
         "MFD_CLOEXEC", "FAN_CLOEXEC", "PERF_FLAG_FD_CLOEXEC")
ALWAYS_MARKED = {"pidfd_open", "io_uring_setup", "bpf", "landlock_create_ruleset", "seccomp"}


@dataclasses.dataclass(frozen=True)
class Made:
    """A descriptor, the thread that made it, and by which system call; the same of who cleared its flag last."""
    call: str
    thread: int
    marked: bool
    cleared: tuple = ("", 0)


class Table(dict):
    """A process's descriptors; threads share one."""

    def copy(self):
        return Table(self)


@dataclasses.dataclass
class Exec:
    process: int
    program: str
    crossed: dict  # number: Made


def whole_lines(path):
    """(thread, call, arguments, result): calls that another thread's line has cut are joined."""
    cut = {}
    with open(path, encoding="utf-8", errors="replace") as log:
        for line in log:
            thread, _, text = line.rstrip("\n").partition(" ")
            thread, text = int(thread), text.strip()
            if text.endswith("<unfinished ...>"):
                cut[thread] = text.removesuffix("<unfinished ...>").rstrip()
                # An exec that another thread's end interrupts, and a vfork, count from here on.
                continue
            if text.startswith("<... "):
                text = cut.pop(thread, "") + text[text.index("resumed>") + len("resumed>"):]
            found = re.match(r"(\w+)\((.*)\)\s+= (-?\d+|\?)(?:<.*>)?", text)
            if found:
                # What -y adds to each number is for people.
                yield thread, found[1], re.sub(r"(?<=\d)<(?:->|[^>])*>", "", found[2]), int(found[3]) if found[3] != "?" else None
            elif text.startswith("+++"):
                yield thread, "exit", "", None


def first_number(arguments):
    return int(re.match(r"-?\d+", arguments)[0])


class Run:
    """The processes of one run, as their calls come."""

    def __init__(self):
        self.tables = {}
        self.process = {}  # of a thread
        self.execs = []
        self.born = {}  # each process's parent, and how many programs that had been by then

    def table(self, thread):
        return self.tables.setdefault(thread, Table())

    def make(self, thread, numbers, call, marked):
        for number in numbers:
            self.table(thread)[number] = Made(call, thread, marked)

    def mark(self, thread, number, call, marked):
        table = self.table(thread)
        table[number] = dataclasses.replace(table[number], marked=marked, cleared=table[number].cleared if marked else (call, thread))

    def take(self, thread, call, arguments, result):
        if result is None or result < 0:
            return
        table = self.table(thread)
        marked = any(mark in arguments for mark in MARKS) or call in ALWAYS_MARKED
        if call in ("clone", "clone3", "fork", "vfork"):
            self.fork(thread, call, arguments, result)
        elif call in ("execve", "execveat"):
            self.exec(thread, arguments)
        elif call in ("close",):
            table.pop(first_number(arguments), None)
        elif call == "close_range":
            first, last = (int(word, 0) for word in re.findall(r"\d+|0x[0-9a-f]+", arguments)[:2])
            for number in [number for number in table if first <= number <= last]:
                if "CLOSE_RANGE_CLOEXEC" in arguments:
                    table[number] = dataclasses.replace(table[number], marked=True)
                else:
                    del table[number]
        elif call in ("pipe", "pipe2", "socketpair"):
            self.make(thread, [int(number) for number in re.findall(r"\d+", arguments[arguments.rindex("["):arguments.rindex("]")])], call, marked)
        elif call == "fcntl":
            self.control(thread, arguments, result)
        elif call == "ioctl":
            self.ioctl(thread, arguments, result)
        elif call in ("dup2", "dup3"):
            numbers = re.findall(r"(?:^|, )(\d+)", arguments)
            if call == "dup3" or numbers[0] != numbers[1]:
                self.make(thread, [result], call, marked)
        elif call in ("recvmsg", "recvmmsg"):
            for numbers in re.findall(r"SCM_RIGHTS, cmsg_data=\[([^\]]*)\]", arguments):
                self.make(thread, [int(number) for number in numbers.split(", ")], call, "MSG_CMSG_CLOEXEC" in arguments)
        elif call in ("signalfd", "signalfd4") and not arguments.startswith("-1"):
            return
        else:
            self.make(thread, [result], call, marked)

    def control(self, thread, arguments, result):
        number = first_number(arguments)
        table = self.table(thread)
        if "F_DUPFD" in arguments:
            self.make(thread, [result], "fcntl", "F_DUPFD_CLOEXEC" in arguments)
        elif "F_SETFD" in arguments and number in table:
            self.mark(thread, number, "fcntl", "FD_CLOEXEC" in arguments)

    def ioctl(self, thread, arguments, result):
        number = first_number(arguments)
        table = self.table(thread)
        if "FIOCLEX" in arguments or "FIONCLEX" in arguments:
            if number in table:
                self.mark(thread, number, "ioctl", "FIOCLEX" in arguments)
        elif "TIOCGPTPEER" in arguments:
            self.make(thread, [result], "ioctl", "O_CLOEXEC" in arguments)

    def fork(self, thread, call, arguments, child):
        shares = "CLONE_FILES" in arguments
        self.tables[child] = self.table(thread) if shares else self.table(thread).copy()
        parent = self.process.get(thread, thread)
        self.process[child] = parent if "CLONE_THREAD" in arguments else child
        if self.process[child] == child:
            self.born[child] = (parent, sum(one.process == parent for one in self.execs))

    def exec(self, thread, arguments):
        # An exec ends the other threads, and a table that was shared becomes one's own.
        process = self.process.get(thread, thread)
        kept = Table({number: made for number, made in self.table(thread).items() if not made.marked})
        program = re.search(r'"((?:[^"\\]|\\.)*)"', arguments)
        self.execs.append(Exec(process, program[1] if program else "", {n: made for n, made in kept.items() if n > 2}))
        self.tables[process] = kept
        self.process[process] = process


def order_forks(lines):
    """A child's first calls may be logged before its parent's clone has returned: that is moved to before them."""
    lines = list(lines)
    born = {}
    for index, (thread, call, arguments, result) in enumerate(lines):
        if call in ("clone", "clone3", "fork", "vfork") and result is not None and result > 0:
            born[result] = index
    first = {}
    for index, (thread, *_) in enumerate(lines):
        first.setdefault(thread, index)
    moved = {index: first[child] for child, index in born.items() if child in first and first[child] < index}
    by_target = collections.defaultdict(list)
    for index, target in moved.items():
        by_target[target].append(index)
    for index, line in enumerate(lines):
        for source in by_target.get(index, ()):
            yield lines[source]
        if index not in moved:
            yield line


def execs_of(path):
    """The execs that succeeded, in order, and where each process comes from."""
    run = Run()
    for line in order_forks(whole_lines(path)):
        run.take(*line)
    return run.execs, run.born
