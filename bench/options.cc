#include "bench/options.h"

#include <algorithm>
#include <iostream>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "base/error.h"
#include "base/parallel_for.h"

namespace prova {

bool Options::IsSelected(const std::string& row) const {
  return cases.empty() || std::find(cases.begin(), cases.end(), row) != cases.end();
}

std::optional<Options> ParseOptions(int argc, char** argv) {
  Options options = {.threads = {NumThreads()},
                     .peers = {"all"},
                     .seconds = 0.5,
                     .sample_seconds = 2e-3,
                     .rounds = 1000,
                     .python = "/usr/bin/python3"};
  CLI::App app(
      "Measures the cases of one operation; ./dev bench makes tables of what this prints.");
  app.add_option("cases", options.cases, "names of rows, as --list prints them; none means all");
  app.add_option("--threads", options.threads, "numbers of threads: 1,2")
      ->delimiter(',')
      ->check(CLI::Range(1, 1024));
  app.add_option("--peers", options.peers, "all, none, or a list")
      ->delimiter(',')
      ->check(CLI::IsMember({"all", "none", "onednn", "openblas", "eigen", "std", "torch"}));
  app.add_option("--seconds", options.seconds, "to spend on each contender")
      ->check(CLI::PositiveNumber);
  app.add_option("--sample-seconds", options.sample_seconds, "least length of a sample")
      ->check(CLI::PositiveNumber);
  app.add_option("--rounds", options.rounds, "at most")->check(CLI::PositiveNumber);
  app.add_option("--isa", options.isa, "use no better instructions: avx512, avx2 or emu128");
  app.add_option("--python", options.python, "the interpreter of the PyTorch peer");
  app.add_option("--torch-script", options.torch_script, "bench/peers/torch_peer.py");
  app.add_option("--before", options.before, "the program of another revision, and --serve");
  app.add_flag("--small", options.small, "only cases that fit a core's own caches");
  app.add_flag("--yardsticks", options.yardsticks, "fixed loops take part; prints every sample");
  app.add_flag("--list", options.list, "prints the names of the rows");
  app.add_flag("--smoke", options.smoke, "computes every case once; fails where a peer disagrees");
  app.add_flag("--serve", options.serve, "answers questions on standard input");
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    std::cout << app.help();
    return {};
  } catch (const CLI::ParseError& error) {
    Fail(ErrorCode::kValue, {.where = "bench", .given = error.what(), .hint = "see --help"});
  }
  return options;
}

}  // namespace prova
