# SPDX-License-Identifier: Apache-2.0
"""Node's children: libuv gives them pipes at numbers of the program's choice, an IPC channel, and shared sockets."""
from scenario import scenario


def node(job, program, *words, **options):
    return job.run("node", job.write("program.js", program), *words, **options).stdout


@scenario("nodejs", does="spawn with extra pipes at 3 and 4 and a file at 5; the child gets no other descriptor",
          quick=True, seconds=30)
def node_stdio(job):
    # In a file: a number among the arguments would count as announced.
    job.write("child", 'read line <&3; echo "got $line" >&4; cat <&5; ls /proc/$$/fd')
    said = node(job, r"""
const {spawn} = require('child_process');
const fs = require('fs');
fs.writeFileSync('given', 'from a file\n');
const held = fs.openSync('held', 'w');
const child = spawn('sh', ['child'],
                    {stdio: ['ignore', 'pipe', 'inherit', 'pipe', 'pipe', fs.openSync('given')]});
let out = '', extra = '';
child.stdio[1].on('data', data => out += data);
child.stdio[4].on('data', data => extra += data);
child.stdio[3].end('through 3\n');
child.on('close', status => console.log(extra + out.replace(/\n/g, ' ') + status));
""")
    # 10 is where a shell keeps its script.
    job.expect(said == "got through 3\nfrom a file 0 1 10 2 3 4 5 0\n", said)
    return said


@scenario("nodejs", does="exec, execFile with input, spawnSync and execSync; 30 at once", quick=True, seconds=30)
def node_exec(job):
    job.write("child", "cat <&3; exit 5")
    said = node(job, r"""
const {exec, execFile, execSync, spawnSync} = require('child_process');
const {promisify} = require('util');
(async () => {
  console.log((await promisify(exec)('echo one; echo two >&2')).stderr.trim());
  console.log(execSync('cat', {input: 'by input'}).toString());
  const done = spawnSync('sh', ['child'], {stdio: ['ignore', 'pipe', 'pipe', 0]});
  console.log(done.status, done.stdout.toString());
  const all = await Promise.all([...Array(30).keys()].map(n => promisify(exec)('echo ' + n)));
  console.log(all.map(each => each.stdout.trim()).join());
})();
""", input="standard input")
    job.expect(said == "two\nby input\n5 standard input\n" + ",".join(str(n) for n in range(30)) + "\n", said)
    return said


@scenario("nodejs", does="fork: messages both ways over the channel, and a socket is sent through it", quick=True,
          seconds=30)
def node_fork(job):
    job.write("child.js", r"""
process.on('message', (message, server) => {
  if (server) {
    server.on('connection', socket => socket.end('served by the child'));
    process.send({ready: true});
  } else {
    process.send({doubled: message.number * 2, channel: process.channel !== undefined});
  }
});
""")
    said = node(job, r"""
const {fork} = require('child_process');
const net = require('net');
const child = fork('./child.js', {silent: false});
const server = net.createServer();
child.on('message', message => {
  console.log(JSON.stringify(message));
  if (message.doubled) {
    server.listen(0, '127.0.0.1', () => child.send('serve', server));
  } else {
    const port = server.address().port;
    server.close();
    let answer = '';
    net.connect(port, '127.0.0.1').on('data', data => answer += data).on('end', () => {
      console.log(answer);
      child.kill();
    });
  }
});
child.send({number: 21});
""")
    job.expect(said == '{"doubled":42,"channel":true}\n{"ready":true}\nserved by the child\n', said)
    return said


CLUSTER = r"""
const cluster = require('cluster');
const http = require('http');
const port = parseInt(process.argv[2]);
if (cluster.isPrimary) {
  cluster.schedulingPolicy = process.argv[3] === 'shared' ? cluster.SCHED_NONE : cluster.SCHED_RR;
  for (let n = 0; n < 3; ++n) cluster.fork();
  let listening = 0;
  cluster.on('listening', () => { if (++listening === 3) console.log('three listen'); });
} else {
  http.createServer((request, answer) => answer.end('worker ' + cluster.worker.id)).listen(port, '127.0.0.1');
}
"""


def cluster(job, policy):
    port = job.port()
    job.start("node", job.write("cluster.js", CLUSTER), port, policy)
    job.wait_for(lambda: "three listen" in job.log.read_text(), "the workers")
    fetch = ["curl", "-sS", f"http://127.0.0.1:{port}/"]
    answers = {job.run(*fetch, bare=True).stdout for _ in range(12)}
    job.expect(answers <= {f"worker {n}" for n in (1, 2, 3)}, answers)
    job.expect(policy == "shared" or len(answers) == 3, answers)
    job.count()


@scenario("nodejs", "curl", does="cluster: three workers serve one port in turn", quick=True, seconds=30)
def node_cluster(job):
    cluster(job, "in turn")


@scenario("nodejs", "curl", does="cluster: three workers share one listening socket", quick=True, seconds=30)
def node_cluster_shared(job):
    cluster(job, "shared")
