# SPDX-License-Identifier: Apache-2.0
"""Languages whose dup2 makes what children inherit, by its definition: POSIX has no other way to say it."""
from scenario import scenario


def given_at_nine(job, name, text, *words, build=None):
    """A script puts a file at 9, and starts a command that writes there and does not know of the file's own number."""
    job.write("say", "#!/bin/sh\necho a word >&9\n", mode=0o755)
    job.write(name, text)
    if build:
        job.run(*build, bare=True)
    done = job.run(*words)
    written = (job.directory / "out").read_text()
    job.expect(written == "a word\n", f"{written!r} came; {done.stderr}")


@scenario("lua-posix", "lua5.3", does="posix.unistd.dup2 to 9; os.execute inherits it", quick=True, seconds=30)
def lua_dup2(job):
    given_at_nine(job, "program.lua", """
local unistd, fcntl = require 'posix.unistd', require 'posix.fcntl'
assert(unistd.dup2(fcntl.open('out', fcntl.O_WRONLY + fcntl.O_CREAT, 384), 9))
os.execute './say'
""", "lua5.3", "program.lua")


@scenario("luajit", "lua-posix", does="the same in LuaJIT, which execs in a child of its own", quick=True, seconds=30)
def luajit_dup2(job):
    given_at_nine(job, "program.lua", """
local unistd, fcntl, wait = require 'posix.unistd', require 'posix.fcntl', require 'posix.sys.wait'
assert(unistd.dup2(fcntl.open('out', fcntl.O_WRONLY + fcntl.O_CREAT, 384), 9))
local child = unistd.fork()
if child == 0 then unistd.exec('./say', {}) end
wait.wait(child)
""", "luajit", "program.lua")


OCAML = """
let () =
  Unix.dup2 (Unix.openfile "out" [Unix.O_WRONLY; Unix.O_CREAT] 0o600) (Obj.magic 9 : Unix.file_descr);
  let child = Unix.create_process "./say" [|"./say"|] Unix.stdin Unix.stdout Unix.stderr in
  ignore (Unix.waitpid [] child)
"""


@scenario("ocaml", does="Unix.dup2 to 9 in a native program; create_process inherits it")
def ocaml_dup2(job):
    given_at_nine(job, "program.ml", OCAML, "./program",
                  build=("ocamlopt", "unix.cmxa", "program.ml", "-o", "program"))


@scenario("ocaml", does="the same in bytecode")
def ocaml_bytecode_dup2(job):
    given_at_nine(job, "program.ml", OCAML, "ocamlrun", "program",
                  build=("ocamlc", "unix.cma", "program.ml", "-o", "program"))


@scenario("guile-3.0", does="dup2 to 9; primitive-fork and execl inherit it", quick=True, seconds=30)
def guile_dup2(job):
    given_at_nine(job, "program.scm", """
(define out (open-file "out" "w"))
(dup2 (fileno out) 9)
(let ((child (primitive-fork)))
  (if (= child 0) (execl "./say" "./say") (waitpid child)))
""", "guile", "--no-auto-compile", "program.scm")


CHICKEN = """
(import (chicken process) (chicken file posix))
(duplicate-fileno (file-open "out" (+ open/wronly open/creat)) 9)
(system "./say")
"""


@scenario("chicken-bin", does="duplicate-fileno to 9; system inherits it", quick=True, seconds=30)
def chicken_dup2(job):
    given_at_nine(job, "program.scm", CHICKEN, "csi", "-s", "program.scm")


@scenario("sbcl", does="sb-posix:dup2 to 9; fork and execl inherit it", quick=True, seconds=30)
def sbcl_dup2(job):
    given_at_nine(job, "program.lisp", """
(require :sb-posix)
(sb-posix:dup2 (sb-posix:open "out" (logior sb-posix:o-wronly sb-posix:o-creat) #o600) 9)
(let ((child (sb-posix:fork)))
  (if (= child 0)
      (sb-alien:alien-funcall
        (sb-alien:extern-alien "execl" (function sb-alien:int sb-alien:c-string sb-alien:c-string sb-alien:unsigned))
        "./say" "./say" 0)
      (sb-posix:waitpid child 0)))
""", "sbcl", "--script", "program.lisp")


@scenario("swi-prolog-nox", does="dup/2 of a stream to 9; shell/1 inherits it", quick=True, seconds=30)
def prolog_dup2(job):
    given_at_nine(job, "program.pl", """
:- use_module(library(unix)).
:- initialization((open('out', write, Out), dup(Out, 9), shell('./say'), halt)).
""", "swipl", "-q", "program.pl")


@scenario("polyml", does="Posix.IO.dup2 to 9; OS.Process.system inherits it", quick=True, seconds=30)
def polyml_dup2(job):
    given_at_nine(job, "program.sml", """
val nine = Posix.FileSys.wordToFD (SysWord.fromInt 9);
val _ = Posix.IO.dup2 {old = Posix.FileSys.creat ("out", Posix.FileSys.S.irwxu), new = nine};
val _ = OS.Process.system "./say";
""", "poly", "--script", "program.sml")


@scenario("tclx8.4", does="TclX's dup of a channel to file9; exec inherits it", quick=True, seconds=30)
def tclx_dup2(job):
    given_at_nine(job, "program.tcl", """
package require Tclx
dup [open out w] file9
exec ./say
""", "tclsh8.6", "program.tcl")
