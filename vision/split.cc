#include "vision/split.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "base/philox.h"
#include "base/text.h"

namespace prova {
namespace {

using Groups = std::vector<std::vector<int64_t>>;

Groups ByClass(std::span<const uint8_t> labels, int classes) {
  Groups groups(classes);
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] >= classes) {
      Fail(ErrorCode::kIndex, {.where = "stratified_split",
                               .given = Cat("label ", int{labels[i]}, " of example ", i),
                               .need = Cat("0..", classes - 1)});
    }
    groups[labels[i]].push_back(static_cast<int64_t>(i));
  }
  return groups;
}

// How many examples of each class are for testing.
std::vector<int64_t> TestQuotas(const Groups& groups, int64_t examples, int64_t one_in) {
  std::vector<int64_t> quotas;
  for (const auto& group : groups) {
    quotas.push_back(static_cast<int64_t>(group.size()) / one_in);
  }
  std::vector<size_t> order(groups.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return static_cast<int64_t>(groups[a].size()) % one_in >
           static_cast<int64_t>(groups[b].size()) % one_in;
  });
  const int64_t wanted = (2 * examples + one_in) / (2 * one_in);
  const int64_t missing = wanted - std::accumulate(quotas.begin(), quotas.end(), int64_t{0});
  for (int64_t i = 0; i < missing; ++i) ++quotas[order[i]];
  return quotas;
}

}  // namespace

IndexSplit stratified_split(std::span<const uint8_t> labels, const SplitOptions& options) {
  if (options.classes < 1 || options.classes > 256 || options.one_in < 2) {
    Fail(ErrorCode::kValue, {.where = "stratified_split",
                             .given = Cat("classes ", options.classes, ", one_in ", options.one_in),
                             .need = "classes in 1..256 and one_in >= 2"});
  }
  Groups groups = ByClass(labels, options.classes);
  const std::vector<int64_t> quotas =
      TestQuotas(groups, static_cast<int64_t>(labels.size()), options.one_in);
  Rng rng(options.seed);
  IndexSplit split;
  for (size_t label = 0; label < groups.size(); ++label) {
    auto& group = groups[label];
    for (size_t i = group.size(); i > 1; --i) std::swap(group[i - 1], group[rng.Below(i)]);
    const auto cut = group.begin() + quotas[label];
    split.test.insert(split.test.end(), group.begin(), cut);
    split.train.insert(split.train.end(), cut, group.end());
  }
  std::sort(split.train.begin(), split.train.end());
  std::sort(split.test.begin(), split.test.end());
  return split;
}

}  // namespace prova
