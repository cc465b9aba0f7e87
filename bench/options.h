#pragma once

#include <optional>
#include <string>
#include <vector>

namespace prova {

/// The command line of a benchmark program.
struct Options {
  std::vector<std::string> cases;  ///< names of rows to measure; none means all
  std::vector<int> threads;
  std::vector<std::string> peers;  ///< names of libraries, or "all", or "none"
  double seconds;                  ///< to spend on each contender of a case
  double sample_seconds;
  int rounds;       ///< at most
  bool small;       ///< leave out cases that do not fit a core's own caches or take long
  bool yardsticks;  ///< fixed loops take part as well, and rows have every sample
  std::string isa;  ///< use no better instructions; empty: the best there are
  std::string python;
  std::string torch_script;         ///< of the PyTorch peer; none without it
  std::vector<std::string> before;  ///< the command of another revision's program, to interleave
  bool list;
  bool smoke;
  bool serve;

  bool IsSelected(const std::string& row) const;
};

/// Nothing where the program only had to print its help. Errors: kValue for a wrong command line.
std::optional<Options> ParseOptions(int argc, char** argv);

}  // namespace prova
