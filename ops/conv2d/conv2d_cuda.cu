#include "ops/conv2d/conv2d_depthwise_cuda.h"

namespace prova::cuda {
namespace {

bool IsDepthwise(const Planes& of) { return of.in == 1 && of.out == 1; }

/// Whether packs of a row may be moved at once where each plane has so many elements.
template <typename T>
bool IsPacked(const void* planes, int64_t elements) {
  return reinterpret_cast<uintptr_t>(planes) % 16 == 0 && elements % kPackOf<T> == 0;
}

/// The three directions as products; a batch is a group, for dx a phase of a group.
ProductSize SizeOf(const Conv2dArgs& args) {
  const Planes of(args.of);
  return {of.groups, of.out, of.images * of.windows(), int64_t{of.in} * of.taps()};
}
ProductSize SizeOf(const Conv2dBackwardInputArgs& args) {
  const Planes of(args.of);
  const Phases by(of);
  return {int64_t{of.groups} * by.count(), of.in, of.images * by.rows.elements * by.cols.elements,
          int64_t{of.out} * by.rows.taps * by.cols.taps};
}
ProductSize SizeOf(const Conv2dBackwardWeightArgs& args) {
  const Planes of(args.of);
  return {of.groups, of.out, int64_t{of.in} * of.taps(), of.images * of.windows()};
}

template <typename Args>
int64_t WorkspaceOf(const Args& args) {
  if (IsDepthwise(Planes(args.of))) return 0;
  int64_t bytes = 0;
  VisitFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const ProductSize of = SizeOf(args);
    bytes = PartialBytes<T>(PlanTiles(of, kLargestSide<T>), of);
  });
  return bytes;
}

template <typename Args, typename A, typename B, typename Result>
void MultiplyFor(const Args& args, const A& a, const B& b, const Result& y) {
  const ProductSize of = SizeOf(args);
  const ProductPlan plan = PlanTiles(of, kLargestSide<typename Result::Element>);
  MultiplyAs(plan, of, a, b, y, args.workspace);
}

// #region cuda
template <typename T>
void Forward(const Conv2dArgs& args) {
  const Planes of(args.of);
  const T *x = static_cast<const T*>(args.x), *bias = static_cast<const T*>(args.bias);
  T* y = static_cast<T*>(args.y);
  if (of.images * of.groups * of.out == 0) return;
  if (IsDepthwise(of)) {
    const int columns = (of.rows.windows + kColumn - 1) / kColumn;
    Launch(GridFor(of.images * of.groups * columns * of.cols.windows), DepthwiseForward<T>, x,
           static_cast<const T*>(args.weight), bias, y, of);
    return;
  }
  const int64_t terms = int64_t{of.in} * of.taps();
  JointGeometry groups = OneAxis(of.groups, {1});
  groups.strides[0][0] = of.out * terms;
  MultiplyFor(args, MatricesOf<T>(args.weight, of.out, terms, terms, 1, groups, 0),
              WindowsOfX<T>{x, of}, PlanesOfY<T>{y, bias, of, IsPacked<T>(y, of.windows())});
}
// #endregion cuda

template <typename T>
void BackwardInput(const Conv2dBackwardInputArgs& args) {
  const Planes of(args.of);
  const T *dy = static_cast<const T*>(args.dy), *weight = static_cast<const T*>(args.weight);
  T* dx = static_cast<T*>(args.dx);
  if (of.images * of.groups * of.in == 0) return;
  if (IsDepthwise(of)) {
    Launch(GridFor(of.images * of.groups * of.elements()), DepthwiseBackwardInput<T>, dy, weight,
           dx, of);
    return;
  }
  const Phases by(of);
  const bool packed = by.count() == 1 && IsPacked<T>(dx, of.elements());
  MultiplyFor(args, ChannelsOfWeight<T>{weight, by}, ElementsOfDy<T>{dy, by},
              PlanesOfDx<T>{dx, by, packed});
}

template <typename T>
void BackwardWeight(const Conv2dBackwardWeightArgs& args) {
  const Planes of(args.of);
  const T *dy = static_cast<const T*>(args.dy), *x = static_cast<const T*>(args.x);
  if (IsDepthwise(of)) {
    Launch({dim3(static_cast<unsigned>(of.groups * of.taps())), dim3(kBlockThreads)},
           DepthwiseBackwardWeight<T>, dy, x, static_cast<T*>(args.dweight), of);
    return;
  }
  MultiplyFor(args, FiltersOfDy<T>{dy, of, IsPacked<T>(dy, of.windows())}, TapsOfX<T>{x, of},
              RowMajor<T>(args.dweight, SizeOf(args)));
}

}  // namespace

int64_t Conv2dWorkspace(const Conv2dArgs& args) { return WorkspaceOf(args); }
int64_t Conv2dWorkspace(const Conv2dBackwardInputArgs& args) { return WorkspaceOf(args); }
int64_t Conv2dWorkspace(const Conv2dBackwardWeightArgs& args) { return WorkspaceOf(args); }

void Conv2d(const Conv2dArgs& args) {
  VisitFloats(args.dtype, [&](auto type) { Forward<typename decltype(type)::type>(args); });
}
void Conv2dBackwardInput(const Conv2dBackwardInputArgs& args) {
  VisitFloats(args.dtype, [&](auto type) { BackwardInput<typename decltype(type)::type>(args); });
}
void Conv2dBackwardWeight(const Conv2dBackwardWeightArgs& args) {
  VisitFloats(args.dtype, [&](auto type) { BackwardWeight<typename decltype(type)::type>(args); });
}

}  // namespace prova::cuda
