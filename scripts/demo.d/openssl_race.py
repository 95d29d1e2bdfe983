#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Counts the children that get a file which OpenSSL, in another thread, is only just reading.

Usage: openssl_race.py CA_FILE CHILDREN

Python itself opens everything close-on-exec (PEP 446); libcrypto's fopen does not, and the interpreter cannot help it.
Prints the number of children that had CA_FILE open.
"""
import ssl
import subprocess
import sys
import threading

if "--help" in sys.argv or len(sys.argv) != 3:
    sys.exit(__doc__)
ca_file, children = sys.argv[1], int(sys.argv[2])

loaded = threading.Event()
done = threading.Event()


def load_repeatedly():
    while not done.is_set():
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(ca_file)
        loaded.set()


loader = threading.Thread(target=load_repeatedly)
loader.start()
# Should the first load fail, the thread is gone and its error is already on standard error.
while not loaded.wait(0.1):
    if not loader.is_alive():
        sys.exit(1)

received = 0
for _ in range(children):
    child = subprocess.run(["/bin/ls", "-l", "/proc/self/fd"], close_fds=False, check=True, capture_output=True, text=True)
    received += ca_file in child.stdout
alive = loader.is_alive()
done.set()
loader.join()
if not alive:
    sys.exit("the loading thread ended early")
print(received)
