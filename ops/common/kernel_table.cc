#include "ops/common/kernel_table.h"

#include <cstdlib>
#include <optional>
#include <string_view>

namespace prova {
namespace {

Where ColumnFromEnvironment() {
  const char* given = std::getenv("PROVA_KERNELS");
  const std::string_view name = given == nullptr ? "" : given;
  if (name.empty() || name == "simd") return Where::kSimd;
  if (name == "reference") return Where::kReference;
  Fail(ErrorCode::kValue,
       {.where = "PROVA_KERNELS", .given = Cat("'", name, "'"), .need = "simd or reference"});
}

Where& Column() {
  constinit thread_local std::optional<Where> column;
  if (!column) column = ColumnFromEnvironment();
  return *column;
}

}  // namespace

const char* ToString(Where where) {
  switch (where) {
    case Where::kCuda: return "cuda";
    case Where::kSimd: return "simd";
    case Where::kReference: return "reference";
  }
  return "unknown";
}

Where FirstColumn() { return Column(); }

ScopedKernels::ScopedKernels(Where first) : before_(Column()) { Column() = first; }
ScopedKernels::~ScopedKernels() { Column() = before_; }

}  // namespace prova
