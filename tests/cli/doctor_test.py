#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`cloexec doctor`: what it says of programs of each kind, and that no file makes it crash or wait."""
import json
import os
import pathlib
import random
import shutil
import struct
import subprocess
import unittest

from support import PATH, SHIM, CommandTest

LS = pathlib.Path(shutil.which("ls", path=PATH))
CAPABILITIES = struct.pack("<5I", 0x02000001, 1 << 10, 0, 0, 0)  # cap_net_bind_service=ep (linux/capability.h)


class Doctor(CommandTest):
    def diagnose(self, program, verdict, *ids):
        """The ids of the findings are those, and perhaps raw-syscalls as a note; returns their texts by id."""
        result = self.cloexec("doctor", str(program), "--json")
        self.expect(result, 0 if verdict == "protected" else 1, errors="")
        report = json.loads(result.stdout)
        self.assertEqual(list(report), ["version", "program", "path", "verdict", "findings"])
        self.assertEqual((report["version"], report["program"], report["verdict"]), (1, str(program), verdict), report)
        notes = ("raw-syscalls", "supervise")
        findings = [one for one in report["findings"] if one["severity"] != "note" or one["id"] not in notes]
        self.assertEqual([one["id"] for one in findings], list(ids))
        for one in findings:
            self.assertIn(one["severity"], ("note", "warning", "error"))
            self.assertTrue(one["text"].endswith("."), one)
        return {one["id"]: one["text"] for one in findings}

    def refuses(self, program, why):
        result = self.cloexec("doctor", str(program))
        self.expect(result, 125, "")
        self.assertIn(str(program), result.stderr)
        self.assertIn(why, result.stderr)

    def compiled(self, name, *options, source="int main(void) { return 0; }", compiler="gcc"):
        path = self.folder / name
        subprocess.run([compiler, "-x", "c", "-", *options, "-o", str(path)], input=source, text=True, check=True)
        return path

    def file(self, name, content, mode=0o755):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(mode)
        return path

    def copy(self, name):
        return self.file(name, LS.read_bytes())

    def edited(self, name, offset, content):
        """A copy of ls with other bytes at an offset."""
        path = self.copy(name)
        data = bytearray(path.read_bytes())
        data[offset:offset + len(content)] = content
        path.write_bytes(data)
        return path

    def test_an_ordinary_program(self):
        self.diagnose("ls", "protected", "glibc")
        result = self.cloexec("doctor", "ls")
        self.expect(result, 0, errors="")
        first, second = result.stdout.splitlines()[:2]
        self.assertEqual(first, f"protected: {LS}")
        self.assertRegex(second, r"^  note: Its loader is glibc's, /.*, which loads the shim\.$")

    def test_looks_where_execvp_does(self):
        (self.folder / "a").mkdir()
        (self.folder / "a" / "tool").mkdir()
        (self.folder / "b").mkdir()
        self.file("b/tool", "", mode=0o644)
        self.copy("tool")
        path = f"{self.folder}/none:{self.folder}/a:{self.folder}/b"
        for given, found in ((path + ":", "tool"), (f"{path}:{self.folder}", f"{self.folder}/tool")):
            result = self.cloexec("doctor", "tool", PATH=given)
            self.expect(result, 0)
            self.assertEqual(result.stdout.splitlines()[0], f"protected: {found}")
        self.assertIn("may be executed", self.cloexec("doctor", "tool", PATH=path).stderr)
        self.assertIn("not found in PATH", self.cloexec("doctor", "tool", PATH="/none").stderr)
        self.expect(self.cloexec("doctor", "ls", PATH=None), 0)
        self.expect(self.cloexec("doctor", "["), 0)

    def test_static_programs(self):
        self.diagnose(self.compiled("static", "-static"), "not", "static")
        self.diagnose(self.compiled("pie", "-static-pie"), "not", "static-pie")

    def test_what_a_supervisor_reaches(self):
        """Is said of what escapes a preload, and can run."""
        advice = "`cloexec run --supervise` reaches it, and all that it starts, from outside"
        for program, is_said in ((self.compiled("static", "-static"), True), ("sudo", True), (LS, False), (SHIM, False)):
            self.assertEqual(advice in self.cloexec("doctor", str(program)).stdout, is_said, program)
        self.assertIn("as root, or it runs without its rights", self.cloexec("doctor", "sudo").stdout)

    def test_musl(self):
        self.diagnose(self.compiled("musl", compiler="musl-gcc"), "protected", "musl")
        self.diagnose(self.compiled("static", "-static", compiler="musl-gcc"), "not", "static")

    def test_programs_with_rights(self):
        text = self.diagnose("su", "not", "glibc", "set-user-id")["set-user-id"]
        self.assertIn("/etc/ld.so.preload", text)
        if os.statvfs(self.folder).f_flag & os.ST_NOSUID:
            self.skipTest("mounted nosuid")
        path = self.copy("group")
        path.chmod(0o2755)
        self.diagnose(path, "not", "glibc", "set-group-id")
        path.chmod(0o2745)  # mandatory locking
        self.diagnose(path, "protected", "glibc")
        path = self.compiled("musl", compiler="musl-gcc")
        path.chmod(0o4755)
        text = self.diagnose(path, "not", "musl", "set-user-id")["set-user-id"]
        self.assertNotIn("/etc/ld.so.preload", text)

    def test_a_name_that_could_harm_a_terminal(self):
        path = self.copy("\u202esl\x1b[31m\udcff")
        result = self.cloexec("doctor", str(path))
        self.expect(result, 0, errors="")
        self.assertIn("/?sl?[31m\ufffd\n", result.stdout)
        report = json.loads(self.cloexec("doctor", str(path), "--json").stdout)
        self.assertEqual(report["path"], f"{self.folder}/\u202esl\x1b[31m\\xff")

    def test_file_capabilities(self):
        path = self.copy("capable")
        try:
            os.setxattr(path, "security.capability", CAPABILITIES)
        except OSError as error:
            self.skipTest(str(error))
        self.diagnose(path, "not", "glibc", "capabilities")

    def test_other_and_missing_loaders(self):
        self.diagnose(self.compiled("missing", "-Wl,--dynamic-linker=/none/ld-linux.so.2"), "not",
                      "missing-interpreter")
        self.diagnose(self.compiled("other", f"-Wl,--dynamic-linker={LS}"), "partly", "unknown-interpreter")

    def test_other_architectures(self):
        # e_machine of a machine that nobody builds the shim for
        text = self.diagnose(self.edited("foreign", 18, struct.pack("<H", 22)), "not", "glibc", "architecture")
        self.assertIn("s390", text["architecture"])

    def test_the_loader_and_libraries(self):
        self.assertEqual(self.cloexec("doctor", SHIM).stdout.splitlines()[0], f"not: {SHIM}")
        loader = self.diagnose(self.compiled("program"), "protected", "glibc")["glibc"].split(", ")[1]
        self.diagnose(loader, "partly", "loader")

    def test_scripts(self):
        (self.folder / "ls").symlink_to(LS)
        script = self.file("script", f"#! \t{self.folder}/ls -l\n")
        self.assertIn(f"interpreter, {self.folder}/ls", self.diagnose(script, "protected", "script", "glibc")["script"])
        self.diagnose(self.file("nested", f"#!{script}"), "protected", "script", "script", "glibc")
        self.diagnose(self.file("su-script", "#!/usr/bin/env su\n"), "not", "script", "env", "glibc", "set-user-id")
        self.diagnose(self.file("split", "#!/usr/bin/env -S A=b su -l\n"), "not", "script", "env", "glibc",
                      "set-user-id")
        self.diagnose(self.file("unseen", "#!/usr/bin/env -i su\n"), "protected", "script", "glibc")
        self.diagnose(self.file("plain", "echo\n"), "protected", "script", "glibc")
        # Linux gives no rights to scripts.
        script.chmod(0o6755)
        self.diagnose(script, "protected", "script", "glibc")

    def test_scripts_that_lead_nowhere(self):
        self.refuses(self.file("loop", f"#!{self.folder}/loop\n"), "without an end")
        self.refuses(self.file("round", f"#!/usr/bin/env {self.folder}/round\n"), "without an end")
        self.refuses(self.file("none", "#!/none/here\n"), "/none/here: No such file")
        self.refuses(self.file("empty-line", "#! \n"), "names no interpreter")
        self.refuses(self.file("long", "#!/" + "x" * 300), "longer than the kernel reads")
        self.refuses(self.file("zero", b"#!\0\0\n"), "names no interpreter")

    def test_go(self):
        (self.folder / "info").write_bytes(b"\xff Go buildinf:\x08\x02")
        for program, verdict, ids in ((self.compiled("dynamic"), "partly", ("glibc", "go")),
                                      (self.compiled("static", "-static"), "not", ("static", "go"))):
            subprocess.run(["objcopy", "--add-section", f".go.buildinfo={self.folder}/info", str(program)], check=True)
            self.diagnose(program, verdict, *ids)

    def test_raw_system_calls(self):
        # Hand-written bytes, since the instruction is to be found on any machine that compiles this.
        if os.uname().machine != "x86_64":
            self.skipTest("the bytes are x86-64's")
        call = ('int main(void) { long r; __asm__ volatile("syscall" : "=a"(r) : "0"(39L) : "rcx", "r11", "memory");'
                " return r < 0; }")
        text = self.diagnose(self.compiled("raw", "-O2", source=call), "partly", "glibc", "raw-syscalls")
        self.assertIn("has 1 byte sequence that looks like a system call instruction, 1 of which", text["raw-syscalls"])
        distance = 'int main(void) { __asm__ volatile(".byte 0xe8, 0x0f, 0x05, 0, 0"); return 0; }'
        program = self.compiled("distance", source=distance)
        self.diagnose(program, "protected", "glibc")
        self.assertIn("has 1 byte sequence", self.cloexec("doctor", str(program)).stdout)

    def test_raw_system_calls_across_blocks(self):
        """Every one is counted once, wherever the parts in which the file is read begin."""
        if os.uname().machine != "x86_64":
            self.skipTest("the bytes are x86-64's")
        # b8 imm32, 0f 05: seven bytes, so that every place in them meets the 1 MiB boundaries sooner or later.
        source = 'int main(void) { return 0; } __asm__(".text\\n.rept 700000\\nmov $39,%eax\\nsyscall\\n.endr");'
        text = self.diagnose(self.compiled("many", source=source), "partly", "glibc", "raw-syscalls")
        self.assertIn("has 700000 byte sequences that look like a system call instruction, 700000 of which",
                      text["raw-syscalls"])

    def test_symbols(self):
        source = "int io_uring_queue_init(void); void *dlmopen(long, const char *, int);" \
                 "int main(void) { return io_uring_queue_init() + (dlmopen(0, 0, 0) != 0); }"
        library = self.compiled("liburing.so", "-shared", source="int io_uring_queue_init(void) { return 0; }")
        program = self.compiled("symbols", "-x", "none", str(library), source=source)
        text = self.diagnose(program, "partly", "glibc", "io_uring", "dlmopen")
        self.assertIn("(io_uring_queue_init)", text["io_uring"])
        own = "int socket(int a, int b, int c) { return a + b + c; } int main(void) { return 0; }"
        text = self.diagnose(self.compiled("own", source=own), "partly", "glibc", "own-functions")
        self.assertIn(": socket.", text["own-functions"])
        self.diagnose(self.compiled("hidden", "-fvisibility=hidden", source=own), "protected", "glibc")

    def test_sanitizers(self):
        for compiler, options, runtime in (("gcc", (), r"libasan\.so\.\d+"),
                                           ("clang", ("-shared-libasan",), r"libclang_rt\.asan-[^ ]+\.so")):
            program = self.compiled("address", "-fsanitize=address", *options, compiler=compiler)
            text = self.diagnose(program, "protected", "glibc", "address-sanitizer")["address-sanitizer"]
            self.assertRegex(text, f"^It needs {runtime}, which ends it when another library comes first: `cloexec run`")
            self.assertIn("ASAN_OPTIONS=verify_asan_link_order=0", text)
            self.assertIn(f"  note: {text}\n", self.cloexec("doctor", str(program)).stdout)
        for sanitizer in ("thread", "leak", "undefined"):
            self.diagnose(self.compiled(sanitizer, f"-fsanitize={sanitizer}"), "protected", "glibc")
        # What is linked in makes system calls of its own, of which it is warned; the rest goes on to the shim.
        for sanitizer in ("address", "thread", "memory"):
            text = self.diagnose(self.compiled("static", f"-fsanitize={sanitizer}", compiler="clang"), "partly", "glibc",
                                 "raw-syscalls", "interceptors")
            self.assertRegex(text["interceptors"], "^A sanitizer that is linked in .* calls them: .*accept, accept4, ")
        own = "int fopen(void) { return 1; } int __interceptor_fopen(void) { return fopen(); } int dup(void) { return 0; }" \
              "int main(void) { return 0; }"
        text = self.diagnose(self.compiled("both", "-w", "-fno-builtin", "-rdynamic", source=own), "partly", "glibc", "interceptors",
                             "own-functions")
        self.assertTrue(text["interceptors"].endswith(": fopen."), text)
        self.assertTrue(text["own-functions"].endswith(": dup."), text)

    def test_no_section_headers(self):
        data = bytearray(LS.read_bytes())
        data[40:48] = bytes(8)  # e_shoff
        data[60:64] = bytes(4)  # e_shnum, e_shstrndx
        self.diagnose(self.file("bare", bytes(data)), "partly", "glibc", "no-sections")

    def test_what_is_no_program(self):
        os.mkfifo(self.folder / "fifo", 0o755)
        self.refuses(self.folder / "fifo", "not a regular file")
        self.refuses(self.folder, "is a directory")
        self.refuses("/dev/null", "not a regular file")
        self.refuses(self.file("empty", ""), "is empty")
        self.refuses(self.file("unmarked", "#!/bin/sh\n", mode=0o644), "Permission denied")
        self.refuses(self.folder / "absent", "No such file")
        self.refuses(self.file("binary", b"\0\1\2\3"), "neither an ELF file nor a script")
        (self.folder / "self").symlink_to("self")
        self.refuses(self.folder / "self", "symbolic links")
        self.expect(self.cloexec("doctor", ""), 125, "")
        self.expect(self.cloexec("doctor"), 125, "")
        self.expect(self.cloexec("doctor", "ls", "-l"), 125, "")

    def test_hostile_elf_files(self):
        data = LS.read_bytes()
        for size in (4, 15, 16, 52, 63, 64, 100, len(data) // 2, len(data) - 1):
            self.refuses(self.file("short", data[:size]), "ELF file")
        self.refuses(self.edited("counts", 60, bytes(2)), "how many sections")
        self.refuses(self.edited("headers", 56, b"\xff\xff"), "ELF file")
        self.refuses(self.edited("type", 16, b"\4\0"), "not one that can be executed")
        # As many sections as the first says, which is more than there is memory for.
        section = struct.unpack_from("<Q", data, 40)[0]
        path = self.edited("sections", section + 32, struct.pack("<Q", 1 << 31))
        path.write_bytes(path.read_bytes()[:60] + bytes(2) + path.read_bytes()[62:])
        self.refuses(path, "how many sections")
        # Thousands of sections that all are the whole file, and code.
        count = 60000
        header = bytearray(data)
        header[40:48] = struct.pack("<Q", len(data))
        header[60:64] = struct.pack("<HH", count, 0)
        header += struct.pack("<IIQQQQIIQQ", 0, 1, 4, 0, 0, len(data), 0, 0, 1, 0) * count
        self.expect(self.cloexec("doctor", str(self.file("overlap", bytes(header)))), 0)
        path = self.copy("sparse")
        os.truncate(path, 1 << 40)
        self.refuses(path, "larger than any program")

    def test_mutated_elf_files(self):
        dice = random.Random(20240611)
        bases = [path.read_bytes() for path in (LS, pathlib.Path(SHIM), self.compiled("musl", compiler="musl-gcc"))]
        values = (0, 1, 0x7f, 0x80, 0xff)
        statuses = {0: 0, 1: 0, 125: 0}
        for number in range(300):
            data = bytearray(dice.choice(bases))
            sections, = struct.unpack_from("<Q", data, 40)
            programs, = struct.unpack_from("<H", data, 56)
            # The headers and the tables, where a changed byte means most; and anywhere.
            places = [range(4, 64), range(64, 64 + 56 * programs), range(sections, len(data)), range(4, len(data))]
            for _ in range(dice.choice((1, 2, 8, 64))):
                at = dice.choice(dice.choice(places))
                data[at] = dice.choice((*values, dice.randrange(256), data[at] ^ 1 << dice.randrange(8)))
            if dice.random() < 0.1:
                del data[dice.randrange(4, len(data)):]
            path = self.file(f"mutated-{number}", bytes(data))
            result = self.cloexec("doctor", str(path), *dice.choice(((), ("--json",))))
            self.assertIn(result.returncode, statuses, f"mutation {number}: {result.stderr}")
            if result.returncode == 125:
                self.assertIn(str(path), result.stderr)
                self.assertEqual(result.stdout, "")
            statuses[result.returncode] += 1
            path.unlink()
        # Neither all refused nor none: the mutations reach beyond the first check.
        self.assertGreater(statuses[125], 30, statuses)
        self.assertGreater(statuses[0] + statuses[1], 30, statuses)


if __name__ == "__main__":
    unittest.main()
