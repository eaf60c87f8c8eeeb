// The server chooses a free number and writes it to a pipe once it answers.
#include "x_server.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "line_pipe.h"

namespace ist::bench {
namespace {

constexpr int kNumberFd = 3;

[[noreturn]] void become_server(int number_fd) {
  const int number = fcntl(number_fd, F_DUPFD_CLOEXEC, 10);
  dup2(number, kNumberFd);
  if (const int null = open("/dev/null", O_RDWR); null >= 0) {
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(null, fd);
  }
  execlp("Xvfb", "Xvfb", "-displayfd", "3", "-nolisten", "tcp", "-screen", "0", "64x64x24", nullptr);
  _exit(127);
}

}  // namespace

XServer::XServer() {
  int number[2];
  if (pipe2(number, O_CLOEXEC) != 0) return;
  process_ = fork();
  if (process_ == 0) become_server(number[1]);
  close(number[1]);
  LinePipe pipe(number[0], -1);
  if (process_ < 0) return;
  if (const auto line = pipe.receive()) display_ = ":" + *line;
}

XServer::~XServer() {
  if (process_ <= 0) return;
  kill(process_, SIGTERM);
  waitpid(process_, nullptr, 0);
}

}  // namespace ist::bench
