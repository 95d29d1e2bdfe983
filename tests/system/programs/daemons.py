# SPDX-License-Identifier: Apache-2.0
"""Daemons that run filters, checks and commands of their users beside what they serve."""
import time

from programs.http import get
from programs.strangers import LIST
from scenario import scenario


def nothing_arrived(job, arrived):
    """Bare it may leak; under the shim nothing may arrive."""
    job.most_inheritable = max(job.most_inheritable or 0, len(arrived))
    job.expect("LD_PRELOAD" not in job.environment or not arrived, f"arrived: {arrived}")


@scenario("cups-daemon", "cups-client", "python3", "util-linux", seconds=120,
          does="a job goes through a backend, which answers on 3, the back channel, and has 4, the side channel")
def cups(job):
    for name in ("spool", "cache", "state", "logs", "etc/ppd", "bin/backend", "bin/filter", "bin/notifier", "bin/cgi-bin"):
        (job.directory / name).mkdir(parents=True)
    (job.directory / "bin/daemon").symlink_to("/usr/lib/cups/daemon")
    job.write("bin/backend/note", LIST + f"""
import stat, sys
if len(sys.argv) < 2:
    print('direct note:/ "Unknown" "Note"')
    sys.exit(0)
text = (open(sys.argv[6]) if len(sys.argv) > 6 else sys.stdin).read()
kinds = ["pipe" if stat.S_ISFIFO(os.fstat(3).st_mode) else "socket" if stat.S_ISSOCK(os.fstat(3).st_mode) else "other",
         "socket" if stat.S_ISSOCK(os.fstat(4).st_mode) else "other"]
with open("{job.directory}/spool/new", "w") as out:
    print(*kinds, text.strip(), file=out)
with open("{job.directory}/spool/others", "w") as out:
    print("others", *found, file=out)
os.rename("{job.directory}/spool/new", "{job.directory}/spool/printed")
""", mode=0o700)
    port = job.port()
    job.write("etc/cupsd.conf", f"""
Listen 127.0.0.1:{port}
LogLevel debug
WebInterface No
Browsing Off
DefaultAuthType None
<Location />
  Order allow,deny
  Allow all
</Location>
<Policy default>
  <Limit All>
    Order allow,deny
    Allow all
  </Limit>
</Policy>
""")
    job.write("etc/cups-files.conf", f"""
ServerRoot {job.directory}/etc
ServerBin {job.directory}/bin
RequestRoot {job.directory}/spool
CacheDir {job.directory}/cache
StateDir {job.directory}/state
AccessLog {job.directory}/logs/access
ErrorLog {job.directory}/logs/error
PageLog {job.directory}/logs/page
User lp
Group lp
SystemGroup root
PassEnv LD_PRELOAD
""")
    job.start("cupsd", "-f", "-c", job.directory / "etc/cupsd.conf", "-s", job.directory / "etc/cups-files.conf")
    job.wait_for_port(port)
    around = {"CUPS_SERVER": f"127.0.0.1:{port}"}
    job.run("lpadmin", "-p", "notes", "-E", "-v", "note:/", "-m", "raw", environment=around, bare=True)
    job.write("text", "a page\n")
    job.run("lp", "-d", "notes", "-o", "raw", "text", environment=around, bare=True)
    said = job.wait_for((job.directory / "spool/printed").read_text, "the printed page")
    job.count()
    return said


@scenario("icinga2-bin", "icinga2-common", "python3", seconds=120,
          does="checks by its process helper, which is handed descriptors by SCM_RIGHTS; counted: what they got")
def icinga2(job):
    job.directory.chmod(0o777)
    for name in ("run", "cache", "data", "logs"):
        (job.directory / name).mkdir()
        (job.directory / name).chmod(0o777)
    check = job.write("check", LIST + f"""
import sys
print("checked", sys.argv[1], *found, file=open("{job.directory}/logs/checks", "a"))
print("OK")
""", mode=0o755)
    config = job.write("icinga2.conf", f"""
include <itl>
object CheckerComponent "checker" {{}}
object CheckCommand "check" {{ command = [ "{check}", "$host.name$" ] }}
object Host "one" {{ check_command = "check"; check_interval = 1s; retry_interval = 1s }}
object Host "two" {{ check_command = "check"; check_interval = 1s; retry_interval = 1s }}
""")
    settings = {"InitRunDir": "run", "CacheDir": "cache", "DataDir": "data", "LogDir": "logs", "SpoolDir": "cache", "PidPath": "run/pid"}
    words = [f"-DConfiguration.{name}={job.directory}/{where}" for name, where in settings.items()]
    job.start("icinga2", "daemon", "-c", config, "-z", *words, "-DConfiguration.RunAsUser=root", "-DConfiguration.RunAsGroup=root")
    checks = job.directory / "logs/checks"
    said = job.wait_for(lambda: {"one", "two"} <= set((text := checks.read_text()).split()) and text, "checks")
    job.count()
    nothing_arrived(job, [word for line in said.splitlines() for word in line.split()[2:]])


@scenario("nagios4-core", "python3", seconds=120,
          does="checks by its workers, which meet it on a socket; counted: what they got")
def nagios(job):
    job.directory.chmod(0o777)
    check = job.write("check", LIST + f"""
print("checked", *found, file=open("{job.directory}/checks", "a"))
print("OK")
""", mode=0o755)
    (job.directory / "results").mkdir()
    (job.directory / "results").chmod(0o777)
    objects = job.write("objects.cfg", f"""
define timeperiod {{
  timeperiod_name always
  alias always
}}
define command {{
  command_name check
  command_line {check}
}}
define contact {{
  contact_name a
  host_notifications_enabled 0
  service_notifications_enabled 0
  host_notification_period always
  service_notification_period always
  host_notification_commands check
  service_notification_commands check
}}
define host {{
  host_name one
  address 127.0.0.1
  check_command check
  check_interval 1
  max_check_attempts 1
  contacts a
  check_period always
  notification_period always
}}
define service {{
  host_name one
  service_description service
  check_command check
  check_interval 1
  max_check_attempts 1
  contacts a
  check_period always
  notification_period always
}}
""")
    config = job.write("nagios.cfg", f"""
cfg_file={objects}
log_file={job.directory}/nagios.log
object_cache_file={job.directory}/objects.cache
precached_object_file={job.directory}/objects.precache
status_file={job.directory}/status
temp_file={job.directory}/temp
temp_path={job.directory}
check_result_path={job.directory}/results
command_file={job.directory}/commands
query_socket={job.directory}/query
lock_file={job.directory}/lock
state_retention_file={job.directory}/retention
nagios_user=nagios
nagios_group=nagios
interval_length=1
check_workers=2
check_external_commands=1
execute_host_checks=1
execute_service_checks=1
host_inter_check_delay_method=n
service_inter_check_delay_method=n
""")
    job.start("nagios4", config)
    commands, checks = job.directory / "commands", job.directory / "checks"
    job.wait_for(commands.is_fifo, "its commands' pipe")
    for number in (1, 2):
        commands.write_text(f"[{time.time():.0f}] SCHEDULE_FORCED_SVC_CHECK;one;service;{time.time():.0f}\n")
        said = job.wait_for(lambda number=number: (text := checks.read_text()).count("checked") >= number and text, "a check")
    job.count()
    nothing_arrived(job, [word for line in said.splitlines() for word in line.split()[1:]])


@scenario("dropbear-bin", "openssh-client", "python3", seconds=60,
          does="executes itself for a connection, which it tells by -2 N; a login runs a command")
def dropbear(job):
    port = job.port()
    job.run("dropbearkey", "-t", "ed25519", "-f", "host", bare=True)
    job.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", job.directory / "user", bare=True)
    job.write("home/.ssh/authorized_keys", (job.directory / "user.pub").read_text(), mode=0o600)
    start = f"mount --bind {job.directory}/home /root; exec dropbear -F -E -r {job.directory}/host -p 127.0.0.1:{port}"
    (job.directory / "home").chmod(0o700)
    (job.directory / "home/.ssh").chmod(0o700)
    job.start("unshare", "--mount", "sh", "-ec", start)
    job.wait_for_port(port)
    options = ("-F", "/dev/null", "-p", port, "-i", job.directory / "user", "-o", "StrictHostKeyChecking=no", "-o", "BatchMode=yes",
               "-o", f"UserKnownHostsFile={job.directory}/known", "-o", "LogLevel=ERROR")
    said = job.run("ssh", *options, "root@127.0.0.1", "echo logged in; cat", input="through stdin\n", bare=True).stdout
    job.start("ssh", *options, "root@127.0.0.1", "sleep 60", bare=True)
    job.wait_for(lambda: "sleep" in {open(f"/proc/{pid}/comm").read().strip() for pid in job.processes()}, "a session")
    job.count()
    return said


@scenario("varnish", "gcc", "libc6-dev", "python3", seconds=120,
          does="compiles its configuration by gcc, serves from its cache by a worker; counted: both")
def varnish(job):
    port, behind = job.port(), job.port()
    job.write("page", "served\n")
    job.directory.chmod(0o777)
    job.start("python3", "-m", "http.server", "--bind", "127.0.0.1", behind, bare=True)
    job.wait_for_port(behind)
    config = job.write("default.vcl", f'vcl 4.1;\nbackend default {{ .host = "127.0.0.1"; .port = "{behind}"; }}\n')
    job.start("varnishd", "-F", "-n", job.directory / "work", "-a", f"127.0.0.1:{port}", "-f", config, "-s", "malloc,8m",
              "-j", "none")
    job.wait_for_port(port)
    said = job.wait_for(lambda: get(port, "/page"), "a page")
    job.run("varnishadm", "-n", job.directory / "work", "vcl.load", "again", config)
    job.run("varnishadm", "-n", job.directory / "work", "vcl.use", "again")
    job.count()
    return said + get(port, "/page")


@scenario("rsyslog", "python3", "util-linux", seconds=60,
          does="omprog feeds a program and hears its answers; counted: what it got")
def rsyslog(job):
    program = job.write("program", LIST + f"""
import sys
print("OK", flush=True)
for line in sys.stdin:
    print(len(found), "given", line.strip(), file=open("{job.directory}/fed", "a"), flush=True)
    print("OK", flush=True)
""", mode=0o755)
    config = job.write("rsyslog.conf", f"""
global(workDirectory="{job.directory}")
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="{job.directory}/socket" CreatePath="on")
module(load="omprog")
template(name="text" type="string" string="%msg%\\n")
action(type="omprog" binary="{program}" template="text" confirmMessages="on" useTransactions="off")
action(type="omfile" file="{job.directory}/written" template="text")
""")
    job.start("rsyslogd", "-n", "-f", config, "-i", job.directory / "pid")
    job.wait_for((job.directory / "socket").exists, "its socket")
    for word in ("first", "second"):
        job.run("logger", "-u", job.directory / "socket", word, bare=True)
    fed = job.wait_for(lambda: (text := (job.directory / "fed").read_text()).count("\n") == 2 and text, "the fed program")
    job.count()
    arrived = sum(int(line.split()[0]) for line in fed.splitlines())
    job.expect("LD_PRELOAD" not in job.environment or arrived == 0, fed)
    return job.wait_for(lambda: "second" in (text := (job.directory / "written").read_text()) and text, "the file")
