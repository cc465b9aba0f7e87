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
      .call = PythonCall("a", {"kernel=" + PythonSize(options.kernel),
                               options.stride ? "stride=" + PythonSize(*options.stride) : "",
                               PythonSize("padding", options.padding, 0),
                               PythonSize("dilation", options.dilation, 1),
                               options.ceil_mode ? "ceil_mode=True" : ""}),
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
    all.push_back(Pool(Cat("padded_stride1_", width), {1, 2, 3, width},
                       {.kernel = 3, .stride = 1, .padding = 1}));
    all.push_back(Pool(Cat("padded_stride2_", width), {1, 2, 5, 2 * width},
                       {.kernel = 3, .stride = 2, .padding = 1}));
  }
  // Tiles of every width that is loaded as vectors, and one more; rows around a vector's width, a
  // column and a row of the plane without windows, and a height that is not the width.
  for (int64_t kernel : {1, 3, 4, 5}) {
    for (int64_t width : {2, 5, 16, 19}) {
      all.push_back(Pool(Cat("tiles", kernel, "_", width), {1, 2, 2 * kernel, width * kernel},
                         {.kernel = kernel}));
      all.push_back(Pool(Cat("oblong_tiles", kernel, "_", width), {3, 5, width * kernel + 1},
                         {.kernel = {2, kernel}}));
    }
  }
  // Planes as wide as a vector, with a row without windows and an odd number of rows of windows.
  for (int64_t width : {2, 4, 8, 16}) {
    all.push_back(Pool(Cat("planes_of_width_", width), {3, 5, 7, width}, {.kernel = 2}));
    all.push_back(Pool(Cat("low_tiles_", width), {3, 5, 3, width}, {.kernel = {1, 2}}));
  }
  // More short rows than one line of tiles holds.
  all.push_back(Pool("tiles_lines", {7, 82, 7}, {.kernel = {2, 1}}));
  struct Sizes {
    int64_t n, c, side;
  };
  auto both = [](const Sizes& of, const MaxPool2dOptions& options) -> std::vector<BenchCase> {
    const int64_t kernel = options.kernel.height, padding = options.padding.height;
    const int64_t stride = options.stride.value_or(options.kernel).height;
    const int64_t out_side = (of.side + 2 * padding - kernel) / stride + 1;
    const Shape x = {of.n, of.c, of.side, of.side}, y = {of.n, of.c, out_side, out_side};
    const double in = static_cast<double>(NumElements(x));
    const double out = static_cast<double>(NumElements(y));
    const std::string torch_options =
        Cat("(", kernel, ",) * 2, (", stride, ",) * 2, (", padding, ",) * 2");
    BenchCase forward = {
        Cat("k", kernel, "s", stride, "_", of.n, "x", of.c, "x", of.side, "x", of.side),
        {{.shape = x}},
        [options](const Tensors& inputs) { return prova::max_pool2d(inputs[0], options); },
        4 * (in + out),
        out * static_cast<double>(kernel * kernel),
        Cat("F.max_pool2d(a, ", torch_options, ")"),
        DType::kFloat32,
        {{"kernel", kernel}, {"stride", stride}, {"padding", padding}, {"gradient", 0}}};

    BenchCase dx = forward;
    dx.name += "_dx";
    dx.inputs = {{.shape = y}, {.shape = x}};
    dx.run = [options](const Tensors& inputs) {
      return prova::max_pool2d_backward(inputs[0], inputs[1], options);
    };
    dx.bytes = 4 * (2 * in + out);
    // The places that PyTorch keeps of its forward pass, and Prova finds again, are not counted.
    dx.torch = Cat("(lambda m: lambda: torch.ops.aten.max_pool2d_with_indices_backward(a, b, ",
                   torch_options, ", (1, 1), False, m))(F.max_pool2d(b, ", torch_options,
                   ", return_indices=True)[1])");
    dx.attributes["gradient"] = 1;
    return {forward, dx};
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
               "max_pool2d: a tensor of int32; need a floating dtype; cast it to float32"},
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
      .bench = Joined({both({32, 64, 56}, {.kernel = 2}),
                       both({32, 64, 112}, {.kernel = 3, .stride = 2, .padding = 1}),
                       both({64, 32, 8}, {.kernel = 2}), both({16, 32, 8}, {.kernel = 2})}),
  };
}

}  // namespace prova::cases
