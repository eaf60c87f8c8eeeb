// What both sides of a feed have in common.
#include "feed/feed.h"

#include "share/points.h"

namespace ist::feed {
namespace {

constexpr Peer kOtherSide{Peer::Kind::external, 0};

Handover part_of(ImageResource& image) {
  Handover part;
  part.image = &image;
  part.range = image.full_range();
  part.layout = Layout::shader_read;
  part.peer = kOtherSide;
  return part;
}

}  // namespace

void Slots::add(ImageResource& image) {
  image.name = feed_ + "[" + std::to_string(images_.size()) + "]";
  image.feed = feed_;
  image.in_hand = false;
  start_lent(image, Layout::shader_read, kOtherSide);
  images_.push_back(&image);
}

Status Slots::take(Runtime& runtime, uint32_t slot, bool discard) const {
  Handover part = part_of(at(slot));
  part.discard = discard;
  if (discard) part.layout = Layout::undefined;
  IST_CHECK(record_take_back(runtime, {&part, 1}, Order::host, IST_RUNG_HOST));
  part.image->in_hand = true;
  return {};
}

Result<uint64_t> Slots::lend(Runtime& runtime, uint32_t slot) const {
  const Handover part = part_of(at(slot));
  IST_CHECK(check_lend({&part, 1}));
  IST_CHECK(record_lend(runtime, {&part, 1}, IST_RUNG_HOST));
  part.image->in_hand = false;
  IstSyncPoint point{};
  point.rung = IST_RUNG_HOST;
  IST_CHECK(share::signal(runtime, point));
  return point.value;
}

void Slots::free_all() {
  for (const ImageResource* image : images_) HandleTable::instance().retire(image->handle(), Kind::image);
  images_.clear();
}

Feed::Feed(Runtime& runtime, std::string name, Slots slots, const IstShareRecord& record)
    : Child(runtime, Kind::feed), name_(std::move(name)), slots_(std::move(slots)) {
  image_.dimension = static_cast<TiImageDimension>(record.dimension);
  image_.extent = {record.width, record.height, record.depth, record.layers};
  image_.mip_level_count = record.mips;
  image_.format = static_cast<TiFormat>(record.format);
  image_.export_sharing = TI_TRUE;
  image_.usage = record.usage;
}

Status Feed::close(Turn& turn) {
  if (hand_ != kNoSlot) {
    const ImageResource& image = slots_.at(hand_);
    if (image.in_hand) IST_CHECK(image.require_ours(image.full_range(), "ist_feed_close"));
  }
  closed_ = true;
  stop(turn);
  slots_.free_all();
  return {};
}

Status Feed::check_frame(const IstFrame& frame) const {
  if (hand_ == kNoSlot) return fail(Code::invalid_state, "No frame of feed '%s' is in hand.", name_.c_str());
  const auto image = capi::handle_of<TiImage>(&slots_.at(hand_));
  if (frame.slot == hand_ && frame.image == image) return {};
  return fail(Code::invalid_argument, "frame has slot %u and image %p, but slot %u with image %p is in hand.",
              frame.slot, static_cast<const void*>(frame.image), hand_, static_cast<const void*>(image));
}

IstFeedState Feed::common_state() const {
  IstFeedState state{};
  state.slot_count = slots_.count();
  state.image = image_;
  state.rung = IST_RUNG_HOST;
  return state;
}

void Feed::hand_out(IstFrame& frame, uint32_t slot) {
  hand_ = slot;
  frame.slot = slot;
  frame.image = capi::handle_of<TiImage>(&slots_.at(slot));
}

Status check_rung(const Runtime& runtime) {
  if (runtime.forced_rung == IST_RUNG_AUTO || runtime.forced_rung == IST_RUNG_HOST) return {};
  return fail(Code::not_supported, "IST_OPTION_FORCE_RUNG is %u, but feeds are ordered by HOST (%u) only.",
              runtime.forced_rung, static_cast<uint32_t>(IST_RUNG_HOST));
}

}  // namespace ist::feed
