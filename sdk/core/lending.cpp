// Refusals by name, and returns that have come home.
#include "core/lending.h"

namespace ist {

std::string peer_text(const Peer& peer) {
  if (peer.kind != Peer::Kind::queue_family && peer.family == kHeldByGl) return "OpenGL (ist_gl_take_back)";
  switch (peer.kind) {
    case Peer::Kind::same_device:
      return "the host";
    case Peer::Kind::queue_family:
      return "queue family " + std::to_string(peer.family);
    case Peer::Kind::external:
      return "another device or process";
    case Peer::Kind::foreign:
      break;
  }
  return "a foreign device";
}

void Lending::set(const SubresourceRange& range, const Holding& holding) {
  parts_.update(range, [&](const SubresourceRange&, Holding& part) { part = holding; });
}

bool Lending::all_ours() const {
  bool ours = true;
  for_each(parts_.full_range(), [&](const Holding& part) { ours &= part.holder == Holder::ours; });
  return ours;
}

Status Lending::require_ours(const SubresourceRange& range, const std::string& object, const std::string& user,
                             std::vector<Returned>& returned) {
  Status refused;
  parts_.update(range, [&](const SubresourceRange& rect, Holding& part) {
    if (!refused.ok() || part.holder == Holder::ours) return;
    if (part.holder == Holder::lent) {
      refused = fail(Code::invalid_state, "%s is lent to %s; take it back before %s uses it.", object.c_str(),
                     peer_text(part.peer).c_str(), user.c_str());
      return;
    }
    if (!part.gate->passed()) {
      refused = part.gate->wait();
      if (!refused.ok()) refused = std::move(refused).in(object + " is on its way back, and " + user + " uses it");
    }
    if (!refused.ok()) return;
    returned.push_back({rect, part});
    part = {};
  });
  return refused;
}

}  // namespace ist
