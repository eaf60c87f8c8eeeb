// The timeline through command buffers of the host: whose turn it is, and the way back when one is dropped.
#include <algorithm>
#include <cinttypes>

#include "base/log.h"
#include "base/pushed.h"
#include "core/timeline.h"

namespace ist {

Status Timeline::may_record() const {
  IST_CHECK(device_.usable());
  if (!in_host_ || host_thread_ == std::this_thread::get_id()) return {};
  return fail(Code::invalid_state,
              "Recording %" PRIu64 " is open on another thread; this one may record after ist_vulkan_end_recording.",
              host_number_);
}

Status Timeline::outside_host() const {
  IST_CHECK(device_.usable());
  if (!in_host_) return {};
  return fail(Code::invalid_state,
              "Recording %" PRIu64
              " is open; until ist_vulkan_end_recording nothing can be submitted, waited for, read or written.",
              host_number_);
}

Status Timeline::may_submit() const {
  IST_CHECK(outside_host());
  if (!holds_back()) return {};
  return fail(Code::invalid_state,
              "Recording %" PRIu64
              " was ended but neither reported submitted (ist_vulkan_submitted) nor dropped; nothing may overtake it.",
              held_.front().number);
}

Status Timeline::open_in_host(RecordingOps& ops, uint64_t native_commands, uint64_t number) {
  IST_CHECK(outside_host());
  if (device_.recording()) {
    IST_CHECK(may_submit());
    IST_CHECK(submit());
  }
  read_times();
  IST_CHECK(ops.begin_in(native_commands));
  start_batch();
  host_ops_ = &ops;
  host_number_ = number;
  host_thread_ = std::this_thread::get_id();
  in_host_ = true;
  return {};
}

Result<uint64_t> Timeline::close_in_host() {
  Pushed<Held> held(held_);  // first what may lack memory
  show_host();
  const uint64_t serial = device_.recording_serial();
  auto batch = host_ops_->end_in();
  in_host_ = false;
  if (!batch.ok()) {
    before_.restore();
    forget_times(serial);
    return batch;
  }
  held.keep({*batch, host_number_, std::move(before_)});
  before_ = {};
  return batch;
}

Status Timeline::submitted_by_host(uint64_t batch, const DevicePoint& done) {
  held_.pop_front();
  host_ops_->submitted_in(batch, done);
  collect();
  return submit_asked_ && !holds_back() && !in_host_ ? submit() : Status();
}

void Timeline::finished_by_host(uint64_t batch) {
  host_ops_->finished_in(batch);
  collect();
}

void Timeline::abandon_host() {
  host_must_see_ = false;  // the host's command buffer may be gone
  if (in_host_) (void)close_in_host();
  for (const Held& held : held_) {
    log(LogLevel::error,
        "The runtime is destroyed while recording %" PRIu64
        " is not reported submitted; its command buffer must not run any more.",
        held.number);
  }
  held_.clear();
}

void Timeline::dropped_by_host(uint64_t batch) {
  held_.back().before.restore();
  held_.pop_back();
  forget_times(batch);
  host_ops_->dropped_in(batch);
}

void Timeline::remember(TrackedBuffer& buffer) {
  if (!in_host_) return;
  save(buffer);
  before_.lendings.push_back(
      {&buffer, nullptr, buffer.lending ? std::make_unique<Lending>(*buffer.lending) : nullptr, buffer.last_rung});
}

void Timeline::remember(TrackedImage& image) {
  if (!in_host_) return;
  save(image);
  before_.lendings.push_back(
      {nullptr, &image, image.lending ? std::make_unique<Lending>(*image.lending) : nullptr, image.last_rung});
}

void Timeline::Before::clear() {
  buffers.clear();
  images.clear();
  lendings.clear();
}

void Timeline::Before::restore() {
  for (auto one = buffers.rbegin(); one != buffers.rend(); ++one) {
    TrackedBuffer& buffer = *one->buffer;
    buffer.state = one->state;
    buffer.last_use = one->last_use;
    buffer.last_write = one->last_write;
    buffer.last_writer = one->last_writer;
    buffer.zero_at_first_use = one->zero_at_first_use;
  }
  for (auto one = images.rbegin(); one != images.rend(); ++one) {
    TrackedImage& image = *one->image;
    image.state = std::move(one->state);
    image.last_use = one->last_use;
    image.last_write = one->last_write;
    image.last_writer = one->last_writer;
  }
  for (auto one = lendings.rbegin(); one != lendings.rend(); ++one) {
    if (one->buffer) {
      one->buffer->lending = std::move(one->lending);
      one->buffer->last_rung = one->last_rung;
    } else {
      one->image->lending = std::move(one->lending);
      one->image->last_rung = one->last_rung;
    }
  }
  clear();
}

void Timeline::Before::forget(const TrackedBuffer& buffer) {
  std::erase_if(buffers, [&](const BufferBefore& one) { return one.buffer == &buffer; });
  std::erase_if(lendings, [&](const LendingBefore& one) { return one.buffer == &buffer; });
}

void Timeline::Before::forget(const TrackedImage& image) {
  std::erase_if(images, [&](const ImageBefore& one) { return one.image == &image; });
  std::erase_if(lendings, [&](const LendingBefore& one) { return one.image == &image; });
}

}  // namespace ist
