#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs CPython's own tests of descriptors bare and under the shim, and says where the results differ.

Usage: cpython.py SHIM

CPython is the best-tested user of these calls that a distribution has, and knows close-on-exec well (PEP 446). Its os.dup2
leaves a descriptor inheritable, as the standard profile knows. Needs Debian's libpython3.11-testsuite. Takes some three
minutes; status 1 when anything differs.
"""
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

PYTHON = "/usr/bin/python3"
FILES = ["test_os", "test_posix", "test_socket", "test_fcntl", "test_subprocess", "test_pty", "test_select", "test_epoll",
         "test_selectors"]
# VSOCK needs a hypervisor's other side: without one these hang, with or without the shim.
IGNORED = "*VSOCK*"
SECONDS_PER_FILE = 400
RANK = ["skipped", "passed", "failed"]


def environment(shim):
    kept = {name: value for name, value in os.environ.items()
            if name != "LD_PRELOAD" and not name.startswith(("CLOEXEC_", "PYTHON"))}
    return kept | ({"LD_PRELOAD": shim} if shim else {})


def results_of(file, shim):
    """A map from each test's name to its result, and what regrtest printed."""
    with tempfile.TemporaryDirectory(prefix="cloexec-cpython-") as folder:
        report, log = pathlib.Path(folder, "report.xml"), pathlib.Path(folder, "log")
        with open(log, "w") as output:
            process = subprocess.Popen([PYTHON, "-m", "test", "-i", IGNORED, "--junit-xml", str(report), file], cwd=folder,
                                       env=environment(shim), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                       start_new_session=True)
            try:
                process.wait(SECONDS_PER_FILE)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                return {f"{file}: ended within {SECONDS_PER_FILE} seconds": "failed"}, log.read_text()
        text = log.read_text()
        if not report.exists():
            return {f"{file}: wrote its results": "failed"}, text
        results = {}
        for case in xml.etree.ElementTree.parse(report).iter("testcase"):
            if case.find("failure") is not None or case.find("error") is not None:
                result = "failed"
            else:
                result = "skipped" if case.find("skipped") is not None else "passed"
            # Subtests share their test's name: the worst counts.
            results[case.get("name")] = max(result, results.get(case.get("name"), result), key=RANK.index)
        return results, text


def count(results, wanted):
    return sum(result == wanted for result in results.values())


def main():
    if "--help" in sys.argv or len(sys.argv) != 2:
        print(__doc__)
        sys.exit("--help" not in sys.argv and 2)
    shim = os.path.realpath(sys.argv[1])
    if not os.path.exists(shim):
        sys.exit(f"cpython.py: there is no {shim}")
    proof = subprocess.run([PYTHON, "-c", "import test; print(open('/proc/self/maps').read())"], env=environment(shim),
                           check=True, capture_output=True, text=True)
    if shim not in proof.stdout:
        sys.exit("cpython.py: the shim is not loaded")

    print(f"{'':16} {'bare':>24}   {'shimmed':>24}")
    differences = {}
    for file in FILES:
        (bare, bare_log), (shimmed, shimmed_log) = results_of(file, None), results_of(file, shim)
        counts = ["{:>5} passed {:>3} failed".format(count(one, "passed"), count(one, "failed")) for one in (bare, shimmed)]
        print(f"{file:16} {counts[0]:>24}   {counts[1]:>24}", flush=True)
        names = bare.keys() | shimmed.keys()
        found = {name: (bare.get(name, "missing"), shimmed.get(name, "missing")) for name in names}
        found = {name: pair for name, pair in found.items() if pair[0] != pair[1]}
        differences |= found
        if found:
            print(f"--- {file}, bare:\n{bare_log}\n--- {file}, shimmed:\n{shimmed_log}")
        if not count(bare, "passed"):
            sys.exit(f"cpython.py: nothing in {file} passed:\n{bare_log}")

    for name, (bare, shimmed) in sorted(differences.items()):
        print(f"differs: {name}: {bare}, {shimmed} under the shim")
    if differences:
        sys.exit("cpython.py: the shim makes a difference")
    print("ok: no difference")


main()
