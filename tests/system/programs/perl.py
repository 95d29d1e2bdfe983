# SPDX-License-Identifier: Apache-2.0
"""Perl marks what is above $^F itself; POSIX::dup2 and a lowered bar are how its programs pass the rest."""
from scenario import scenario


def prints(job, program, expected):
    said = job.run("perl", "-w", job.write("program.pl", program)).stdout
    job.expect(said == expected, said)
    return said


@scenario("perl", does="POSIX::dup2 to 7 in the parent, and in a forked child before exec; $^F; fcntl", quick=True,
          seconds=30)
def perl_dup2(job):
    # A number among the arguments would count as announced.
    reader = 'open my $in, "<&=", $ARGV[0] // 7 or die "closed: $!"; print scalar <$in>;'
    job.write("reader.pl", reader)
    return prints(job, r"""
use POSIX (); use Fcntl;
$| = 1;
sub text { open my $out, '>', 'text'; print $out "$_[0]\n"; close $out; open my $in, '<', 'text'; return $in; }
my $in = text('from the parent');
POSIX::dup2(fileno $in, 7);
system 'perl', 'reader.pl';
POSIX::close(7);
$in = text('from the child');
if (fork == 0) { POSIX::dup2(fileno $in, 7); exec 'perl', 'reader.pl'; }
wait;
{ local $^F = 20; $in = text('below the bar'); }
system 'perl', 'reader.pl', fileno $in;
$in = text('by fcntl');
fcntl $in, F_SETFD, 0;
system 'perl', 'reader.pl', fileno $in;
$in = text('above the bar');
print system('perl reader.pl ' . fileno($in) . ' 2>/dev/null') != 0 ? "closed\n" : "open\n";
""", "from the parent\nfrom the child\nbelow the bar\nby fcntl\nclosed\n")


@scenario("perl", does="system, backticks, open to and from a pipe, open2, open3, IPC::Cmd, a heredoc", quick=True,
          seconds=30)
def perl_pipes(job):
    return prints(job, r"""
use IPC::Open2; use IPC::Open3; use IPC::Cmd; use Symbol 'gensym';
$| = 1;
print system('true && exit 3') >> 8, ' ', `echo backticks`, qx{echo quoted; echo error 2>&1 >&2};
open my $from, '-|', 'echo', 'from a pipe'; print <$from>; close $from;
open my $to, '|-', 'cat'; print $to "to a pipe\n"; close $to;
my $pid = open2(my $out, my $in, 'tr', 'a-z', 'A-Z'); print $in "open2\n"; close $in; print <$out>; waitpid $pid, 0;
$pid = open3($in, $out, my $err = gensym, 'sh', '-c', 'cat; echo error >&2; exit 4');
print $in "open3\n"; close $in; print <$out>, <$err>; waitpid $pid, 0; print $? >> 8, "\n";
open my $saved, '>&', \*STDOUT; close STDOUT; open STDOUT, '>', 'file'; system 'echo to a file';
close STDOUT; open STDOUT, '>&', $saved; print "back: ", `cat file`;
my ($ok, undef, undef, $lines) = IPC::Cmd::run(command => 'echo by IPC::Cmd'); print @$lines;
""", "3 backticks\nquoted\nerror\nfrom a pipe\nto a pipe\nOPEN2\nopen3\nerror\n4\nback: to a file\nby IPC::Cmd\n")
