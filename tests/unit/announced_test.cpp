// SPDX-License-Identifier: Apache-2.0
//
// Which descriptors a program is told of: the ways of real programs, and what only looks like one.

#include "policy/announced.h"

#include <gmock/gmock.h>

#include <functional>
#include <initializer_list>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace cloexec {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int most_counted = 100;

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream words(line);
  return {std::istream_iterator<std::string>(words), {}};
}

std::vector<const char*> pointers_to(const std::vector<std::string>& words) {
  std::vector<const char*> pointers;
  for (const std::string& word : words) pointers.push_back(word.c_str());
  pointers.push_back(nullptr);
  return pointers;
}

using IsNew = std::function<bool(const std::string&)>;

std::set<int> announced(
    const std::vector<std::string>& arguments, const std::vector<std::string>& environment = {},
    const IsNew& is_new = [](const std::string&) { return true; }) {
  std::set<int> numbers;
  each_announcement(
      arguments.at(0), pointers_to(arguments).data(), pointers_to(environment).data(),
      [&](const char* entry) { return is_new(entry); },
      [&](const Announcement& told) {
        for (int fd = told.first; fd <= told.last && fd < most_counted; ++fd) numbers.insert(fd);
      });
  return numbers;
}

/// Of a command line without quotes.
std::set<int> announced_by(const std::string& line) { return announced(words_of(line)); }
std::set<int> announced_by_variable(const std::string& entry) { return announced({"x"}, {entry}); }

struct Told {
  const char* how;
  std::set<int> numbers;
};

TEST(Argument, AnnouncesByAWordThatSpeaksOfDescriptors) {
  const Told told[] = {
      {"dpkg --status-fd 7 --configure -a", {7}},
      {"gpg --batch --status-fd=7 --command-fd 8 --passphrase-fd 9", {7, 8, 9}},
      {"gpg --verify sig -&7", {7}},
      {"valgrind --log-fd=9 true", {9}},
      {"perf stat --log-fd 7 --control=fd:8,9 true", {7, 8, 9}},
      {"apt-get -o APT::Status-Fd=7 -oAPT::Keep-Fds::=8 install x", {7, 8}},
      {"ffmpeg -fd 7 -i fd: out", {7}},
      {"ffmpeg -i pipe:7 -f null pipe:8", {7, 8}},
      {"openssl rsa -passin fd:7 -passout file:/dev/fd/8", {7, 8}},
      {"mpv fd://8", {8}},
      {"mpv fdclose://8", {8}},
      {"vlc fd://8", {8}},
      {"kitty --listen-on=fd:8", {8}},
      {"newuidmap fd:7 0 1000 1", {7}},
      {"qemu -add-fd fd=7,set=1", {7}},
      {"qemu -add-fd set=1,fd=7", {7}},
      {"qemu -add-fd set=1,fd=7,opaque=rdonly:/a,fd=8", {7}},
      {"qemu -netdev tap,id=n,fds=7:8,vhostfds=9:10 -incoming fd:11", {7, 8, 9, 10, 11}},
      {"qemu -chardev socket,id=monitor,fd=30,server=on", {30}},
      {"swtpm socket --ctrl clientfd=7 --key pwdfd=8", {7, 8}},
      {"virtiofsd --fd=7", {7}},
      {"Xvfb -displayfd 7", {7}},
      {"Xwayland -rootless -listenfd 4 -listenfd 5 -wm 6 -initfd 8 -listen 9", {4, 5, 6, 8, 9}},
      {"urxvt -pty-fd 7", {7}},
      {"whiptail --output-fd 7 --yesno x 7 40", {7}},
      {"sesh --execfd=7", {7}},
      {"systemd-executor --deserialize 7", {7}},
      {"slirp4netns --ready-fd=3 --exit-fd=4 1234 tap0", {3, 4}},
      {"tor --__OwningControllerFD 7", {7}},
      {"curl -K /dev/fd/7 -d @/dev/fd/8", {7, 8}},
      {"diff /proc/self/fd/7 /dev/fd/63", {7, 63}},
      {"bash /dev/fd/7/script.sh", {7}},
      {"dd if=/dev/fd/7 of=/dev/fd/8", {7, 8}},
      {"cc -f/dev/fd/7", {7}},
      {"x --pass-fds=3,7 --fds 8,9", {3, 7, 8, 9}},
      {"x --fd8", {8}},
      {"x -sock-fd 7", {7}},
      {"x --FD=7 --sockFd=8 --keepFDs=9", {7, 8, 9}},
      {"x --jobserver-auth=3,4", {3, 4}},
      {"x --jobserver-fds=3,4", {3, 4}},
      {"x --fd=2147483647", {}},  // beyond what is counted here; the number is an int
      {"x fd=0", {0}},
      {"env NOTIFY_FD=7 x", {7}},
      {"sudo -u gpg gpg --status-fd 7", {7}},
  };
  for (const auto& [how, numbers] : told) EXPECT_EQ(announced_by(how), numbers) << how;
}

TEST(Argument, AnnouncesByWhatSingleProgramsAgreeUpon) {
  const Told told[] = {
      {"dbus-daemon --session --print-address 7 --print-pid=8", {7, 8}},
      {"/usr/bin/dbus-daemon --print-address=7", {7}},
      {"dbus-broker --log 7 --controller 8", {7, 8}},
      {"bwrap --args 7 --bind / /", {7}},
      {"bwrap --file 7 /x --bind-data 8 /y --ro-bind-data 9 /z --seccomp 10", {7, 8, 9, 10}},
      {"bwrap --block-fd 7 --info-fd 8 --sync-fd 9 --json-status-fd 10 --add-seccomp-fd 11", {7, 8, 9, 10, 11}},
      {"bwrap --userns 7 --userns2 8 --pidns 9 --bind-fd 10 /x", {7, 8, 9, 10}},
      {"xdg-dbus-proxy --args=7 --fd=8", {7, 8}},
      {"xterm -Sab8", {8}},
      {"xterm -S0112", {12}},
      {"xterm -S/dev/pts/4/8", {8}},
      {"lightdm --session-child 12 15", {12, 15}},
      {"exim4 -MCQ 4321 7 -MC remote_smtp host 192.0.2.1 2 id", {7}},
      {"dropbear -2 7", {7}},
      {"pppd plugin passwordfd.so passwordfd 7 logfd 8 pppol2tp 9", {7, 8, 9}},
      {"crun run --preserve-fds 2 x", {3, 4}},
      {"podman run --preserve-fds=3 x", {3, 4, 5}},
  };
  for (const auto& [how, numbers] : told) EXPECT_EQ(announced_by(how), numbers) << how;
  for (const auto* other :
       {"ssh -p 3", "x --print-address 7", "x --args 7", "x --file 7", "x -Sab8", "x --deserialize 7", "xterm -S7",
        "xterm -S 7", "xterm -S", "xterm -Sa", "xterm -S/dev/pts/4/", "xterm -S/7/", "exim4 -MCQ 4321", "x -2 7",
        "exim4 -MCt 192.0.2.1 25 TLS", "dropbear -p 22", "x passwordfd 7", "x fd 7", "xterms --args 7"})
    EXPECT_THAT(announced_by(other), IsEmpty()) << other;
}

TEST(Argument, AnnouncesNothingByANumberAlone) {
  for (const auto* line : {"sleep 5",
                           "x 7",
                           "x 3,4,5",
                           "x 13:14:16",
                           "x -w 15,10,5",
                           "x -7",
                           "x --7",
                           "x - 7",
                           "x -- 7",
                           "x +7",
                           "x 7.5",
                           "x -n7",
                           "x --level=7",
                           "x --level 7",
                           "x /dev/tty7",
                           "x /dev/tty/7",
                           "x /usr/share/7",
                           "x php8.7",
                           "x user@7",
                           "x 10.0.0.7",
                           "x a7",
                           "x fd7",
                           "jspawnhelper 13:14:16",
                           "lxc-monitord /var/lib/lxc 7",
                           "flock 9"})
    EXPECT_THAT(announced_by(line), IsEmpty()) << line;
}

TEST(Argument, AnnouncesNothingByWordsThatOnlySoundLikeIt) {
  for (const auto* line : {"x --fdatasync=7",
                           "x OFFD=7",
                           "x --off-d=7",
                           "x --listen=8080",
                           "x --listen 8080",
                           "x --socket-timeout 5",
                           "x --pipe-size=4",
                           "x --fd-limit=7",
                           "x --max-fds=8",
                           "x --max-fds 8",
                           "x --min-fd=8",
                           "x --num-fds=8",
                           "x --no-fd=5",
                           "stress-ng --fd-fork 4 --pipe 4 --sock 4",
                           "qemu -smp 8,sockets=4,cores=2",
                           "numactl --sockets 4",
                           "dd if=a of=b bs=7 count=8 conv=fdatasync",
                           "x --format=7",
                           "x --pdf 7",
                           "x --fdx=7",
                           "x --xfd=7",
                           "x fds",
                           "x --fd",
                           "x --fd x7",
                           "x --fd=x7",
                           "x --fd=",
                           "x --fd=7x",
                           "x --fd 7x",
                           "x --fd=-7",
                           "x --fd -7",
                           "x --fd=7.5",
                           "x --fd 1/7",
                           "x fd:",
                           "x fd:x",
                           "x fd:7x",
                           "x fd://",
                           "x fd:///7",
                           "x fdset:7",
                           "x xpipe:7",
                           "x -&",
                           "x -&7x",
                           "x -&&7",
                           "x /dev/fd",
                           "x /dev/fd/",
                           "x /dev/fd/x",
                           "x /dev/fd/7x",
                           "x /proc/self/fdinfo/7",
                           "x /proc/7/fd/8",
                           "x x/dev/fd/7",
                           "x //dev/fd/7",
                           "x -xy/dev/fd/7",
                           "x --fd=4294967303",
                           "x --fd 99999999999999999999999"})
    EXPECT_THAT(announced_by(line), IsEmpty()) << line;
}

TEST(Argument, AnnouncesNothingWithinALongerText) {
  for (const char* text : {"cat <&7 | wc",
                           "exec 3>&7",
                           "<&7",
                           "2>&1;cat <&7",
                           "cat /dev/fd/7",
                           "fd=7 x",
                           "gpg --status-fd 7",
                           "--status-fd 7",
                           "--status-fd=7 x y",
                           "a fd=7",
                           "/dev/fd/7 x",
                           "fd://8 x",
                           "fd:7 8",
                           "-&7 x",
                           "x=7 fd=8",
                           "@/dev/fd/7 x",
                           "fd=7,set=1 x",
                           "fd=7,x\ty",
                           "tap,fd=7,x\ny",
                           "/dev/fd/7/a b",
                           "x=/dev/fd/7/a b"}) {
    EXPECT_THAT(announced({"sh", "-c", text}), IsEmpty()) << text;
    EXPECT_THAT(announced({"sh", text}), IsEmpty()) << text;
  }
}

TEST(Argument, AnnouncesNothingByAValueThatAStrangerMayHaveChosen) {
  for (const std::string value : {"3;4;5;6", "a;fd=7", "--fd=7", "fd=7", "x,fd=7", "&fd=7", " --fd 7"}) {
    for (const std::string before : {"/srv/downloads/", "http://192.0.2.1/?q=", "http://192.0.2.1/a,", "https://x/",
                                     "mailto:a@b?subject=", "--title=", "--subject=x,", "Re: ", "magnet:?dn="})
      EXPECT_THAT(announced({"x", before + value}), IsEmpty()) << before << value;
    EXPECT_THAT(announced_by_variable("TR_TORRENT_NAME=" + value), IsEmpty()) << value;
  }
  EXPECT_THAT(announced({"x", "--title", "3,4,5"}), IsEmpty());
}

TEST(Argument, AnnouncesNothingBehindAKeyWhoseValueAStrangerMayHaveChosen) {
  for (const std::string key : {"title", "--title", "user", "--user", "name", "--name", "to", "--to", "--comment", "-t",
                                "subject", "--listen", "x", "-passin", "text"})
    for (const std::string value : {"x,fd=7", "x,fds=7:8", "x,y,fd=7,z=1", ",fd=7", "a.b,fd=7", "fd:7", "fd://7",
                                    "fdclose://7", "pipe:7", "pipe:7,8", "file:7", "fd:7,8", "x:fd=7", "-,fd=7"})
      EXPECT_THAT(announced({"x", key + '=' + value}), IsEmpty()) << key << '=' << value;
  // As perf and kitty, and only they, agree upon.
  for (const auto* line :
       {"perf stat --controls=fd:7", "perf stat control=fd:7", "perf stat --title=fd:7", "perf stat --control=x:fd:7",
        "perf stat --control=fifo:7", "perf stat --control=fd:7x", "kitty --title=fd:7", "kitty --listen-on=unix:7",
        "kitty --listen-on=tcp:localhost:7", "x --control=fd:7", "x --listen-on=fd:7"})
    EXPECT_THAT(announced_by(line), IsEmpty()) << line;
  // What that costs: these could not be told from a title.
  for (const auto* line : {"x --chardev=socket,fd=7", "x --ctrl=unixio,clientfd=7"})
    EXPECT_THAT(announced_by(line), IsEmpty()) << line;
  // What was written without a value there is a list of its program's own items.
  const Told told[] = {
      {"perf stat --control=fd:8,9 true", {8, 9}},
      {"/usr/bin/perf record --control=fd:8", {8}},
      {"kitty --listen-on=fd:8", {8}},
      {"qemu -netdev tap,id=n,fd=7", {7}},
      {"qemu -netdev tap,id=n,vhost=on,fd=7,vhostfd=8", {7, 8}},
      {"swtpm socket --ctrl type=unixio,clientfd=7", {7}},
      // A path says that it is meant, behind whatever key.
      {"x --title=/dev/fd/7 name=/proc/self/fd/8", {7, 8}},
      // A number behind a key that speaks of descriptors, first or not.
      {"x fd=7,title=x", {7}},
      {"x set=1,fd=7", {7}},
  };
  for (const auto& [how, numbers] : told) EXPECT_EQ(announced_by(how), numbers) << how;
}

TEST(Argument, OfTypicalCommandsAnnouncesNothing) {
  for (const auto* line : {"/usr/lib/nagios/plugins/check_load -w 15,10,5 -c 30,25,20",
                           "ping -c 3 -W 5 192.0.2.1",
                           "ffmpeg -i in.mp4 -c:v libx264 -preset fast -crf 23 -r 25 -g 50 -threads 4 out.mp4",
                           "taskset -c 2,3 worker",
                           "nice -n 10 gzip -9 /var/log/app.log",
                           "timeout -k 5 30 job",
                           "kill -9 4321",
                           "head -c 16 /dev/urandom",
                           "sort -t, -k3,3 f",
                           "cut -d: -f1,3 /etc/passwd",
                           "dd if=/dev/zero of=/dev/null bs=4 count=10",
                           "pigz -p 4 f",
                           "ssh -p 22 -o ConnectTimeout=10 -o BatchMode=yes host uptime",
                           "curl --retry 3 --max-time 10 http://192.0.2.1/",
                           "nc -z 192.0.2.1 22",
                           "dig +time=5 +tries=3 example.org",
                           "convert -density 150 in.pdf -rotate 90 out.png",
                           "make -j 4 -C 7",
                           "systemd-run -p MemoryMax=7 x",
                           "find . -mtime 7 -newer 8",
                           "tc qdisc add handle 7: root"})
    EXPECT_THAT(announced_by(line), IsEmpty()) << line;
}

TEST(Variable, AnnouncesByItsName) {
  const Told told[] = {
      {"PMI_FD=7", {7}},        // MPICH
      {"_FUSE_COMMFD=7", {7}},  // libfuse
      {"_FUSE_COMMFD2=7", {7}},
      {"SKALIBS_CHILD_SPAWN_FDS=8,9", {8, 9}},
      {"UWSGI_EMPEROR_FD=7", {7}},
      {"UWSGI_EMPEROR_FD_CONFIG=8", {8}},
      {"NODE_CHANNEL_FD=7", {7}},
      {"NOTIFY_FD=7", {7}},
      {"notify_fd=7", {7}},
      {"APT_HOOK_INFO_FD=20", {20}},
      {"DEBCONF_READFD=8", {8}},
      {"DEBCONF_WRITEFD=3", {3}},
      {"UNCACHED_ERR_FD=7", {7}},  // ccache
      {"BORG_PASSPHRASE_FD=7", {7}},
      {"BASH_XTRACEFD=7", {7}},
      {"VPNFD=7", {7}},  // openconnect
      {"DINIT_CS_FD=7", {7}},
      {"EINHORN_FD_0=7", {7}},
      {"UNICORN_FD=5,6", {5, 6}},
      {"NGINX=5;6;", {5, 6}},
      {"WAYLAND_SOCKET=7", {7}},
      {"WINESERVERSOCKET=7", {7}},
      {"FPM_SOCKETS=127.0.0.1:9000=8,/run/php.sock=9", {8, 9}},
      {"SERVER_STARTER_PORT=0.0.0.0:80=3;/run/x=4", {3, 4}},
      {"MOJO_REUSE=127.0.0.1:3000:7,unix:/run/x:8", {7, 8}},
      {"MAKEFLAGS= -j8 --jobserver-auth=3,4 -- A=5", {3, 4}},
      {"MAKEFLAGS=kw --jobserver-fds=3,4 -j", {3, 4}},
      {"CARGO_MAKEFLAGS=-j --jobserver-fds=7,8 --jobserver-auth=7,8", {7, 8}},
  };
  for (const auto& [how, numbers] : told) EXPECT_EQ(announced_by_variable(how), numbers) << how;
}

TEST(Variable, AnnouncesNothingByAnotherNameOrValue) {
  for (const auto* entry : {"TR_TORRENT_NAME=3;4;8;9",
                            "SHLVL=3",
                            "JOURNAL_STREAM=9:123",
                            "COLUMNS=80",
                            "ANYTHING=8",
                            "SOCKS_PORT=7",
                            "PIPELINE=7",
                            "SOCKET_TIMEOUT=5",
                            "SOCKET=7",
                            "PIPE=7",
                            "OFFD=7",
                            "FD_COUNT=8",
                            "MAX_FDS=8",
                            "FDATASYNC=7",
                            "SSH_AUTH_SOCK=/tmp/ssh-x/agent.9",
                            "NOTIFY_SOCKET=/run/7",
                            "TERM=xterm-8",
                            "PATH=/opt/8:/bin",
                            "LISTEN_FDNAMES=7",
                            "LISTEN_PID=7",
                            "WATCHDOG_PID=7",
                            "NGINX=",
                            "NGINX=x5;",
                            "NGINX_WORKERS=5",
                            "PMI_FD=",
                            "PMI_FD=x7",
                            "PMI_FD=7x",
                            "PMI_FD=-7",
                            "PMI_FD=fd:7",
                            "PMI_FD",
                            "",
                            "=7",
                            "FD",
                            "A=fd=7",
                            "A=--status-fd 7",
                            "A=/dev/fd/7",
                            "X FD=7",
                            "MAKEFLAGS=7",
                            "MAKEFLAGS= -j8 --jobserver-auth=fifo:/tmp/GMfifo7",
                            "MAKEFLAGS=--jobserver-auth=3x",
                            "MAKEFLAGS=-x--jobserver-auth=3,4",
                            "FPM_SOCKETS=/run/9",
                            "FPM_SOCKETS=a=9b",
                            "MOJO_REUSE=7",
                            "BASH_FUNC_fd%%=7",
                            "LC_FD=7",
                            "LANG_FD=7",
                            "UV_STATUS_FD=7",
                            "REDIRECT_HTTP_FD=7",
                            "http_fd=7",
                            "HTTP_FD=7",
                            "HTTP_X_FDS=3,4,5",
                            "HTTP_COOKIE=fd=7"})
    EXPECT_THAT(announced_by_variable(entry), IsEmpty()) << entry;
}

TEST(Variable, CountsWhenItIsNew) {
  const std::vector<std::string> environment = {"A=1", "OLD_FD=5", "NEW_FD=6", "B=2", "OTHER_FD=7"};
  EXPECT_THAT(announced({"x"}, environment, [](const std::string& entry) { return entry[0] != 'O'; }), ElementsAre(6));
  EXPECT_THAT(announced({"x"}, environment, [](const std::string&) { return false; }), IsEmpty());
}

TEST(Variable, OfSystemdCountsFromThreeOn) {
  EXPECT_THAT(announced_by_variable("LISTEN_FDS=2"), ElementsAre(3, 4));
  EXPECT_EQ(announced_by_variable("LISTEN_FDS=2147483647").size(), most_counted - 3U);
  for (const auto* entry : {"LISTEN_FDS=0", "LISTEN_FDS=", "LISTEN_FDS=x", "LISTEN_FDS=2x", "LISTEN_FDS=2,3",
                            "LISTEN_FDS=-1", "LISTEN_FDS=4294967297"})
    EXPECT_THAT(announced_by_variable(entry), IsEmpty()) << entry;
}

TEST(Variable, OfSystemdCountsWhenTheProcessIsNewAlthoughTheCountIsNot) {
  const auto announced_when_new = [](const std::vector<std::string>& environment, const std::set<std::string>& fresh) {
    return announced({"x"}, environment, [&](const std::string& entry) { return fresh.contains(entry); });
  };
  for (const std::vector<std::string>& environment :
       {std::vector<std::string>{"LISTEN_FDS=2", "A=1", "LISTEN_PID=77"}, {"LISTEN_PID=77", "A=1", "LISTEN_FDS=2"}}) {
    EXPECT_THAT(announced_when_new(environment, {"LISTEN_PID=77"}), ElementsAre(3, 4));
    EXPECT_THAT(announced_when_new(environment, {"LISTEN_FDS=2"}), ElementsAre(3, 4));
    EXPECT_THAT(announced_when_new(environment, {"LISTEN_FDS=2", "LISTEN_PID=77"}), ElementsAre(3, 4));
    EXPECT_THAT(announced_when_new(environment, {"A=1"}), IsEmpty());
  }
  EXPECT_THAT(announced_when_new({"LISTEN_PID=77"}, {"LISTEN_PID=77"}), IsEmpty());
}

TEST(Announced, IsNothingForAProgramThatAServersClientTells) {
  const std::vector<std::string> arguments = {"x", "--fd=7", "/dev/fd/8"};
  EXPECT_THAT(announced(arguments, {"A_FD=9"}), ElementsAre(7, 8, 9));
  EXPECT_THAT(announced(arguments, {"A_FD=9", "LISTEN_FDS=2", "GATEWAY_INTERFACE=CGI/1.1"}), IsEmpty());
  EXPECT_THAT(announced(arguments, {"GATEWAY_INTERFACE=", "A_FD=9"}, [](const std::string&) { return false; }),
              IsEmpty());
  EXPECT_THAT(announced(arguments, {"GATEWAY_INTERFACES=x"}), ElementsAre(7, 8));
}

TEST(Announced, TakesWhatIsNotThere) {
  const auto count = [](const char* const* arguments, const char* const* environment) {
    int found = 0;
    each_announcement(
        "x", arguments, environment, [](const char*) { return true; }, [&](const Announcement&) { ++found; });
    return found;
  };
  const char* const nothing[] = {nullptr};
  const char* const name_only[] = {"--fd=7", nullptr};
  const char* const one[] = {"A_FD=7", nullptr};
  EXPECT_EQ(count(nullptr, nullptr), 0);
  EXPECT_EQ(count(nothing, nothing), 0);
  EXPECT_EQ(count(name_only, nothing), 0);
  EXPECT_EQ(count(nullptr, one), 1);
}

TEST(Announced, NamesTheWordThatTells) {
  const std::vector<std::string> arguments = {"gpg", "--status-fd", "7", "--command-fd=8", "--fd6", "-f/dev/fd/5", "4"};
  std::vector<std::string> by;
  each_announcement(
      "gpg", pointers_to(arguments).data(), pointers_to({"PMI_FD=9"}).data(), [](const char*) { return true; },
      [&](const Announcement& told) { by.push_back(std::string(told.by) + "|" + std::string(told.behind)); });
  EXPECT_THAT(by, ElementsAre("PMI_FD=9|", "--status-fd|7", "--command-fd=8|", "--fd6|", "-f/dev/fd/5|"));
}

TEST(Name, SpeaksByItsLastWholeWord) {
  for (const auto* name : {"fd", "FD", "fds", "--status-fd", "LISTEN_FDS", "statusFd", "statusFD", "keepFDs",
                           "displayfd", "EINHORN_FD_0", "APT::Keep-Fds::", "a.fd"})
    EXPECT_TRUE(speaks_of_descriptors(name)) << name;
  for (const auto* name : {"", "-", "7", "f", "d", "s", "fdx", "xfd", "OFFD", "FDCount", "fd-count", "max-fd", "MaxFd",
                           "fdatasync", "pdf", "socket", "averyveryveryverylongwordfd"})
    EXPECT_FALSE(speaks_of_descriptors(name)) << name;
}

constexpr int first_announced(std::string_view target, std::initializer_list<const char*> words) {
  int first = -1;
  each_announcement_of_argument(target, words.begin(), [&](const Announcement& told) {
    if (first < 0) first = told.first;
  });
  return first;
}

TEST(Announced, WorksAtCompileTime) {
  static_assert(first_announced("gpg", {"--status-fd", "7", nullptr}) == 7);
  static_assert(first_announced("gpg", {"--status-fd=7", nullptr}) == 7);
  static_assert(first_announced("x", {"/dev/fd/7", nullptr}) == 7);
  static_assert(first_announced("xterm", {"-Sab8", nullptr}) == 8);
  static_assert(first_announced("sleep", {"7", nullptr}) == -1);
  static_assert(first_announced("x", {"--listen", "7", nullptr}) == -1);
  static_assert(speaks_of_descriptors("_FUSE_COMMFD"));
  static_assert(!speaks_of_descriptors("SHLVL"));
}

}  // namespace
}  // namespace cloexec
