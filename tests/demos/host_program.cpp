// Runs programs, starts display servers, reads pictures.
#include "host_program.h"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>

#define STB_IMAGE_IMPLEMENTATION
#define STBI_ONLY_PNG
#include <stb/stb_image.h>

namespace host_program {
namespace {

constexpr int kFar = 24;

std::string text_of(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// Without what Mesa's zink says of its own when it starts.
std::string without_driver_talk(const std::string& messages) {
  std::istringstream lines(messages);
  std::string line, kept;
  while (std::getline(lines, line)) {
    const bool talk = line.starts_with("error: XDG_RUNTIME_DIR is invalid or not set") ||
                      line.starts_with("WARNING: Some incorrect rendering might occur because the selected Vulkan");
    if (!talk) kept += line + "\n";
  }
  return kept;
}

// Reads the number of the display that the server has chosen; empty when it has ended.
std::string read_line(int file) {
  std::string line;
  char c = 0;
  while (read(file, &c, 1) == 1 && c != '\n') line += c;
  return line;
}

// What is called of Xlib, by its stable ABI: the headers are not needed to build.
struct Xlib {
  using Window = unsigned long;
  void* library = dlopen("libX11.so.6", RTLD_NOW | RTLD_LOCAL);
  template <class Function>
  Function* function(const char* name) const {
    return reinterpret_cast<Function*>(dlsym(library, name));
  }
};

int ignore_error(void*, void*) { return 0; }

}  // namespace

Folder::Folder() {
  std::string name = std::filesystem::temp_directory_path() / "isthmus_host_XXXXXX";
  folder_ = mkdtemp(name.data());
}

Folder::~Folder() { std::filesystem::remove_all(folder_); }

Outcome run(const Folder& folder, const std::string& program, const std::string& arguments,
            const std::string& environment) {
  const std::string out = folder.path("stdout.txt"), err = folder.path("stderr.txt");
  const std::string command = "IST_VALIDATION=sync IST_LOG=warn " + environment + " '" + program + "' " + arguments +
                              " >'" + out + "' 2>'" + err + "'";
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text_of(out), without_driver_talk(text_of(err))};
}

Display::Display() {
  int ends[2] = {-1, -1};
  if (pipe(ends) != 0) return;
  server_ = fork();
  if (server_ == 0) {
    close(ends[0]);
    const std::string file = std::to_string(ends[1]);
    // By itself the server begins anew when its last client goes, and turns away who comes just then.
    execlp(XVFB_PROGRAM, XVFB_PROGRAM, "-noreset", "-displayfd", file.c_str(), "-screen", "0", "800x600x24",
           "-nolisten", "tcp", static_cast<char*>(nullptr));
    _exit(127);
  }
  close(ends[1]);
  const std::string number = read_line(ends[0]);
  close(ends[0]);
  if (!number.empty()) name_ = ":" + number;
}

Display::~Display() {
  if (server_ <= 0) return;
  kill(server_, SIGTERM);
  waitpid(server_, nullptr, 0);
}

void Display::resize_windows(unsigned width, unsigned height) const {
  static const Xlib x;
  ASSERT_NE(x.library, nullptr) << "libX11.so.6 is not there.";
  // A window may go between the question and the resize.
  x.function<void*(int (*)(void*, void*))>("XSetErrorHandler")(ignore_error);
  void* const server = x.function<void*(const char*)>("XOpenDisplay")(name_.c_str());
  ASSERT_NE(server, nullptr) << name_;
  Xlib::Window root = x.function<Xlib::Window(void*)>("XDefaultRootWindow")(server), parent = 0;
  Xlib::Window* windows = nullptr;
  unsigned count = 0;
  x.function<int(void*, Xlib::Window, Xlib::Window*, Xlib::Window*, Xlib::Window**, unsigned*)>("XQueryTree")(
      server, root, &root, &parent, &windows, &count);
  for (unsigned i = 0; i < count; ++i) {
    x.function<int(void*, Xlib::Window, unsigned, unsigned)>("XResizeWindow")(server, windows[i], width, height);
  }
  if (windows) x.function<int(void*)>("XFree")(windows);
  x.function<int(void*)>("XCloseDisplay")(server);
}

int Picture::count(const std::function<bool(int, int, int)>& like) const {
  int found = 0;
  for (size_t i = 0; i + 2 < rgb.size(); i += 3) found += like(rgb[i], rgb[i + 1], rgb[i + 2]);
  return found;
}

Picture load(const std::string& path) {
  Picture picture;
  int channels = 0;
  const std::unique_ptr<stbi_uc, decltype(&stbi_image_free)> texels(
      stbi_load(path.c_str(), &picture.width, &picture.height, &channels, 3), stbi_image_free);
  EXPECT_NE(texels, nullptr) << path << ": " << stbi_failure_reason();
  if (texels) picture.rgb.assign(texels.get(), texels.get() + size_t(picture.width) * picture.height * 3);
  return picture;
}

Difference difference(const Picture& a, const Picture& b) {
  if (a.rgb.empty() || a.width != b.width || a.height != b.height) return {255, 1};
  double sum = 0;
  size_t far = 0;
  for (size_t i = 0; i < a.rgb.size(); i += 3) {
    int largest = 0;
    for (size_t c = i; c < i + 3; ++c) {
      const int apart = std::abs(a.rgb[c] - b.rgb[c]);
      sum += apart;
      largest = std::max(largest, apart);
    }
    far += largest > kFar;
  }
  return {sum / double(a.rgb.size()), double(far) * 3 / double(a.rgb.size())};
}

}  // namespace host_program
