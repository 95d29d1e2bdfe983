# SPDX-License-Identifier: Apache-2.0
"""The files of the tree: their code, and the pages that speak of it."""
import functools
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]

# What these quote are lines of source; the scripts that write them have a check of their own.
QUOTING = {"docs/test-coverage.md"}
COMMENTS = {"c": re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL), "#": re.compile(r"(?:^|(?<=\s))#[^\n]*", re.MULTILINE)}


@functools.cache
def tracked():
    """The files of the tree, and its folders, which end in a slash."""
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True,
                            capture_output=True, text=True).stdout.split()
    files = [name for name in listed if (ROOT / name).is_file()]
    folders = {"/".join(name.split("/")[:depth]) + "/" for name in files for depth in range(1, name.count("/") + 1)}
    return files, folders


@functools.cache
def code_of(name):
    """A file's text without its comments; empty when it is no text, or is itself documentation."""
    if re.search(r"\.(md|scd|svg|png)$|^LICENSE$|^tests/fuzz/corpus/|^scripts/check-docs", name):
        return ""
    try:
        text = (ROOT / name).read_text()
    except UnicodeDecodeError:
        return ""
    kind = "c" if re.search(r"\.(cpp|h|c|def)$", name) else "#"
    return COMMENTS[kind].sub("", text)


def pages():
    return [name for name in tracked()[0]
            if re.fullmatch(r"(README|CONTRIBUTING|docs/[^/]*)\.md|docs/man/[^/]*\.scd", name) and name not in QUOTING]
