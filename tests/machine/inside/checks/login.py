# SPDX-License-Identifier: Apache-2.0
"""Who comes by ssh, and what goes through it; terminals that outlive a login."""
from check import check, expect, on_terminal, read, sh, wait_for, write

ALICE = "ssh alice@localhost"


@check
def ssh_runs_a_command():
    return sh(f"{ALICE} 'id -un; test -t 0 || echo no terminal; cat; exit 3'", "its input\n", status=3)


@check
def ssh_gives_a_terminal():
    return on_terminal(f"stty cols 77; {ALICE} -tt 'tty | tr -d 0-9; stty size'")


@check
def ssh_gives_a_login_shell():
    shown = on_terminal(f"{ALICE} -tt", "echo hel''lo; shopt -q login_shell && exit 5\n", after="$ ", status=5)
    expect("\nhello\n" in shown, shown)


@check
def ssh_has_a_session_of_logind():
    return sh(f"{ALICE} 'loginctl show-session $XDG_SESSION_ID -p Name -p Service -p Type -p Remote -p State; "
              "test -S $XDG_RUNTIME_DIR/bus && echo a bus'")


@check
def ssh_by_a_password():
    return on_terminal(f"{ALICE} -o PubkeyAuthentication=no -o NumberOfPasswordPrompts=1 'echo by a password'", "secret\n",
                       after="password: ").splitlines()[-1]


@check
def ssh_forwards_a_port():
    return sh(f"""{ALICE} -f -N -M -S /run/forward -L 9080:localhost:8080 -R 9081:localhost:8080
        curl -sS localhost:9080 localhost:9081; {ALICE} -S /run/forward -O exit 2>&1""")


@check
def ssh_shares_a_connection():
    return sh(f"""shared="{ALICE} -o ControlMaster=auto -o ControlPersist=30 -o ControlPath=/run/shared"
        for i in 1 2 3; do $shared echo $i; done; $shared -O exit""")


@check
def ssh_hands_an_agent_on():
    return sh(f"eval $(ssh-agent) >/dev/null; ssh-add -q; {ALICE} -A 'ssh-add -l | cut -d\" \" -f3-; ssh -A localhost "
              "-o StrictHostKeyChecking=no -o LogLevel=ERROR id -un'; ssh-agent -k >/dev/null")


@check
def ssh_through_a_proxy_command():
    return sh(f"{ALICE} -o ProxyCommand='{ALICE} -W %h:%p' -o ProxyUseFdpass=no echo through")


@check
def sftp():
    write("/tmp/to", "there and back\n")
    sh("sftp -b - alice@localhost", "put /tmp/to there\nget there /tmp/from\nls there\nrm there\n")
    return read("/tmp/from")


@check
def scp():
    write("/tmp/to", "copied\n")
    sh("scp -q /tmp/to alice@localhost:copy && scp -q -O alice@localhost:copy /tmp/from")
    return read("/tmp/from")


@check
def rsync_by_ssh():
    return sh("rsync -a --delete /srv/www/ alice@localhost:www/; ssh alice@localhost ls www")


@check
def git_by_ssh():
    return sh(f"""{ALICE} 'git init -q --bare --initial-branch=main all.git'
        rm -rf /tmp/clone; git clone -q alice@localhost:all.git /tmp/clone 2>/dev/null; cd /tmp/clone; git checkout -q -b main
        git -c user.name=a -c user.email=a@b commit -q --allow-empty -m first; git push -q origin main
        git ls-remote -q alice@localhost:all.git | cut -f2""")


@check
def screen():
    sh(f"{ALICE} 'screen -dmS kept sh -c \"read word; echo \\$word >said-to-screen; exec sleep 60\"'")
    sh(f"{ALICE} 'screen -S kept -X stuff \"words\\n\"'")
    wait_for(lambda: read("/home/alice/said-to-screen") == "words\n", "what screen was told")
    return sh(f"{ALICE} 'screen -S kept -X quit; cat said-to-screen'")


@check
def tmux():
    sh(f"{ALICE} 'tmux new-session -d -s kept'")
    sh(f"{ALICE} 'tmux send-keys -t kept \"id -un >said-to-tmux\" Enter'")
    wait_for(lambda: read("/home/alice/said-to-tmux") == "alice\n", "what tmux was told")
    return sh(f"{ALICE} 'tmux list-sessions -F \"#S\"; tmux kill-server'")


@check
def nohup_outlives_a_login():
    sh(f"{ALICE} 'nohup sh -c \"sleep 1; echo done >outlived\" >/dev/null 2>&1 &'")
    wait_for(lambda: read("/home/alice/outlived") == "done\n", "the end of what was left behind")


@check
def login_on_a_terminal():
    shown = on_terminal("login -f alice", "echo hel''lo; exit\n", after="$ ")
    expect("\nhello\n" in shown, shown)
