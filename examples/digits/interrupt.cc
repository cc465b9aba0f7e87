#include "examples/digits/interrupt.h"

#include <atomic>
#include <csignal>
#include <string_view>

namespace prova::digits {
namespace {

std::atomic<int> pending_signal{0};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may take no lock");

// A word that a POSIX shell reads as `text`.
std::string Quoted(std::string_view text) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=./,:@%";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string_view::npos) {
    return std::string(text);
  }
  std::string quoted = "'";
  for (char c : text) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

}  // namespace

void WatchSignals() {
  struct sigaction action = {};
  action.sa_handler = [](int signal) { pending_signal.store(signal); };
  action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;
  for (int signal : {SIGINT, SIGTERM}) sigaction(signal, &action, nullptr);
  std::signal(SIGXFSZ, SIG_IGN);
}

int PendingSignal() { return pending_signal.load(); }

std::string ResumeCommand(const std::vector<std::string>& command, const std::string& checkpoint) {
  std::string line = Quoted(command.front());
  for (size_t i = 1; i < command.size(); ++i) {
    if (command[i] == "--resume") {
      ++i;
    } else if (!command[i].starts_with("--resume=")) {
      line += " " + Quoted(command[i]);
    }
  }
  return line + " --resume " + Quoted(checkpoint);
}

}  // namespace prova::digits
