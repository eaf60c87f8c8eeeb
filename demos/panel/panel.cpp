// The window: host and rungs on top, then objects, counters and kernels.
#include "panel/panel.h"

#include <imgui.h>

#include "panel/facts.h"

namespace demo {
namespace {

const ImVec4 kOurs(0.45f, 0.85f, 0.55f, 1.0f);
const ImVec4 kAway(1.00f, 0.72f, 0.30f, 1.0f);
const ImVec4 kBad(1.00f, 0.38f, 0.38f, 1.0f);
const ImVec4 kQuiet(0.60f, 0.62f, 0.68f, 1.0f);
constexpr ImGuiTableFlags kTable = ImGuiTableFlags_RowBg | ImGuiTableFlags_BordersInnerV |
                                   ImGuiTableFlags_SizingFixedFit | ImGuiTableFlags_PadOuterX |
                                   ImGuiTableFlags_NoHostExtendX;

void cell(const std::string& text) {
  ImGui::TableNextColumn();
  ImGui::TextUnformatted(text.c_str());
}

void coloured_cell(const char* text, const ImVec4& colour) {
  ImGui::TableNextColumn();
  ImGui::TextColored(colour, "%s", text);
}

void number_cell(uint64_t value, bool bad = false) {
  ImGui::TableNextColumn();
  const std::string text = std::to_string(value);
  ImGui::SetCursorPosX(ImGui::GetCursorPosX() + ImGui::GetContentRegionAvail().x - ImGui::CalcTextSize(text.c_str()).x);
  if (bad) {
    ImGui::TextColored(kBad, "%s", text.c_str());
  } else {
    ImGui::TextColored(value ? ImGui::GetStyleColorVec4(ImGuiCol_Text) : kQuiet, "%s", text.c_str());
  }
}

void headings(std::initializer_list<const char*> names) {
  for (const char* name : names) ImGui::TableSetupColumn(name);
  ImGui::TableHeadersRow();
}

void draw_host(const HostFacts& facts) {
  ImGui::TextUnformatted(facts.host.c_str());
  ImGui::TextColored(kQuiet, "frame");
  ImGui::SameLine();
  ImGui::Text("%.2f ms", facts.frame_ms);
  ImGui::SameLine(0, 24);
  ImGui::TextColored(kQuiet, "to the host by");
  ImGui::SameLine();
  ImGui::TextUnformatted(facts.to_host.c_str());
  ImGui::SameLine(0, 24);
  ImGui::TextColored(kQuiet, "back by");
  ImGui::SameLine();
  ImGui::TextUnformatted(facts.to_ours.c_str());
}

void draw_part(const ObjectFacts& object, const PartFacts& part) {
  const IstObjectState& state = part.state;
  ImGui::TableNextRow();
  cell(object.name);
  const bool several = object.parts.size() > 1;
  cell(several ? std::to_string(part.mip) + " x " + std::to_string(part.layer) : object.is_image ? "whole" : "-");
  coloured_cell(holder_name(state.holder), state.holder == IST_HOLDER_OURS ? kOurs : kAway);
  cell(object.is_image ? layout_name(state.layout) : "-");
  cell(peer_name(state));
  cell(rung_name(state.rung));
  cell(kernel_title(state.last_writer));
  coloured_cell(state.in_flight ? "yes" : "no", state.in_flight ? kAway : kQuiet);
}

void draw_objects(TiRuntime runtime, const Scene& scene) {
  if (!ImGui::BeginTable("objects", 8, kTable)) return;
  headings({"object", "mip x layer", "holder", "layout", "with", "rung", "last writer", "in flight"});
  for (const ObjectFacts& object : object_facts(runtime, scene)) {
    for (const PartFacts& part : object.parts) draw_part(object, part);
  }
  ImGui::EndTable();
}

// Copies for sharing are what the whole library is there to avoid, so they are shown in red.
bool is_bad(const CounterName& counter, uint64_t value) {
  return value != 0 && (counter.value == &IstCounters::share_copies || counter.value == &IstCounters::share_bytes);
}

void draw_counters(const IstCounters& frame, const IstCounters& total) {
  if (!ImGui::BeginTable("counters", 3, kTable)) return;
  headings({"counter", "this frame", "since start  "});
  for (const CounterName& counter : counter_names()) {
    ImGui::TableNextRow();
    cell(counter.name);
    number_cell(frame.*counter.value, is_bad(counter, frame.*counter.value));
    number_cell(total.*counter.value, is_bad(counter, total.*counter.value));
  }
  ImGui::EndTable();
}

void draw_kernel(TiKernel kernel) {
  IstKernelInfo info{};
  info.size = sizeof info;
  if (ist_kernel_info(kernel, &info) < TI_ERROR_SUCCESS) return;
  ImGui::TableNextRow();
  cell(kernel_title(info.name));
  number_cell(info.launches);
  ImGui::TableNextColumn();
  ImGui::Text("%9.3f", double(info.gpu_ns_last) * 1e-6);
  ImGui::TableNextColumn();
  ImGui::Text("%9.3f", info.launches ? double(info.gpu_ns_total) * 1e-6 / double(info.launches) : 0.0);
}

void draw_kernels(const Scene& scene) {
  if (!ImGui::BeginTable("kernels", 4, kTable)) return;
  headings({"kernel", "launches", "last ms   ", "mean ms   "});
  for (TiKernel kernel : scene.kernels()) draw_kernel(kernel);
  ImGui::EndTable();
}

}  // namespace

void Panel::sample() {
  IstCounters now{};
  now.size = sizeof now;
  ist_counters(runtime_, &now);
  for (const CounterName& counter : counter_names()) {
    frame_.*counter.value = now.*counter.value - before_.*counter.value;
  }
  before_ = now;
}

void Panel::draw(const HostFacts& facts, const Scene& scene) {
  ImGui::SetNextWindowPos(ImVec2(12, 12), ImGuiCond_FirstUseEver);
  ImGui::SetNextWindowBgAlpha(0.82f);
  if (ImGui::Begin("Isthmus", nullptr, ImGuiWindowFlags_AlwaysAutoResize)) {
    draw_host(facts);
    ImGui::Spacing();
    draw_objects(runtime_, scene);
    ImGui::Spacing();
    ImGui::BeginGroup();
    draw_counters(frame_, before_);
    ImGui::EndGroup();
    ImGui::SameLine(0, 16);
    ImGui::BeginGroup();
    draw_kernels(scene);
    ImGui::EndGroup();
  }
  ImGui::End();
}

}  // namespace demo
