# SPDX-License-Identifier: Apache-2.0
"""Names of any bytes through JSON and back: none is lost, and all that is plain stays as it is."""
import json
import os
import random
import re
import subprocess
import unittest

from screenshot import audit, crossing, started

RENDER = os.environ["RENDER"]
ESCAPE = r"x[89a-f][0-9a-f]"


def rendered(report):
    """What a reader of that report writes."""
    done = subprocess.run([RENDER, "json"], input=json.dumps(report).encode(), check=True, capture_output=True, timeout=60)
    return json.loads(done.stdout.decode())


def escaped(name):
    """As documented, of bytes that Python has read with surrogates in the place of those that are not UTF-8."""
    text = "".join(f"\\x{ord(c) - 0xdc00:02x}" if "\udc80" <= c <= "\udcff" else c for c in re.sub(
        rf"\\+(?=[\udc80-\udcff]|{ESCAPE})", lambda slashes: slashes[0] * 2, name))
    return text


def unescaped(text):
    """What a user of the JSON does to get the bytes."""
    def original(match):
        slashes, byte = match.groups()
        byte_of = bytes.fromhex(byte[1:]).decode(errors="surrogateescape")
        return "\\" * (len(slashes) // 2) + (byte_of if len(slashes) % 2 else byte)
    return re.sub(rf"(\\+)({ESCAPE})", original, text)


class Bytes(unittest.TestCase):
    def test_the_rule_can_be_undone(self):
        chance = random.Random(13)
        pieces = [b"\\", b"x", b"f", b"8", b"0", b"\xff", b"\xc3", "é".encode(), b"/", b"\\xff", b"\\\\x80"]
        names = [b"".join(chance.choices(pieces, k=chance.randrange(12))).decode(errors="surrogateescape")
                 for _ in range(2000)]
        for name in names:
            self.assertEqual(unescaped(escaped(name)).encode(errors="surrogateescape"), name.encode(errors="surrogateescape"))
        targets = [escaped(name) for name in names]
        read = rendered(audit([started(10, 1, "/bin/sh", *(crossing(3, target) for target in targets))]))
        self.assertEqual([one["target"] for one in read["execs"][0]["fds"]], targets)

    def test_what_is_plain_stays_as_it_is(self):
        for plain in (r"s/\n/\t/", r"C:\xyz\x7f\xg0\X80", "\\", "\\\\", "日本語\x1b", "\ufffd", r"\u00ff"):
            read = rendered(audit([started(10, 1, plain)]))
            self.assertEqual(read["execs"][0]["program"], plain)


if __name__ == "__main__":
    unittest.main()
