#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace prova {

/// Another program that answers questions, a line of JSON each, on its standard input and output:
/// the PyTorch peer, or the benchmark of another revision. It ends when this object does.
class Coprocess {
 public:
  /// Errors: kIo where the program cannot be started.
  explicit Coprocess(const std::vector<std::string>& command);
  ~Coprocess();
  Coprocess(const Coprocess&) = delete;
  Coprocess& operator=(const Coprocess&) = delete;

  /// Errors: kIo with the program's own words where it answers {"error": …}; where it has ended or
  /// answers no JSON.
  nlohmann::json Ask(const nlohmann::json& question);

 private:
  std::string ReadLine();

  std::string name_;
  int process_ = -1;
  int to_ = -1, from_ = -1;
  std::string unread_;
};

}  // namespace prova
