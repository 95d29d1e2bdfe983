# SPDX-License-Identifier: Apache-2.0
"""Ruby marks all that it opens since 2.0; spawn's options pass descriptors on."""
from scenario import scenario


@scenario("ruby", does="spawn with 7=>w, w=>w, [7, 8]=>, close_others; IO.popen, open3, system, exec, PTY", quick=True,
          seconds=30)
def ruby_spawn(job):
    # In files: a number among the arguments would count as announced.
    for number in (5, 7, 8, 9):
        job.write(f"to{number}", f"echo to {number} >&{number}")
    job.write("from6", "cat <&6")
    said = job.run("ruby", "-w", job.write("program.rb", r"""
require 'open3'
require 'pty'
$stdout.sync = true
def start(*words, **options)
  Process.wait(spawn(*words, **options))
  $?.exitstatus
end
read, write = IO.pipe
start('sh', 'to7', 7 => write)
puts read.gets
start('sh', '-c', "echo to itself >&#{write.fileno}", write => write)
puts read.gets
start('sh', '-c', '. ./to8; . ./to9', [8, 9] => write)
puts read.gets, read.gets
puts start('sh', '-c', "echo >&#{write.fileno}", err: '/dev/null') == 0 ? 'open' : 'closed'
write.close_on_exec = false
start('sh', '-c', "echo unmarked >&#{write.fileno}", close_others: false)
puts read.gets
puts start('sh', '-c', "echo >&#{write.fileno}", close_others: true, err: '/dev/null') == 0 ? 'open' : 'closed'
File.write('file', "from a file\n")
start('sh', 'from6', 6 => 'file')
puts IO.popen(%w[tr a-z A-Z], 'r+') { |pipe| pipe.write('popen'); pipe.close_write; pipe.read }
out, err, status = Open3.capture3('sh', '-c', 'cat; echo error >&2; exit 4', stdin_data: 'open3 ')
puts out, err, status.exitstatus
puts Open3.pipeline_r('echo pipeline', 'tr a-z A-Z') { |last, _| last.read }
puts `echo backticks`, system('exit 3')
Process.wait(fork { exec('sh', 'to5', 5 => write) })
puts read.gets
PTY.spawn('tty') { |from, _, _| puts from.gets.start_with?('/dev/pts/') }
puts 20.times.map { |n| Thread.new { `echo #{n}`.to_i } }.sum(&:value)
""")).stdout
    job.expect(said == """to 7
to itself
to 8
to 9
closed
unmarked
closed
from a file
POPEN
open3 
error
4
PIPELINE
backticks
false
to 5
true
190
""", said)
    return said
