#include "gradcheck/compare.h"

#include <cstring>

#include <hwy/highway.h>

#include "base/text.h"
#include "gradcheck/exact.h"
#include "tensor/create.h"
#include "tensor/strided.h"
#include "tensor/view.h"

namespace prova {
testing::AssertionResult Agrees(const Tensor& actual, const Tensor& exact,
                                const Tolerance& tolerance) {
  if (actual.shape() != exact.shape()) {
    return testing::AssertionFailure()
           << "shape " << actual.shape() << ", expected " << exact.shape();
  }
  const Deviation worst = WorstDeviation(actual, exact, tolerance);
  if (worst.agrees) return testing::AssertionSuccess();
  return testing::AssertionFailure()
         << "element " << worst.element << " is " << Cat(std::scientific, worst.actual)
         << ", expected " << Cat(std::scientific, worst.exact) << "; error " << worst.error
         << ", allowed " << worst.allowed;
}

testing::AssertionResult SameBits(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || a.shape() != b.shape()) {
    return testing::AssertionFailure()
           << a.dtype() << a.shape() << " and " << b.dtype() << b.shape();
  }
  const Tensor left = Contiguous(To(a, kCpu)), right = Contiguous(To(b, kCpu));
  if (std::memcmp(left.raw_data(), right.raw_data(), a.numel() * ItemSize(a.dtype())) == 0) {
    return testing::AssertionSuccess();
  }
  return testing::AssertionFailure() << "the bits differ";
}

const char* ToString(Layout layout) {
  switch (layout) {
    case Layout::kContiguous: return "contiguous";
    case Layout::kTransposed: return "transposed";
    case Layout::kStepped: return "stepped";
    case Layout::kReversed: return "reversed";
    case Layout::kUnaligned: return "unaligned";
  }
  return "unknown";
}

Tensor WithLayout(const Tensor& x, Layout layout) {
  if (x.rank() == 0 || layout == Layout::kContiguous) return x;
  const int last = x.rank() - 1;
  Tensor view;
  if (layout == Layout::kTransposed) {
    Dims reversed;
    Shape shape;
    for (int i = last; i >= 0; --i) {
      reversed.push_back(i);
      shape.push_back(x.shape()[i]);
    }
    view = view::Permute(empty(shape, {.dtype = x.dtype(), .device = x.device()}), reversed);
  } else if (layout == Layout::kReversed) {
    view = empty_like(x);
    for (int i = 0; i <= last; ++i) view = view::Slice(view, i, {.step = -1});
  } else {
    const bool stepped = layout == Layout::kStepped;
    Shape shape = x.shape();
    shape[last] = stepped ? 2 * shape[last] + 1 : shape[last] + 1;
    view = view::Slice(empty(shape, {.dtype = x.dtype(), .device = x.device()}), last,
                       {.start = 1, .step = stepped ? 2 : 1});
  }
  CopyElements(x, view);
  return view;
}

void ForEachTarget(const std::function<void(const char* name)>& body) {
  if (default_device() != kCpu) return body("cuda");
  auto choose = [](int64_t targets) {
    hwy::SetSupportedTargetsForTest(targets);
    hwy::GetChosenTarget().DeInit();
  };
  for (int64_t rest = hwy::SupportedTargets() & HWY_TARGETS; rest != 0; rest &= rest - 1) {
    const int64_t target = rest & -rest;
    choose(target);
    body(hwy::TargetName(target));
  }
  choose(0);
}

}  // namespace prova
