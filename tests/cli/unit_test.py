#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`cloexec unit`: systemd's own parser reads the drop-in without a complaint, and reads what was meant; and a manager
runs services under an audit, and stops them."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import textwrap
import unittest

from support import CLOEXEC, PATH, SHIM, CommandTest, need

SERVICE = "[Unit]\nDescription=probed\nDefaultDependencies=no\n[Service]\nExecStart=/bin/true\n"


class UnitTest(CommandTest):
    def setUp(self):
        super().setUp()
        self.units = self.folder / "units"
        self.units.mkdir()

    def unit_file(self, name, text, folder=None):
        path = (folder or self.units) / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    def unit(self, *words, **variables):
        return self.cloexec("unit", *words, **{"SYSTEMD_UNIT_PATH": str(self.units), **variables})


class Unit(UnitTest):
    def setUp(self):
        super().setUp()
        self.unit_file("probed.service", SERVICE)

    def environment_of(self, drop_in):
        """What systemd understands: NAME=VALUE lines, as it dumps them when it verifies a unit."""
        unit = self.unit_file("probed.service", SERVICE)
        self.unit_file("probed.service.d/cloexec.conf", drop_in)
        verify = ["systemd-analyze", "--man=no", "verify", str(unit)]
        plain = subprocess.run(verify, capture_output=True, text=True, env={"PATH": PATH}, timeout=60)
        self.assertEqual((plain.returncode, plain.stderr), (0, ""))
        dump = subprocess.run(verify, capture_output=True, text=True, timeout=60,
                              env={"PATH": PATH, "SYSTEMD_LOG_LEVEL": "debug"})
        output = dump.stdout + dump.stderr
        return [part.split("\n\t", 1)[0] for part in output.split("\tEnvironment: ")[1:]]

    def test_options_become_what_they_say(self):
        result = self.unit("probed", "--allow", "3,5-7", "--rule", "exempt dup # 100% \\ sure\t",
                           "--rule", 'force open path="/a b/%n/$HOME;*.\u00e9"', "--policy", "nothing.conf",
                           "--profile", "strict", "--mode", "observe", "--no-propagate", CLOEXEC_ALLOW="99")
        self.expect(result, 0, errors="")
        rules = 'exempt dup # 100% \\ sure\t\nforce open path="/a b/%n/$HOME;*.\u00e9"'
        seen = "\n".join(self.environment_of(result.stdout))
        for expected in (f"LD_PRELOAD={SHIM}", "CLOEXEC_ALLOW=3,5-7", "CLOEXEC_POLICY=" + rules,
                         f"CLOEXEC_POLICY_FILE={self.folder}/nothing.conf", "CLOEXEC_PROFILE=strict",
                         "CLOEXEC_MODE=observe", "CLOEXEC_PROPAGATE=no"):
            self.assertIn(expected, seen)
        self.assertNotIn("CLOEXEC_ALLOW=99", seen)

    def test_says_where_to_put_it(self):
        self.unit_file("web@.service", SERVICE)
        result = self.unit("web@.service")
        self.expect(result, 0, errors="")
        self.assertIn("'/etc/systemd/system/web@.service.d/cloexec.conf'", result.stdout)
        self.assertEqual(self.environment_of(result.stdout), [f"LD_PRELOAD={SHIM}"])

    def test_the_example_is_understood(self):
        example = pathlib.Path(__file__).parents[2] / "docs" / "examples" / "drop-in.conf"
        for text in (example.read_text(), example.read_text().replace("\n#Environment", "\nEnvironment")):
            seen = self.environment_of(text)
            self.assertIn("LD_PRELOAD=/usr/$LIB/libcloexec.so", "\n".join(seen))
        self.assertIn("CLOEXEC_POLICY=exempt open path=/run/mydaemon.lock", "\n".join(seen))

    def test_refuses_what_systemd_or_the_shim_would_ignore(self):
        for wrong in ("nginx.socket", "a b", "../x.service", ".service", "@.service", "", "x" * 250 + ".service"):
            self.expect(self.unit(wrong), 125, "")
        self.expect_problem(self.unit("probed", "--rule", "exempt dpu"), 125, "--rule:1:8",
                            "unknown call 'dpu', did you mean 'dup'?", "exempt dpu", 8)
        self.expect(self.unit("probed", "--rule", "exempt open path=/\udcff"), 125, "")

    def test_a_unit_has_to_be_there(self):
        for name in ("missing", "other@1.service"):
            result = self.unit(name)
            self.expect(result, 125, "")
            self.assertIn("where systemd looks for units\n  --force writes", result.stderr)
            self.expect(self.unit(name, "--force"), 0, errors="")
            self.expect(self.unit(name, "--force", "--audit", "x"), 125, "")
        (self.units / "masked.service").symlink_to("/dev/null")
        self.assertIn("is masked", self.unit("masked").stderr)
        self.expect(self.unit("masked", "--force"), 0, errors="")
        # Behind $SYSTEMD_UNIT_PATH: nothing, or with a colon at its end the usual.
        self.expect(self.unit("systemd-logind"), 125)
        self.expect(self.unit("systemd-logind", SYSTEMD_UNIT_PATH=f"{self.units}:"), 0)

    def test_finds_them_by_every_name(self):
        self.unit_file("real.service", SERVICE)
        (self.units / "alias.service").symlink_to("real.service")
        self.unit_file("many@.service", SERVICE)
        later = self.folder / "later"
        self.unit_file("real.service", "[Service]\nExecStart=/nonexistent\n", later)
        for name in ("real", "alias", "many@one", "many@one.service"):
            self.expect(self.unit(name, SYSTEMD_UNIT_PATH=f"{self.units}:{later}"), 0, errors="")

    def test_a_preload_of_the_units_own_stays_behind(self):
        preload = 'Environment=A=1 "LD_PRELOAD=/lib/mine.so /lib/other.so" B=\\x41\n'
        self.unit_file("probed.service", SERVICE + preload)
        result = self.unit("probed")
        self.expect(result, 0, errors="")
        self.assertIn(f'Environment="LD_PRELOAD={SHIM}:/lib/mine.so:/lib/other.so"\n', result.stdout)
        # By what is dropped in, too; but not by what this is written anew for.
        self.unit_file("probed.service", SERVICE)
        self.unit_file("service.d/a.conf", "[Service]\n" + preload)
        self.unit_file("probed.service.d/cloexec.conf", "[Service]\nEnvironment=LD_PRELOAD=/old/libcloexec.so\n")
        self.assertEqual(self.unit("probed").stdout, result.stdout)
        self.unit_file("probed.service.d/b.conf", "[Service]\nEnvironment=\n")
        self.assertIn(f'Environment="LD_PRELOAD={SHIM}"\n', self.unit("probed").stdout)
        self.unit_file("environment", "LD_PRELOAD=/x.so\n")
        self.unit_file("probed.service", SERVICE + f"EnvironmentFile=-{self.units}/environment\n")
        self.assertIn("sets another LD_PRELOAD", self.unit("probed").stderr)

    def test_says_what_will_keep_the_shim_out(self):
        static = self.folder / "static"
        subprocess.run(["gcc", "-static", "-x", "c", "-", "-o", static], input="int main(void) { return 0; }", text=True, check=True)
        shim = pathlib.Path(SHIM)
        for settings, said in ((f"ExecStart=\nExecStart=-{static} -x", f"{static}: It is statically linked"),
                               (f"ExecStart=\nExecStart=!/bin/true\nExecStart=@{static} me", "statically linked"),
                               (f"ExecStart=\nExecStart={static}", "`cloexec run --supervise --` before it in ExecStart= reaches it"),
                               ("ExecStart=\nExecStart=/nonexistent/daemon", "/nonexistent/daemon: No such file"),
                               ("NoExecPaths=/\nExecPaths=/usr /lib", f"NoExecPaths= covers {SHIM}: add ExecPaths={SHIM}"),
                               (f"NoExecPaths={shim.parent}", f"NoExecPaths= covers {SHIM}"),
                               (f"InaccessiblePaths=-{shim.parents[1]}", f"InaccessiblePaths= hides {SHIM}"),
                               (f"TemporaryFileSystem={shim.parent}:ro", f"TemporaryFileSystem= hides {SHIM}"),
                               ("RootDirectory=/var/empty", f"RootDirectory=/var/empty: there is no {SHIM} in it"),
                               ("UnsetEnvironment=A LD_PRELOAD", "UnsetEnvironment= takes LD_PRELOAD away"),
                               ("User=no-such-user", "User=no-such-user: there is no such user here")):
            self.unit_file("probed.service", SERVICE + settings + "\n")
            result = self.unit("probed")
            self.expect(result, 0)
            self.assertIn("LD_PRELOAD=", result.stdout)
            self.assertRegex(result.stderr, "^cloexec: probed.service: ")
            self.assertIn(said, result.stderr)
        for settings in ("NoExecPaths=/\nExecPaths=" + SHIM, f"NoExecPaths=/\nExecPaths={shim.parent}/", "NoExecPaths=/nonexistent",
                         f"TemporaryFileSystem={shim.parent}\nBindReadOnlyPaths={SHIM}", "InaccessiblePaths=/wor", "RootDirectory=/",
                         "User=root", "ExecStart=\nExecStart=%h/x", "NoExecPaths=/x \\\n# a comment within\n  /y",
                         "UnsetEnvironment=LD_PRELOADS"):
            self.unit_file("probed.service", SERVICE + settings + "\n")
            self.expect(self.unit("probed"), 0, errors="")

    def test_says_when_the_user_cannot_read_the_library(self):
        self.folder.chmod(0o755)
        prefix = self.folder / "prefix"
        (prefix / "bin").mkdir(parents=True)
        (prefix / "lib").mkdir()
        shutil.copy(CLOEXEC, prefix / "bin")
        library = pathlib.Path(shutil.copy(SHIM, prefix / "lib"))
        self.unit_file("probed.service", SERVICE + "User=nobody\n")

        def said():
            result = self.cloexec("unit", "probed", command=prefix / "bin" / "cloexec", SYSTEMD_UNIT_PATH=str(self.units))
            self.expect(result, 0)
            return result.stderr.removeprefix("cloexec: probed.service: ")
        self.assertEqual(said(), "")
        library.chmod(0o640)
        self.assertEqual(said(), f"User=nobody may not read {library}\n")
        os.chown(library, 0, 65534)
        self.assertEqual(said(), "")
        library.chmod(0o644)
        library.parent.chmod(0o744)
        self.assertEqual(said(), f"User=nobody may not search {library.parent}\n")

    def test_one_line_for_64_and_32_bit_programs(self):
        """Where the library lies in a folder that the loader knows as $LIB."""
        folder = subprocess.run(["gcc", "-print-multiarch"], capture_output=True, text=True, check=True).stdout.strip()
        prefix = self.folder / "usr"
        (prefix / "bin").mkdir(parents=True)
        (prefix / "lib" / folder).mkdir(parents=True)
        shutil.copy(CLOEXEC, prefix / "bin")
        shutil.copy(SHIM, prefix / "lib" / folder)
        musl = self.folder / "musl"
        subprocess.run(["musl-gcc", "-x", "c", "-", "-o", musl], input="int main(void) { return 0; }", text=True, check=True)
        for program, library in (("/bin/true", f"{prefix}/$LIB/libcloexec.so"), (musl, f"{prefix}/lib/{folder}/libcloexec.so")):
            self.unit_file("probed.service", SERVICE + f"ExecStart=\nExecStart={program}\n")
            result = self.cloexec("unit", "probed", command=prefix / "bin" / "cloexec", SYSTEMD_UNIT_PATH=str(self.units))
            self.expect(result, 0, errors="")
            self.assertIn(f'Environment="LD_PRELOAD={library}"\n', result.stdout)
            self.assertIn(f"LD_PRELOAD={library}", self.environment_of(result.stdout))
        loaded = subprocess.run(["cat", "/proc/self/maps"], env={"LD_PRELOAD": f"{prefix}/$LIB/libcloexec.so"}, text=True,
                                capture_output=True, check=True)
        self.assertEqual(loaded.stderr, "")
        self.assertIn(f"{prefix}/lib/{folder}/libcloexec.so", loaded.stdout)


class AuditDropIn(UnitTest):
    def settings(self, service, *options, report="/var/log/report.json"):
        self.unit_file("probed.service", "[Service]\n" + service)
        result = self.unit("probed", "--audit", report, *options)
        self.expect(result, 0, errors="")
        return result.stdout.split("[Service]\n")[1].splitlines()

    def test_the_command_is_the_units_own(self):
        start = f'"{CLOEXEC}" audit --format json -o "/var/log/report.json" --'
        for line, expected in (("/usr/bin/a -b 'c d' $E ${F} %n \\x41", f"ExecStart={start} /usr/bin/a -b 'c d' $E ${{F}} %n \\x41"),
                               ("-@/usr/bin/a name -b", f"ExecStart=-{start} /usr/bin/a -b"),
                               ("@\"/usr/bin/a\" name", f'ExecStart={start} "/usr/bin/a"'),
                               ("!:/usr/bin/a \\\n  -b", f"ExecStart=!:{start} /usr/bin/a  -b")):
            self.unit_file("probed.service", f"[Service]\nExecStart={line}\n")
            settings = self.unit("probed", "--audit", "/var/log/report.json").stdout.splitlines()
            self.assertIn(expected, settings)
            self.assertLess(settings.index("ExecStart="), settings.index(expected))

    def test_the_report_is_where_it_was_asked_for(self):
        for name, kind in (("r.json", "json"), ("r.html", "html"), ("r.sarif", "sarif"), ("r.xml", "junit"), ("r", "text"),
                           ("a b%$\"", "text")):
            settings = "\n".join(self.settings("ExecStart=/bin/true\n", report=name))
            written = name.replace("%", "%%").replace("$", "$$").replace('"', '\\"')
            self.assertIn(f'--format {kind} -o "{self.folder}/{written}" -- /bin/true', settings)

    def test_stops_as_the_service_does(self):
        self.assertIn("KillMode=mixed", self.settings("ExecStart=/bin/true\n"))
        self.assertIn("SuccessExitStatus=129 130 141 143", self.settings("ExecStart=/bin/true\n"))
        self.assertIn("SuccessExitStatus=129 130 137 138 141 143",
                      self.settings("ExecStart=/bin/true\nSuccessExitStatus=7 SIGKILL\nSuccessExitStatus=USR1 NONE\n"))
        forking = self.settings("Type=forking\nExecStart=/bin/true\nPIDFile=/run/x.pid\nKillSignal=SIGINT\n")
        self.assertEqual({"Type=simple", "PIDFile=", "KillSignal=SIGTERM"} - set(forking), set())
        self.assertIn("NotifyAccess=all", self.settings("Type=notify\nExecStart=/bin/true\n"))

    def test_the_user_may_write_it(self):
        settings = self.settings("ExecStart=/bin/true\nUser=nobody\nProtectSystem=strict\n")
        self.assertIn('ExecStartPre=+/usr/bin/install -m 640 -o nobody /dev/null "/var/log/report.json"', settings)
        self.assertIn('ReadWritePaths="-/var/log"', settings)
        self.assertFalse([one for one in self.settings("ExecStart=/bin/true\n") if one.startswith(("ExecStartPre", "ReadWrite"))])
        audit_shim = str(pathlib.Path(SHIM).parent / "cloexec" / "libcloexec.so")
        self.assertIn(f'ExecPaths="{CLOEXEC}" "{audit_shim}"', self.settings("ExecStart=/bin/true\nNoExecPaths=/\n"))
        for service, said in (("DynamicUser=yes", "DynamicUser="), ("PrivateTmp=yes", "PrivateTmp= gives the unit a /tmp of its own")):
            self.unit_file("probed.service", f"[Service]\nExecStart=/bin/true\n{service}\n")
            self.assertIn(said, self.unit("probed", "--audit", "/tmp/report.json").stderr)

    def test_options_are_the_audits(self):
        settings = self.settings("ExecStart=/bin/true\n", "--profile", "strict", "--rule", "exempt dup")
        self.assertIn('Environment="CLOEXEC_PROFILE=strict"', settings)
        self.assertIn('Environment="CLOEXEC_POLICY=exempt dup"', settings)
        self.expect(self.unit("probed", "--audit", "x", "--mode", "off"), 125, "")

    def test_what_it_cannot_run(self):
        for service in ("", "ExecStart=/bin/a\nExecStart=/bin/b\n", "Type=oneshot\nExecStart=/bin/a ; /bin/b\n", "ExecStart=|/bin/a\n"):
            self.unit_file("probed.service", "[Service]\n" + service)
            self.expect(self.unit("probed", "--audit", "x"), 125, "")


# Leaks a descriptor into a child, does `start`, then waits; writes down each signal that comes, and does what it asks.
DAEMON = """
import ctypes, os, signal, socket, subprocess, sys, time
libc = ctypes.CDLL(None)
def note(*words): open("heard", "a").write(" ".join(map(str, words)) + "\\n")
def child(name): subprocess.run([name], close_fds=False)
def hear(number, frame):
    note(signal.Signals(number).name)
    if number == signal.SIGHUP: child("/bin/echo")
    if number == signal.SIGTERM:
        child("/bin/date")
        sys.exit(0)
libc.open(b"secret", os.O_RDWR | os.O_CREAT, 0o600)
"""
WAIT = """
signal.signal(signal.SIGHUP, hear)
signal.signal(signal.SIGTERM, hear)
child("/bin/true")
note("ready", os.environ.get("LISTEN_PID") == str(os.getpid()))
while True: signal.pause()
"""


@unittest.skipUnless(os.geteuid() == 0 and shutil.which("unshare"), "needs root for a mount namespace")
class Live(UnitTest):
    """A manager of its own starts and stops the service; its runtime files are in a namespace that ends with it."""

    def run_manager(self, steps):
        need(self, "unshare", "--mount")
        script = f"""
            mount -t tmpfs tmpfs /run
            mkdir -p /run/systemd/system /run/user/0
            export XDG_RUNTIME_DIR=/run/user/0 XDG_CONFIG_HOME={self.folder}/config
            /lib/systemd/systemd --user >{self.folder}/manager 2>&1 &
            manager=$!
            for try in $(seq 100); do [ -S /run/user/0/systemd/private ] && break; sleep 0.1; done
            until_heard() {{ for try in $(seq 100); do grep -qs "$1" {self.folder}/heard && return; sleep 0.1; done; echo "no $1"; }}
            control() {{ systemctl --user "$@"; }}
            {steps}
            control show probed.service -p ActiveState,Result,ExecMainStatus
            kill $manager
            wait $manager
            """
        done = subprocess.run(["unshare", "--mount", "--propagation", "private", "bash", "-uc", script], cwd=self.folder, timeout=60,
                              # systemctl(1) asks no manager where the root is another than that of the first process.
                              env={"PATH": PATH, "CLOEXEC_POLICY_FILE": self.nothing, "SYSTEMD_IGNORE_CHROOT": "1"},
                              capture_output=True, text=True)
        if not (self.folder / "manager").exists() or "Failed to allocate manager" in (self.folder / "manager").read_text():
            self.skipTest("no manager can run here")
        self.assertEqual(done.stderr, "")
        return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)

    def audit(self, code, settings="", steps="", stop="control stop probed.service"):
        self.units = self.folder / "config" / "systemd" / "user"
        self.units.mkdir(parents=True)
        (self.folder / "daemon.py").write_text(DAEMON + code)
        self.unit_file("probed.service", f"[Service]\nExecStart={sys.executable} daemon.py\nWorkingDirectory={self.folder}\n{settings}")
        drop_in = self.unit("probed", "--audit", str(self.folder / "report.json"), "--profile", "strict")
        self.expect(drop_in, 0, errors="")
        self.unit_file("probed.service.d/cloexec.conf", drop_in.stdout)
        state = self.run_manager("control start probed.service\n" + (steps or "until_heard ready") + "\n" + stop)
        report = json.loads((self.folder / "report.json").read_text())
        heard = (self.folder / "heard").read_text().splitlines() if (self.folder / "heard").exists() else []
        leaks = [os.path.basename(one["argv0"]) for one in report["execs"] for fd in one["fds"]
                 if fd["class"] == "leak" and fd["target"].endswith("/secret")]
        return state, heard, leaks

    def expect_stopped(self, state):
        self.assertEqual((state["ActiveState"], state["Result"]), ("inactive", "success"), state)

    def test_a_service_is_stopped_once_and_has_not_failed(self):
        state, heard, leaks = self.audit(WAIT)
        self.expect_stopped(state)
        self.assertEqual(heard, ["ready False", "SIGTERM"])
        self.assertEqual(leaks, ["true", "date"])

    def test_nor_has_one_that_the_signal_ends(self):
        state, _, leaks = self.audit("child('/bin/true'); note('ready'); signal.pause()")
        self.expect_stopped(state)
        self.assertEqual(leaks, ["true"])

    def test_one_that_fails_has_failed(self):
        state, _, leaks = self.audit("child('/bin/true'); note('ready'); sys.exit(7)", stop="sleep 1")
        self.assertEqual((state["ActiveState"], state["Result"], state["ExecMainStatus"]), ("failed", "exit-code", "7"))
        self.assertEqual(leaks, ["true"])

    def test_a_daemon_in_the_background(self):
        """The signals reach it; and what its starter leaves ends, too."""
        code = "if os.fork(): sys.exit(0)\nos.setsid()\nif os.fork(): os._exit(0)\n" + WAIT
        state, heard, leaks = self.audit(code, "Type=forking\nExecReload=kill -HUP $MAINPID\n",
                                         "until_heard ready; control reload probed.service; until_heard HUP")
        self.expect_stopped(state)
        self.assertEqual(heard, ["ready False", "SIGHUP", "SIGTERM"])
        self.assertEqual(leaks, ["true", "echo", "date"])

    def test_what_a_service_leaves_behind_is_stopped(self):
        code = "if os.fork() == 0:\n" + textwrap.indent(WAIT, "    ") + "\nsignal.pause()\n"
        state, heard, leaks = self.audit(code)
        self.expect_stopped(state)
        self.assertEqual(heard, ["ready False", "SIGTERM"])
        self.assertEqual(leaks, ["true", "date"])

    def test_readiness_and_watchdog(self):
        code = """
            def tell(text):
                one = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
                one.sendto(text, os.environ["NOTIFY_SOCKET"])
            note("watchdog", os.environ["WATCHDOG_PID"] == str(os.getpid()))
            tell(b"READY=1")
            for i in range(8):
                time.sleep(0.25)
                tell(b"WATCHDOG=1")
            note("fed")
        """
        state, heard, _ = self.audit(textwrap.dedent(code) + WAIT, "Type=notify\nWatchdogSec=1\n", "until_heard fed; until_heard ready")
        self.expect_stopped(state)
        self.assertEqual(heard, ["watchdog True", "fed", "ready False", "SIGTERM"])

    def test_socket_activation(self):
        (self.folder / "config" / "systemd" / "user").mkdir(parents=True)
        self.unit_file("probed.socket", f"[Socket]\nListenStream={self.folder}/socket\n", self.folder / "config" / "systemd" / "user")
        shutil.rmtree(self.units)
        code = "note('sockets', os.environ['LISTEN_FDS'], socket.socket(fileno=3).getsockname().split('/')[-1])\n" + WAIT
        self.folder.joinpath("config", "systemd", "user").rename(self.folder / "kept")
        self.folder.joinpath("config", "systemd").rmdir()
        state, heard, leaks = self.audit(code, steps=f"cp {self.folder}/kept/probed.socket {self.folder}/config/systemd/user/; "
                                         "control daemon-reload; control stop probed.service; control start probed.socket; "
                                         "control start probed.service; until_heard ready",
                                         stop="control stop probed.socket probed.service")
        self.expect_stopped(state)
        self.assertEqual([line for line in heard if line.startswith("sockets")], ["sockets 1 socket"])
        self.assertIn("ready True", heard)
        self.assertEqual(leaks, ["true", "date"])


if __name__ == "__main__":
    unittest.main()
