// The other side is another VkDevice in this process: a second runtime, on the same physical device or on another.
#include <unistd.h>

#include <cstdlib>

#include "importer.h"

namespace doctor {
namespace {

// A signal from one runtime to another, on the rung that the pair has.
class Signal {
 public:
  ~Signal() {
    if (maker_ && made_.semaphore) (void)ist_destroy_semaphore(maker_, &made_);
    if (importer_ && imported_.semaphore) (void)ist_destroy_semaphore(importer_, &imported_);
  }

  // The exporting runtime makes the semaphore, whoever signals it.
  Problem open(IstRung rung, TiRuntime maker, TiRuntime importer) {
    rung_ = rung;
    maker_ = maker;
    importer_ = importer;
    if (rung != IST_RUNG_TIMELINE && rung != IST_RUNG_BINARY) return {};
    DOCTOR_TRY(of_call(ist_create_semaphore(maker, rung, IST_HANDLE_OPAQUE_FD, &made_)));
    IstOsHandle handle = -1;
    DOCTOR_TRY(of_call(ist_export_semaphore(maker, &made_, IST_HANDLE_OPAQUE_FD, &handle)));
    const Problem problem = of_call(ist_import_semaphore(importer, rung, IST_HANDLE_OPAQUE_FD, handle, &imported_));
    ::close(static_cast<int>(handle));
    return problem;
  }

  // `signal` hands over with a point to fire, `wait` receives with the point to wait for; both by null on HOST.
  template <class Give, class Take>
  Problem pass(TiRuntime from, Give&& give, Take&& take) {
    IstSyncPoint fired = from == maker_ ? made_ : imported_;
    IstSyncPoint waited = from == maker_ ? imported_ : made_;
    if (rung_ == IST_RUNG_HOST) {
      DOCTOR_TRY(give(nullptr));
      return take(nullptr);
    }
    fired.rung = waited.rung = rung_;
    if (rung_ == IST_RUNG_TIMELINE) fired.value = waited.value = ++value_;
    if (rung_ == IST_RUNG_SYNC_FD) fired.fd = -1;
    DOCTOR_TRY(give(&fired));
    if (rung_ == IST_RUNG_SYNC_FD) waited.fd = fired.fd;
    const Problem problem = take(&waited);
    if (rung_ == IST_RUNG_SYNC_FD && fired.fd >= 0) ::close(fired.fd);
    return problem;
  }

 private:
  IstRung rung_ = IST_RUNG_HOST;
  TiRuntime maker_ = TI_NULL_HANDLE, importer_ = TI_NULL_HANDLE;
  IstSyncPoint made_{}, imported_{};
  uint64_t value_ = 0;
};

class DevicePeer : public ImagePeer {
 public:
  Problem open(TiRuntime runtime, const PairOptions& options, Row& row) override {
    DOCTOR_TRY(open_here(runtime, options));
    const auto device =
        static_cast<uint32_t>(std::strtoul(options.peer.c_str() + options.peer.find(':') + 1, nullptr, 10));
    IstOsHandle handle = -1;
    IstShareRecord record{};
    DOCTOR_TRY(export_image(runtime, image_, device, options, row, &handle, &record));
    const Problem problem = other_.open(device, handle, record, size_);
    opened_ = other_.runtime() != TI_NULL_HANDLE;
    ::close(static_cast<int>(handle));
    DOCTOR_TRY(problem);
    layout_ = row.layout;
    const bool forth = direction_ == Direction::to_peer;
    row.rung = row.prediction.forth;
    DOCTOR_TRY(to_.open(forth ? row.prediction.forth : row.prediction.back, runtime, other_.runtime()));
    return from_.open(forth ? row.prediction.back : row.prediction.forth, runtime, other_.runtime());
  }

  Problem give() override {
    const IstHandover handover = external(image_, layout_);
    return to_.pass(
        runtime_, [&](IstSyncPoint* point) { return of_call(ist_lend(runtime_, 1, &handover, point)); },
        [&](const IstSyncPoint* point) { return other_.take(layout_, point); });
  }
  Problem take() override {
    const IstHandover handover = external(image_, layout_);
    DOCTOR_TRY(from_.pass(
        other_.runtime(), [&](IstSyncPoint* point) { return other_.give(layout_, point); },
        [&](const IstSyncPoint* point) { return of_call(ist_take_back(runtime_, 1, &handover, point)); }));
    return finish(runtime_);
  }
  Problem write_there(const Pixels& pixels) override { return other_.write(pixels); }
  Problem read_there(Pixels& pixels) override { return other_.read(pixels); }

  bool uploads() const override { return opened_; }
  Problem upload() override {
    DOCTOR_TRY(read_image(runtime_, own_image_, size_, host_));
    return other_.write_own(host_);
  }
  Problem download() override {
    DOCTOR_TRY(other_.read_own(host_));
    return write_image(runtime_, own_image_, size_, host_);
  }

 protected:
  Problem write_own_there(const Pixels& pixels) override { return other_.write_own(pixels); }
  Problem read_own_there(Pixels& pixels) override { return other_.read_own(pixels); }

 private:
  Importer other_;
  // After other_: its semaphores go before the runtime.
  Signal to_, from_;
  TiImageLayout layout_ = TI_IMAGE_LAYOUT_UNDEFINED;
  bool opened_ = false;
};

}  // namespace

std::unique_ptr<Peer> make_device_peer() { return std::make_unique<DevicePeer>(); }

}  // namespace doctor
