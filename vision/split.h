#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace prova {

/// Indices of the examples of each part, ascending.
struct IndexSplit {
  std::vector<int64_t> train;
  std::vector<int64_t> test;
};

/// How `stratified_split` divides.
struct SplitOptions {
  int classes = 10;
  int one_in = 5;     ///< one example of so many goes to the test part
  uint64_t seed = 0;  ///< which ones
};

/// Divides examples so that both parts have the classes in the same proportions.
///
/// The test part holds round(n / one_in) examples. A class of c examples gives floor(c / one_in) of
/// them, chosen at random; what is then missing comes one each from the classes with the largest
/// remainders, the lower class first where they tie (the largest-remainder method).
/// Errors: kValue for options out of range, kIndex for a label outside 0..classes-1.
IndexSplit stratified_split(std::span<const uint8_t> labels, const SplitOptions& options);

}  // namespace prova
