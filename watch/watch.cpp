// SPDX-License-Identifier: Apache-2.0

#include "watch/watch.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/btf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "exec.skel.h"
#include "watch/calls.h"
#include "watch/obstacle.h"

namespace cloexec::watch {
namespace {

/// libbpf says much on standard error, and of many lines one matters: it is in the exception.
int be_silent(libbpf_print_level /*level*/, const char* /*format*/, va_list /*values*/) { return 0; }

struct CloseSkeleton {
  void operator()(exec_bpf* skeleton) const { exec_bpf__destroy(skeleton); }
};

struct FreeRing {
  void operator()(ring_buffer* ring) const { ring_buffer__free(ring); }
};

std::uint64_t missed_by(const bpf_program* program) {
  bpf_prog_info info{};
  __u32 size = sizeof info;
  return bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) == 0 ? info.recursion_misses : 0;
}

int add_record(void* assembler, void* record, std::size_t size) {
  static_cast<Assembler*>(assembler)->add(record, size);
  return 0;
}

struct FreeTypes {
  void operator()(btf* types) const { btf__free(types); }
};

/// Whether this kernel offers a function to programs in it.
bool has_function(const char* name) {
  const std::unique_ptr<btf, FreeTypes> types(btf__load_vmlinux_btf());
  return types && btf__find_by_name_kind(types.get(), name, BTF_KIND_FUNC) > 0;
}

void note_makers(exec_bpf& skeleton, bool does_so) {
  constexpr __u32 next_to_none = 64;
  skeleton.rodata->notes_makers = does_so;
  bpf_program__set_autoload(skeleton.progs.returned, does_so);
  if (!does_so) bpf_map__set_max_entries(skeleton.maps.makers, next_to_none);
  skeleton.rodata->control_call = SYS_fcntl;
  skeleton.rodata->socketpair_call = SYS_socketpair;
  for (const MakingCall& call : making_calls()) {
    auto& words = call.makes_two ? skeleton.rodata->pair_calls : skeleton.rodata->making_calls;
    words[call.number / 64] |= __u64{1} << call.number % 64;
  }
}

/// The note of a process that was there before. Whether it is there still, and had none.
bool mark_as_watched(int notes, int briefs, int process, std::size_t size) {
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, process, 0));
  if (pidfd < 0) return false;
  // An image, and that it is watched, come first (struct note); it was not forked as far as is known.
  std::vector<std::uint64_t> note(size / sizeof(std::uint64_t) + 1);
  note[0] = before_watch | static_cast<std::uint64_t>(process);
  note[1] = 1;
  const std::array<std::uint64_t, 2> brief{note[0], 1};
  const bool is_done = bpf_map_update_elem(notes, &pidfd, note.data(), BPF_NOEXIST) == 0 &&
                       bpf_map_update_elem(briefs, &process, brief.data(), BPF_ANY) == 0;
  close(pidfd);
  return is_done;
}

}  // namespace

struct Watch::Loaded {
  std::unique_ptr<exec_bpf, CloseSkeleton> skeleton;
  std::unique_ptr<ring_buffer, FreeRing> ring;
  std::uint64_t lost = 0;
};

Watch::Watch(const Options& options, Assembler::Take take)
    : loaded_(std::make_unique<Loaded>()), assembler_(std::move(take)) {
  if (const std::string obstacle = find_obstacle(); !obstacle.empty()) throw Unavailable(obstacle);
#ifndef __x86_64__
  if (options.notes_makers) throw Unavailable("who has made a descriptor can be seen on x86-64 alone");
#endif
  libbpf_set_print(be_silent);
  const int processors = libbpf_num_possible_cpus();
  loaded_->skeleton.reset(exec_bpf__open());
  exec_bpf* const skeleton = loaded_->skeleton.get();
  if (skeleton == nullptr) throw Unavailable(explain_failure("open", errno));
  skeleton->rodata->watches_some = !options.processes.empty();
  skeleton->rodata->can_cast = has_function("bpf_rdonly_cast");
  note_makers(*skeleton, options.notes_makers);
  bpf_map__set_max_entries(skeleton->maps.maker_scratches, static_cast<__u32>(processors > 0 ? processors : 1));
  bpf_map__set_max_entries(skeleton->maps.scratches, static_cast<__u32>(processors > 0 ? processors : 1));
  bpf_map__set_max_entries(skeleton->maps.records, static_cast<__u32>(options.room));
  if (const int error = exec_bpf__load(skeleton); error != 0) throw Unavailable(explain_failure("load", -error));
  loaded_->ring.reset(ring_buffer__new(bpf_map__fd(skeleton->maps.records), add_record, &assembler_, nullptr));
  if (!loaded_->ring) throw Unavailable(explain_failure("read", errno));
  follow(options.processes);
  if (const int error = exec_bpf__attach(skeleton); error != 0) throw Unavailable(explain_failure("attach", -error));
}

Watch::~Watch() = default;

bool Watch::follow(const std::vector<int>& processes) {
  const auto& maps = loaded_->skeleton->maps;
  bool is_one_new = false;
  for (const int process : processes)
    is_one_new |=
        mark_as_watched(bpf_map__fd(maps.notes), bpf_map__fd(maps.briefs), process, bpf_map__value_size(maps.notes));
  return is_one_new;
}

int Watch::descriptor() const { return ring_buffer__epoll_fd(loaded_->ring.get()); }

void Watch::read() { ring_buffer__consume(loaded_->ring.get()); }

void Watch::stop() {
  exec_bpf* const skeleton = loaded_->skeleton.get();
  exec_bpf__detach(skeleton);
  read();
  std::vector<char> scratch(bpf_map__value_size(skeleton->maps.scratches));
  const __u32 processors = bpf_map__max_entries(skeleton->maps.scratches);
  for (__u32 i = 0; i < processors; ++i) {
    // It begins with the count of what was lost.
    std::uint64_t lost = 0;
    if (bpf_map_lookup_elem(bpf_map__fd(skeleton->maps.scratches), &i, scratch.data()) != 0) continue;
    std::memcpy(&lost, scratch.data(), sizeof lost);
    loaded_->lost += lost;
  }
  loaded_->lost += missed_by(skeleton->progs.execed) + missed_by(skeleton->progs.forked);
}

std::uint64_t Watch::image_of(int process) const {
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, process, 0));
  if (pidfd < 0) return 0;
  const bpf_map* const notes = loaded_->skeleton->maps.notes;
  // It begins with the image.
  std::vector<std::uint64_t> note(bpf_map__value_size(notes) / sizeof(std::uint64_t) + 1);
  const bool is_there = bpf_map_lookup_elem(bpf_map__fd(notes), &pidfd, note.data()) == 0;
  close(pidfd);
  return is_there ? note[0] : 0;
}

std::uint64_t Watch::lost() const { return loaded_->lost + assembler_.lost(); }

}  // namespace cloexec::watch
