#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""screenshot.py RENDER [FOLDER]: the page of an audit as a browser has it.

RENDER is the executable of render.cpp. Chromium loads pages of hostile, of large and of empty audits: nothing of a name
gets to be markup, the rows are all there, filters and sorting do what they say, and pictures, light and dark, are not
blank. The pictures stay in FOLDER, to be looked at.
"""
import collections
import html.parser
import json
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import time
import zlib

BROWSER = ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
HOSTILE = ["</script><script>document.title='taken'</script>", "\"><img src=x onerror=\"document.title='taken'\">",
           "<!--tree-->", "a\nb\tc\x1b[31m", "\u202egnp.exe", "'&amp;'", "x" * 3000, "日本語/ファイル"]


def crossing(fd, target="/tmp/x", what="leak", announced_by=None, **created):
    made = {"call": "open", "program": "/usr/bin/maker", "module": "libffi.so.8", "offset": 4660, "pid": 10, "tid": 10,
            "when": "parent"}
    said = {"announced_by": announced_by} if announced_by is not None else {}
    return {"fd": fd, "object": "file", "target": target, "class": what,
            "rule": "standard:1: exempt program=sh,ash,bash" if what == "exempt" else "", **said,
            "created": {**made, **created}}


def started(pid, ppid, program, *fds):
    return {"pid": pid, "ppid": ppid, "program": program, "argv0": program, "fds": list(fds)}


def audit(execs, command=("make", "-j8"), lost=0):
    return {"version": 1, "command": list(command), "mode": "observe", "execs": execs, "lost": lost}


def hostile_audit():
    execs = [started(10, 1, "/bin/sh")]
    for i, name in enumerate(HOSTILE):
        execs.append(started(11 + i, 10, "/bin/" + name,
                             crossing(3, "/tmp/" + name, call=name, program="/" + name, module=name),
                             crossing(4, what="exempt", announced_by=name), crossing(5, what="explicit"),
                             crossing(6, what="foreign")))
    execs[-1]["shim"] = False
    return audit(execs, HOSTILE, lost=7)


def large_audit():
    """A build: thousands of compilers, each with a file of its own."""
    execs = [started(10, 1, "/usr/bin/make")]
    for i in range(2500):
        shell, compiler = 100 + 2 * i, 101 + 2 * i
        execs.append(started(shell, 10, "/bin/sh", crossing(3, f"/build/log.{i}"), crossing(4, what="exempt")))
        execs.append(started(compiler, shell, "/usr/bin/cc", crossing(3, f"/build/log.{i}")))
    return audit(execs)


def deep_audit():
    return audit([started(10 + i, 9 + i, "/bin/sh", crossing(3)) for i in range(1000)])


class Page(html.parser.HTMLParser):
    """Counts what the tests ask for."""

    def __init__(self, text):
        super().__init__()
        self.counts = collections.Counter()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.counts[tag] += 1
        if tag == "tr" and "data-class" in attributes:
            self.counts["rows"] += 1
            self.counts["shown rows"] += "hidden" not in attributes
        if tag == "li" and "node" in attributes.get("class", ""):
            self.counts["nodes"] += 1
            self.counts["shown nodes"] += "hidden" not in attributes


def pixels(path):
    """The rows of a PNG of 8 bits per channel, without an alpha channel or with one."""
    data = path.read_bytes()
    width, height, depth, colours = struct.unpack(">IIBB", data[16:26])
    assert depth == 8 and colours in (2, 6), (depth, colours)
    channels = 3 if colours == 2 else 4
    packed, place = b"", 8
    while place < len(data):
        size, kind = struct.unpack(">I4s", data[place:place + 8])
        if kind == b"IDAT":
            packed += data[place + 8:place + 8 + size]
        place += size + 12
    raw, stride, before = zlib.decompress(packed), width * channels, bytearray(width * channels)
    for y in range(height):
        kind, line = raw[y * (stride + 1)], bytearray(raw[y * (stride + 1) + 1:(y + 1) * (stride + 1)])
        for x in range(stride if kind else 0):
            left = line[x - channels] if x >= channels else 0
            corner = before[x - channels] if x >= channels else 0
            line[x] = (line[x] + predicted(kind, left, before[x], corner)) & 255
        before = line
        yield [tuple(line[x:x + 3]) for x in range(0, stride, channels)]


def predicted(kind, left, above, corner):
    if kind < 4:
        return (0, left, above, (left + above) // 2)[kind]
    estimate = left + above - corner
    return min((left, above, corner), key=lambda value: abs(estimate - value))


class Checks:
    def __init__(self, render, folder):
        self.render, self.folder, self.failures = render, folder, 0

    def expect(self, subject, is_so, seen=""):
        self.failures += not is_so
        print(f"{'ok' if is_so else 'FAILED':6} {subject}", *([] if is_so else [f"- {seen}"]), flush=True)

    def page(self, name, report, script=""):
        text = json.dumps(report).encode()
        page = subprocess.run([self.render, "html"], input=text, capture_output=True, check=True, timeout=60).stdout
        path = self.folder / f"{name}.html"
        path.write_bytes(page + (f"<script>{script}</script>".encode() if script else b""))
        return path

    def browse(self, path, *options):
        with tempfile.TemporaryDirectory() as profile:
            return subprocess.run([*BROWSER, f"--user-data-dir={profile}", *options, path.as_uri()], timeout=120,
                                  capture_output=True, check=True).stdout.decode()

    def dom(self, name, report, script=""):
        path = self.page(name, report, script)
        # What a filter waits for passes at once.
        text = self.browse(path, "--virtual-time-budget=2000", "--dump-dom")
        return text, Page(text).counts

    def picture(self, name, report, theme, size="1280,1600", script=""):
        path = self.page(name, report, script)
        png = self.folder / f"{name}-{theme}.png"
        self.browse(path, f"--screenshot={png}", f"--window-size={size}", "--virtual-time-budget=2000",
                    f"--blink-settings=preferredColorScheme={0 if theme == 'dark' else 1}")
        colours = collections.Counter()
        for line in pixels(png):
            colours.update(line)
        light = sum(sum(colour) * count for colour, count in colours.items()) / sum(colours.values()) / 3
        self.expect(f"{png.name}: more than a blank sheet", len(colours) > 50, f"{len(colours)} colours")
        self.expect(f"{png.name}: {theme}", (light < 90) == (theme == "dark"), f"brightness {light:.0f}")


def check_hostile(checks):
    raw = checks.page("hostile", hostile_audit()).read_text()
    checks.expect("hostile: no control characters", not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", raw))
    text, counts = checks.dom("hostile", hostile_audit())
    checks.expect("hostile: no name became markup", counts["img"] == 0 and counts["script"] == 1, counts)
    checks.expect("hostile: no name ran", "<title>taken" not in text)
    checks.expect("hostile: the script ran to its end", 'id="bar" role="search">' in text)
    checks.expect("hostile: all rows", counts["rows"] == len(HOSTILE) + 3, counts)
    checks.expect("hostile: all processes", counts["nodes"] == len(HOSTILE) + 1, counts)
    checks.expect("hostile: what was lost is said", "7 records were lost" in text)
    checks.expect("hostile: what was not seen is said", text.count(">unseen: the shim could not enter it<") == 1)


def check_controls(checks):
    toggle = "document.querySelector('#classes button[value={}]').click();"
    _, counts = checks.dom("classes", hostile_audit(),
                           "".join(toggle.format(name) for name in ("exempt", "explicit", "foreign")))
    checks.expect("classes: only leaks", counts["shown rows"] == len(HOSTILE), counts)
    checks.expect("classes: their processes", counts["shown nodes"] == len(HOSTILE) + 1, counts)
    _, counts = checks.dom("filter", hostile_audit(),
                           "const box = document.getElementById('text'); box.value = '日本 LEAK';"
                           "box.dispatchEvent(new Event('input'));")
    checks.expect("filter: the row", counts["shown rows"] == 1, counts)
    checks.expect("filter: the process and its parent", counts["shown nodes"] == 2, counts)
    text, _ = checks.dom("sort", hostile_audit(),
                         "const fd = document.querySelectorAll('#rows th button')[2]; fd.click(); fd.click();")
    numbers = re.findall(r'<td class="number">(\d+)</td><td class="what', text)
    checks.expect("sort: by number, the highest first", numbers == sorted(numbers, reverse=True), numbers)
    head = text[text.index("<thead>"):text.index("</thead>")]
    checks.expect("sort: said to screen readers", re.findall(r'aria-sort="(\w+)"', head) == ["descending"], head)


def check_large(checks):
    begun = time.monotonic()
    _, counts = checks.dom("large", large_audit())
    checks.expect("large: all rows", counts["rows"] == 2501, counts)
    checks.expect("large: all processes", counts["nodes"] == 5001, counts)
    checks.expect("large: in reasonable time", time.monotonic() - begun < 60, f"{time.monotonic() - begun:.1f} s")
    alike = large_audit()
    for one in alike["execs"]:
        for descriptor in one["fds"]:
            descriptor["target"] = "/build/log"
    _, counts = checks.dom("alike", alike)
    checks.expect("alike: rows once", counts["rows"] == 2, counts)
    checks.expect("alike: processes once", counts["nodes"] == 3, counts)
    _, counts = checks.dom("deep", deep_audit())
    checks.expect("deep: all processes", counts["nodes"] > 60 and counts["li"] > 120, counts)


def check_pictures(checks):
    for theme in ("light", "dark"):
        checks.picture("hostile", hostile_audit(), theme)
        checks.picture("large", large_audit(), theme)
        checks.picture("nothing", audit([started(10, 1, "/bin/true")]), theme, "1280,800")
    checks.picture("narrow", hostile_audit(), "light", "500,1400")


def main():
    folder = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else tempfile.mkdtemp())
    folder.mkdir(exist_ok=True)
    checks = Checks(pathlib.Path(sys.argv[1]).resolve(), folder.resolve())
    for check in (check_hostile, check_controls, check_large, check_pictures):
        check(checks)
    print(f"pictures in {folder}")
    sys.exit(checks.failures > 0)


if __name__ == "__main__":
    main()
