# SPDX-License-Identifier: Apache-2.0
"""What one does at a prompt: editors, pagers, archives, copies, signatures; each runs others."""
from scenario import scenario


@scenario("python3-gpg", "gnupg", does="gpgme makes a key with a subkey, signs, encrypts to it, decrypts", quick=True,
          seconds=60)
def gpgme_secrets(job):
    home = job.directory / "gnupg"
    home.mkdir(mode=0o700)
    said = job.run("/usr/bin/python3", job.write("program.py", """
import gpg
with gpg.Context(armor=True, pinentry_mode=gpg.constants.PINENTRY_MODE_LOOPBACK) as context:
    made = context.create_key("Tester <tester@example.org>", algorithm="ed25519", sign=True, certify=True,
                              passphrase=None, expires=False)
    key = context.get_key(made.fpr)
    context.create_subkey(key, algorithm="cv25519", encrypt=True, expires=False)
    key = context.get_key(made.fpr)
    context.signers = [key]
    signed, result = context.sign(b"text", mode=gpg.constants.sig.mode.NORMAL)
    text, verified = context.verify(signed)
    print(text, verified.signatures[0].fpr == made.fpr)
    hidden, _, _ = context.encrypt(b"secret", recipients=[key], sign=True, always_trust=True)
    text, _, checked = context.decrypt(hidden)
    print(text, checked.signatures[0].fpr == made.fpr)
    print([each.uids[0].email for each in context.keylist(secret=True)])
"""), environment={"GNUPGHOME": str(home)}, timeout=90).stdout
    job.expect(said == "b'text' True\nb'secret' True\n['tester@example.org']\n", said)
    return said


@scenario("rsync", does="copies locally through -e, which starts the other side, and directly", quick=True, seconds=30)
def rsync(job):
    for number in range(50):
        job.write(f"from/{number % 5}/{number}", f"{number}\n" * 100)
    # What -e is given is a remote shell: it is called with a host and a command.
    shell = job.write("shell", '#!/bin/sh\nshift\nexec "$@"\n', mode=0o755)
    job.run("rsync", "-a", "-e", shell, "from/", "nowhere:" + str(job.directory / "to"))
    job.run("diff", "-r", "from", "to", bare=True)
    job.write("from/0/0", "changed\n")
    said = job.run("rsync", "-a", "--delete", "--out-format=%o %n", "from/", "to/").stdout
    job.run("diff", "-r", "from", "to", bare=True)
    return said


@scenario("man-db", "groff-base", does="formats a page through its own pipeline, and pipes it to a pager", quick=True,
          seconds=60)
def man(job):
    page = job.write("page.1", '.TH PAGE 1\n.SH NAME\npage \\- a page\n.TS\nl l.\nleft\tright\n.TE\n')
    job.run("gzip", "-k", page)
    said = job.run("man", "-l", "page.1.gz", environment={"MANWIDTH": "60"}).stdout
    job.expect("page - a page" in said, said)
    pager = job.run("man", "-P", "sh -c 'tr a-z A-Z > paged'", "-l", "page.1", input="").stdout
    return said + pager


@scenario("vim", does="-es: :!command, system() with input, :read, a filter, a job with channels, :terminal-less make",
          quick=True,
          seconds=40)
def vim(job):
    job.write("text", "c\nb\na\n")
    job.write("script.vim", r"""
%!sort
write! sorted
silent !echo by bang > bang
read !echo read
call writefile([trim(system('tr a-z A-Z', 'by system'))], 'system')
call writefile(systemlist('echo one; echo two'), 'list')
let g:said = []
let job = job_start(['sh', '-c', 'read line; echo "job $line"'], {'out_cb': {channel, line -> add(g:said, line)}})
call ch_sendraw(job, "typed\n")
while job_status(job) ==# 'run' || empty(g:said) | sleep 10m | endwhile
call writefile(g:said, 'job')
setlocal makeprg=echo\ text:2:made errorformat=%f:%l:%m
silent make
call writefile([getqflist()[0].text], 'made')
write! all
qall!
""")
    job.run("vim", "-Nu", "NONE", "-i", "NONE", "-es", "-S", "script.vim", "text", check=False, timeout=30)
    names = ("sorted", "bang", "system", "list", "job", "made", "all")
    said = "".join((job.directory / name).read_text() for name in names if (job.directory / name).exists())
    job.expect(said == "a\nb\nc\nby bang\nBY SYSTEM\none\ntwo\njob typed\nmade\na\nread\nb\nc\n", said)
    return said


@scenario("tar", "gzip", "xz-utils", does="-I gzip, -J, --to-command, --checkpoint-action=exec", quick=True, seconds=30)
def tar(job):
    job.write("from/one", "first\n")
    job.write("from/two", "second\n" * 5000)
    job.run("tar", "-I", "gzip -9", "-cf", "one.tgz", "from")
    action = "--checkpoint-action=exec=echo checkpoint >> checkpoints"
    job.run("tar", "-cJf", "two.txz", "--checkpoint=1", action, "from")
    said = job.run("tar", "-xzf", "one.tgz", "--to-command", "echo $TAR_FILENAME; wc -c").stdout
    said += job.run("tar", "-tf", "two.txz").stdout + (job.directory / "checkpoints").read_text()
    job.run("sh", "-c", "tar -cf - from | (mkdir into && cd into && tar -xf -)")
    job.run("diff", "-r", "from", "into/from", bare=True)
    return said


@scenario("less", does="LESSOPEN by pipe and by file, LESSCLOSE", quick=True, seconds=30)
def less(job):
    job.write("text", "some text\n")
    by_pipe = job.run("less", "text", environment={"LESSOPEN": "|tr a-z A-Z < %s"}).stdout
    job.write("open", '#!/bin/sh\nrev < "$1" > replaced; echo replaced\n', mode=0o755)
    around = {"LESSOPEN": "./open %s", "LESSCLOSE": "rm -f replaced; echo %s >> closed; :"}
    terminal = job.run("script", "-qec", "less -FX text", environment=around | {"TERM": "dumb"}).stdout
    job.expect("txet emos" in terminal and not (job.directory / "replaced").exists(), terminal)
    return by_pipe + (job.directory / "closed").read_text()


@scenario("git", "bash", does="commit with hooks, clone over a pipe, fetch, a filter, gc, difftool by a shell's <(…)",
          quick=True,
          seconds=60)
def git(job):
    return job.run("bash", "-c", r"""
set -e
export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
export GIT_AUTHOR_DATE='2020-01-01T00:00:00Z' GIT_COMMITTER_DATE='2020-01-01T00:00:00Z'
git init -q -b main one; cd one
printf '#!/bin/sh\necho hook; cat > /dev/null\n' | tee .git/hooks/pre-commit > .git/hooks/pre-push
chmod +x .git/hooks/pre-*
git config filter.upper.clean 'tr a-z A-Z'
echo '*.up filter=upper' > .gitattributes; echo text > a.up; seq 2000 > many
git add .; git commit -qm first 2>&1
git show HEAD:a.up
cd ..; git clone -q --no-local --upload-pack 'git upload-pack' "file://$PWD/one" two
cd two; echo more >> many; git commit -qam second; git push -q origin HEAD:other 2>&1; git gc -q; git fsck --no-progress
cd ../one; git log --oneline other | cat; git repack -adq
git diff --no-index --stat <(git show HEAD:many) <(git show other:many) | tail -n 1
git for-each-ref --shell --format='echo %(refname)' | sh
git -c alias.say='!echo alias' say; GIT_TRACE2=9 git status -s 9>trace; grep -c cmd_name trace
""").stdout
