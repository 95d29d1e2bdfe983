# SPDX-License-Identifier: Apache-2.0
"""Window managers and sessions: one program that all others of a desktop descend from, and what restarts in place."""
import pathlib
import signal

from programs.strangers import LIST
from programs.told import display
from scenario import scenario


def windows(job, around, name):
    """Waits for a window of this name."""
    def tree():
        return job.run("xwininfo", "-root", "-tree", environment=around, bare=True, check=False).stdout
    job.wait_for(lambda: name in tree(), f"the window {name}")


def count(job):
    """The X server is not under test."""
    job.count([pid for pid in job.processes() if pathlib.Path(f"/proc/{pid}/comm").read_text() != "Xvfb\n"])


@scenario("fvwm3", "xvfb", "x11-utils", "python3", seconds=90,
          does="modules: told two numbers as their first words; FvwmPager, FvwmEvent, and after Restart again")
def fvwm3_modules(job):
    around = display(job)
    job.write("list", LIST + f"""
open("{job.directory}/started", "a").write(f"given {{len(found)}}\\n")
""", mode=0o755)
    config = job.write("config", f"""
*FvwmEvent: Cmd ""
*FvwmEvent: add_window "Exec exec {job.directory}/list"
AddToFunc StartFunction I Module FvwmEvent
+ I Module FvwmPager 0 0
""")
    fvwm = job.start("fvwm3", "-f", config, environment=around)
    windows(job, around, "FvwmPager")
    job.wait_for((job.directory / "started").read_text, "FvwmEvent's command")
    count(job)
    fvwm.send_signal(signal.SIGUSR1)
    windows(job, around, "FvwmPager")
    said = (job.directory / "started").read_text().split("\n")[0]
    job.expect("LD_PRELOAD" not in job.environment or said == "given 0", said)
    job.expect(fvwm.poll() is None, "fvwm3 has ended")


@scenario("gxemul", "xterm", "xvfb", "x11-utils", seconds=90,
          does="-x: a machine's console in an xterm, to which gxemul there is joined by two pipes")
def gxemul_console(job):
    around = display(job)
    # MIPS: stores an A at the console's address, and goes round in a loop.
    code = bytes.fromhex("3c08b000 24090041 a1090000 1000ffff 00000000") + bytes(1024)
    (job.directory / "program").write_bytes(code)
    job.write("home/.Xdefaults", f"XTerm*logging: true\nXTerm*logFile: {job.directory}/shown\n")
    job.start("gxemul", "-x", "-q", "-E", "testmips", "0xffffffff80030000:0:0xffffffff80030000:program",
              environment=around | {"HOME": str(job.directory / "home")})
    windows(job, around, "GXemul")
    count(job)
    return job.wait_for((job.directory / "shown").read_text, "what the machine says").strip()


@scenario("expect", "xterm", "xvfb", "x11-utils", seconds=90,
          does="multixterm: keys for all of its xterms, which are told -S")
def multixterm(job):
    around = display(job)
    job.start("multixterm", "-xc", f"sh -c {{echo started >> {job.directory}/%n; exec cat}}", "-xn", "one two",
              environment=around)
    for name in ("one", "two"):
        job.wait_for((job.directory / name).read_text, f"the program in {name}")
        windows(job, around, name)
    count(job)


@scenario("xinit", "xvfb", "x11-session-utils", "x11-apps", "x11-xserver-utils", "x11-utils", seconds=90,
          does="xinit starts a server and xsm, which starts a session's programs")
def xsm_session(job):
    job.write("home/.xsmstartup", "xlogo\nxclock\n")
    job.start("xinit", "/usr/bin/xsm", "-session", "none", "-verbose", "--", "/usr/bin/Xvfb", ":77", "-screen", "0",
              "640x480x24", "-nolisten", "tcp", environment={"HOME": str(job.directory / "home")})
    for name in ("xlogo", "xclock"):
        windows(job, {"DISPLAY": ":77"}, name)
    job.count()


@scenario("openbox", "xvfb", "x11-utils", "x11-apps", seconds=60,
          does="--restart: executes itself, and manages the next window")
def openbox_restart(job):
    around = display(job) | {"HOME": str(job.directory / "home")}
    (job.directory / "home").mkdir()
    manager = job.start("openbox", environment=around)

    def root(name):
        return job.run("xprop", "-root", name, environment=around, bare=True).stdout
    job.wait_for(lambda: "window id" in root("_NET_SUPPORTING_WM_CHECK"), "openbox")
    image = pathlib.Path(f"/proc/{manager.pid}/auxv")  # has addresses that each exec chooses anew
    before = image.read_bytes()
    job.count([manager.pid])
    job.run("openbox", "--restart", environment=around)
    job.wait_for(lambda: image.read_bytes() != before, "its second start")
    job.start("xlogo", environment=around)
    job.wait_for(lambda: "# 0x" in root("_NET_CLIENT_LIST"), "a managed window")
    job.count([manager.pid])
