// SPDX-License-Identifier: Apache-2.0
//
// How the records of the ring become execs, without a kernel that writes them.

#include "watch/assemble.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace cloexec::watch {
namespace {

class Assembling : public testing::Test {
 protected:
  void add_descriptor(int fd, std::string_view names, std::uint64_t magic = 0, std::uint32_t place = 0) {
    const auto record = std::make_unique<watch_descriptor>();
    record->kind = watch_is_descriptor;
    record->fd = fd;
    record->block = block_;
    record->inode = 4711;
    record->magic = magic;
    record->place = place;
    record->path_size = static_cast<std::uint32_t>(names.size());
    std::memcpy(record->path, names.data(), names.size());
    assembler_.add(record.get(), offsetof(watch_descriptor, path) + names.size());
  }

  void add_block(std::uint64_t exec) {
    watch_block record{};
    record.kind = watch_is_block;
    record.exec = exec;
    record.block = block_;
    assembler_.add(&record, sizeof record);
  }

  void add_exec(std::uint64_t id, std::uint64_t time = 1) {
    constexpr std::string_view text("true/bin/usr//bin/true\0nginx.service/system.slice/true\0-x\0A=1\0", 62);
    const auto record = std::make_unique<watch_exec>();
    record->kind = watch_is_exec;
    record->id = id;
    record->time = time;
    record->executable_size = 13;
    record->name_size = 10;
    record->cgroup_size = 27;
    record->arguments_size = 8;
    record->environment_size = 4;
    std::memcpy(record->text, text.data(), text.size());
    assembler_.add(record.get(), offsetof(watch_exec, text) + text.size());
  }

  std::string link(std::string_view names, std::uint64_t magic = 0, std::uint32_t place = 0) {
    add_descriptor(3, names, magic, place);
    add_block(1);
    add_exec(1);
    const std::string link = execs_.back().blocks.at(0).descriptors->at(3).link;
    return link;
  }

  std::uint64_t block_ = 9;
  std::vector<Exec> execs_;
  Assembler assembler_{[this](Exec exec) { execs_.push_back(std::move(exec)); }};
};

TEST_F(Assembling, PutsTextsApart) {
  add_exec(1);
  const Exec& exec = execs_.at(0);
  EXPECT_EQ(exec.executable, "/usr/bin/true");
  EXPECT_EQ(exec.name, "/bin/true");
  EXPECT_EQ(exec.cgroup, "/system.slice/nginx.service");
  EXPECT_EQ(exec.arguments, std::string_view("true\0-x\0", 8));
  EXPECT_EQ(exec.environment, std::string_view("A=1\0", 4));
  EXPECT_TRUE(exec.blocks.empty());
}

TEST_F(Assembling, GivesEachExecItsBlocks) {
  add_descriptor(3, "passwd/etc/");
  add_block(1);
  add_block(2);
  add_exec(2);
  add_exec(1);
  ASSERT_EQ(execs_.size(), 2U);
  for (const Exec& exec : execs_) EXPECT_EQ(exec.blocks.at(0).descriptors->at(3).link, "/etc/passwd");
}

TEST_F(Assembling, SaysWhatHasNoPathAsProcDoes) {
  EXPECT_EQ(link(""), "/");
  EXPECT_EQ(link("passwd/etc/", 0, watch_is_unlinked), "/etc/passwd (deleted)");
  EXPECT_EQ(link("passwd/etc/", 0, watch_is_outside), "(unreachable)/etc/passwd");
  EXPECT_EQ(link("", 0x50495045), "pipe:[4711]");
  EXPECT_EQ(link("", 0x534F434B), "socket:[4711]");
  EXPECT_EQ(link("[eventpoll]", 0x09041934, watch_is_root), "anon_inode:[eventpoll]");
  EXPECT_EQ(link("memfd:x", 0x01021994, watch_is_root), "/memfd:x (deleted)");
}

TEST_F(Assembling, NamesMayHoldAnything) { EXPECT_EQ(link("a\nb/c d/"), "/c d/a\nb"); }

TEST_F(Assembling, KnowsADescriptorUntilItIsOld) {
  constexpr std::uint64_t second = 1'000'000'000;
  add_descriptor(3, "x/");
  add_block(1);
  add_exec(1, second);
  add_block(2);
  add_exec(2, 2 * second);
  add_exec(3, 100 * second);
  add_block(4);
  add_exec(4, 100 * second);
  EXPECT_TRUE(execs_.at(1).blocks.at(0).descriptors);
  EXPECT_FALSE(execs_.at(3).blocks.at(0).descriptors);
}

TEST_F(Assembling, KeepsADescriptorWhoseExecHasYetToCome) {
  constexpr std::uint64_t second = 1'000'000'000;
  add_descriptor(3, "x/");
  add_exec(1, 100 * second);
  add_block(2);
  add_exec(2, 100 * second);
  ASSERT_EQ(execs_.at(1).blocks.size(), 1U);
  EXPECT_TRUE(execs_.at(1).blocks.at(0).descriptors);
}

TEST_F(Assembling, CountsWhatItDoesNotUnderstand) {
  const std::uint32_t kind = 99;
  assembler_.add(&kind, sizeof kind);
  EXPECT_EQ(assembler_.lost(), 1U);
}

}  // namespace
}  // namespace cloexec::watch
