#include "autograd/movement.h"
#include "base/text.h"
#include "gradcheck/spec.h"
#include "ops/max/max.h"
#include "ops/max_pool2d/max_pool2d.h"
#include "ops/max_pool2d/max_pool2d_kernels.h"
#include "tensor/create.h"

namespace prova::cases {
namespace {

// #region definition
/// Without padding: the maximum over the window's elements, each a strided slice of x.
Tensor PoolByDefinition(const Tensor& x, const MaxPool2dOptions& options) {
  const Size2d stride = options.stride.value_or(options.kernel);
  const Shape result = prova::max_pool2d(detach(x), options).shape();
  const int64_t rows = (result[result.rank() - 2] - 1) * stride.height + 1;
  const int64_t cols = (result[result.rank() - 1] - 1) * stride.width + 1;
  Tensors elements;
  for (int64_t a = 0; a < options.kernel.height; ++a) {
    for (int64_t b = 0; b < options.kernel.width; ++b) {
      const int64_t top = a * options.dilation.height, left = b * options.dilation.width;
      const Tensor band = slice(x, -2, {.start = top, .stop = top + rows, .step = stride.height});
      elements.push_back(
          slice(band, -1, {.start = left, .stop = left + cols, .step = stride.width}));
    }
  }
  return prova::max(stack(elements), {0});
}
// #endregion definition

OpCase Pool(const std::string& name, const Shape& shape, const MaxPool2dOptions& options) {
  OpCase sample{
      .name = name,
      // Distinct values: at a tie the definition splits the gradient, the pool does not.
      .inputs = {{.shape = shape, .low = -5, .high = 5, .distinct = true, .affine = true}},
      .run = [options](const Tensors& in) { return prova::max_pool2d(in[0], options); },
      // Chosen, not computed: no error at all.
      .tolerance = {.epsilons = 0},
      // Where windows overlap, sums of at most kernel^2 gradients.
      .gradient_tolerance = {.epsilons = 8, .scale = Tolerance::Scale::kTensor},
      .check_gradient = NumElements(shape) > 0};
  const bool padded = options.padding.height > 0 || options.padding.width > 0 || options.ceil_mode;
  if (!padded && NumElements(shape) > 0) {
    sample.definition = [options](const Tensors& in) { return PoolByDefinition(in[0], options); };
  }
  return sample;
}

}  // namespace

OpSpec max_pool2d() {
  std::vector<OpCase> all = {
      Pool("2x2", {2, 3, 4, 6}, {.kernel = 2}),
      Pool("2x2_odd", {1, 2, 5, 7}, {.kernel = 2}),
      Pool("unbatched", {2, 4, 4}, {.kernel = 2}),
      // Tiles of windows that span rows and planes, and end within a plane.
      Pool("many_planes", {19, 5, 4, 6}, {.kernel = 2}),
      Pool("many_planes_dilation", {3, 40, 7, 8},
           {.kernel = 3, .stride = Size2d{1, 2}, .dilation = {2, 1}}),
      Pool("overlapping", {1, 2, 6, 7}, {.kernel = 3, .stride = 1}),
      Pool("stride2", {1, 2, 7, 8}, {.kernel = 3, .stride = 2}),
      Pool("padding", {2, 1, 5, 6}, {.kernel = 3, .stride = 2, .padding = 1}),
      Pool("dilation", {1, 2, 7, 9}, {.kernel = 2, .stride = 1, .dilation = {2, 3}}),
      Pool("oblong", {1, 2, 6, 9}, {.kernel = {3, 1}, .stride = Size2d{1, 3}, .padding = {1, 0}}),
      Pool("ceil", {1, 1, 5, 6}, {.kernel = 2, .stride = 3, .ceil_mode = true}),
      Pool("ceil_padding", {1, 1, 6, 5},
           {.kernel = 3, .stride = 2, .padding = 1, .ceil_mode = true}),
      Pool("one_element", {1, 1, 1, 1}, {.kernel = 1}),
      Pool("no_images", {0, 2, 4, 4}, {.kernel = 2}),
  };
  for (int64_t width : LengthsAroundVectors()) {
    if (width == 0) continue;
    all.push_back(
        Pool(Cat("row_stride1_", width), {1, 1, 2, width + 1}, {.kernel = 2, .stride = 1}));
    all.push_back(Pool(Cat("row_stride2_", width), {1, 1, 2, 2 * width}, {.kernel = 2}));
  }
  auto bench = [](int64_t n, int64_t c, int64_t side,
                  const MaxPool2dOptions& options) -> BenchCase {
    const Size2d stride = options.stride.value_or(options.kernel);
    const double in = 1.0 * n * c * side * side;
    const double out = in / static_cast<double>(stride.height * stride.width);
    return {
        Cat("k", options.kernel.height, "s", stride.height, "_", n, "x", c, "x", side, "x", side),
        {{.shape = {n, c, side, side}}},
        [options](const Tensors& inputs) { return prova::max_pool2d(inputs[0], options); },
        4 * (in + out),
        out * static_cast<double>(options.kernel.height * options.kernel.width),
        Cat("F.max_pool2d(a, (", options.kernel.height, ", ", options.kernel.width, "), (",
            stride.height, ", ", stride.width, "), (", options.padding.height, ", ",
            options.padding.width, "))"),
        DType::kFloat32,
        {{"kernel", options.kernel.height},
         {"stride", stride.height},
         {"padding", options.padding.height}}};
  };
  return {
      .name = "max_pool2d",
      .definition = "max(stack(slices of x), 0)",
      .vjp = "max_pool2d_backward",
      .dtypes = FloatingDTypes(),
      .columns = Columns(kMaxPool2dKernels),
      .cases = std::move(all),
      .bad = {{"rank",
               [] {
                 prova::max_pool2d(zeros({4, 4}), {});
               },
               ErrorCode::kShape,
               "max_pool2d: an input of shape [4, 4]; need [n, c, h, w] or [c, h, w]"},
              {"dtype",
               [] {
                 prova::max_pool2d(zeros({1, 4, 4}, {.dtype = DType::kInt32}), {});
               },
               ErrorCode::kDType,
               "max_pool2d: a tensor of int32; need a floating dtype; convert with cast(x, "
               "DType::kFloat32)"},
              {"window",
               [] {
                 prova::max_pool2d(zeros({1, 4, 4}), {.kernel = {2, 5}});
               },
               ErrorCode::kShape,
               "max_pool2d: a window of 5 on a padded width of 4; need a window that fits"},
              {"kernel",
               [] {
                 prova::max_pool2d(zeros({1, 4, 4}), {.kernel = 0});
               },
               ErrorCode::kValue, "max_pool2d: kernel 0 along the height; need at least 1"},
              {"stride",
               [] {
                 prova::max_pool2d(zeros({1, 4, 4}), {.stride = Size2d{1, 0}});
               },
               ErrorCode::kValue, "max_pool2d: stride 0 along the width; need at least 1"},
              {"padding",
               [] {
                 prova::max_pool2d(zeros({1, 4, 4}), {.padding = -1});
               },
               ErrorCode::kValue, "max_pool2d: padding -1 along the height; need at least 0"},
              {"dilation",
               [] {
                 prova::max_pool2d(zeros({1, 4, 4}), {.dilation = 0});
               },
               ErrorCode::kValue, "max_pool2d: dilation 0 along the height; need at least 1"},
              {"only_padding",
               [] {
                 prova::max_pool2d(zeros({1, 4, 4}), {.padding = 2});
               },
               ErrorCode::kShape,
               "max_pool2d: window 0 along the height holds only padding; need an element of the "
               "input in every window; use less padding"},
              {"backward",
               [] {
                 prova::max_pool2d_backward(zeros({1, 3, 2}), zeros({1, 4, 4}), {});
               },
               ErrorCode::kShape, "max_pool2d_backward: shape [1, 3, 2]; need [1, 2, 2]"},
              {"select",
               [] {
                 prova::max_pool2d_select(zeros({1, 2, 2}), zeros({1, 4, 4}), {});
               },
               ErrorCode::kShape,
               "max_pool2d_select: shapes [1, 2, 2] and [1, 4, 4]; need one shape"}},
      .bench = {bench(32, 64, 56, {.kernel = 2}),
                bench(32, 64, 112, {.kernel = 3, .stride = 2, .padding = 1}),
                bench(64, 32, 8, {.kernel = 2})},
  };
}

}  // namespace prova::cases
