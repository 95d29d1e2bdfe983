// SPDX-License-Identifier: Apache-2.0
//
// recvmsg(2) and recvmmsg(2): descriptors that a message brings, and the flags that come back with it.

#include <sys/socket.h>
#include <time.h>

#include "families.h"

typedef ssize_t one_type(int, struct msghdr*, int);
typedef int many_type(int, struct mmsghdr*, unsigned, int, struct timespec*);

enum { sent = 2 };

static int ends[2] = {-1, -1};

/// Room for one message, and what became of it.
struct mail {
  struct mmsghdr header;
  struct iovec bytes;
  char text[64];
  _Alignas(struct cmsghdr) char control[CMSG_SPACE(sent * sizeof(int))];
};

static void clear(struct mail* mail, size_t control_size) {
  memset(mail, 0, sizeof *mail);
  mail->bytes = (struct iovec){mail->text, sizeof mail->text};
  mail->header.msg_hdr.msg_iov = &mail->bytes;
  mail->header.msg_hdr.msg_iovlen = 1;
  mail->header.msg_hdr.msg_control = control_size > 0 ? mail->control : NULL;
  mail->header.msg_hdr.msg_controllen = (socklen_t)control_size;  // size_t in glibc, as no standard has it
}

/// A message of five bytes with `count` descriptors.
static void send_descriptors(int count) {
  struct mail mail;
  const int fds[sent] = {1, 2};
  clear(&mail, count > 0 ? CMSG_SPACE((size_t)count * sizeof(int)) : 0);
  memcpy(mail.text, "bytes", 5);
  mail.bytes.iov_len = 5;
  if (count > 0) {
    struct cmsghdr* header = CMSG_FIRSTHDR(&mail.header.msg_hdr);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = (socklen_t)CMSG_LEN((size_t)count * sizeof(int));
    memcpy(CMSG_DATA(header), fds, (size_t)count * sizeof(int));
  }
  if (sendmsg(ends[1], &mail.header.msg_hdr, 0) != 5) _exit(1);
}

/// How many descriptors came; they are stored.
static int received_descriptors(struct mail* mail, int* fds) {
  struct msghdr* message = &mail->header.msg_hdr;
  int count = 0;
  const struct cmsghdr* header = CMSG_FIRSTHDR(message);
  if (header == NULL || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) return 0;
  for (size_t at = 0; CMSG_LEN(at + sizeof(int)) <= header->cmsg_len && count < sent; at += sizeof(int))
    memcpy(&fds[count++], CMSG_DATA(header) + at, sizeof(int));
  return count;
}

static int receive(int fd, struct mail* mail, int flags) {
  if (subject.kind == receive_one) return (int)CALL(one_type*)(fd, &mail->header.msg_hdr, flags);
  const int messages = CALL(many_type*)(fd, &mail->header, 1, flags, NULL);
  return messages < 0 ? -1 : (int)mail->header.msg_len;
}

static void connect_ends(void) {
  if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0) _exit(1);
  send_descriptors(sent);
}

static void close_ends(void) {
  close(ends[0]);
  if (ends[1] >= 0) close(ends[1]);
}

static int make_received(int* fds) {
  struct mail mail;
  clear(&mail, sizeof mail.control);
  if (receive(ends[0], &mail, 0) < 0) return -1;
  return received_descriptors(&mail, fds);
}

const struct maker receive_maker = {
    .count = sent, .roles = {"first", "second"}, .prepare = connect_ends, .make = make_received, .tidy = close_ends};

static void tell_mail(const char* what, int descriptors, size_t control_size, int flags) {
  struct mail mail;
  int fds[sent];
  if (descriptors >= 0) send_descriptors(descriptors);
  clear(&mail, control_size);
  errno = untouched;
  const int size = receive(ends[0], &mail, flags);
  const int error = errno;
  const int count = size >= 0 ? received_descriptors(&mail, fds) : 0;
  fact("%s size=%d flags=%#x control=%zu descriptors=%d errno=%s", what, size, (unsigned)mail.header.msg_hdr.msg_flags,
       (size_t)mail.header.msg_hdr.msg_controllen, count, error_name(error));
  for (int i = 0; i < count; ++i) {
    tell_flag(what, fds[i]);
    close(fds[i]);
  }
}

static void tell_mails(void) {
  const size_t room = CMSG_SPACE(sent * sizeof(int));
  tell_mail("none-sent", 0, room, 0);
  tell_mail("no-control", 0, 0, 0);
  tell_mail("one-sent", 1, room, 0);
  tell_mail("both-sent", sent, room, 0);
  tell_mail("asked", sent, room, MSG_CMSG_CLOEXEC);
  tell_mail("asked-no-control", 0, 0, MSG_CMSG_CLOEXEC);
  tell_mail("cut-short", sent, CMSG_SPACE(0), 0);
  tell_mail("sent-no-control", sent, 0, 0);
  tell_mail("tiny-control", sent, 4, 0);
  tell_mail("nothing-there", -1, room, MSG_DONTWAIT);
  tell_mail("nothing-there-asked", -1, room, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  close(ends[1]);
  ends[1] = -1;
  tell_mail("at-end", -1, room, 0);
  tell_mail("at-end-asked", -1, room, MSG_CMSG_CLOEXEC);
  tell_mail("at-end-no-control", -1, 0, 0);
}

static void tell_two_messages(void) {
  struct mail mails[2];
  struct mmsghdr headers[2];
  connect_ends();
  send_descriptors(1);
  for (int i = 0; i < 2; ++i) {
    clear(&mails[i], sizeof mails[i].control);
    headers[i] = mails[i].header;
  }
  errno = untouched;
  const int count = CALL(many_type*)(ends[0], headers, 2, 0, NULL);
  fact("two messages=%d errno=%s", count, error_name(errno));
  for (int i = 0; i < count; ++i) {
    int fds[sent];
    mails[i].header = headers[i];
    const int descriptors = received_descriptors(&mails[i], fds);
    fact("message-%d flags=%#x descriptors=%d", i, (unsigned)headers[i].msg_hdr.msg_flags, descriptors);
    for (int each = 0; each < descriptors; ++each) {
      tell_flag("message", fds[each]);
      close(fds[each]);
    }
  }
  RESULT("no-messages", CALL(many_type*)(ends[0], headers, 0, MSG_DONTWAIT, NULL));
  close_ends();
}

static void tell_errors(void) {
  struct mail mail;
  clear(&mail, sizeof mail.control);
  const int file = open(temp_path("file"), O_RDONLY);
  RESULT("bad", receive(-1, &mail, 0));
  RESULT("not-a-socket", receive(file, &mail, 0));
  close(file);
  const int idle = socket(AF_INET, SOCK_STREAM, 0);
  RESULT("not-connected", receive(idle, &mail, 0));
  close(idle);
}

void run_receive(void) {
  int fds[most_descriptors];
  if (made(&receive_maker, fds)) {
    tell_mails();
    release(&receive_maker, fds);
  }
  if (subject.kind == receive_many) tell_two_messages();
  tell_errors();
  tell_limits(&receive_maker);
}

void block_receive(void) {
  struct mail mail;
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) _exit(1);
  clear(&mail, sizeof mail.control);
  about_to_block();
  receive(ends[0], &mail, 0);
}
