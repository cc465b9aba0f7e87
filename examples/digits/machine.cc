#include "examples/digits/machine.h"

#include <cstdlib>
#include <fstream>
#include <system_error>
#include <vector>

#include "base/error.h"

namespace prova::digits {
namespace {

constexpr char kInRunfiles[] = "prova/examples/digits/data";

}  // namespace

std::string MachineName() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown processor";
}

std::string CompilerName() {
#ifdef __clang__
  return "clang " __clang_version__;
#else
  return "g++ " __VERSION__;
#endif
}

std::filesystem::path BuiltInDigits() {
  std::error_code ignored;
  std::vector<std::filesystem::path> candidates;
  // Bazel names the folder of a program's data in a variable, or puts it beside the program.
  if (const char* runfiles = std::getenv("RUNFILES_DIR")) {
    candidates.push_back(std::filesystem::path(runfiles) / kInRunfiles);
  }
  std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", ignored);
  program += ".runfiles";
  candidates.push_back(program / kInRunfiles);
  for (const auto& candidate : candidates) {
    if (std::filesystem::is_directory(candidate, ignored)) return candidate;
  }
  Fail(ErrorCode::kIo, {.where = "built-in digits",
                        .given = "are not at " + candidates.back().string(),
                        .hint = "build and run with ./dev demo, or name a folder with --data"});
}

}  // namespace prova::digits
