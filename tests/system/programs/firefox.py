# SPDX-License-Identifier: Apache-2.0
"""Firefox, whose content, socket and utility processes get their channel and shared memory at fixed numbers."""
import struct
import zlib

from scenario import scenario

PAGE = """<!DOCTYPE html><body style="background: #ff0000"><script>
document.body.style.background = '#' + [0x12, 0x34, 0x56].map(n => n.toString(16)).join('');
</script>"""


def first_pixel(picture):
    """Of a PNG: no filter of its first line changes it (PNG specification, chapter 9)."""
    packed, at = b"", 8
    while at < len(picture):
        size, kind = struct.unpack(">I4s", picture[at:at + 8])
        packed += picture[at + 8:at + 8 + size] if kind == b"IDAT" else b""
        at += size + 12
    return zlib.decompress(packed)[1:4]


@scenario("firefox-esr", does="--screenshot: a content process runs a page's script and draws it", seconds=100)
def firefox(job):
    (job.directory / "profile").mkdir()
    page = job.write("page.html", PAGE)
    job.run("firefox-esr", "--headless", "--no-remote", "--profile", job.directory / "profile", "--window-size=300,200",
            "--screenshot", job.directory / "shot.png", page.as_uri(), environment={"HOME": str(job.directory)}, timeout=80)
    shot = (job.directory / "shot.png").read_bytes()
    job.expect(struct.unpack(">II", shot[16:24]) == (300, 200), shot[:24])
    job.expect(first_pixel(shot) == b"\x12\x34\x56", first_pixel(shot))
