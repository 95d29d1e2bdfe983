#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who made a descriptor, as an audit says it: each call with its function and line, as far as the files tell."""
import http.server
import json
import lzma
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading
import unittest

CLOEXEC, CALLERS, FIRST, SECOND = (os.environ[name] for name in ("CLOEXEC", "CALLERS", "FIRST", "SECOND"))
SOURCES = pathlib.Path(__file__).resolve().parent
INNER, OUTER = (pathlib.Path(CALLERS).parent / f"libcallers_{name}.so" for name in ("inner", "outer"))
HAS_DEBUGINFOD = shutil.which("debuginfod-find") or any(pathlib.Path("/usr/lib").glob("*/libdebuginfod.so.1"))


def line_of(source, mark):
    lines = (SOURCES / source).read_text().splitlines()
    found, = [number for number, line in enumerate(lines, 1) if line.endswith(f"// line: {mark}")]
    return found


def place(source, mark):
    return source, line_of(source, mark)


def shown(frame):
    """What a test expects of it: function without arguments, file, line."""
    function = frame["function"].replace("(anonymous namespace)::", "").split("(")[0]
    return function, os.path.basename(frame["file"]), frame["line"]


SECRET = [("open_secret", *place("inner.c", "open_secret")), ("load_secret", *place("inner.c", "load_secret")),
          ("read_settings", *place("outer.c", "read_settings")), ("begin_service", *place("outer.c", "begin_service")),
          ("work", *place("callers.cpp", "work"))]


class Callers(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def audit(self, *command, stacks=True, environment=None):
        report = self.folder / "report.json"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("CLOEXEC_", "LD_", "DEBUGINFOD_"))}
        done = subprocess.run([CLOEXEC, "audit", *(["--stacks"] if stacks else []), "--format", "json", "-o", report, "--", *command],
                              env=kept | (environment or {}), capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(report.read_text())

    def crossed(self, *command, **options):
        """What of /etc/passwd has reached a program."""
        report = self.audit(*command, **options)
        self.assertEqual((report["lost"], report["lost_stacks"]), (0, 0))
        return [one for each in report["execs"] for one in each["fds"] if one["target"] == "/etc/passwd"]

    def stack(self, *arguments, **options):
        one, = self.crossed(CALLERS, *arguments, **options)
        return one["created"]["stack"]

    def copied(self):
        """The programs' files, where they can be changed."""
        for file in (CALLERS, INNER, OUTER):
            shutil.copy(file, self.folder)
        return self.folder / "callers", {"LD_LIBRARY_PATH": str(self.folder)}

    def stripped(self, *options):
        """The innermost library without what says how it was made; that, in a file of its own, and its build-id."""
        program, environment = self.copied()
        library, debug = self.folder / INNER.name, self.folder / "inner.debug"
        subprocess.run(["objcopy", "--only-keep-debug", library, debug], check=True)
        subprocess.run(["strip", *options, library], check=True)
        notes = subprocess.run(["readelf", "-n", library], check=True, capture_output=True, text=True).stdout
        return program, environment, library, debug, re.search(r"Build ID: (\w+)", notes)[1]

    def test_calls_through_libraries_in_a_thread(self):
        one, = self.crossed(CALLERS, "thread")
        created = one["created"]
        stack = created["stack"]
        self.assertEqual([shown(frame) for frame in stack[:5]], SECRET)
        self.assertEqual((created["call"], created["module"], created["thread"]), ("open", INNER.name, "loader"))
        self.assertEqual([frame["module"] for frame in stack[:5]], [INNER.name] * 2 + [OUTER.name] * 2 + ["callers"])
        self.assertEqual([frame["path"] for frame in stack[:5]], [str(INNER)] * 2 + [str(OUTER)] * 2 + [CALLERS])
        # To its end: the thread's first function is libc's.
        self.assertIn("libc.so", stack[-1]["module"])
        self.assertEqual(created["offset"], stack[0]["offset"])
        for frame in stack[:5]:
            self.assertRegex(frame["build_id"], "^[0-9a-f]{40}$")
            self.assertTrue(frame["file"].startswith("/"), frame)

    def test_addresses_are_those_of_the_files(self):
        for frame in self.stack("thread")[:5]:
            # A byte before: the call, not what it returns to.
            told = subprocess.run(["addr2line", "-f", "-e", frame["path"], hex(frame["offset"] - 1)], check=True,
                                  capture_output=True, text=True).stdout.split("\n")[1]
            self.assertTrue(told.split(" ")[0].endswith(f"{os.path.basename(frame['file'])}:{frame['line']}"), (frame, told))

    def test_one_call_without_stacks(self):
        one, = self.crossed(CALLERS, "thread", stacks=False)
        self.assertEqual([shown(frame) for frame in one["created"]["stack"]], SECRET[:1])
        self.assertEqual(one["created"]["thread"], "loader")

    def test_calls_of_the_first_thread(self):
        stack = self.stack("here")
        self.assertEqual([shown(frame) for frame in stack[:2]],
                         [("open_here", *place("callers.cpp", "open_here")), ("main", *place("callers.cpp", "main here"))])
        self.assertEqual(stack[-1]["function"], "_start")

    def test_functions_that_are_part_of_others(self):
        stack = self.stack("inlined")
        self.assertEqual([shown(frame)[:3] for frame in stack[:2]],
                         [("open_inlined", *place("callers.cpp", "open_inlined")), ("inlining", *place("callers.cpp", "inlining"))])
        self.assertEqual(stack[0]["offset"], stack[1]["offset"])
        one, = self.stack("inlined", stacks=False)
        self.assertEqual(shown(one)[0], "open_inlined")

    def test_who_cleared_the_flag(self):
        for how, mark in (("fcntl", "keep"), ("ioctl", "keep by ioctl")):
            for stacks in (True, False):
                one, = self.crossed(CALLERS, how, stacks=stacks)
                cleared = one["cleared"]
                self.assertEqual((one["class"], cleared["call"], cleared["module"], cleared["thread"]),
                                 ("explicit", how, "callers", "callers"))
                self.assertEqual(shown(cleared["stack"][0]), ("service::Helper::keep", *place("callers.cpp", mark)))
                self.assertIn("std::", cleared["stack"][0]["function"])
                self.assertEqual(len(cleared["stack"]) > 1, stacks)
                if stacks:
                    self.assertEqual(shown(cleared["stack"][1]), ("keep_one", *place("callers.cpp", "keep_one")))

    def test_a_handler_is_below_what_it_has_interrupted(self):
        functions = [shown(frame)[0] for frame in self.stack("handler")]
        self.assertEqual(functions[:2], ["open_here", "handle"])
        self.assertIn("main", functions[3:])

    def test_of_strange_stacks_what_can_be_read(self):
        self.assertEqual([shown(frame)[0] for frame in self.stack("coroutine")[:2]], ["open_here", "coroutine"])
        self.assertEqual(shown(self.stack("alternate")[0])[0], "open_here")

    def test_recursion(self):
        functions = [shown(frame) for frame in self.stack("deep")]
        self.assertGreater(functions.count(("recurse", *place("callers.cpp", "recurse"))), 20)

    def test_libraries_that_are_gone(self):
        one, two = self.crossed(CALLERS, "plugins", FIRST, SECOND)
        for crossing, name in ((one, "first"), (two, "second")):
            self.assertEqual([shown(frame) for frame in crossing["created"]["stack"][:3]],
                             [(f"opened_by_{name}", *place("plugin.c", "opened_by_plugin")),
                              ("plugin_open", *place("plugin.c", "plugin_open")),
                              ("in_plugins", *place("callers.cpp", "in_plugins"))])

    def test_a_stack_that_comes_again(self):
        one, two = self.crossed(CALLERS, "repeat")
        self.assertEqual(shown(one["created"]["stack"][4]), ("repeat", *place("callers.cpp", "repeat elsewhere")))
        self.assertEqual(shown(two["created"]["stack"][1]), ("repeat", *place("callers.cpp", "repeat once more")))

    def test_the_child_of_a_fork(self):
        one, = self.crossed(CALLERS, "child")
        self.assertEqual((one["created"]["when"], shown(one["created"]["stack"][0])[0]), ("child", "open_here"))

    def test_names_that_a_stripped_library_exports(self):
        program, environment, library, _, build_id = self.stripped()
        one, = self.crossed(program, "thread", environment=environment)
        inner, *rest = one["created"]["stack"]
        self.assertEqual((inner["function"], inner["file"], inner["line"]), ("", "", 0))
        self.assertEqual((inner["path"], inner["build_id"]), (str(library), build_id))
        self.assertEqual([shown(frame) for frame in rest[:4]], [("load_secret", "", 0), *SECRET[2:]])

    def test_symbols_that_are_packed_into_the_library(self):
        program, environment, library, debug, _ = self.stripped()
        symbols = self.folder / "symbols"
        subprocess.run(["objcopy", "-S", "--remove-section=.gnu_debuglink", "--remove-section=.comment", "--keep-symbol=open_secret",
                        debug, symbols], check=True)
        packed = self.folder / "symbols.xz"
        packed.write_bytes(lzma.compress(symbols.read_bytes()))
        subprocess.run(["objcopy", f"--add-section=.gnu_debugdata={packed}", library], check=True)
        one, = self.crossed(program, "thread", environment=environment)
        self.assertEqual(shown(one["created"]["stack"][0]), ("open_secret", "", 0))

    def test_debug_information_in_a_file_of_its_own(self):
        program, environment, library, debug, _ = self.stripped()
        subprocess.run(["objcopy", f"--add-gnu-debuglink={debug}", library], check=True)
        (self.folder / ".debug").mkdir()
        debug.rename(self.folder / ".debug" / debug.name)
        one, = self.crossed(program, "thread", environment=environment)
        self.assertEqual([shown(frame) for frame in one["created"]["stack"][:5]], SECRET)

    def test_debug_information_that_was_fetched_earlier(self):
        program, environment, _, debug, build_id = self.stripped()
        for variable, folder in (("DEBUGINFOD_CACHE_PATH", "cache"), ("XDG_CACHE_HOME", "xdg/debuginfod_client"),
                                 ("HOME", "home/.cache/debuginfod_client")):
            (self.folder / folder / build_id).mkdir(parents=True)
            shutil.copy(debug, self.folder / folder / build_id / "debuginfo")
            where = {variable: str(self.folder / folder.split("/")[0])}
            one, = self.crossed(program, "thread", environment=environment | {"HOME": "/", "XDG_CACHE_HOME": ""} | where)
            self.assertEqual([shown(frame) for frame in one["created"]["stack"][:5]], SECRET, variable)

    @unittest.skipUnless(HAS_DEBUGINFOD, "no libdebuginfod")
    def test_debug_information_is_fetched_when_the_user_says_from_where(self):
        program, environment, _, debug, build_id = self.stripped()
        asked = []

        class Server(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                is_it = self.path == f"/buildid/{build_id}/debuginfo"
                self.send_response(200 if is_it else 404)
                self.end_headers()
                if is_it:
                    self.wfile.write(debug.read_bytes())

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            environment["DEBUGINFOD_CACHE_PATH"] = str(self.folder / "cache")
            one, = self.crossed(program, "thread", environment=environment)
            self.assertEqual((shown(one["created"]["stack"][0])[0], asked), ("", []))
            one, = self.crossed(program, "thread", environment=environment | {
                "DEBUGINFOD_URLS": f"http://127.0.0.1:{server.server_port}"})
            self.assertEqual([shown(frame) for frame in one["created"]["stack"][:5]], SECRET)
            self.assertIn(f"/buildid/{build_id}/debuginfo", asked)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    def test_a_file_that_has_changed_since_says_nothing(self):
        program, environment = self.copied()
        library, another, unnamed = (self.folder / name for name in (INNER.name, "another.so", "unnamed.so"))
        notes = self.folder / "notes"
        subprocess.run(["objcopy", "--dump-section", f".note.gnu.build-id={notes}", INNER, self.folder / "ignored"], check=True)
        notes.write_bytes(notes.read_bytes()[:-20] + bytes(range(20)))
        subprocess.run(["objcopy", "--update-section", f".note.gnu.build-id={notes}", INNER, another], check=True)
        subprocess.run(["objcopy", "--remove-section=.note.gnu.build-id", INNER, unnamed], check=True)
        for before, change, is_told in (
                (INNER, f"touch -m {library}", True), (INNER, f"rm {library}; cp {INNER} {library}", True),
                (INNER, f"rm {library}; cp {another} {library}", False), (INNER, f"cp {unnamed} {library}", False),
                (INNER, f"rm {library}", False),
                # Without a build-id its time must do, by when the call has been seen.
                (unnamed, "true", True), (unnamed, f"sleep 1; touch -m {library}", False)):
            library.unlink(missing_ok=True)
            shutil.copy(before, library)
            for stacks in (True, False):
                script = f"'{program}' thread; {change}"
                one, = self.crossed("sh", "-c", script, environment=environment, stacks=stacks)
                inner, *rest = one["created"]["stack"]
                self.assertEqual((inner["module"], inner["path"], inner["offset"]),
                                 (INNER.name, str(library), one["created"]["offset"]))
                if is_told:
                    self.assertEqual(shown(inner), SECRET[0], change)
                else:
                    # Nor does anybody know the way out of it.
                    self.assertEqual((inner["function"], inner["file"], inner["build_id"], rest), ("", "", "", []), change)
                library.unlink(missing_ok=True)
                shutil.copy(before, library)

    def test_a_file_that_was_replaced_before_it_was_called(self):
        """As an upgrade does under a program that runs."""
        program, environment = self.copied()
        library = self.folder / INNER.name
        another = self.folder / "another.so"
        subprocess.run(["objcopy", "--remove-section=.note.gnu.build-id", INNER, another], check=True)
        one, = self.crossed(program, "replaced", str(another), str(library), environment=environment)
        self.assertEqual((shown(one["created"]["stack"][0])[:2]), ("", ""))

    def test_a_relative_path_is_one_from_where_the_audit_was_started(self):
        self.copied()
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.folder)
        one, = self.crossed("./callers", "thread", environment={"LD_LIBRARY_PATH": "."})
        stack = one["created"]["stack"]
        self.assertEqual([shown(frame) for frame in stack[:5]], SECRET)
        self.assertEqual(stack[0]["path"], str(self.folder / INNER.name))


if __name__ == "__main__":
    unittest.main()
