#include <iostream>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cuda/runtime.h"
#include "gradcheck/spec.h"

namespace prova {
namespace {

std::string ColumnCell(const OpSpec& spec, Where where) {
  const auto found = spec.columns.find(where);
  return found == spec.columns.end() ? "" : ToString(found->second);
}

/// How many cases have their derivative checked, of the first and of the second order.
std::string CheckedCases(const OpSpec& spec) {
  int checked = 0;
  for (const OpCase& sample : spec.cases) checked += IsDifferenced(sample);
  return checked > 0 ? Cat(checked, " cases") : "";
}

template <typename Items, typename Name>
std::string Joined(const Items& items, Name name) {
  std::string text;
  for (const auto& item : items) text += (text.empty() ? "" : ", ") + std::string(name(item));
  return text;
}

/// Says that GPU kernels are executed, not on a GPU, where this program has the harness for one.
std::string CudaCell(const OpSpec& spec) {
  const std::string dtypes = ColumnCell(spec, Where::kCuda);
  const bool on_harness =
      cuda::LinkedRuntime() != nullptr && cuda::LinkedRuntime()->ScheduleCount() > 1;
  return !dtypes.empty() && on_harness ? Cat("executed: ", dtypes) : dtypes;
}

nlohmann::ordered_json Row(const NamedSpec& named) {
  const OpSpec spec = named.make();
  return {
      {"op", spec.name},
      {"definition", spec.definition},
      {"reference", ColumnCell(spec, Where::kReference)},
      {"simd", ColumnCell(spec, Where::kSimd)},
      {"cuda", CudaCell(spec)},
      {"vjp", spec.vjp},
      {"second_order", CheckedCases(spec)},
      {"bench", Joined(spec.bench, [](const BenchCase& bench) { return bench.name; })},
      {"dtypes", Joined(spec.dtypes, [](DType dtype) { return ToString(dtype); })},
  };
}

}  // namespace
}  // namespace prova

/// Prints what the modules say of themselves; `./dev ops` adds what their folders show.
int main() {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const prova::NamedSpec& named : prova::AllSpecs()) rows.push_back(prova::Row(named));
  std::cout << rows.dump(2) << '\n';
}
