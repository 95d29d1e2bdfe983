// SPDX-License-Identifier: Apache-2.0

#include "seal/waits.h"

#include <elf.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <limits>

#include "trace/proc.h"

namespace cloexec::seal {
namespace {

using trace::Word;

enum class Kind : std::uint8_t {
  lasting,       // is begun again by the kernel, with what is left of its time
  relative,      // the same, unless a flag says that its time is a point of the clock
  timed_int,     // a time-out in milliseconds, negative for none, in argument `at`
  timed_struct,  // a pointer to a time-out, or null, in argument `at`
  input,         // of what may be a socket
  flagged,       // of a socket, flags in argument `at`
  many,          // messages, flags in argument `at`
  output,        // argument `at` is a size
  ring,          // io_uring_enter
  sockets,       // i386: the number of a call is the first argument
  messages,      // the same, of System V
  visible,
};

struct Known {
  const char* name;
  std::array<short, 3> numbers;  // of x86-64, i386 and aarch64 (unistd.h of each); -1 where there is none
  Kind kind;
  unsigned at = 0;
};

constexpr Known known[] = {
    {"restart_syscall", {219, 0, 128}, Kind::lasting},
    {"nanosleep", {35, 162, 101}, Kind::lasting},
    {"clock_nanosleep", {230, 267, 115}, Kind::relative, 1},
    {"clock_nanosleep_time64", {-1, 407, -1}, Kind::relative, 1},
    {"futex", {202, 240, 98}, Kind::lasting},
    {"futex_time64", {-1, 422, -1}, Kind::lasting},
    {"futex_waitv", {449, 449, 449}, Kind::lasting},
    {"poll", {7, 168, -1}, Kind::lasting},
    {"ppoll", {271, 309, 73}, Kind::lasting},
    {"ppoll_time64", {-1, 414, -1}, Kind::lasting},
    {"select", {23, 142, -1}, Kind::lasting},
    {"select", {-1, 82, -1}, Kind::lasting},
    {"pselect6", {270, 308, 72}, Kind::lasting},
    {"pselect6_time64", {-1, 413, -1}, Kind::lasting},
    {"wait4", {61, 114, 260}, Kind::lasting},
    {"waitpid", {-1, 7, -1}, Kind::lasting},
    {"waitid", {247, 284, 95}, Kind::lasting},
    {"pause", {34, 29, -1}, Kind::lasting},
    {"rt_sigsuspend", {130, 179, 133}, Kind::lasting},
    {"sigsuspend", {-1, 72, -1}, Kind::lasting},
    {"flock", {73, 143, 32}, Kind::lasting},
    {"fcntl", {72, 55, 25}, Kind::lasting},
    {"fcntl64", {-1, 221, -1}, Kind::lasting},
    {"open", {2, 5, -1}, Kind::lasting},
    {"openat", {257, 295, 56}, Kind::lasting},
    {"syslog", {103, 103, 116}, Kind::lasting},
    {"msgrcv", {70, 401, 188}, Kind::lasting},
    {"msgsnd", {69, 400, 189}, Kind::lasting},
    {"mq_timedsend", {242, 279, 182}, Kind::lasting},
    {"mq_timedsend_time64", {-1, 418, -1}, Kind::lasting},
    {"mq_timedreceive", {243, 280, 183}, Kind::lasting},
    {"mq_timedreceive_time64", {-1, 419, -1}, Kind::lasting},
    {"semop", {65, -1, 193}, Kind::lasting},
    {"semtimedop", {220, -1, 192}, Kind::timed_struct, 3},
    {"semtimedop_time64", {-1, 420, -1}, Kind::timed_struct, 3},
    {"epoll_wait", {232, 256, -1}, Kind::timed_int, 3},
    {"epoll_pwait", {281, 319, 22}, Kind::timed_int, 3},
    {"epoll_pwait2", {441, 441, 441}, Kind::timed_struct, 3},
    {"rt_sigtimedwait", {128, 177, 137}, Kind::timed_struct, 2},
    {"rt_sigtimedwait_time64", {-1, 421, -1}, Kind::timed_struct, 2},
    {"read", {0, 3, 63}, Kind::input},
    {"readv", {19, 145, 65}, Kind::input},
    {"accept", {43, -1, 202}, Kind::input},
    {"accept4", {288, 364, 242}, Kind::input},
    {"connect", {42, 362, 203}, Kind::input},
    {"recvfrom", {45, 371, 207}, Kind::flagged, 3},
    {"recvmsg", {47, 372, 212}, Kind::flagged, 2},
    {"recvmmsg", {299, 337, 243}, Kind::many, 3},
    {"recvmmsg_time64", {-1, 417, -1}, Kind::many, 3},
    {"write", {1, 4, 64}, Kind::output, 2},
    {"io_uring_enter", {426, 426, 426}, Kind::ring},
    {"socketcall", {-1, 102, -1}, Kind::sockets},
    {"ipc", {-1, 117, -1}, Kind::messages},
    // What follows is named in messages alone.
    {"close", {3, 6, 57}, Kind::visible},
    {"ioctl", {16, 54, 29}, Kind::visible},
    {"writev", {20, 146, 66}, Kind::visible},
    {"pwrite64", {18, 181, 68}, Kind::visible},
    {"sendto", {44, 369, 206}, Kind::visible},
    {"sendmsg", {46, 370, 211}, Kind::visible},
    {"sendmmsg", {307, 345, 269}, Kind::visible},
    {"sendfile", {40, 187, 71}, Kind::visible},
    {"splice", {275, 313, 76}, Kind::visible},
    {"tee", {276, 315, 77}, Kind::visible},
    {"vmsplice", {278, 316, 75}, Kind::visible},
    {"copy_file_range", {326, 377, 285}, Kind::visible},
    {"io_getevents", {208, 247, 4}, Kind::visible},
};

#ifdef __x86_64__
constexpr std::size_t own_column = 0;
#else
constexpr std::size_t own_column = 2;
#endif

const Known* find(long number, bool is_narrow) {
  if (number < 0) return nullptr;
  const std::size_t column = is_narrow ? 1 : own_column;
  for (const Known& one : known)
    if (one.numbers[column] == number) return &one;
  return nullptr;
}

bool is_socket(pid_t task, Word fd) {
  return trace::link_in_proc(task, "fd/" + std::to_string(static_cast<unsigned>(fd))).starts_with("socket:");
}

Harm harm_to_input(pid_t task, Word fd) { return is_socket(task, fd) ? Harm::unknown : Harm::none; }

/// A pipe takes as much at once; a socket does in most cases.
Harm harm_to_output(pid_t task, Word fd, Word size) {
  constexpr Word at_once = 4096;  // PIPE_BUF
  return size > at_once ? Harm::visible : harm_to_input(task, fd);
}

Harm harm_to_ring(const WaitingCall& call) {
  constexpr Word has_timeout = 1U << 3;  // IORING_ENTER_EXT_ARG
  if (call.arguments[1] != 0) return Harm::visible;
  return (call.arguments[3] & has_timeout) != 0 ? Harm::delay : Harm::none;
}

/// socketcall(2): connect, accept, recv, recvfrom, recvmsg, accept4 (linux/net.h). Its flags are in memory.
Harm harm_to_socketcall(Word call) {
  return call == 3 || call == 5 || call == 10 || call == 12 || call == 17 || call == 18 ? Harm::unknown : Harm::visible;
}

/// ipc(2): semop, semtimedop, msgsnd, msgrcv (linux/ipc.h).
Harm harm_to_ipc(Word call) {
  switch (call & 0xFFFF) {
    case 1:
    case 11:
    case 12:
      return Harm::none;
    case 4:
      return Harm::delay;
    default:
      return Harm::visible;
  }
}

/// Takes what stands before the next blank off `text`.
std::string_view take_word(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find_first_of(" \n"));
  text.remove_prefix(word.size() < text.size() ? word.size() + 1 : text.size());
  return word;
}

Word hexadecimal(std::string_view text) {
  if (text.starts_with("0x")) text.remove_prefix(2);
  Word value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, 16);
  return value;
}

}  // namespace

std::optional<WaitingCall> waiting_call_of(pid_t task, bool is_narrow) {
  // "NUMBER ARGUMENT... STACK COUNTER", "-1 STACK COUNTER" or "running" (proc(5)).
  const std::string text = trace::beginning_in_proc(task, "syscall");
  std::string_view rest = text;
  WaitingCall call;
  call.is_narrow = is_narrow;
  const std::string_view number = take_word(rest);
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), call.number);
  if (error != std::errc{} || call.number < 0) return {};
  for (Word& argument : call.arguments) argument = hexadecimal(take_word(rest));
  return call;
}

Harm harm_to(const WaitingCall& call, pid_t task) {
  const Known* const one = find(call.number, call.is_narrow);
  if (one == nullptr) return Harm::visible;
  const Word argument = call.arguments[one->at];
  switch (one->kind) {
    case Kind::lasting:
    case Kind::relative:
      return Harm::none;
    case Kind::timed_int:
      return static_cast<int>(argument) < 0 ? Harm::none : Harm::delay;
    case Kind::timed_struct:
      return argument == 0 ? Harm::none : Harm::delay;
    case Kind::input:
      return harm_to_input(task, call.arguments[0]);
    case Kind::flagged:
      return (argument & MSG_WAITALL) != 0 ? Harm::visible : Harm::unknown;
    case Kind::many:
      return (argument & MSG_WAITFORONE) == 0 ? Harm::visible : Harm::unknown;
    case Kind::output:
      return harm_to_output(task, call.arguments[0], argument);
    case Kind::ring:
      return harm_to_ring(call);
    case Kind::sockets:
      return harm_to_socketcall(call.arguments[0]);
    case Kind::messages:
      return harm_to_ipc(call.arguments[0]);
    case Kind::visible:
      return Harm::visible;
  }
  return Harm::visible;
}

bool may_begin_again(const WaitingCall& call, pid_t task) { return harm_to(call, task) != Harm::visible; }

bool has_rest(const WaitingCall& call) {
  const Known* const one = find(call.number, call.is_narrow);
  if (one == nullptr) return false;
  const std::string_view name = one->name;
  if (one->kind == Kind::relative) return (call.arguments[1] & 1U) == 0;  // not TIMER_ABSTIME
  constexpr Word operation = 0x7F;                                        // FUTEX_CMD_MASK
  const Word what = call.arguments[1] & operation;
  constexpr Word wait = 0;
  constexpr Word wait_bitset = 9;
  if (name == "futex") return (what == wait || what == wait_bitset) && call.arguments[3] != 0;
  return name == "nanosleep" || name == "restart_syscall";
}

std::string_view name_of_call(long number, bool is_narrow) {
  const Known* const one = find(number, is_narrow);
  return one != nullptr ? one->name : std::string_view();
}

bool is_narrow_program([[maybe_unused]] pid_t process) {
#ifdef __x86_64__
  std::array<char, EI_NIDENT> header{};
  const int fd = trace::open_in_proc(process, "exe");
  if (fd < 0) return false;
  const ssize_t got = read(fd, header.data(), header.size());
  close(fd);
  return got == EI_NIDENT && header[EI_CLASS] == ELFCLASS32;
#else
  return false;
#endif
}

}  // namespace cloexec::seal
