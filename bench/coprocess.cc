#include "bench/coprocess.h"

#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"

namespace prova {

Coprocess::Coprocess(const std::vector<std::string>& command) : name_(command.at(0)) {
  std::signal(SIGPIPE, SIG_IGN);  // A write to a program that has ended reports an error instead.
  int question[2], answer[2];
  if (pipe2(question, O_CLOEXEC) != 0 || pipe2(answer, O_CLOEXEC) != 0) {
    Fail(ErrorCode::kIo, {.where = name_, .given = std::strerror(errno), .need = "a pipe"});
  }
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  process_ = fork();
  if (process_ == 0) {
    dup2(question[0], STDIN_FILENO);
    dup2(answer[1], STDOUT_FILENO);
    execvp(arguments[0], arguments.data());
    _exit(127);
  }
  close(question[0]);
  close(answer[1]);
  to_ = question[1];
  from_ = answer[0];
  if (process_ < 0) {
    Fail(ErrorCode::kIo, {.where = name_, .given = std::strerror(errno), .need = "a new process"});
  }
}

Coprocess::~Coprocess() {
  close(to_);
  close(from_);
  if (process_ > 0) waitpid(process_, nullptr, 0);
}

nlohmann::json Coprocess::Ask(const nlohmann::json& question) {
  const std::string line = question.dump() + "\n";
  for (size_t written = 0; written < line.size();) {
    const ssize_t more = write(to_, line.data() + written, line.size() - written);
    if (more <= 0) Fail(ErrorCode::kIo, {.where = name_, .given = "it has ended"});
    written += more;
  }
  const std::string text = ReadLine();
  nlohmann::json answer = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!answer.is_object()) {
    Fail(ErrorCode::kIo, {.where = name_, .given = Cat("answers '", text, "'"), .need = "JSON"});
  }
  if (answer.contains("error")) {
    Fail(ErrorCode::kIo, {.where = name_, .given = answer["error"].get<std::string>()});
  }
  return answer;
}

std::string Coprocess::ReadLine() {
  size_t end;
  while ((end = unread_.find('\n')) == std::string::npos) {
    char piece[4096];
    const ssize_t more = read(from_, piece, sizeof(piece));
    if (more <= 0) Fail(ErrorCode::kIo, {.where = name_, .given = "it has ended"});
    unread_.append(piece, more);
  }
  const std::string line = unread_.substr(0, end);
  unread_.erase(0, end + 1);
  return line;
}

}  // namespace prova
