// Fork, exec and poll.
#include "child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

namespace doctor {
namespace {

using Clock = std::chrono::steady_clock;
constexpr size_t kErrBytes = 8192;
constexpr int kCannotExec = 127;

struct Pipe {
  int ends[2] = {-1, -1};
  Pipe() {
    if (::pipe2(ends, O_CLOEXEC) != 0) ends[0] = ends[1] = -1;
  }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  bool good() const { return ends[0] >= 0; }
  void close_end(int which) {
    if (ends[which] >= 0) ::close(ends[which]);
    ends[which] = -1;
  }
};

[[noreturn]] void become(const std::vector<std::string>& arguments, int out, int err, pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(kCannotExec);
  const rlimit no_core = {0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  const int empty = ::open("/dev/null", O_RDONLY);
  ::dup2(empty, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  std::vector<char*> words;
  for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  ::execv(words[0], words.data());
  ::_exit(kCannotExec);
}

// False at the end of the stream.
bool drain(int fd, std::string& text) {
  char bytes[4096];
  const ssize_t got = ::read(fd, bytes, sizeof bytes);
  if (got > 0) text.append(bytes, static_cast<size_t>(got));
  return got > 0 || (got < 0 && errno == EINTR);
}

void keep_end(std::string& text) {
  if (text.size() > kErrBytes) text.erase(0, text.size() - kErrBytes);
}

int milliseconds_until(Clock::time_point end) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
  return static_cast<int>(std::clamp<long long>(left, 0, 60000));
}

// Reads until both streams have ended (true) or time is up.
bool read_all(Pipe& out, Pipe& err, ChildEnd& end, Clock::time_point until) {
  pollfd streams[2] = {{out.ends[0], POLLIN, 0}, {err.ends[0], POLLIN, 0}};
  while (streams[0].fd >= 0 || streams[1].fd >= 0) {
    const int wait_ms = milliseconds_until(until);
    const int ready = ::poll(streams, 2, wait_ms);
    if (ready == 0 && Clock::now() >= until) return false;
    if (ready <= 0) continue;
    if (streams[0].revents && !drain(streams[0].fd, end.out)) streams[0].fd = -1;
    if (streams[1].revents && !drain(streams[1].fd, end.err)) streams[1].fd = -1;
    keep_end(end.err);
  }
  return true;
}

// True when the child, which has closed its streams, ends in time.
bool wait_until(pid_t child, int& status, Clock::time_point until) {
  for (;;) {
    const pid_t ended = ::waitpid(child, &status, WNOHANG);
    if (ended == child) return true;
    if (Clock::now() >= until) return false;
    ::usleep(1000);
  }
}

}  // namespace

ChildEnd run_child(const std::vector<std::string>& arguments, std::chrono::milliseconds limit) {
  ChildEnd end;
  Pipe out, err;
  if (arguments.empty() || !out.good() || !err.good()) return end;
  const Clock::time_point until = Clock::now() + limit;
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return end;
  if (child == 0) become(arguments, out.ends[1], err.ends[1], parent);
  ::setpgid(child, child);
  out.close_end(1);
  err.close_end(1);
  int status = 0;
  const bool in_time = read_all(out, err, end, until) && wait_until(child, status, until);
  ::kill(-child, SIGKILL);
  if (!in_time) {
    ::waitpid(child, &status, 0);
    end.how = ChildEnd::How::timed_out;
  } else if (WIFSIGNALED(status)) {
    end.how = ChildEnd::How::died;
    end.signal = WTERMSIG(status);
  } else {
    end.how = WEXITSTATUS(status) == kCannotExec ? ChildEnd::How::not_started : ChildEnd::How::exited;
    end.exit_code = WEXITSTATUS(status);
  }
  return end;
}

std::string signal_name(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name ? std::string("SIG") + name : "signal " + std::to_string(signal);
}

std::string describe(const ChildEnd& end, std::chrono::milliseconds limit) {
  std::string text;
  switch (end.how) {
    case ChildEnd::How::not_started:
      return "The program could not be started again.";
    case ChildEnd::How::timed_out:
      text = "Nothing came within " + std::to_string(limit.count() / 1000) + " s.";
      break;
    case ChildEnd::How::died:
      text = "The process died of " + signal_name(end.signal) + ".";
      break;
    case ChildEnd::How::exited:
      if (end.exit_code == 0) return {};
      text = "The process ended with " + std::to_string(end.exit_code) + ".";
      break;
  }
  std::string said = end.err;
  while (!said.empty() && said.back() == '\n') said.pop_back();
  said.erase(0, said.rfind('\n') + 1);
  return said.empty() ? text : text + " It said last: " + said;
}

std::string own_path() {
  char path[4096];
  const ssize_t length = ::readlink("/proc/self/exe", path, sizeof path);
  return length > 0 ? std::string(path, static_cast<size_t>(length)) : std::string();
}

}  // namespace doctor
