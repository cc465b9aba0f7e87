#include <fstream>
#include <iostream>

#include "bench/gpu/targets.h"

// Makes one file of what tools/gpu/run.sh left in a folder, and prints how the targets were met.
int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: summary FOLDER" << std::endl;
    return 2;
  }
  const std::string folder = argv[1];
  try {
    const nlohmann::ordered_json results = prova::Collect(folder);
    std::ofstream(folder + "/results.json") << results.dump(1) << '\n';
    std::cout << prova::TargetTable(results["targets"]);
  } catch (const std::exception& problem) {
    std::cerr << "summary: " << problem.what() << std::endl;
    return 1;
  }
  return 0;
}
