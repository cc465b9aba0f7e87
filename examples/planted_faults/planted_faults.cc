// A kernel for GPUs with three faults on purpose, and what the execution harness says of each.
#include "cuda/harness/planted_faults.h"

#include <iostream>
#include <numeric>
#include <vector>

#include "cuda/harness/testing.h"
#include "examples/parts.h"

using namespace prova;
using namespace prova::cuda;

namespace {

constexpr int kRows = 3, kCols = 100;

// #region launch
// The sums of three rows of 0, 1, …, 299.
template <Planted fault>
std::vector<float> Sums() {
  std::vector<float> numbers(kRows * kCols);
  std::iota(numbers.begin(), numbers.end(), 0.f);
  const DeviceArray<float> x(numbers), y{std::vector<float>(kRows)};
  Enter("sum_rows", 0);
  Launch({dim3(kRows), dim3(kSumThreads)}, SumRows<fault>, x.data(), y.data(), kCols);
  return y.values();
}
// #endregion launch

// What comes of it under each order of threads.
template <Planted fault>
void Run() {
  Runtime& runtime = *LinkedRuntime();
  for (int schedule = 0; schedule < runtime.ScheduleCount(); ++schedule) {
    std::cout << runtime.UseSchedule(schedule) << ":\n ";
    try {
      for (const float sum : Sums<fault>()) std::cout << " " << sum;
    } catch (const Error& error) {
      std::cout << " " << error.what();
    }
    std::cout << "\n";
  }
  runtime.UseSchedule(0);
}

}  // namespace

int main() {
  return examples::RunParts({{"no fault", Run<Planted::kNothing>},
                             {"missing barrier", Run<Planted::kMissingBarrier>},
                             {"wrong tail", Run<Planted::kWrongTail>},
                             {"race", Run<Planted::kRace>}});
}
