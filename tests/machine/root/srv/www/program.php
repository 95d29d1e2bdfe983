<?php
# SPDX-License-Identifier: Apache-2.0
# Starts programs in each of PHP's ways.
echo exec('echo exec'), ' ', trim(shell_exec('echo shell_exec')), ' ';
$process = proc_open('cat', [['pipe', 'r'], ['pipe', 'w']], $pipes);
fwrite($pipes[0], 'proc_open');
fclose($pipes[0]);
echo stream_get_contents($pipes[1]), ' ', proc_close($process), ' ';
$pipe = popen('echo popen', 'r');
echo trim(fgets($pipe)), ' ', pclose($pipe), "\n";
