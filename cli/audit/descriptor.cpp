// SPDX-License-Identifier: Apache-2.0

#include "cli/audit/descriptor.h"

#include <fmt/format.h>

#include "cli/audit/describe.h"
#include "policy/glob.h"

namespace cloexec::cli {
namespace {

/// Who did what an event says.
Creation creation_of(const Making& making) {
  const Event& event = making.event;
  const std::string& program = *making.program;
  using audit::MadeText;
  const std::string folder = event.text(MadeText::folder);
  Creation created;
  created.program = program;
  created.pid = event.pid;
  created.tid = event.tid;
  created.when = event.has(audit::in_child) ? "child" : "parent";
  created.thread = *making.thread;
  created.recorded = event.stack;
  created.read_at = event.read_at;
  created.call = event.text(MadeText::call);
  created.module = event.text(MadeText::module);
  if (created.module.empty()) created.module = base_name(program);
  created.offset = event.offset;
  created.build_id = event.mode;
  const bool is_of_program = folder.empty() && created.module == base_name(program);
  created.stack = {Frame{created.module, is_of_program ? program : folder + created.module, "", event.offset}};
  return created;
}

}  // namespace

Crossing Making::crossing() const {
  const Description description = describe_made(event.text(audit::MadeText::call), event.text(audit::MadeText::path));
  Crossing crossing;
  crossing.fd = event.fd;
  crossing.object = description.object;
  crossing.target = description.target;
  crossing.created = creation_of(*this);
  if (event.has(audit::by_allowlist)) {
    crossing.what = Class::exempt;
    crossing.rule = "CLOEXEC_ALLOW";
  } else if (event.has(audit::by_rule)) {
    crossing.what = Class::exempt;
    crossing.rule = rule_in(event, audit::MadeText::rule_source, audit::MadeText::rule);
  }
  return crossing;
}

Crossing Descriptor::crossing(int fd) const {
  Crossing crossing = known != nullptr ? *known : made != nullptr ? made->crossing() : Crossing();
  crossing.fd = fd;
  if (is_asked_for) note_asked_for(crossing);
  if (is_asked_for && cleared != nullptr) crossing.cleared = creation_of(*cleared);
  return crossing;
}

bool Descriptor::has_target() const {
  if (known != nullptr) return !known->target.empty();
  return made != nullptr && !made->event.view(audit::MadeText::path).empty();
}

void note_asked_for(Crossing& crossing) {
  crossing.what = Class::by_program;
  crossing.rule.clear();
  crossing.announced_by.clear();
}

std::string target_of_pair(const Descriptor& descriptor, const Crossing& crossing, const std::string& link) {
  if (descriptor.other_end < 0) return link;
  const bool has_ends = crossing.object == "pipe";
  return fmt::format("{}{}{}; the other end is {} of {}[{}]", link, link.empty() ? "" : " ",
                     !has_ends                 ? "one end"
                     : descriptor.is_write_end ? "write end"
                                               : "read end",
                     descriptor.other_end, base_name(crossing.created.program), crossing.created.pid);
}

}  // namespace cloexec::cli
