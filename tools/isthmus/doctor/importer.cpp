// The second runtime, and what the exporter's side does for it.
#include "importer.h"

namespace doctor {

IstHandover external(TiImage image, TiImageLayout layout) {
  IstHandover handover{};
  handover.image = image;
  handover.layout = layout;
  handover.peer = IST_PEER_EXTERNAL;
  return handover;
}

Importer::~Importer() {
  if (image_) ti_free_image(runtime_.get(), image_);
}

Problem Importer::open(uint32_t device_index, IstOsHandle handle, const IstShareRecord& record, Size size) {
  size_ = size;
  DOCTOR_TRY(runtime_.create(device_index));
  DOCTOR_TRY(make_image(runtime_.get(), size, false, &own_image_));
  return of_call(ist_import_image(runtime_.get(), handle, &record, &image_));
}

Problem Importer::take(TiImageLayout layout, const IstSyncPoint* done) {
  const IstHandover handover = external(image_, layout);
  DOCTOR_TRY(of_call(ist_take_back(runtime_.get(), 1, &handover, done)));
  return finish(runtime_.get());
}

Problem Importer::give(TiImageLayout layout, IstSyncPoint* ready) {
  const IstHandover handover = external(image_, layout);
  return of_call(ist_lend(runtime_.get(), 1, &handover, ready));
}

Problem export_image(TiRuntime runtime, TiImage image, uint32_t other_device, const PairOptions& options, Row& row,
                     IstOsHandle* handle, IstShareRecord* record) {
  IstDeviceInfo info{};
  info.size = sizeof info;
  DOCTOR_TRY(of_call(ist_device_info(TI_ARCH_VULKAN, other_device, &info)));
  const IstSide here{runtime, nullptr, nullptr}, there{nullptr, nullptr, &info};
  const bool forth = options.direction == Direction::to_peer;
  row.prediction.size = sizeof row.prediction;
  DOCTOR_TRY(of_call(ist_describe_pair(forth ? &here : &there, forth ? &there : &here, &row.prediction)));
  row.predicted = true;
  // Where nothing can cross, the import is tried all the same: the refusal is what the table is to show.
  const IstHandleType type = row.prediction.image == IST_HANDLE_NONE ? IST_HANDLE_OPAQUE_FD : row.prediction.image;
  // A layout of its own, so that the importer knows what it finds.
  const IstHandover handover = external(image, layout_of(options.direction));
  IstHandover out = handover;
  out.flags = IST_HANDOVER_DISCARD_BIT;
  DOCTOR_TRY(of_call(ist_lend(runtime, 1, &out, nullptr)));
  DOCTOR_TRY(of_call(ist_export_image(runtime, image, type, handle, record)));
  DOCTOR_TRY(of_call(ist_take_back(runtime, 1, &handover, nullptr)));
  row.handle = type;
  row.layout = handover.layout;
  row.rung = IST_RUNG_HOST;
  row.reason = row.prediction.reason;
  return {};
}

}  // namespace doctor
