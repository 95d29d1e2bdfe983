# SPDX-License-Identifier: Apache-2.0
"""One function of a Job (job.py), in a process of its own: whatever it starts or breaks, nothing of it is left."""
import multiprocessing
import os
import signal
import sys
import traceback

from job import Job


BARE = ({},)


def how_under(shim, supervise=None, variables=None):
    """What a Job is made with when programs are to run under the shim; `supervise` is the shim's mode when they are to run by
    `cloexec run --supervise` of its build tree."""
    variables = {"LD_PRELOAD": str(shim)} | (variables or {})
    if supervise is None:
        return (variables,)
    command = shim.parent.parent / "cli" / "cloexec"
    return ({} if supervise == "off" else variables), [command, "run", "--supervise", "--mode", supervise, "--"]


def _attempt(function, how, sender):
    os.setsid()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # so that what was started is ended, too
    job = Job(*how)
    result = {"ok": False, "said": None, "inheritable": None}
    try:
        result["said"] = function(job)
        result["ok"] = True
    except BaseException as trouble:  # pylint: disable=broad-except
        result["said"] = f"{type(trouble).__name__}: {trouble}"
        if os.environ.get("TRACEBACK"):
            result["said"] += traceback.format_exc()
    finally:
        result["inheritable"] = job.most_inheritable
        job.end()
        sender.send(result)


def run_once(function, seconds, how):
    """What `function(Job(*how))` came to: whether it returned, what it returned or raised, and its count of descriptors."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.Process(target=_attempt, args=(function, how, sender))
    child.start()
    sender.close()
    if receiver.poll(seconds):
        try:
            result = receiver.recv()
        except EOFError:
            result = {"ok": False, "said": "died", "inheritable": None}
    else:
        result = {"ok": False, "said": f"did not end within {seconds} seconds", "inheritable": None}
        child.terminate()
    child.join(20)
    if child.is_alive():
        child.kill()
        child.join()
    return result
