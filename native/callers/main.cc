// trunkline-callers: thousands of callers' media streams from one thread (Linux). Not a program for people: the load tool
// starts it (src/load/caller-engine.ts), and it ends with its standard input.
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <memory>

#include "callers/engine.h"

int main() {
  std::signal(SIGPIPE, SIG_IGN);
  // A terminal sends it to all of the group; Node decides, and the end of the input tells.
  std::signal(SIGINT, SIG_IGN);
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  // Else a sleep may last 50 us longer than was asked.
  prctl(PR_SET_TIMERSLACK, 1UL);
  for (const int fd : {0, 1}) fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  using trunkline::callers::Engine;
  const int code = std::make_unique<Engine>(0, 1)->Run();
  // Node puts it into its error.
  if (code == Engine::kBadOrder) std::fputs("an order on the standard input is malformed or over 16 MiB", stderr);
  if (code == Engine::kNotRead) std::fputs("events on the standard output are not read, or 16 MiB behind", stderr);
  if (code == Engine::kNoEpoll) std::fputs("the standard input is not a pipe or a socket", stderr);
  return code;
}
