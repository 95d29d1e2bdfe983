# SPDX-License-Identifier: Apache-2.0
"""OpenSSH: sshd hands descriptors to the copy of itself that serves a connection."""
from scenario import scenario


def start_sshd(job):
    """A server that lets root in with a key of its own; returns the options that a client needs."""
    for name in ("host", "user"):
        job.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", job.directory / name, bare=True)
    job.write("authorized", (job.directory / "user.pub").read_text(), mode=0o600)
    # Privilege separation wants it; a package makes it when its service starts.
    job.run("mkdir", "-p", "/run/sshd", bare=True)
    port = job.port()
    config = job.write("sshd_config", f"""
Port {port}
ListenAddress 127.0.0.1
HostKey {job.directory}/host
AuthorizedKeysFile {job.directory}/authorized
PermitRootLogin prohibit-password
StrictModes no
UsePAM no
PidFile none
Subsystem sftp /usr/lib/openssh/sftp-server
""")
    job.start("/usr/sbin/sshd", "-D", "-e", "-f", config)
    job.wait_for_port(port)
    return ["-o", f"Port={port}", "-i", job.directory / "user", "-o", "StrictHostKeyChecking=no", "-o", "BatchMode=yes",
            "-o", f"UserKnownHostsFile={job.directory}/known", "-o", "LogLevel=ERROR"]


@scenario("openssh-server", "openssh-client", does="a login with a key runs a command; re-exec for each connection", quick=True)
def sshd_login(job):
    options = start_sshd(job)
    said = job.run("ssh", *options, "root@127.0.0.1", "echo logged in; cat", input="through stdin\n").stdout
    job.start("ssh", *options, "root@127.0.0.1", "sleep 60")
    job.wait_for(lambda: "sleep" in {open(f"/proc/{pid}/comm").read().strip() for pid in job.processes()}, "a session")
    job.count()
    return said


@scenario("openssh-server", "openssh-client", "openssh-sftp-server", does="sftp puts and gets a file", quick=True)
def sftp(job):
    options = start_sshd(job)
    job.write("sent", "contents\n")
    job.run("sftp", "-q", *options, "-b", "-", "root@127.0.0.1", bare=True,
            input=f"put {job.directory}/sent {job.directory}/there\nget {job.directory}/there {job.directory}/back\n")
    return (job.directory / "back").read_text()


@scenario("openssh-client", "openssh-server", "socat", does="a client with a ProxyCommand", quick=True)
def ssh_proxy_command(job):
    options = start_sshd(job)
    proxy = f"socat - TCP:127.0.0.1:{options[1].partition('=')[2]}"
    return job.run("ssh", *options, "-o", f"ProxyCommand={proxy}", "root@127.0.0.1", "echo by proxy").stdout
