# SPDX-License-Identifier: Apache-2.0
"""docs/foreign-suites.md: a row a suite. Suites may be run on their own: the rows of others stay as they are."""

PAGE = """# The tests of other projects

Test suites that Debian ships as packages, each program run twice bare and once under the shim with the standard profile, and again
where that differs; compared test by test (`tests/foreign`, `scripts/test --foreign`). *Alike*: so many tests had the same result in
every run. What fails alike lacks something here: a display, a kernel's feature, a user, or time. *Differ*: each stands in
`tests/foreign/expected`, with the reason, and a line there that is no longer true is an error. *Waver*: not always the same bare, so
nothing can be said. Tests run as root, each program in a network namespace of its own. Written by
`tests/foreign/run --markdown docs/foreign-suites.md`.

| suite | version | what it tests | programs | passed alike | failed alike | skipped alike | differ | waver |
|---|---|---|---|---|---|---|---|---|
"""
NOTES = """
Of OpenSSH's, CPython's, GLib's, OSTree's and Flatpak's only the files run that start programs or make descriptors. Perl's own tests
are in no binary package of Debian: those of POE, in Perl, stand for them. Rows may come from different days.
"""


def rows_in(text):
    rows = {}
    for line in text.splitlines():
        cells = line.split(" | ")
        if len(cells) == 9 and cells[1] != "version":
            rows[cells[0].removeprefix("| ")] = line
    return rows


def write(file, results):
    rows = rows_in(file.read_text()) if file.exists() else {}
    for each in results:
        counts = each["counts"]
        numbers = [each["programs"], counts["passed"], counts["failed"], counts["skipped"], each["differs"], each["wavers"]]
        name = each["suite"].name
        rows[name] = f"| {name} | {each['version']} | {each['suite'].does} | {' | '.join(map(str, numbers))} |"
    file.write_text(PAGE + "\n".join(rows[name] for name in sorted(rows)) + "\n" + NOTES)
