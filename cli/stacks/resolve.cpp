// SPDX-License-Identifier: Apache-2.0

#include "cli/stacks/resolve.h"

#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "cli/stacks/apart.h"
#include "cli/stacks/code.h"
#include "cli/stacks/object_file.h"
#include "cli/stacks/recorded.h"
#include "policy/glob.h"

namespace cloexec::cli {
namespace {

/// Between the addresses of a process and those of all code (Code).
class AddressSpace {
 public:
  AddressSpace(const RecordedStack& stack, const std::string& program, ObjectFiles& files, Code& code)
      : objects_(stack.objects()) {
    for (MappedObject& object : objects_) {
      if (object.path.empty()) object.path = program;
      const ObjectFile* const file = files.find(object.path, object.build_id, stack.read_at);
      // Another file of that name looks different, as a rule.
      const bool is_it = file != nullptr && file->machine == stack.machine &&
                         file->begin == object.begin - object.bias && file->end == object.end - object.bias;
      const std::uint64_t place = is_it ? code.add(*file) : 0;
      shifts_.push_back(place != 0 ? place - file->low - object.bias : 0);
    }
  }

  std::uint64_t in_code(std::uint64_t address) const {
    for (std::size_t i = 0; i < objects_.size(); ++i)
      if (address - objects_[i].begin < objects_[i].end - objects_[i].begin) return address + shifts_[i];
    return address;
  }

  /// What has no file here keeps its addresses.
  Frame unknown(std::uint64_t address) const {
    for (const MappedObject& object : objects_)
      if (address - object.begin < object.end - object.begin)
        return {std::string(base_name(object.path)), object.path, "", address - object.bias};
    return {"", "", "", address};
  }

 private:
  std::vector<MappedObject> objects_;
  std::vector<std::uint64_t> shifts_;
};

/// What was dropped from a copy was no address, and counts as 0.
bool read_word(const RecordedStack& stack, const AddressSpace& space, std::uint64_t address, std::uint64_t& word) {
  const std::uint64_t size = stack.word_size();
  const std::uint64_t distance = address - stack.begin;
  if (distance % size != 0 || distance + size > stack.end - stack.begin || distance + size < size) return false;
  const std::uint64_t place = distance / size;
  const auto found = std::lower_bound(stack.words.begin(), stack.words.end(), audit::pack(place, 0));
  const bool is_there = found != stack.words.end() && audit::place_in(*found) == place;
  word = is_there ? space.in_code(audit::word_in(*found)) : 0;
  return true;
}

class Resolver {
 public:
  explicit Resolver(bool with_stacks) : with_stacks_(with_stacks) {}

  Frames calls_of(const Creation& created) {
    return with_stacks_ && created.recorded ? unwound(created) : innermost(created);
  }

 private:
  Code& code_of(audit::Machine machine) {
    std::unique_ptr<Code>& code = codes_[machine];
    if (!code) code = std::make_unique<Code>(machine);
    return *code;
  }

  std::vector<Frame> described(Code& code, Code::Place place, const AddressSpace& space) {
    const auto [known, is_new] = described_.try_emplace({&code, place.address, place.is_return});
    if (is_new) known->second = code.describe(place);
    if (!known->second.front().path.empty()) return known->second;
    return {space.unknown(place.address)};
  }

  Frames unwound(const Creation& created) {
    const RecordedStack& stack = *created.recorded;
    const auto [known, is_new] = unwound_.try_emplace({&stack, created.program});
    if (!is_new) return known->second;
    Code& code = code_of(stack.machine);
    const AddressSpace space(stack, created.program, files_, code);
    std::vector<std::uint64_t> registers = stack.registers;
    for (std::uint64_t& one : registers) one = space.in_code(one);
    const auto memory = [&](std::uint64_t address, std::uint64_t& word) {
      return read_word(stack, space, address, word);
    };
    const std::vector<Code::Place> places = code.unwind(registers, memory);
    // The first are the shim's own.
    const std::uint64_t caller = space.in_code(stack.caller);
    const auto first =
        std::find_if(places.begin(), places.end(), [=](const Code::Place& place) { return place.address == caller; });
    std::vector<Frame> frames;
    if (first == places.end()) frames = described(code, {caller, true}, space);
    for (auto place = first; place != places.end(); ++place)
      for (Frame& frame : described(code, *place, space)) frames.push_back(std::move(frame));
    return known->second = std::move(frames);
  }

  Frames innermost(const Creation& created) {
    if (created.stack.empty()) return {};
    const Frame& frame = created.stack.front();
    const ObjectFile* const file = files_.find(frame.path, created.build_id, created.read_at);
    if (file == nullptr || frame.offset < file->low || frame.offset >= file->end) return created.stack;
    Code& code = code_of(file->machine);
    const std::uint64_t place = code.add(*file);
    if (place == 0) return created.stack;
    const auto [known, is_new] = innermost_.try_emplace({file, frame.offset});
    if (is_new) known->second = Frames{code.describe({place + frame.offset - file->low, true}).front()};
    return known->second;
  }

  bool with_stacks_;
  ObjectFiles files_;
  std::map<audit::Machine, std::unique_ptr<Code>> codes_;
  std::map<std::pair<const RecordedStack*, std::string>, Frames> unwound_;
  std::map<std::tuple<Code*, std::uint64_t, bool>, std::vector<Frame>> described_;
  std::map<std::pair<const ObjectFile*, std::uint64_t>, Frames> innermost_;
};

using Json = nlohmann::json;

/// As one process tells it another. Names need not be UTF-8, which this does not look at.
std::string packed(const Frames& frames) {
  Json json = Json::array();
  for (const Frame& frame : frames)
    json.push_back({frame.module, frame.path, frame.build_id, frame.offset, frame.function, frame.file, frame.line});
  std::string bytes;
  Json::to_cbor(json, bytes);
  return bytes;
}

Frames unpacked(const std::string& bytes) {
  std::vector<Frame> frames;
  for (const Json& one : Json::from_cbor(bytes))
    frames.push_back({one[0], one[1], one[2], one[3], one[4], one[5], one[6]});
  return frames;
}

}  // namespace

std::size_t resolve_calls(Report& report, bool with_stacks) {
  // The same crossing is in many execs.
  std::map<const Crossing*, std::shared_ptr<Crossing>> known;
  std::vector<Creation*> creations;
  for (Exec& exec : report.execs)
    for (std::size_t place = 0; place < exec.fds.size(); ++place) {
      std::shared_ptr<Crossing>& one = known[&exec.fds[place]];
      if (one == nullptr) {
        one = std::make_shared<Crossing>(exec.fds[place]);
        creations.push_back(&one->created);
        if (one->cleared) creations.push_back(&*one->cleared);
      }
      exec.fds.replace(place, one);
    }
  Resolver resolver(with_stacks);
  const auto found =
      done_apart(creations.size(), [&](std::size_t i) { return packed(resolver.calls_of(*creations[i])); });
  std::unordered_map<std::string, Frames> distinct;
  std::size_t failures = 0;
  for (std::size_t i = 0; i < creations.size(); ++i) {
    if (!found[i]) {
      ++failures;
      continue;
    }
    const auto [frames, is_new] = distinct.try_emplace(*found[i]);
    if (is_new) frames->second = unpacked(*found[i]);
    creations[i]->stack = frames->second;
  }
  return failures;
}

}  // namespace cloexec::cli
