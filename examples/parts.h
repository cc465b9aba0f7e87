#pragma once

#include <initializer_list>
#include <iostream>

#include "base/error.h"

/// What the programs of the guides share: a page shows a part of the source and what it prints.
namespace prova::examples {

struct Part {
  const char* name;  ///< of the region that shows it
  void (*run)();
};

/// Runs parts in their order, each below a line `== name`. What main returns: 1 if one throws.
inline int RunParts(std::initializer_list<Part> parts) {
  for (const Part& part : parts) {
    std::cout << "== " << part.name << "\n";
    try {
      part.run();
    } catch (const std::exception& problem) {
      std::cerr << part.name << ": " << problem.what() << "\n";
      return 1;
    }
  }
  return 0;
}

/// Errors: kValue unless `holds`: the program's result is wrong.
inline void Require(bool holds, const char* what) {
  if (!holds) Fail(ErrorCode::kValue, {.where = "example", .need = what});
}

/// Prints the message of the error that `call` throws. Errors: kValue where it throws none.
template <typename Call>
void PrintError(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    std::cout << error.what() << "\n";
    return;
  }
  Require(false, "an error");
}

}  // namespace prova::examples
