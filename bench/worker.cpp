// Both ends of the pipe: starting and asking in the parent, serving in the child.
#include "worker.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include "fail.h"
#include "measures.h"

namespace ist::bench {
namespace {

// argv of a worker: program --worker LIBRARY MODULES DEVICE API, with its pipe on these descriptors.
constexpr char kWorkerFlag[] = "--worker";
constexpr int kRequestFd = 3;
constexpr int kReplyFd = 4;

[[noreturn]] void become_worker(const WorkerSpec& spec, int request_fd, int reply_fd) {
  // Moved out of the way first: either may already be 3 or 4. The copies end with exec.
  const int request = fcntl(request_fd, F_DUPFD_CLOEXEC, 10);
  const int reply = fcntl(reply_fd, F_DUPFD_CLOEXEC, 10);
  dup2(request, kRequestFd);
  dup2(reply, kReplyFd);
  // The table is on stdout; what the libraries print is not part of it.
  if (const int null = open("/dev/null", O_WRONLY); null >= 0) dup2(null, STDOUT_FILENO);
  setenv("IST_PIPELINE_CACHE", spec.pipeline_cache.c_str(), 1);
  if (spec.pipeline_cache != "off") {
    setenv("MESA_SHADER_CACHE_DISABLE", "true", 1);
    setenv("__GL_SHADER_DISK_CACHE", "0", 1);
  }
  if (spec.llvmpipe_alone) setenv("LP_NUM_THREADS", "0", 1);
  if (!spec.display.empty()) setenv("DISPLAY", spec.display.c_str(), 1);
  if (!spec.bitcode_folder.empty()) setenv("TI_LIB_DIR", spec.bitcode_folder.c_str(), 1);
  std::string api = std::to_string(static_cast<int>(spec.subject.api));
  std::string device = std::to_string(spec.subject.device_index);
  std::string library = spec.subject.library, modules = spec.modules_folder;
  char program[] = "isthmus_bench", flag[] = "--worker";
  char* const arguments[] = {program, flag, library.data(), modules.data(), device.data(), api.data(), nullptr};
  execv("/proc/self/exe", arguments);
  _exit(127);
}

std::string serve(Measures& measures, const std::string& request) {
  std::istringstream words(request);
  std::string verb, row;
  int repeats = 0;
  words >> verb >> row >> repeats;
  if (verb == "measure") {
    const auto value = measures.measure(row, repeats);
    return value ? std::to_string(*value) : "none";
  }
  if (verb == "cold") return measures.measure_cold();
  if (verb == "load") return std::to_string(measures.measure_load());
  if (verb == "device") return measures.device();
  if (verb != "check") fail("The request '%s' is unknown.", request.c_str());
  return measures.verify();
}

}  // namespace

Worker::Worker(std::string name, const WorkerSpec& spec) : name_(std::move(name)) {
  int requests[2], replies[2];
  if (pipe2(requests, O_CLOEXEC) != 0 || pipe2(replies, O_CLOEXEC) != 0)
    fail("No pipe for worker '%s': %s.", name_.c_str(), std::strerror(errno));
  process_ = fork();
  if (process_ < 0) fail("No process for worker '%s': %s.", name_.c_str(), std::strerror(errno));
  if (process_ == 0) become_worker(spec, requests[0], replies[1]);
  close(requests[0]);
  close(replies[1]);
  pipe_.emplace(replies[0], requests[1]);
}

Worker::~Worker() {
  pipe_->send("quit");
  pipe_.reset();
  waitpid(process_, nullptr, 0);
}

bool Worker::answers(const std::string& request, std::string& reason) {
  const auto reply = pipe_->send(request) ? pipe_->receive() : std::nullopt;
  reason = reply ? *reply : "its process died.";
  return reply && reply->starts_with("ok ");
}

std::string Worker::ask(const std::string& request) {
  const auto reply = pipe_->send(request) ? pipe_->receive() : std::nullopt;
  if (!reply) fail("Worker '%s' died while asked to '%s'.", name_.c_str(), request.c_str());
  if (!reply->starts_with("ok ")) fail("Worker '%s' cannot '%s': %s", name_.c_str(), request.c_str(), reply->c_str());
  return reply->substr(3);
}

bool is_worker(int argc, char** argv) { return argc == 6 && std::strcmp(argv[1], kWorkerFlag) == 0; }

int run_worker(char** argv) {
  send_failures_to(kReplyFd);
  LinePipe pipe(kRequestFd, kReplyFd);
  SubjectSpec spec{argv[2], static_cast<uint32_t>(std::atoi(argv[4])), static_cast<Api>(std::atoi(argv[5]))};
  Measures measures(std::move(spec), argv[3]);
  while (const auto request = pipe.receive()) {
    if (*request == "quit") break;
    pipe.send("ok " + serve(measures, *request));
  }
  // Not through exit handlers: what a library does there is not measured and may hang or crash.
  _exit(0);
}

}  // namespace ist::bench
