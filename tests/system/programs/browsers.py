# SPDX-License-Identifier: Apache-2.0
"""Browsers, whose many processes get their sockets and shared memory at fixed numbers."""
import http.server
import threading

from scenario import scenario

CHROMIUM = ["--headless=new", "--disable-gpu", "--no-first-run", "--disable-background-networking",
          "--user-data-dir=profile"]
FIREFOX = ["--headless", "--no-remote", "--profile", "profile"]
PAGE = """<!DOCTYPE html><title>before</title><p id=p>before</p><script>
document.title = 'after';
document.getElementById('p').textContent = [1, 2, 3].map(n => n * n).join();
</script>"""


ASKING_PAGE = b"<!DOCTYPE html><script>fetch('/sum/' + [1, 2, 3].reduce((a, b) => a + b))</script>"


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(ASKING_PAGE)

    def log_message(self, *_):
        pass


def visits(job, *browser):
    """A page's script asks the server, while the descriptors of all the browser's processes are counted."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        server.asked = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        job.start(*browser, f"http://127.0.0.1:{server.server_port}/page", environment={"HOME": str(job.directory)})
        job.wait_for(lambda: "/sum/6" in server.asked, "the page's script", timeout=90)
        job.count()
        server.shutdown()


@scenario("chromium", does="visits a page, whose script asks the server", seconds=110)
def chromium_visit(job):
    visits(job, "chromium", *CHROMIUM, "--no-sandbox")


@scenario("firefox-esr", does="visits a page, whose script asks the server", seconds=110)
def firefox_visit(job):
    (job.directory / "profile").mkdir()
    visits(job, "firefox-esr", *FIREFOX)


def dump(job, *options):
    page = job.write("page.html", PAGE)
    said = job.run("chromium", *CHROMIUM, *options, "--dump-dom", page.as_uri(), timeout=80).stdout
    job.expect('<p id="p">1,4,9</p>' in said and "<title>after</title>" in said, said)
    return said


@scenario("chromium", does="--dump-dom of a page that a script has changed; three kinds of processes", seconds=100)
def chromium_dump(job):
    return dump(job, "--no-sandbox")


@scenario("chromium", does="--screenshot draws the page", seconds=100)
def chromium_screenshot(job):
    page = job.write("page.html", PAGE)
    job.run("chromium", *CHROMIUM, "--no-sandbox", "--screenshot=shot.png", "--window-size=300,200",
            page.as_uri(), timeout=80)
    shot = (job.directory / "shot.png").read_bytes()
    job.expect(shot.startswith(b"\x89PNG") and shot[16:24] == bytes([0, 0, 1, 44, 0, 0, 0, 200]), shot[:24])


@scenario("chromium", does="--print-to-pdf lays the page out on one sheet", seconds=100)
def chromium_pdf(job):
    page = job.write("page.html", PAGE)
    job.run("chromium", *CHROMIUM, "--no-sandbox", "--print-to-pdf=page.pdf", page.as_uri(), timeout=80)
    sheet = (job.directory / "page.pdf").read_bytes()
    job.expect(sheet.startswith(b"%PDF-") and sheet.rstrip().endswith(b"%%EOF") and b"/Count 1" in sheet, sheet[:99])


@scenario("chromium", "nodejs", does="--remote-debugging-pipe: node asks for its version over 3 and 4", seconds=100)
def chromium_pipe(job):
    said = job.run("node", job.write("asks.js", r"""
const {spawn} = require('child_process');
const child = spawn('chromium', ['--headless=new', '--disable-gpu', '--no-sandbox', '--user-data-dir=profile',
                                 '--remote-debugging-pipe'], {stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe']});
let said = '';
child.stdio[4].on('data', data => {
  said += data;
  if (!said.endsWith('\0')) return;
  const answer = JSON.parse(said.slice(0, -1));
  said = '';
  if (answer.id === 1) {
    console.log(answer.result.product.split('/')[0]);
    child.stdio[3].write(JSON.stringify({id: 2, method: 'Browser.close'}) + '\0');
  }
});
child.stdio[3].write(JSON.stringify({id: 1, method: 'Browser.getVersion'}) + '\0');
"""), timeout=60).stdout
    job.expect(said.strip() in ("Chrome", "HeadlessChrome"), said)
    return said


@scenario("firefox-esr", does="--screenshot draws the page, by its content processes", seconds=110)
def firefox_screenshot(job):
    page = job.write("page.html", PAGE)
    (job.directory / "profile").mkdir()
    job.run("firefox-esr", *FIREFOX, "--window-size", "300,200", "--screenshot", job.directory / "shot.png",
            page.as_uri(), timeout=100, environment={"HOME": str(job.directory)})
    shot = (job.directory / "shot.png").read_bytes()
    job.expect(shot.startswith(b"\x89PNG") and shot[16:24] == bytes([0, 0, 1, 44, 0, 0, 0, 200]), shot[:24])
