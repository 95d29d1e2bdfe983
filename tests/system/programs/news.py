# SPDX-License-Identifier: Apache-2.0
"""News and streams: one server that takes from many and feeds many, by programs of its own."""
import base64
import http.client
import socket

from programs.mail import unpack
from programs.strangers import LIST
from scenario import scenario

# Lays a package that cannot be configured here over the real folders, where nobody else sees it; what it writes goes there.
OVERLAY = """
for folder in usr etc var; do
  mkdir -p work/$folder over/$folder
  mount -t overlay -o "lowerdir=/$folder,upperdir=over/$folder,workdir=work/$folder" over "/$folder"
done
mount -t tmpfs none /run
"""

# Posts an article, and reads it.
READER = r"""
import nntplib
with nntplib.NNTP("127.0.0.1", 119, readermode=True, timeout=30) as news:
    news.post([b"From: a@example.org", b"Newsgroups: example.test", b"Subject: first", b"", b"the body"])
    news.group("example.test")
    print(*[line.decode() for line in news.body("1")[1].lines])
"""


@scenario("python3", "dpkg", "apt", "util-linux", "libcanlock3", "libevent-2.1-7|libevent-2.1-7t64", seconds=120,
          does="INN: innbind binds port 119, whose number it is told; a post by nnrpd, and a program that is fed it")
def inn(job):
    unpack(job, "inn2")  # it wants a host with a domain
    job.write("over/etc/news/inn.conf", "mta: \"/usr/sbin/sendmail -oi -oem %s\"\novmethod: tradindexed\nhismethod: hisv6\n"
              "pathhost: news.example.org\ndomain: example.org\nserver: 127.0.0.1\nbindaddress: 127.0.0.1\n"
              "pathnews: /usr/lib/news\npathdb: /var/lib/news\npathetc: /etc/news\npathrun: /run/news\npathlog: /var/log/news\n"
              "pathspool: /var/spool/news\nfromhost: example.org\nenableoverview: true\nwanttrash: true\n"
              "perlfilter: false\nlogcancelcomm: false\n")
    job.write("over/etc/news/newsfeeds", f"ME:*::\nprogram:*:Tc,Wn:{job.directory}/fed\n")
    job.write("fed", LIST + f"""
import sys
for line in sys.stdin:
    print(len(found), "given, fed", len(line.split()), file=open("{job.directory}/articles", "a"))
""", mode=0o755)
    job.write("reader.py", READER)
    job.directory.chmod(0o777)
    job.start("unshare", "--mount", "--net", "sh", "-ec", OVERLAY + """
ip link set lo up
install -d -o news -g news /run/news
cd /var/lib/news
install -o news -g news -m 644 /usr/lib/news/examples/active /usr/lib/news/examples/newsgroups .
as_news() { setpriv --reuid news --regid news --clear-groups "$@"; }
as_news sh -c 'touch history active.times; /usr/lib/news/bin/makedbz -i -o -s 1000'
as_news /usr/lib/news/bin/innd -f &
until as_news ctlinnd -t 5 newgroup example.test; do sleep 0.1; done
python3 -W ignore """ + f"{job.directory}/reader.py > {job.directory}/read\ntouch {job.directory}/done; wait")
    job.wait_for((job.directory / "done").exists, "the reader", timeout=60)
    said = job.wait_for((job.directory / "articles").read_text, "the fed program")
    job.count()
    return (job.directory / "read").read_text() + said.split("given, ")[1]


@scenario("icecast2", "python3", seconds=60,
          does="takes a stream and hands it on; on-connect starts a program, which gets nothing else")
def icecast(job):
    port = job.port()
    job.directory.chmod(0o777)
    for name in ("logs", "web", "admin"):
        (job.directory / name).mkdir()
        (job.directory / name).chmod(0o777)
    program = job.write("connected", LIST + f"""
print("all", *found, file=open("{job.directory}/new", "w"))
os.rename("{job.directory}/new", "{job.directory}/out")
""", mode=0o755)
    config = job.write("icecast.xml", f"""<icecast>
<limits><sources>2</sources></limits>
<authentication>
<source-password>secret</source-password><admin-user>a</admin-user><admin-password>b</admin-password>
</authentication>
<hostname>localhost</hostname>
<listen-socket><port>{port}</port><bind-address>127.0.0.1</bind-address></listen-socket>
<mount type="normal"><mount-name>/stream.ogg</mount-name><on-connect>{program}</on-connect></mount>
<paths>
<logdir>{job.directory}/logs</logdir><webroot>{job.directory}/web</webroot><adminroot>{job.directory}/admin</adminroot>
</paths>
<logging><errorlog>error.log</errorlog><accesslog>access.log</accesslog></logging>
<security><chroot>0</chroot><changeowner><user>nobody</user><group>nogroup</group></changeowner></security>
</icecast>
""")
    job.start("icecast2", "-c", config)
    job.wait_for_port(port)
    with socket.create_connection(("127.0.0.1", port), timeout=20) as source:
        secret = base64.b64encode(b"source:secret").decode()
        source.sendall(f"SOURCE /stream.ogg HTTP/1.0\r\nAuthorization: Basic {secret}\r\n"
                       "Content-Type: audio/mpeg\r\n\r\n".encode())
        job.expect(b"200 OK" in source.recv(1000), "the source is refused")
        arrived = job.wait_for((job.directory / "out").read_text, "the program").split()[1:]
        listener = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        listener.request("GET", "/stream.ogg")
        answer = listener.getresponse()
        source.sendall(bytes(range(256)) * 256)
        job.expect(answer.status == 200 and answer.read(256) != b"", "nothing is heard")
    job.count()
    job.expect(not arrived, f"arrived: {arrived}")
