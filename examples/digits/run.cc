#include "examples/digits/run.h"

#include <algorithm>

namespace prova::digits {

std::vector<int64_t> ConfusionMatrix(const RunResult& result) {
  const int64_t classes = result.data.classes;
  std::vector<int64_t> counts(classes * classes);
  for (size_t i = 0; i < result.test_labels.size(); ++i) {
    ++counts[result.test_labels[i] * classes + result.test.predictions[i]];
  }
  return counts;
}

std::vector<int64_t> Mistakes(const RunResult& result) {
  std::vector<int64_t> wrong;
  for (size_t i = 0; i < result.test_labels.size(); ++i) {
    if (result.test_labels[i] != result.test.predictions[i]) wrong.push_back(i);
  }
  auto certainty = [&](int64_t i) {
    return result.test.probabilities[i * result.data.classes + result.test.predictions[i]];
  };
  std::stable_sort(wrong.begin(), wrong.end(),
                   [&](int64_t a, int64_t b) { return certainty(a) > certainty(b); });
  return wrong;
}

}  // namespace prova::digits
