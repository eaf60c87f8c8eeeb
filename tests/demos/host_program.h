// What tests of programs with pictures need: a run with its messages and figures, a display that nobody sees, and
// the comparison of pictures.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace host_program {

struct Outcome {
  // Of the program; -1 when a signal ended it.
  int exit_code = -1;
  // Everything on stdout and stderr.
  std::string output, messages;
};

// A folder of the test's own, gone with it.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string path(const std::string& name) const { return (folder_ / name).string(); }

 private:
  std::filesystem::path folder_;
};

// Runs a program under validation by a shell command line; `environment` is put before it ("DISPLAY=:5").
Outcome run(const Folder& folder, const std::string& program, const std::string& arguments,
            const std::string& environment = "");

// An Xvfb of its own, which ends with it.
class Display {
 public:
  Display();
  ~Display();
  Display(const Display&) = delete;
  Display& operator=(const Display&) = delete;
  // ":5"; empty: no server has started.
  const std::string& name() const { return name_; }
  // Gives all windows this size, as a hand would; what is no window any more is passed over.
  void resize_windows(unsigned width, unsigned height) const;

 private:
  pid_t server_ = -1;
  std::string name_;
};

struct Picture {
  int width = 0, height = 0;
  std::vector<uint8_t> rgb;
  // Pixels for which `like` holds.
  int count(const std::function<bool(int r, int g, int b)>& like) const;
};

// Empty, with a failed test, when there is none.
Picture load(const std::string& path);

struct Difference {
  // Mean of the channels' differences, 0..255.
  double mean = 0;
  // Share of the pixels with a channel that differs by more than 24.
  double far_share = 0;
};

// Of pictures of the same size; all differs when they are not.
Difference difference(const Picture& a, const Picture& b);

}  // namespace host_program
