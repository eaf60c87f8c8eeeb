// The frame: step, lend, draw, take back, present.
#include "gl_host/app.h"

#include <chrono>
#include <sstream>
#include <stdexcept>

#include "common/command_line.h"
#include "common/png.h"
#include "panel/facts.h"

namespace demo {
namespace {

IstCounters read_counters(TiRuntime runtime) {
  IstCounters counters{};
  counters.size = sizeof counters;
  check(ist_counters(runtime, &counters));
  return counters;
}

std::string device_name(TiRuntime runtime) {
  IstDeviceInfo info{};
  info.size = sizeof info;
  check(ist_runtime_info(runtime, &info));
  return info.name;
}

double now_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

Runtime::Runtime(uint32_t device) : runtime_(ti_create_runtime(TI_ARCH_VULKAN, device)) {
  if (!runtime_) throw std::runtime_error(last_error());
}

App::App(const HostOptions& options)
    : options_(options),
      screen_(options.headless ? open_headless(options) : open_window(options)),
      gl_(screen_->gl_info().get_proc_addr, options.api == "gles"),
      messages_(gl_),
      runtime_(options.device),
      scene_(make_scene(options.scene, runtime_, find_modules(options), options.seed)),
      sharing_(runtime_, screen_->gl_info(), *scene_, options.allow_copies),
      renderer_(gl_),
      panel_(runtime_) {
  facts_.host = (gl_.es ? "OpenGL ES host on " : "OpenGL host on ") + gl_.text(GL_RENDERER);
  facts_.to_host = rung_name(sharing_.to_gl());
  facts_.to_ours = rung_name(sharing_.from_gl());
  if (options.headless && !options.panel) return;
  check(ist_set_option(runtime_, IST_OPTION_KERNEL_TIMING, 1));
  screen_->feed_imgui();
  painter_.emplace(gl_);
}

bool App::run() {
  const uint32_t frames = options_.frames_to_draw();
  start_ = read_counters(runtime_);
  const double start = now_seconds();
  double begin = start;
  for (bool last = false; !last;) {
    last = screen_->closed() || frames_ + 1 == frames;
    draw_frame(last);
    const double end = now_seconds();
    facts_.frame_ms = 1e3 * (end - begin);
    begin = end;
  }
  seconds_ = now_seconds() - start;
  if (!options_.out.empty() && !picture_.empty()) write_png(options_.out, extent_.width, extent_.height, picture_);
  write_figures(options_.json, figures_json());
  return messages_.errors() == 0;
}

void App::draw_frame(bool last) {
  scene_->step(screen_->stir(frames_));
  const SceneView view = scene_->view();
  extent_ = screen_->extent();
  renderer_.clear(extent_);
  sharing_.lend(view);
  draw_scene(view);
  if (painter_) lay_out_panel();
  sharing_.take_back(view);
  if (painter_) painter_->paint(*ImGui::GetDrawData());
  if (last && !options_.out.empty()) picture_ = renderer_.read_pixels(extent_);
  screen_->present();
  ++frames_;
}

void App::draw_scene(const SceneView& view) const {
  const Rectangle square = square_in(extent_, painter_.has_value());
  if (view.texture.image) {
    renderer_.draw_texture(square, sharing_.name_of(view.texture.image));
  } else {
    renderer_.draw_points(square, sharing_.name_of(view.points.positions), sharing_.name_of(view.points.materials),
                          view.points.count);
  }
}

// While the objects are lent, so that the panel shows them so.
void App::lay_out_panel() {
  screen_->feed_imgui();
  ImGui::NewFrame();
  panel_.sample();
  panel_.draw(facts_, *scene_);
  ImGui::Render();
}

std::string App::figures_json() const {
  const IstCounters now = read_counters(runtime_);
  const double frames = frames_ ? frames_ : 1;
  std::ostringstream json;
  json << "{\n  \"program\": \"gl_host\",\n"
       << "  \"scene\": " << json_string(options_.scene) << ",\n"
       << "  \"api\": " << json_string(options_.api) << ",\n"
       << "  \"headless\": " << (options_.headless ? "true" : "false") << ",\n"
       << "  \"runtime_device\": " << json_string(device_name(runtime_)) << ",\n"
       << "  \"host_device\": " << json_string(gl_.text(GL_RENDERER)) << ",\n"
       << "  \"host_version\": " << json_string(gl_.text(GL_VERSION)) << ",\n"
       << "  \"frames\": " << frames_ << ",\n"
       << "  \"width\": " << extent_.width << ",\n"
       << "  \"height\": " << extent_.height << ",\n"
       << "  \"to_gl\": " << json_string(facts_.to_host) << ",\n"
       << "  \"from_gl\": " << json_string(facts_.to_ours) << ",\n"
       << "  \"zero_copy\": " << (sharing_.copied() ? "false" : "true") << ",\n"
       << "  \"reason\": " << json_string(sharing_.reason()) << ",\n"
       << "  \"share_copies\": " << now.share_copies - start_.share_copies << ",\n"
       << "  \"share_bytes\": " << now.share_bytes - start_.share_bytes << ",\n"
       << "  \"blocking_waits\": " << now.blocking_waits - start_.blocking_waits << ",\n"
       << "  \"polls\": " << now.polls - start_.polls << ",\n"
       << "  \"gpu_waits\": " << now.gpu_waits - start_.gpu_waits << ",\n"
       << "  \"gpu_signals\": " << now.gpu_signals - start_.gpu_signals << ",\n"
       << "  \"ms_per_frame\": " << 1e3 * seconds_ / frames << ",\n"
       << "  \"gl_messages\": " << messages_.all() << ",\n"
       << "  \"gl_errors\": " << messages_.errors() << ",\n"
       << "  \"objects\": " << objects_json(runtime_, *scene_) << "}\n";
  return json.str();
}

}  // namespace demo
