#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`cloexec unit`: systemd's own parser reads the drop-in without a complaint, and reads what was meant."""
import pathlib
import subprocess
import unittest

from support import PATH, SHIM, CommandTest


class Unit(CommandTest):
    def environment_of(self, drop_in):
        """What systemd understands: NAME=VALUE lines, as it dumps them when it verifies a unit."""
        unit = self.folder / "probed.service"
        unit.write_text("[Unit]\nDescription=probed\nDefaultDependencies=no\n[Service]\nExecStart=/bin/true\n")
        (self.folder / "probed.service.d").mkdir(exist_ok=True)
        (self.folder / "probed.service.d" / "cloexec.conf").write_text(drop_in)
        verify = ["systemd-analyze", "--man=no", "verify", str(unit)]
        plain = subprocess.run(verify, capture_output=True, text=True, env={"PATH": PATH}, timeout=60)
        self.assertEqual((plain.returncode, plain.stderr), (0, ""))
        dump = subprocess.run(verify, capture_output=True, text=True, timeout=60,
                              env={"PATH": PATH, "SYSTEMD_LOG_LEVEL": "debug"})
        output = dump.stdout + dump.stderr
        return [part.split("\n\t", 1)[0] for part in output.split("\tEnvironment: ")[1:]]

    def test_options_become_what_they_say(self):
        result = self.cloexec("unit", "probed", "--allow", "3,5-7", "--rule", "exempt dup # 100% \\ sure\t",
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
        result = self.cloexec("unit", "web@.service")
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
            self.expect(self.cloexec("unit", wrong), 125, "")
        self.expect_problem(self.cloexec("unit", "nginx", "--rule", "exempt dpu"), 125, "--rule:1:8",
                            "unknown call 'dpu', did you mean 'dup'?", "exempt dpu", 8)
        self.expect(self.cloexec("unit", "nginx", "--rule", "exempt open path=/\udcff"), 125, "")


if __name__ == "__main__":
    unittest.main()
