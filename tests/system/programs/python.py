# SPDX-License-Identifier: Apache-2.0
"""Python manages inheritance itself (PEP 446): what it is told to pass arrives, what its libraries open does not."""
from scenario import scenario

PYTHON = "/usr/bin/python3"


def python(job, program, **options):
    # A file, not -c: multiprocessing's spawned children import it again.
    return job.run(PYTHON, job.write("program.py", program), **options).stdout


def prints(job, program, expected):
    said = python(job, program)
    job.expect(said == expected, said)
    return said


@scenario("python3", does="subprocess: pass_fds, close_fds=False with set_inheritable, pipes, a preexec_fn",
          quick=True, seconds=30)
def python_subprocess(job):
    job.write("spawned", "echo spawned >&8")
    job.write("child", "echo by preexec >&9")
    return prints(job, """
import os, subprocess
read, write = os.pipe()
subprocess.run(["sh", "-c", f"echo passed >&{write}"], pass_fds=[write], check=True)
print(os.read(read, 99))
os.set_inheritable(write, True)
subprocess.run(["sh", "-c", f"echo inherited >&{write}"], close_fds=False, check=True)
print(os.read(read, 99))
os.set_inheritable(write, False)
print(subprocess.run(["sh", "-c", f"echo >&{write}"], close_fds=False, capture_output=True).returncode)
print(subprocess.run(["cat"], input=b"piped", capture_output=True).stdout)
put = lambda: os.dup2(write, 9)
print(subprocess.run(["sh", "child"], close_fds=False, preexec_fn=put).returncode)
print(os.read(read, 99))
print(subprocess.getoutput("echo popen"), os.popen("echo os.popen").read().strip(), os.system("exit 3"))
pid = os.posix_spawn("/bin/sh", ["sh", "-c", ". ./spawned"], os.environ,
                     file_actions=[(os.POSIX_SPAWN_DUP2, write, 8)])
print(os.waitpid(pid, 0)[1], os.read(read, 99))
""", """b'passed\\n'
b'inherited\\n'
2
b'piped'
0
b'by preexec\\n'
popen os.popen 768
0 b'spawned\\n'
""")


DUP2 = """
import os, subprocess
read, write = os.pipe()
os.dup2(write, 7)
subprocess.run(["sh", "to7"], close_fds=False, check=True)
print(os.read(read, 99))
os.spawnv(os.P_WAIT, "/bin/sh", ["sh", "to7"])
print(os.read(read, 99))
os.dup2(write, 7, inheritable=False)
print(os.system("test -e /proc/self/fd/7"))
if os.fork() == 0:
    os.dup2(write, 9)
    os.execv("/bin/sh", ["sh", "to9"])
os.wait()
print(os.read(read, 99))
"""
DUP2_SAYS = "b'to 7\\n'\nb'to 7\\n'\n256\nb'to 9\\n'\n"


def duplicates(job, python):
    # In files: a number among the arguments would count as announced.
    job.write("to7", "echo to 7 >&7")
    job.write("to9", "echo to 9 >&9")
    said = job.run(python, job.write("program.py", DUP2)).stdout
    job.expect(said == DUP2_SAYS, said)
    return said


@scenario("python3", does="os.dup2 to a chosen number in the parent and after os.fork; os.spawnv inherits it",
          quick=True, seconds=30)
def python_dup2(job):
    return duplicates(job, PYTHON)


@scenario("pypy3", does="os.dup2 in PyPy, likewise", quick=True, seconds=30)
def pypy_dup2(job):
    return duplicates(job, "pypy3")


POOL = """
import multiprocessing, os, sys
from multiprocessing import shared_memory

def work(number):
    return number * number

def talk(connection, queue, lock, name):
    with lock:
        connection.send(connection.recv() + " and back")
        block = shared_memory.SharedMemory(name)
        block.buf[0] = 42
        block.close()
        queue.put("queued")

if __name__ == "__main__":
    context = multiprocessing.get_context("METHOD")
    with context.Pool(4) as pool:
        print(sum(pool.map(work, range(1000))))
    ours, theirs = context.Pipe()
    queue, lock = context.Queue(), context.Lock()
    block = shared_memory.SharedMemory(create=True, size=16)
    process = context.Process(target=talk, args=(theirs, queue, lock, block.name))
    process.start()
    ours.send("there")
    print(ours.recv(), queue.get())
    process.join()
    print(process.exitcode, block.buf[0])
    block.close()
    block.unlink()
    with context.Manager() as manager:
        print(manager.list([1, 2]))
"""


def pool(job, method):
    return prints(job, POOL.replace("METHOD", method), "332833500\nthere and back queued\n0 42\n[1, 2]\n")


@scenario("python3", does="multiprocessing by spawn: Pool, Pipe, Queue, Lock, SharedMemory, Manager", quick=True,
          seconds=30)
def multiprocessing_spawn(job):
    return pool(job, "spawn")


@scenario("python3", does="multiprocessing by forkserver: Pool, Pipe, Queue, Lock, SharedMemory, Manager", quick=True,
          seconds=30)
def multiprocessing_forkserver(job):
    return pool(job, "forkserver")


@scenario("python3", does="multiprocessing by fork: Pool, Pipe, Queue, Lock, SharedMemory, Manager", quick=True,
          seconds=30)
def multiprocessing_fork(job):
    return pool(job, "fork")


@scenario("python3", does="asyncio: 30 subprocesses at once, one with pass_fds", quick=True, seconds=30)
def python_asyncio(job):
    return prints(job, """
import asyncio, os
from asyncio.subprocess import PIPE

async def talk(number):
    process = await asyncio.create_subprocess_exec("sh", "-c", "read line; echo $line", stdin=PIPE, stdout=PIPE)
    said, _ = await process.communicate(f"{number}\\n".encode())
    return int(said)

async def main():
    print(await asyncio.gather(*[talk(number) for number in range(30)]))
    read, write = os.pipe()
    process = await asyncio.create_subprocess_shell(f"echo passed >&{write}", pass_fds=[write])
    print(await process.wait(), os.read(read, 99))

asyncio.run(main())
""", f"{list(range(30))}\n0 b'passed\\n'\n")


@scenario("python3", "ca-certificates", quick=True, seconds=60,
          does="one thread loads a CA file, another starts 100 children; counted: those that got it")
def python_openssl(job):
    said = python(job, """
import os, ssl, subprocess, threading
done = threading.Event()
loaded = 0

def load():
    global loaded
    while not done.is_set():
        context = ssl.create_default_context(cafile="/etc/ssl/certs/ca-certificates.crt")
        loaded += context.cert_store_stats()["x509_ca"] > 50

thread = threading.Thread(target=load)
thread.start()
leaked = 0
count = 0
while count < 100 or loaded < 5:
    count += 1
    # /proc/self/fd is at 3, so that anything else is a leak.
    child = subprocess.run(["ls", "/proc/self/fd"], close_fds=False, capture_output=True, text=True, check=True)
    leaked += len(child.stdout.split()) > 4
done.set()
thread.join()
print(leaked)
""")
    job.most_inheritable = int(said)
    job.expect(("LD_PRELOAD" in job.environment) == (said == "0\n"), f"{said} of 100 children got the CA file")


@scenario("python3", does="http.server in threads, socketserver that forks, xmlrpc", quick=True, seconds=30)
def python_servers(job):
    return prints(job, """
import http.server, socketserver, subprocess, threading, urllib.request, xmlrpc.client, xmlrpc.server

class Fork(socketserver.ForkingMixIn, socketserver.TCPServer):
    pass

class Answer(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(subprocess.check_output(["tr", "a-z", "A-Z"], input=self.rfile.readline()))

open("index.html", "w").write("a page")
with http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler) as server:
    server.RequestHandlerClass.log_message = lambda *_: None
    threading.Thread(target=server.serve_forever).start()
    print(urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/").read())
    server.shutdown()
with Fork(("127.0.0.1", 0), Answer) as server:
    threading.Thread(target=server.serve_forever).start()
    import socket
    with socket.create_connection(server.server_address) as client:
        client.sendall(b"by a fork\\n")
        print(client.makefile().readline().strip())
    server.shutdown()
with xmlrpc.server.SimpleXMLRPCServer(("127.0.0.1", 0), logRequests=False) as server:
    server.register_function(pow)
    threading.Thread(target=server.serve_forever).start()
    print(xmlrpc.client.ServerProxy("http://127.0.0.1:%d" % server.server_address[1]).pow(2, 10))
    server.shutdown()
""", "b'a page'\nBY A FORK\n1024\n")
