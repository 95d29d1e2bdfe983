# SPDX-License-Identifier: Apache-2.0
"""PHP's proc_open gives pipes and files at any number."""
from scenario import scenario


@scenario("php-cli", does="proc_open with pipes at 3 and 4, a file at 5, a socket at 6; popen, exec, mail-like use",
          quick=True,
          seconds=30)
def php_proc_open(job):
    # In a file: a number among the arguments would count as announced.
    job.write("child", "cat; cat <&3 >&4; cat <&5; echo error >&2; echo more >&6; exit 7")
    said = job.run("php", job.write("program.php", r"""<?php
file_put_contents('given', "from a file\n");
$given = fopen('given', 'r');
$wanted = [0 => ['pipe', 'r'], 1 => ['pipe', 'w'], 2 => ['redirect', 1], 3 => ['pipe', 'r'], 4 => ['pipe', 'w'],
           5 => $given, 6 => ['file', 'appended', 'a']];
$child = proc_open(['sh', 'child'], $wanted, $pipes);
fwrite($pipes[0], "standard\n");
fclose($pipes[0]);
fwrite($pipes[3], "through 3 and 4\n");
fclose($pipes[3]);
echo stream_get_contents($pipes[1]), stream_get_contents($pipes[4]);
fclose($pipes[1]);
fclose($pipes[4]);
echo proc_close($child), ' ', file_get_contents('appended');
$child = proc_open('cat', [['socket'], ['socket']], $pipes);
fwrite($pipes[0], "by socket\n");
fclose($pipes[0]);
echo stream_get_contents($pipes[1]);
fclose($pipes[1]);
proc_close($child);
echo shell_exec('echo shell_exec'), exec('echo exec; exit 3', $lines, $status), " $status\n";
$pipe = popen('tr a-z A-Z', 'w');
fwrite($pipe, "popen\n");
pclose($pipe);
""")).stdout
    expected = "standard\nfrom a file\nerror\nthrough 3 and 4\n7 more\nby socket\nshell_exec\nexec 3\nPOPEN\n"
    job.expect(said == expected, said)
    return said


@scenario("php-cli", does="proc_open of a script that chooses the words: a listening socket is nobody's", quick=True,
          seconds=30)
def php_proc_open_words(job):
    # What /proc/self/fd of a command of PHP's has above 2, without the directory that ls itself opens. The socket is at 3
    # bare, PHP has not marked it.
    listing = "for each in /proc/self/fd/*; do readlink $each; done | grep -c ^socket:"
    said = job.run("php", job.write("program.php", r"""<?php
$listener = stream_socket_server('tcp://127.0.0.1:0');
$words = ': "<&3 <&4 <&5 <&6 --fd=3 --fd=4 --fd=5 /dev/fd/3 /dev/fd/4 /dev/fd/5"; ';
$numbers = '3,4,5,6,7,8,9';
$attempts = [['plain', '', null],
             ['words', $words, null],
             ['FD', '', ['FD' => $numbers]],
             ['LISTEN_FDS', '', ['LISTEN_FDS' => '7', 'LISTEN_PID' => '1']],
             ['NGINX', '', ['NGINX' => '3;4;5;6;']]];
foreach ($attempts as [$name, $before, $environment]) {
  $child = proc_open($before . $argv[1], [1 => ['pipe', 'w']], $pipes, null, $environment);
  echo "$name ", trim(stream_get_contents($pipes[1])), "\n";
  proc_close($child);
}
"""), listing).stdout
    # Bare each of them has it.
    is_forced = "LD_PRELOAD" in job.environment and job.environment.get("CLOEXEC_MODE") != "observe"
    wanted = 0 if is_forced else 1
    for line in said.splitlines():
        job.expect(line.endswith(f" {wanted}"), said)
    job.expect(len(said.splitlines()) == 5, said)
