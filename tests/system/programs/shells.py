# SPDX-License-Identifier: Apache-2.0
"""Shells: what their user redirects, his commands must get. Each shell runs the same idioms, and says the same."""
from scenario import scenario

# Every line prints what a child really read from the number that the shell gave it.
COMMON = r"""
echo one > f; echo two > g
exec 3<f; cat <&3; exec 3<&-
cat /dev/fd/5 5<f
cat <&7 7<f 2>&1
sh -c 'cat <&4' 4<f
exec 8>out; echo written >&8; sh -c 'echo by a child >&8'; exec 8>&-; cat out
exec 9>lock; flock -n 9 && echo locked; flock -n lock true || echo held; exec 9>&-; flock -n lock echo free
{ cat <&6; } 6<g
( exec 5<g; cat <&5 )
fun() { cat <&5; }; fun 5<f
for i in 1 2; do read -r line <&4; echo "$i $line"; done 4<f
cat <<END
here $((1 + 1))
END
sh -c 'cat <&5' 5<<END
document at 5
END
{ echo to stdout; echo to stderr >&2; } 3>&1 1>&2 2>&3 3>&- | sed 's/^/swapped: /' | sort
sh -c 'echo out; echo err >&2; echo three >&3' 3>&1 2>/dev/null
exec 4>&1; echo "through $(echo four >&4; echo five)" 4>&1; exec 4>&-
exec 3<>both; echo text >&3; exec 3<&-; cat both
sh -c 'sh -c "cat <&6" 6<&5' 5<f
echo piped | { exec 5<&0; cat <&5; }
eval 'cat <&5' 5<g
(exec 3<f; exec sh -c 'exec sh -c "cat <&3"')
sh -c 'test -e /proc/self/fd/5 && echo open || echo closed'
"""

BASH = COMMON + r"""
exec {v}<f; cat <&$v; sh -c "cat <&$v"; exec {v}<&-
cat <(echo substituted) <(echo twice)
echo into > >(cat); wait $!
diff <(echo a) <(echo b)
coproc cat; echo to coproc >&${COPROC[1]}; read -r answer <&${COPROC[0]}; echo "$answer"
read -r -u 5 line 5<g; echo "$line"
mapfile -u 6 -t lines 6<f; echo "${lines[0]}"
cat /dev/fd/63 63<f
exec -a -bash bash -c 'exec 3<f; cat /dev/fd/3'
"""

ZSH = COMMON + r"""
exec {v}<f; cat <&$v; exec {v}<&-
cat <(echo substituted) <(echo twice)
cat =(echo temporary)
paste <(echo a) <(echo b)
echo both > one > two; cat one two
{ cat <&$w } {w}<g
coproc cat; print -p to coproc; read -r -p answer; echo $answer
read -r -u 5 line 5<g; echo $line
"""

KSH = COMMON + r"""
exec {v}<f; cat <&$v; exec {v}<&-
cat <(echo substituted) <(echo twice)
paste <(echo a) <(echo b)
read -r -u5 line 5<g; echo "$line"
cat |& print -p to coproc; exec 5>&p; exec 5>&-; read -r -p answer; echo "$answer"
"""


def idioms(job, script, *shell):
    """What the idioms print; nothing but the comparison of the two runs can judge a shell's own messages."""
    job.write("idioms", script)
    done = job.run(*shell, "idioms", check=False, timeout=60)
    job.expect(done.stdout.count("\n") > 20, f"{shell[0]} ended early: {done.stdout}{done.stderr}")
    return done.stdout + done.stderr


@scenario("bash", "util-linux", does="redirections above 2, {v}<f, <(…), coproc, here-documents", quick=True)
def bash(job):
    return idioms(job, BASH, "bash")


@scenario("bash", "util-linux", does="the same as a login shell started as -bash", quick=True)
def bash_login(job):
    return idioms(job, BASH, "bash", "-c", 'exec -a -bash bash "$0"')


@scenario("dash", "util-linux", does="redirections above 2, here-documents", quick=True)
def dash(job):
    return idioms(job, COMMON, "dash")


@scenario("zsh", "util-linux", does="redirections above 2, {v}<f, <(…), =(…), coproc, multios", quick=True)
def zsh(job):
    return idioms(job, ZSH, "zsh")


@scenario("ksh93u+m", "util-linux", does="redirections above 2, {v}<f, <(…), |&", quick=True)
def ksh(job):
    return idioms(job, KSH, "ksh93")


@scenario("mksh", "util-linux", does="redirections above 2, here-documents", quick=True)
def mksh(job):
    return idioms(job, COMMON, "mksh")


@scenario("busybox", "util-linux", does="ash: redirections above 2, here-documents", quick=True)
def busybox(job):
    return idioms(job, COMMON, "busybox", "sh")


@scenario("bash", does="a #! script that redirects, started by name", quick=True)
def script_by_name(job):
    path = job.write("script", "#!/bin/sh\nexec 5<\"$0\"\nhead -n 1 <&5\n", mode=0o755)
    return job.run(path).stdout


@scenario("posh", "util-linux", does="redirections above 2, here-documents", quick=True)
def posh(job):
    return idioms(job, COMMON, "posh")


@scenario("mksh", "util-linux", does="lksh: redirections above 2, here-documents", quick=True)
def lksh(job):
    return idioms(job, COMMON, "lksh")


@scenario("yash", "util-linux", does="redirections above 2, here-documents", quick=True)
def yash(job):
    return idioms(job, COMMON, "yash")


# Not of Bourne's family: how each of them gives a command a file at a number.
OTHERS = """
sh -c 'cat <&5' 5<f
sh -c 'echo written >&9' 9>out; cat out
sh -c 'echo three >&3' 3>&1
"""


def says(job, script, *shell):
    job.write("f", "one\n")
    said = job.run(*shell, job.write("idioms", script)).stdout
    job.expect(said == "one\nwritten\nthree\n", said)


@scenario("fish", does="redirections above 2", quick=True)
def fish(job):
    says(job, OTHERS, "fish")


@scenario("rc", does="redirections above 2", quick=True)
def rc(job):
    says(job, """
sh -c 'cat <&5' <[5]f
sh -c 'echo written >&9' >[9]out; cat out
sh -c 'echo three >&3' >[3=1]
""", "rc")
