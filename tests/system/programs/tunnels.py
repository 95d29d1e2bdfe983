# SPDX-License-Identifier: Apache-2.0
"""Tunnels: daemons that keep sockets and keys open, and start scripts at each change."""
from programs.strangers import LIST
from scenario import scenario


@scenario("openvpn", "iproute2", "util-linux", "python3", seconds=90,
          does="a plugin's process, --up and --route-up scripts; counted: what these got")
def openvpn(job):
    job.write("script", LIST + f"""
print(os.environ.get("script_type", "by-plugin"), *found, file=open("{job.directory}/scripts", "a"))
""", mode=0o755)
    job.run("openvpn", "--genkey", "secret", "key", bare=True)
    job.start("unshare", "--net", "sh", "-ec", f"""
ip link set lo up
words="--dev tun --secret key --cipher AES-256-CBC --ping 1 --ping-restart 20"
openvpn $words --lport 2001 --rport 2002 --remote 127.0.0.1 --ifconfig 10.9.0.2 10.9.0.1 &
exec openvpn $words --lport 2002 --rport 2001 --remote 127.0.0.1 --ifconfig 10.9.0.1 10.9.0.2 --script-security 2 \
  --plugin /usr/lib/openvpn/openvpn-plugin-down-root.so {job.directory}/script \
  --up {job.directory}/script --route-up {job.directory}/script --writepid {job.directory}/pid --verb 3""")
    scripts = job.directory / "scripts"

    def ran(name, times):
        return job.wait_for(lambda: scripts.read_text().count(name) >= times, name)
    ran("route-up", 1)
    job.wait_for(lambda: job.log.read_text().count("Initialization Sequence Completed") == 2, "the tunnel")
    job.count()
    pid = (job.directory / "pid").read_text().strip()
    job.run("kill", "-TERM", pid, bare=True)
    ran("by-plugin", 1)
    arrived = [word for line in scripts.read_text().splitlines() for word in line.split()[1:]]
    job.expect("LD_PRELOAD" not in job.environment or not arrived, f"arrived: {arrived}")


@scenario("strongswan", "strongswan-starter", "iproute2", "util-linux", seconds=120,
          does="starter starts charon; two of them agree on keys")
def strongswan(job):
    for side, here, there in (("one", "192.0.2.1", "192.0.2.2"), ("two", "192.0.2.2", "192.0.2.1")):
        job.write(f"{side}/ipsec.conf", f"""config setup
conn tunnel
  keyexchange=ikev2
  authby=secret
  left={here}
  right={there}
  auto=add
""")
        job.write(f"{side}/ipsec.secrets", f'{here} {there} : PSK "secret"\n')
    job.write("side", f"""
side=$1
touch {job.directory}/$side/ready
mount -t tmpfs none /run
mount --bind {job.directory}/$side/ipsec.conf /etc/ipsec.conf
mount --bind {job.directory}/$side/ipsec.secrets /etc/ipsec.secrets
ip link set lo up
until ip link set $side up; do sleep 0.1; done
ip addr add $2/24 dev $side
echo $$ > {job.directory}/$side/pid
exec ipsec start --nofork
""")
    job.start("unshare", "--mount", "--net", "sh", "-ec", f"""
unshare --net --mount sh -e {job.directory}/side two 192.0.2.2 &
until [ -e {job.directory}/two/ready ]; do sleep 0.1; done
ip link add one type veth peer name two netns $!
exec sh -e {job.directory}/side one 192.0.2.1""")

    def ipsec(side, *words):
        pid = (job.directory / side / "pid").read_text().strip()
        return job.run("nsenter", "-t", pid, "-m", "-n", "ipsec", *words, check=False, bare=True).stdout
    for side in ("one", "two"):
        job.wait_for(lambda side=side: "tunnel" in ipsec(side, "statusall"), f"charon on side {side}")
    # Kernels without ESP are no reason to fail: the keys are what charon is for.
    said = job.wait_for(lambda: "established between" in (text := ipsec("one", "up", "tunnel")) and text, "the keys")
    job.expect("with pre-shared key successful" in said, said[-600:])
    job.count()
