# SPDX-License-Identifier: Apache-2.0
"""Erlang starts its children through erl_child_setup, which is told numbers; Tcl's exec builds pipelines itself."""
from scenario import scenario


@scenario("erlang-base", does="open_port with packets, nouse_stdio at 3 and 4, and exit status; os:cmd, 20 at once",
          quick=True,
          seconds=60)
def erlang_ports(job):
    # In a file: a number among the arguments would count as announced.
    job.write("child", "read line <&3; echo $line back >&4")
    job.write("ports.erl", r"""
-module(ports).
-export([main/0]).

collect(Port, Said) ->
    receive
        {Port, {data, Data}} -> collect(Port, Said ++ binary_to_list(Data));
        {Port, {exit_status, Status}} -> {Said, Status}
    end.

main() ->
    Shell = {spawn_executable, "/bin/sh"},
    Options = [binary, exit_status],
    Cat = open_port({spawn, "cat"}, [binary, {packet, 2}]),
    port_command(Cat, <<"echoed">>),
    receive {Cat, {data, Echoed}} -> io:format("~s~n", [Echoed]) end,
    port_close(Cat),
    io:format("~p~n", [collect(open_port(Shell, [{args, ["-c", "echo text; exit 7"]} | Options]), "")]),
    Pair = open_port(Shell, [nouse_stdio, {args, ["child"]}, binary]),
    port_command(Pair, <<"there\n">>),
    receive {Pair, {data, Back}} -> io:format("~s", [Back]) end,
    io:format("~s", [os:cmd("echo os:cmd")]),
    Self = self(),
    [spawn(fun() -> Self ! list_to_integer(string:trim(os:cmd("echo " ++ integer_to_list(N)))) end)
     || N <- lists:seq(1, 20)],
    io:format("~p~n", [lists:sum([receive N when is_integer(N) -> N end || _ <- lists:seq(1, 20)])]),
    halt().
""")
    job.run("erlc", "ports.erl", bare=True)
    said = job.run("erl", "-noshell", "-noinput", "-s", "ports", "main").stdout
    job.expect(said == 'echoed\n{"text\\n",7}\nthere back\nos:cmd\n210\n', said)
    return said


@scenario("tcl", does="exec of pipelines with redirections, open of a pipeline, a server socket", quick=True,
          seconds=30)
def tcl_exec(job):
    said = job.run("tclsh", job.write("program.tcl", r"""
puts [exec echo one two | tr a-z A-Z | rev]
exec echo to a file > file
puts [exec cat < file]
puts [exec cat << {from a string}]
set channel [open file]
puts [exec cat <@ $channel]
close $channel
set channel [open other w]
exec echo by channel >@ $channel 2>@1
close $channel
puts [exec cat other]
puts [catch {exec sh -c {echo error >&2; exit 5}} said]$said
set pipe [open {|tr a-z A-Z} r+]
puts $pipe {through a pipe}
close $pipe write
puts [gets $pipe]
close $pipe
set pid [exec sleep 0 &]
puts [expr {$pid > 1}]
proc serve {channel address port} { puts $channel [exec echo served]; close $channel }
set server [socket -server serve -myaddr 127.0.0.1 0]
set client [socket 127.0.0.1 [lindex [fconfigure $server -sockname] 2]]
fileevent $client readable {puts [gets $client]; set done 1}
vwait done
""")).stdout
    expected = "OWT ENO\nto a file\nfrom a string\nto a file\nby channel\n1error\nTHROUGH A PIPE\n1\nserved\n"
    job.expect(said == expected, said)
    return said
