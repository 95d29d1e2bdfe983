# SPDX-License-Identifier: Apache-2.0
"""What starts many programs, or is started under a preload of its own."""
from scenario import scenario


@scenario("parallel", does="20 jobs at once, in order; --pipe; a --results directory", quick=True, seconds=60)
def parallel(job):
    around = {"PARALLEL_HOME": str(job.directory / "home")}
    said = job.run("parallel", "-k", "-j20", "echo {} {#}; sleep 0.0{}", ":::", *range(20), environment=around).stdout
    job.expect(said == "".join(f"{number} {number + 1}\n" for number in range(20)), said)
    said += job.run("parallel", "-k", "--pipe", "-N5", "paste -sd,", input="".join(f"{n}\n" for n in range(20)),
                    environment=around).stdout
    job.run("parallel", "--results", "results", "echo out {}; echo error {} >&2", ":::", "a", "b", environment=around)
    return said + "".join((job.directory / "results/1/b" / name).read_text() for name in ("stdout", "stderr"))


@scenario("ffmpeg", "bash", does="reads from pipe:3 and writes to pipe:4 of a shell", quick=True, seconds=60)
def ffmpeg(job):
    return job.run("bash", "-c", r"""
tone=(-hide_banner -loglevel error -f s16le -ar 8000 -ac 1)
exec 3< <(head -c 16000 /dev/zero) 4> out
ffmpeg "${tone[@]}" -i pipe:3 -f wav -bitexact pipe:4 && exec 3<&- 4>&-
ffprobe -hide_banner -loglevel error -show_entries stream=codec_name,sample_rate,duration -of csv out
wc -c < out""").stdout


@scenario("fakeroot", "tar", "util-linux", "bash", quick=True, seconds=60,
          does="a preload of its own: owners pretended, saved and loaded, in a pipeline")
def fakeroot(job):
    job.write("file", "text")
    # At its end fakeroot waits until its daemon has been reaped: by a shell that is this namespace's first process.
    said = job.run("unshare", "--pid", "--fork", "bash", "-c", """
fakeroot -s saved -- sh -c 'chown 12:34 file; stat -c %u:%g file | cat; sh -c "id -u"'
fakeroot -i saved -- sh -c 'tar -cf - file | tar -tvf - --numeric-owner'
:""", timeout=40).stdout
    job.expect(said.startswith("12:34\n0\n-rw-r--r-- 12/34"), said)
    return said.split(" 20")[0]


@scenario("emacs-nox", does="--batch: call-process, processes by pipe and on a terminal", quick=True, seconds=60)
def emacs(job):
    job.write("program.el", r"""
(defun wait-for (process) (while (accept-process-output process)) (while (process-live-p process) (sleep-for 0.01)))
(princ (shell-command-to-string "echo by a shell"))
(with-temp-buffer
  (insert "region")
  (call-process-region (point-min) (point-max) "tr" t t nil "a-z" "A-Z")
  (princ (buffer-string)))
(dolist (connection '(pipe pty))
  (let* ((said "")
         (process (make-process :name "child" :command
                                '("sh" "-c" "test -t 0 && echo terminal; read line; echo $line; exit 3")
                                :connection-type connection
                                :filter (lambda (_ text) (setq said (concat said text))))))
    (process-send-string process "typed\n")
    (wait-for process)
    (princ (format "\n%s %d" (replace-regexp-in-string "\r?\n" " " said) (process-exit-status process)))))
""")
    said = job.run("emacs", "-Q", "--batch", "-l", "program.el", timeout=60).stdout
    job.expect(said.startswith("by a shell\nREGION\ntyped  3\nterminal "), said)
    return said


@scenario("gcc", "libc6-dev", quick=True, seconds=60,
          does="a program with the address sanitizer, by cloexec run: its runtime wants to be first")
def sanitized(job):
    job.run("gcc", "-fsanitize=address", "-o", "program", job.write("program.c", """
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv) {
  char *heap = calloc(1, 8);
  puts("started");
  const int read = argc > 1 ? heap[atoi(argv[1])] : 0;
  free(heap);
  return read;
}
"""), bare=True)
    by_cloexec = [] if job.command is None else [job.command, "run", "--"]
    said = job.run(*by_cloexec, "./program", bare=True).stdout
    # And it still does what it is for.
    caught = job.run(*by_cloexec, "./program", "8", bare=True, check=False)
    job.expect(caught.returncode != 0 and "heap-buffer-overflow" in caught.stderr, caught.stderr)
    return said
