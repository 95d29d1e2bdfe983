# SPDX-License-Identifier: Apache-2.0
"""Build tools, version control, keys and packages: numbers told by argument, hooks, and a jobserver."""
from scenario import scenario


@scenario("make", does="-j4: recursive makes share the jobserver", quick=True)
def make_jobserver(job):
    job.write("Makefile", "all: a b\na b:\n\t+@$(MAKE) -s -f inner T=$@\n")
    job.write("inner", "all: 1 2 3\n1 2 3:\n\t@echo $(T)$@\n")
    done = job.run("make", "-j4", "-s")
    job.expect("jobserver" not in done.stderr, done.stderr)
    return "\n".join(sorted(done.stdout.split()))


@scenario("gcc", "make", does="-flto=jobserver under make -j2", quick=True)
def gcc_lto(job):
    job.write("one.c", "int two(void); int main(void) { return two() - 2; }\n")
    job.write("two.c", "int two(void) { return 2; }\n")
    job.write("Makefile", "p: one.o two.o\n\t+gcc -O1 -flto=jobserver -o $@ $^\n%.o: %.c\n\tgcc -O1 -flto -c $<\n")
    done = job.run("make", "-j2")
    job.expect("jobserver" not in done.stderr, done.stderr)
    job.run("./p")
    return done.stdout


@scenario("git", does="push with pre-push and post-receive hooks", quick=True)
def git_push(job):
    script = """set -e
export GIT_CONFIG_GLOBAL=$PWD/config; git config --global user.email a@b; git config --global user.name a
git init -q -b main --bare there.git; git init -q -b main here; cd here
printf '#!/bin/sh\\ncat > ../pre-push; echo pre-push >&2\\n' > .git/hooks/pre-push
printf '#!/bin/sh\\necho post-receive; cat > ../post-receive\\n' > ../there.git/hooks/post-receive
chmod +x .git/hooks/pre-push ../there.git/hooks/post-receive
for n in 1 2 3; do echo $n > $n; git add .; GIT_AUTHOR_DATE='2026-01-01T00:00:00Z' GIT_COMMITTER_DATE='2026-01-01T00:00:00Z' git commit -qm $n; done
git push -q ../there.git main 2>&1 | sed 's/ *$//'
git -C ../there.git log --oneline main; git -C ../there.git gc -q; git clone -q ../there.git ../clone; ls ../clone; cat ../post-receive"""
    return job.run("sh", "-c", script).stdout


def gpg_home(job):
    (job.directory / "gnupg").mkdir(mode=0o700)
    home = {"GNUPGHOME": str(job.directory / "gnupg")}
    job.run("gpg", "--batch", "--passphrase", "", "--quick-generate-key", "a@b", environment=home, bare=True)
    job.run("gpgconf", "--kill", "all", environment=home, bare=True)
    return home


def status_words(text):
    return "\n".join(line.split()[1] for line in text.splitlines() if line.startswith("[GNUPG:]"))


@scenario("gnupg", does="--status-fd from a shell; the agent is started on demand", quick=True)
def gpg_of_a_shell(job):
    script = "echo text > f; gpg --batch --yes --status-fd 7 --sign f 7>status && gpg --batch --status-fd 8 --verify f.gpg 8>>status"
    job.run("sh", "-c", script, environment=gpg_home(job))
    return status_words((job.directory / "status").read_text())


@scenario("gnupg", "python3", does="--status-fd and --passphrase-fd from Python", quick=True)
def gpg_of_python(job):
    program = """import os, subprocess
status, theirs = os.pipe()
secret, ours = os.pipe()
os.write(ours, b'secret\\n'); os.close(ours)
subprocess.run(['gpg', '--batch', '--pinentry-mode', 'loopback', '--status-fd', str(theirs), '--passphrase-fd', str(secret),
                '--symmetric', '-o', '-'], input=b'text', stdout=subprocess.DEVNULL, pass_fds=[theirs, secret], check=True)
os.close(theirs)
print(os.read(status, 65536).decode())
"""
    return status_words(job.run("python3", "-c", program, environment=gpg_home(job)).stdout)


@scenario("python3-gpg", "gnupg", does="gpgme signs and verifies", quick=True)
def gpgme(job):
    program = """import gpg
with gpg.Context(armor=True) as context:
    signed, _ = context.sign(b'text')
    data, result = context.verify(signed)
    print(data.decode(), len(result.signatures))
"""
    return job.run("/usr/bin/python3", "-c", program, environment=gpg_home(job)).stdout


@scenario("openssl", does="-pass fd:N from a shell, and from Python", quick=True)
def openssl_pass(job):
    script = """echo secret > p; echo text > f
openssl enc -aes-128-cbc -pbkdf2 -in f -out e -pass fd:5 5<p
openssl enc -d -aes-128-cbc -pbkdf2 -in e -pass fd:9 9<p"""
    program = """import os, subprocess
ours, theirs = os.pipe()
os.write(theirs, b'secret\\n'); os.close(theirs)
print(subprocess.run(['openssl', 'enc', '-d', '-aes-128-cbc', '-pbkdf2', '-in', 'e', '-pass', f'fd:{ours}'],
                     pass_fds=[ours], capture_output=True, check=True).stdout)
"""
    return job.run("sh", "-c", script).stdout + job.run("python3", "-c", program).stdout


PACKAGE = """set -e
mkdir -p p/DEBIAN p/usr/share/cloexec-try; echo payload > p/usr/share/cloexec-try/file
printf 'Package: cloexec-try\\nVersion: 1\\nArchitecture: all\\nMaintainer: nobody <nobody@localhost>\\nDescription: a try\\n' > p/DEBIAN/control
"""


@scenario("apt", "dpkg", does="installs a package and purges it: dpkg --status-fd; tells a hook by APT_HOOK_INFO_FD", seconds=300)
def apt_install(job):
    job.run("sh", "-c", PACKAGE + "dpkg-deb -b p cloexec-try.deb", bare=True)
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    job.run("apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120", "-o", "APT::Sandbox::User=root", "-o",
            f'DPkg::Pre-Install-Pkgs::=sh -c "cat <&$APT_HOOK_INFO_FD" > {job.directory}/hooked', "-o",
            "DPkg::Tools::Options::sh::Version=3", "-o", "DPkg::Tools::Options::sh::InfoFD=9", "install", "-y",
            "./cloexec-try.deb", environment=quiet)
    hooked = (job.directory / "hooked").read_text()
    job.expect(hooked.startswith("VERSION 3\n") and "cloexec-try - - none < 1 all none" in hooked, hooked[-500:])
    installed = open("/usr/share/cloexec-try/file").read()
    job.run("apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120", "purge", "-y", "cloexec-try", environment=quiet)
    return installed


@scenario("debconf", "dpkg", does="a package asks by confmodule, on descriptor 3", seconds=300)
def debconf(job):
    script = PACKAGE + """
printf 'Template: cloexec-try/word\\nType: string\\nDefault: asked\\nDescription: a word\\n' > p/DEBIAN/templates
printf '#!/bin/sh\\n. /usr/share/debconf/confmodule\\ndb_input low cloexec-try/word || true\\ndb_go || true\\n' > p/DEBIAN/config
printf '#!/bin/sh\\n. /usr/share/debconf/confmodule\\ndb_get cloexec-try/word\\necho "$RET" > /usr/share/cloexec-try/word\\n' > p/DEBIAN/postinst
printf '#!/bin/sh\\nset -e\\n. /usr/share/debconf/confmodule\\nif [ "$1" = purge ]; then db_purge; rm -rf /usr/share/cloexec-try; fi\\n' > p/DEBIAN/postrm
chmod 755 p/DEBIAN/config p/DEBIAN/postinst p/DEBIAN/postrm; dpkg-deb -b p cloexec-try.deb"""
    job.run("sh", "-c", script, bare=True)
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    job.run("dpkg", "-i", "cloexec-try.deb", environment=quiet)
    said = open("/usr/share/cloexec-try/word").read()
    job.run("dpkg", "--purge", "cloexec-try", environment=quiet)
    return said


@scenario("sudo", does="a command, as another user, and with -C", quick=True)
def sudo(job):
    script = """sudo -n echo as root; sudo -n -u nobody id -un
sudo -n -C 6 sh -c 'cat <&5' 5<f; echo $?"""
    job.write("f", "through sudo\n")
    return job.run("sh", "-c", script).stdout


@scenario("bash", "findutils", "coreutils", does="xargs -P, tee >(…), timeout, nohup, setsid", quick=True)
def command_tools(job):
    script = """seq 6 | xargs -P 3 -n 2 echo | sort
echo teed | tee >(cat > t1; echo > ended) > t2; until [ -e ended ]; do sleep 0.01; done; cat t1 t2
timeout 5 sh -c 'cat <&5' 5<t2; nohup sh -c 'cat <&6' 6<t2 2>/dev/null; setsid -w sh -c 'cat <&7' 7<t2
env -i sh -c 'cat <&8' 8<t2; nice sh -c 'cat <&9' 9<t2; stdbuf -o0 cat /dev/fd/4 4<t2"""
    return job.run("bash", "-c", script).stdout
