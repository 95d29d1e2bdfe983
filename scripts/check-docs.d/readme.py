# SPDX-License-Identifier: Apache-2.0
"""README.md is filled to one width, and says what tests assert and what scripts/install-packages installs."""
import re
import sys
import textwrap

from tree import ROOT

sys.path.insert(0, str(ROOT / "tests/support"))

import limits  # noqa: E402

WIDTH = 120


def paragraphs(text):
    """(first line, lines) of the prose in a page of Markdown."""
    lines = text.splitlines()
    is_code, start = False, None
    for number, line in enumerate([*lines, ""]):
        is_code ^= line.startswith("```")
        is_prose = not is_code and re.match(r"[^\s#|`-]|`(?!``)|- |-$", line) is not None
        if is_prose and start is None:
            start = number
        if not is_prose and start is not None:
            yield start, lines[start:number]
            start = None


def filled(lines):
    """A name in backticks and a link's text stay on one line."""
    text = re.sub(r"`[^`]*`|\[[^]]*\]", lambda whole: whole[0].replace(" ", "\u00a0"), " ".join(lines))
    wrapped = textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False)
    return [line.replace("\u00a0", " ") for line in wrapped]


def check_width(fix):
    page = ROOT / "README.md"
    text = page.read_text()
    wrong = [(start, lines) for start, lines in paragraphs(text) if lines != filled(lines)]
    if fix:
        lines = text.splitlines()
        for start, old in reversed(wrong):
            lines[start:start + len(old)] = filled(old)
        page.write_text("\n".join(lines) + "\n")
        return []
    return [f"README.md:{start + 1}: is not filled to {WIDTH} columns: scripts/lint --fix does it" for start, _ in wrong]


def number(text):
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return words.index(text) if text in words else int(text.replace(",", ""))


def check_figures():
    """Every number of README's prose, and of its table of what leaks, is bound to what asserts it."""
    text = (ROOT / "README.md").read_text()
    plain = " ".join(text.split())
    rest = " ".join(re.sub(r"^(    |\|).*", "", text, flags=re.MULTILINE).split())
    at_most = limits.INSTRUCTIONS
    oldest = re.search(r"newest=([\d.]+)", (ROOT / "tests/libcs/symbols").read_text())[1]
    demo = {line.split()[0]: line.split()[1:] for line in (ROOT / "scripts/demo.d/expected").read_text().splitlines()
            if not line.startswith("#")}
    children = re.search(r"children=(\d+)", (ROOT / "scripts/demo").read_text())[1]
    asserted = [
        (r"at most (\S+) instructions an open, socket or pipe", {at_most[call] for call in ("open", "socket", "pipe")}),
        (r"(\S+) a dup, dup2 or accept", {at_most[call] for call in ("dup", "dup2", "accept")}),
        (r"(\S+) an `fopen`", {at_most["fopen"]}),
        (r"(\S+) a close", set(limits.CLOSE_INSTRUCTIONS.values())),
        (r"and (\S+) system call;", {limits.SYSTEM_CALLS}),
        (r"at start (\S+) instructions", {limits.STARTUP_INSTRUCTIONS}),
        (r"and (\S+) system calls;", {limits.STARTUP_SYSTEM_CALLS}),
        (r"(\S+) KiB of memory a process", {limits.DIRTY_MEMORY}),
        (r"glibc (\S+) and later", {oldest}),
        (r"starting (\d+) children", {children}),
    ]
    complaints = []
    for pattern, values in asserted:
        match = re.search(pattern, plain)
        if match is None:
            complaints.append(f"README.md: does not say '{pattern}', which a test asserts")
            continue
        said = match[1] if not all(isinstance(value, int) for value in values) else number(match[1])
        if values != {said}:
            complaints.append(f"README.md: says '{match[0]}', and the test asserts {', '.join(map(str, sorted(values)))}")
        rest = rest.replace(match[0], " ")
    for row in re.findall(r"^\| \w.*\| \d+ \| \d+ \|$", text, re.MULTILINE):
        what, bare, shimmed = row.strip("| ").split(" | ")
        processes = re.search(r"(\w+) processes", what)
        said = [bare, str(number(processes[1])) if processes else "1"]
        if demo.pop(what.split(",")[0], None) != said or shimmed != "0":
            complaints.append(f"README.md: '{row}' is not what scripts/demo.d/expected has scripts/demo assert")
    complaints += [f"README.md: says nothing of {name}, of which scripts/demo asserts something" for name in demo]
    # What remains are names: of architectures, distributions, standards, and descriptors 0 to 2.
    names = (r"CVE-[\d-]+|CWE-\d+|x86-64|i386|aarch64|\b(?:64|32)-bit|Debian 12|Descriptors 0 to 2|descriptors above 2|python3"
             r"|`[^`]*`|\]\([^)]*\)|Apache-2\.0")
    rest = re.sub(names, " ", rest)
    complaints += [f"README.md: the figure {figure} is asserted by no test that scripts/check-docs knows"
                   for figure in re.findall(r"(?<![\w.])\d[\d,.]*\d|(?<![\w.])\d", rest)]
    return complaints


def check_packages():
    text = " ".join((ROOT / "README.md").read_text().split())
    packages = re.search(r"^ *build\) echo (.*) ;;$", (ROOT / "scripts/install-packages").read_text(), re.MULTILINE)[1]
    return [] if f"apt install {packages}" in text else [f"README.md: does not say 'apt install {packages}'"]
