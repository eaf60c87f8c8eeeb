// The side of a feed that makes the images and fills them.
#include <unistd.h>

#include "capi/translate.h"
#include "feed/feed.h"
#include "share/record.h"

namespace ist::feed {
namespace {

class Producer final : public Feed {
 public:
  Producer(Runtime& runtime, std::string name, Slots slots, const IstShareRecord& record,
           std::unique_ptr<Broker> broker)
      : Feed(runtime, std::move(name), std::move(slots), record), broker_(std::move(broker)) {}

  Result<IstFrame> begin(Turn& turn, uint64_t timeout_ns) override;
  Status end(const IstFrame& frame, bool publish) override;
  IstFeedState state() override;
  void stop(Turn& turn) override;

 private:
  std::unique_ptr<Broker> broker_;
};

Result<IstFrame> Producer::begin(Turn&, uint64_t) {
  IST_TRY(const uint32_t slot, broker_->begin());
  Status taken = slots_.take(runtime(), slot, true);
  if (!taken.ok()) {
    broker_->drop();
    return taken;
  }
  IstFrame frame{};
  frame.sequence = broker_->next_sequence();
  hand_out(frame, slot);
  return frame;
}

Status Producer::end(const IstFrame& frame, bool publish) {
  IST_TRY(const uint64_t serial, slots_.lend(runtime(), hand_));
  hand_ = kNoSlot;
  if (publish) {
    broker_->publish_after(serial, {broker_->next_sequence(), now_ns(), {frame.user[0], frame.user[1]}});
  } else {
    broker_->drop();
  }
  return {};
}

void Producer::stop(Turn& turn) {
  turn.call.lock.unlock();
  broker_.reset();
  turn.call.lock.lock();
}

IstFeedState Producer::state() {
  IstFeedState state = common_state();
  const Broker::State told = broker_->state();
  state.consumers = told.consumers;
  state.connected = 1;
  state.pid = static_cast<uint32_t>(::getpid());
  state.published = told.counts.published;
  state.dropped = told.counts.dropped;
  state.skipped = told.counts.skipped;
  state.leases_reclaimed = told.leases_reclaimed;
  state.leased = told.leased;
  state.available = told.available;
  return state;
}

Status check_info(const IstFeedInfo& info) {
  IST_CHECK(capi::require_pointer(info.name, "info->name"));
  IST_CHECK(check_name(info.name));
  if (info.slot_count < kLeastSlots || info.slot_count > kMostSlots)
    return fail(Code::argument_out_of_range, "info->slot_count (%u) is not one of %u to %u.", info.slot_count,
                kLeastSlots, kMostSlots);
  if (!(info.image.usage & TI_IMAGE_USAGE_SAMPLED_BIT))
    return fail(Code::invalid_argument, "info->image.usage (0x%x) lacks SAMPLED (0x%x), which consumers use.",
                info.image.usage, static_cast<uint32_t>(TI_IMAGE_USAGE_SAMPLED_BIT));
  return {};
}

Result<ShareOps*> exporter_of(Runtime& runtime, const ImageDesc& desc) {
  ShareOps* shares = runtime.device().share_ops();
  constexpr uint32_t kOpaque = 1u << static_cast<uint32_t>(HandleType::opaque_fd);
  const uint32_t there = shares ? shares->share_support(desc).image_export : 0;
  if (there & kOpaque) return shares;
  return fail(Code::not_supported, "Device '%s' cannot export such an image by an opaque fd; its mask is 0x%x.",
              runtime.info().name.c_str(), there);
}

}  // namespace

Result<std::unique_ptr<Feed>> make_producer(capi::Call& call, const IstFeedInfo& info) {
  Runtime& runtime = call.runtime;
  IST_CHECK(check_rung(runtime));
  IST_CHECK(check_info(info));
  IST_TRY(ImageDesc desc, capi::translate(info.image));
  desc.export_sharing = true;
  IST_CHECK(check_image_shape(desc));
  IST_TRY(ShareOps * shares, exporter_of(runtime, desc));

  const std::string name = info.name;
  Slots slots(name);
  SlotsGuard guard(slots);
  std::vector<File> files;
  std::vector<IstShareRecord> records;
  for (uint32_t slot = 0; slot < info.slot_count; ++slot) {
    IST_TRY(ImageResource * image, allocate_image(runtime, desc));
    slots.add(*image);
    Image& native = *image->tracked().image;
    records.push_back(share::record_of(runtime.info(), image->desc(), shares->allocation_of(native),
                                       HandleType::opaque_fd, Layout::shader_read, image->name));
    IST_TRY(const OsHandle file, shares->export_handle(native, HandleType::opaque_fd));
    files.emplace_back(static_cast<int>(file));
  }
  const IstShareRecord first = records[0];
  call.lock.unlock();
  auto started = Broker::start(
      name, std::move(files), std::move(records),
      [&device = runtime.device()](uint64_t serial, uint64_t timeout_ns) { return device.wait(serial, timeout_ns); });
  call.lock.lock();
  IST_TRY(auto broker, std::move(started));
  std::unique_ptr<Feed> feed = std::make_unique<Producer>(runtime, name, std::move(slots), first, std::move(broker));
  guard.keep();
  return feed;
}

}  // namespace ist::feed
