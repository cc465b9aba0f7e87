#include "autograd/movement.h"
#include "base/text.h"
#include "gradcheck/spec.h"
#include "ops/add/add.h"
#include "ops/conv2d/conv2d.h"
#include "ops/conv2d/conv2d_kernels.h"
#include "ops/matmul/matmul.h"
#include "tensor/create.h"

namespace prova::cases {
namespace {

// #region definition
/// Zeros around the last two axes: products with identities that lack the outer columns.
Tensor Padded(const Tensor& x, const Size2d& padding) {
  auto shifted = [&](int64_t size, int64_t padding) {
    const Tensor identity = eye(size + 2 * padding, {.dtype = x.dtype()});
    return slice(identity, 1, {.start = padding, .stop = padding + size});
  };
  const Tensor down = shifted(x.size(2), padding.height);
  const Tensor across = shifted(x.size(3), padding.width);
  return prova::matmul(prova::matmul(down, x), transpose(across, 0, 1));
}

Tensor Conv2dByDefinition(const Tensor& x, const Tensor& weight, const Tensor& bias,
                          const Conv2dOptions& of) {
  const int64_t in = weight.size(1), out = weight.size(0) / of.groups;
  const int64_t kh = weight.size(2), kw = weight.size(3);
  const Tensor padded = Padded(x, of.padding);
  const int64_t rows = (padded.size(2) - of.dilation.height * (kh - 1) - 1) / of.stride.height + 1;
  const int64_t cols = (padded.size(3) - of.dilation.width * (kw - 1) - 1) / of.stride.width + 1;
  auto every = [](const Tensor& t, int64_t axis, int64_t start, int64_t count, int64_t step) {
    return slice(t, axis, {start, start + (count - 1) * step + 1, step});
  };
  Tensors groups;
  for (int64_t g = 0; g < of.groups; ++g) {
    const Tensor channels = every(padded, 1, g * in, in, 1);
    Tensor sum;
    for (int64_t tap = 0; tap < kh * kw; ++tap) {
      const int64_t a = tap / kw, b = tap % kw;
      // What lies under the tap in every window, times the tap of every filter.
      const Tensor under = every(every(channels, 2, a * of.dilation.height, rows, of.stride.height),
                                 3, b * of.dilation.width, cols, of.stride.width);
      const Tensor filters =
          every(every(every(weight, 0, g * out, out, 1), 2, a, 1, 1), 3, b, 1, 1);
      const Tensor term =
          prova::matmul(reshape(filters, {out, in}), reshape(under, {x.size(0), in, rows * cols}));
      sum = sum.defined() ? sum + term : term;
    }
    groups.push_back(sum);
  }
  const Tensor y =
      reshape(permute(stack(groups), {1, 0, 2, 3}), {x.size(0), weight.size(0), rows, cols});
  return bias.defined() ? y + reshape(bias, {weight.size(0), 1, 1}) : y;
}
// #endregion definition

OpCase Layer(const std::string& name, const Shape& x, const Shape& weight,
             const Conv2dOptions& options = {}, bool bias = false) {
  OpCase layer = {.name = name,
                  .inputs = {{.shape = x}, {.shape = weight}},
                  .run =
                      [options](const Tensors& t) {
                        return prova::conv2d(t[0], t[1], t.size() > 2 ? t[2] : Tensor(), options);
                      },
                  .call = PythonCall(bias ? "a, b, c" : "a, b",
                                     {PythonSize("stride", options.stride, 1),
                                      PythonSize("padding", options.padding, 0),
                                      PythonSize("dilation", options.dilation, 1),
                                      options.groups == 1 ? "" : Cat("groups=", options.groups)}),
                  // Errors of a random sum grow as its square root; half an epsilon for the rest.
                  .tolerance = SumTolerance(weight[1] * weight[2] * weight[3] + 1, 1),
                  .check_gradient = NumElements(x) > 0 && NumElements(weight) > 0};
  if (layer.check_gradient) {
    layer.definition = [options](const Tensors& t) {
      return Conv2dByDefinition(t[0], t[1], t.size() > 2 ? t[2] : Tensor(), options);
    };
  }
  if (bias) layer.inputs.push_back({.shape = {weight[0]}, .affine = true});
  return layer;
}

/// A layer to measure: `out` filters of kernel x kernel over square images, padded to keep them.
struct Measured {
  std::string name;
  int64_t in, out, size, kernel;
  int64_t stride = 1, groups = 1;
};

/// The result and both gradients for `images` images.
void Measure(const Measured& of, int64_t images, std::vector<BenchCase>& bench) {
  const Conv2dOptions options = {
      .stride = of.stride, .padding = of.kernel / 2, .groups = of.groups};
  const int64_t size = (of.size - 1) / of.stride + 1;
  const Shape x = {images, of.in, of.size, of.size}, y = {images, of.out, size, size};
  const Shape weight = {of.out, of.in / of.groups, of.kernel, of.kernel};
  const std::string torch =
      Cat("stride=", of.stride, ", padding=", of.kernel / 2, ", groups=", of.groups, ")");
  const std::string name = Cat(of.name, "_n", images);
  BenchCase forward = {
      name,
      {{.shape = x}, {.shape = weight}, {.shape = {of.out}}},
      [options](const Tensors& t) { return prova::conv2d(t[0], t[1], t[2], options); },
      4 * static_cast<double>(NumElements(x) + NumElements(weight) + NumElements(y)),
      2 * static_cast<double>(NumElements(y) * weight[1] * weight[2] * weight[3])};
  forward.torch = "F.conv2d(a, b, c, " + torch;
  forward.attributes = {
      {"stride", of.stride}, {"padding", of.kernel / 2}, {"groups", of.groups}, {"gradient", 0}};
  BenchCase dx = forward, dw = forward;
  dx.name = name + "_dx";
  dx.inputs = {{.shape = y}, {.shape = weight}};
  dx.run = [x, options](const Tensors& t) { return conv2d_backward_input(t[0], t[1], x, options); };
  dx.torch = Cat("torch.nn.grad.conv2d_input(", x, ", b, a, ") + torch;
  dx.attributes["gradient"] = 1;
  dw.name = name + "_dw";
  dw.inputs = {{.shape = y}, {.shape = x}};
  dw.run = [weight, options](const Tensors& t) {
    return conv2d_backward_weight(t[0], t[1], weight, options);
  };
  dw.torch = Cat("torch.nn.grad.conv2d_weight(b, ", weight, ", a, ") + torch;
  dw.attributes["gradient"] = 2;
  for (BenchCase* one : {&forward, &dx, &dw}) bench.push_back(std::move(*one));
}

std::vector<BenchCase> MeasuredLayers() {
  std::vector<BenchCase> bench;
  const Measured large[] = {{"3x3_64_64_56", 64, 64, 56, 3},
                            {"1x1_64_256_56", 64, 256, 56, 1},
                            {"3x3_128_256_28_stride_2", 128, 256, 28, 3, 2},
                            {"7x7_3_64_224_stride_2", 3, 64, 224, 7, 2},
                            {"depthwise_3x3_64_56", 64, 64, 56, 3, 1, 64},
                            {"depthwise_7x7_64_56", 64, 64, 56, 7, 1, 64}};
  for (int64_t images : {1, 32}) {
    for (const Measured& layer : large) Measure(layer, images, bench);
  }
  Measure({"depthwise_3x3_128_56", 128, 128, 56, 3, 1, 128}, 1, bench);
  Measure({"depthwise_7x7_128_56", 128, 128, 56, 7, 1, 128}, 1, bench);
  const Measured small[] = {{"3x3_1_8_8", 1, 8, 8, 3},
                            {"3x3_1_16_8", 1, 16, 8, 3},
                            {"3x3_8_16_8", 8, 16, 8, 3},
                            {"3x3_16_32_8", 16, 32, 8, 3}};
  for (int64_t images : {32, 128}) {
    for (const Measured& layer : small) Measure(layer, images, bench);
  }
  return bench;
}

}  // namespace

OpSpec conv2d() {
  std::vector<OpCase> all = {
      Layer("plain", {2, 3, 5, 6}, {4, 3, 3, 3}, {}, true),
      Layer("padded", {2, 2, 4, 5}, {3, 2, 3, 3}, {.padding = 1}, true),
      Layer("stride_2", {1, 2, 7, 6}, {3, 2, 3, 3}, {.stride = 2, .padding = 1}, true),
      Layer("stride_beyond_kernel", {1, 2, 8, 7}, {2, 2, 2, 1}, {.stride = 3}),
      Layer("dilation_2", {1, 2, 7, 8}, {2, 2, 3, 2}, {.dilation = 2}),
      Layer("stride_2_dilation_2", {1, 1, 8, 9}, {2, 1, 3, 3},
            {.stride = 2, .padding = 2, .dilation = 2}),
      Layer("stride_2_dilation_3", {1, 1, 9, 10}, {2, 1, 3, 3},
            {.stride = 2, .padding = 1, .dilation = 3}),
      Layer("stride_4_dilation_6", {1, 1, 14, 9}, {1, 1, 3, 2}, {.stride = 4, .dilation = 6}),
      Layer("sides_differ", {1, 2, 6, 9}, {2, 2, 2, 3},
            {.stride = {2, 1}, .padding = {0, 2}, .dilation = {1, 2}}),
      Layer("groups", {2, 4, 4, 5}, {6, 2, 3, 3}, {.padding = 1, .groups = 2}, true),
      Layer("depthwise", {2, 3, 5, 5}, {3, 1, 3, 3}, {.padding = 1, .groups = 3}),
      Layer("pointwise", {2, 5, 3, 4}, {4, 5, 1, 1}),
      Layer("pointwise_stride_2", {1, 3, 5, 5}, {2, 3, 1, 1}, {.stride = 2}),
      Layer("one_window", {2, 2, 3, 3}, {2, 2, 3, 3}),
      Layer("padding_beyond_kernel", {1, 1, 2, 3}, {2, 1, 2, 2}, {.padding = 3}),
      Layer("no_images", {0, 2, 4, 4}, {3, 2, 3, 3}, {}, true),
      Layer("no_filters", {2, 2, 4, 4}, {0, 2, 3, 3}),
      Layer("no_channels", {2, 0, 4, 4}, {3, 0, 3, 3}),
      Layer("no_channels_1x1", {2, 0, 4, 4}, {3, 0, 1, 1}, {}, true),
      Layer("no_filters_1x1", {2, 3, 4, 4}, {0, 3, 1, 1}),
      // Longer, by a little, than a list of terms, a block of windows, a panel of filters.
      Layer("many_channels", {1, 60, 4, 4}, {9, 60, 3, 3}, {.padding = 1}, true),
      Layer("wide", {1, 2, 24, 31}, {9, 2, 3, 3}, {.padding = 1}),
      Layer("large", {1, 1, 47, 50}, {2, 1, 3, 3}, {.padding = 1}),
      Layer("long_rows", {1, 1, 2, 530}, {9, 1, 2, 3}, {.stride = 2, .padding = 1}),
      Layer("many_images", {100, 2, 4, 4}, {3, 2, 3, 3}, {.padding = 1}, true),
      Layer("many_filters", {1, 2, 5, 5}, {33, 2, 3, 3}, {.padding = 1}, true),
      Layer("wide_groups", {2, 4, 6, 6}, {66, 2, 3, 3}, {.padding = 1, .groups = 2}, true),
      Layer("large_kernel", {1, 1, 22, 19}, {9, 1, 18, 17}, {.padding = 3}),
      // Few filters over rows longer than a vector, and rows that end a little behind one.
      Layer("few_filters", {1, 3, 5, 40}, {3, 3, 3, 3}, {.stride = 2, .padding = 1}, true),
      Layer("few_channels", {1, 2, 6, 71}, {10, 2, 5, 5}, {.stride = 2, .padding = 2}),
      // Kernels of one element over planes of more than a panel of columns, and of many channels.
      Layer("pointwise_panels", {2, 3, 9, 11}, {35, 3, 1, 1}, {}, true),
      Layer("pointwise_groups", {1, 6, 7, 7}, {8, 3, 1, 1}, {.groups = 2}, true),
      Layer("pointwise_channels", {1, 515, 2, 17}, {2, 515, 1, 1}, {}, true),
      Layer("pointwise_filters", {1, 2, 3, 12}, {515, 2, 1, 1}, {}, true),
      Layer("pointwise_padded", {1, 3, 6, 6}, {4, 3, 1, 1}, {.padding = 1}),
      // Planes a little longer than a chunk of columns, by a vector or less; slices of positions.
      Layer("pointwise_chunks", {2, 3, 17, 18}, {17, 3, 1, 1}, {}, true),
      Layer("pointwise_rest", {1, 2, 13, 23}, {3, 2, 1, 1}),
      Layer("pointwise_strips", {1, 32, 3, 5}, {64, 32, 1, 1}),
      // Gradients of few channels: bands and chunks of rows, channels that are not kept together.
      Layer("columns_bands", {1, 3, 40, 61}, {5, 3, 3, 3}, {.padding = 1}),
      Layer("columns_stride", {2, 3, 110, 53}, {4, 3, 7, 7}, {.stride = 2, .padding = 3}),
      Layer("columns_passes", {1, 3, 15, 406}, {2, 3, 7, 7}, {.stride = 2, .padding = 3}),
      Layer("columns_dilation", {1, 2, 20, 23}, {3, 2, 3, 2}, {.stride = {1, 3}, .dilation = 4}),
      // Taps in phases, of channels that fill vectors: several panels, phases of different sizes,
      // more taps than are packed together.
      Layer("phases", {2, 21, 9, 11}, {5, 21, 3, 4}, {.stride = {2, 3}, .padding = 1}),
      Layer("phases_dilation", {1, 26, 14, 15}, {4, 13, 3, 5},
            {.stride = {4, 2}, .padding = 2, .dilation = {6, 3}, .groups = 2}),
      Layer("phases_taps", {1, 13, 15, 16}, {2, 13, 7, 7}, {.stride = 2, .padding = 3}),
      // Windows written out as columns: planes of a few elements more than vectors, groups,
      // channels.
      Layer("flat_planes", {2, 3, 5, 7}, {17, 3, 3, 3}, {.padding = 1}, true),
      Layer("flat_groups", {2, 2, 6, 11}, {4, 1, 5, 3}, {.padding = {2, 1}, .groups = 2}, true),
      Layer("flat_filters", {2, 20, 7, 9}, {5, 20, 3, 3}, {.padding = 1}, true),
      Layer("flat_channels", {3, 10, 6, 9}, {40, 5, 3, 5}, {.padding = {1, 2}, .groups = 2}, true),
      Layer("flat_dilation", {1, 1, 9, 8}, {2, 1, 3, 3}, {.padding = {2, 3}, .dilation = {2, 3}}),
      // Its gradient of the weight in slices of images, each of more than are written out together.
      Layer("flat_images", {100, 1, 6, 7}, {14, 1, 5, 5}, {.padding = 2}),
      // Depthwise: bands of rows of taps, tiles of rows, strides and dilations.
      Layer("depthwise_7", {1, 2, 15, 18}, {2, 1, 7, 7}, {.padding = 3, .groups = 2}, true),
      Layer("depthwise_4", {2, 2, 16, 33}, {2, 1, 4, 5}, {.padding = 1, .groups = 2}),
      Layer("depthwise_stride_2", {1, 2, 30, 21}, {2, 1, 3, 3},
            {.stride = 2, .padding = 1, .groups = 2}, true),
      Layer("depthwise_dilation_2", {1, 2, 9, 20}, {2, 1, 3, 3},
            {.padding = 2, .dilation = 2, .groups = 2}),
      Layer("depthwise_sides", {1, 3, 6, 37}, {3, 1, 2, 3},
            {.stride = {1, 3}, .padding = {0, 2}, .dilation = {2, 1}, .groups = 3}),
      Layer("depthwise_long", {1, 2, 3, 530}, {2, 1, 3, 3}, {.padding = 1, .groups = 2}),
      Layer("depthwise_high", {1, 2, 280, 31}, {2, 1, 3, 3}, {.padding = 1, .groups = 2}),
      Layer("depthwise_padding", {1, 2, 3, 4}, {2, 1, 2, 2}, {.padding = 3, .groups = 2}),
      // Margins longer than a vector before rows shorter than one, up to the end of a piece.
      Layer("depthwise_margins", {1, 2, 16, 1}, {2, 1, 3, 3}, {.padding = {0, 8}, .groups = 2}),
  };
  for (int64_t length : LengthsAroundVectors()) {
    if (length == 0) continue;
    all.push_back(Layer(Cat("width_", length), {1, 2, 3, length}, {2, 2, 2, 3}, {.padding = 1}));
    all.push_back(Layer(Cat("filters_", length), {1, 1, 3, 4}, {length, 1, 2, 2}, {}, true));
    all.push_back(Layer(Cat("channels_", length), {1, length, 3, 3}, {2, length, 2, 2}));
  }
  return {
      .name = "conv2d",
      .definition = "sum over taps: matmul(weight[tap], slice(padded x))",
      .vjp = "conv2d_backward",
      .dtypes = FloatingDTypes(),
      .columns = Columns(kConv2dKernels),
      .cases = std::move(all),
      .bad =
          {{"x_rank",
            [] {
              prova::conv2d(zeros({3, 8, 8}), zeros({4, 3, 3, 3}));
            },
            ErrorCode::kShape, "conv2d: x of shape [3, 8, 8]; need [n, channels, height, width]"},
           {"weight_rank",
            [] {
              prova::conv2d(zeros({1, 3, 8, 8}), zeros({4, 3, 3}));
            },
            ErrorCode::kShape,
            "conv2d: weight of shape [4, 3, 3]; need [out, channels / groups, kernel height, "
            "kernel width]"},
           {"channels",
            [] {
              prova::conv2d(zeros({1, 4, 8, 8}), zeros({6, 3, 3, 3}));
            },
            ErrorCode::kShape,
            "conv2d: x of shape [1, 4, 8, 8] and weight of shape [6, 3, 3, 3] with groups 1; "
            "need x with 3 channels"},
           {"groups",
            [] {
              prova::conv2d(zeros({1, 4, 8, 8}), zeros({6, 1, 3, 3}), {}, {.groups = 4});
            },
            ErrorCode::kValue, "conv2d: 6 filters in 4 groups; need groups that divide them"},
           {"no_groups",
            [] {
              prova::conv2d(zeros({1, 4, 8, 8}), zeros({6, 4, 3, 3}), {}, {.groups = 0});
            },
            ErrorCode::kValue, "conv2d: groups 0; need at least 1"},
           {"kernel",
            [] {
              prova::conv2d(zeros({1, 1, 4, 8}), zeros({1, 1, 3, 3}), {}, {.dilation = 2});
            },
            ErrorCode::kShape,
            "conv2d: a kernel that spans 5 on a padded height of 4; need a kernel that fits"},
           {"empty_kernel",
            [] {
              prova::conv2d(zeros({1, 1, 4, 8}), zeros({1, 1, 3, 0}));
            },
            ErrorCode::kValue, "conv2d: kernel 0 along the width; need at least 1"},
           {"stride",
            [] {
              prova::conv2d(zeros({1, 1, 4, 4}), zeros({1, 1, 3, 3}), {}, {.stride = {1, 0}});
            },
            ErrorCode::kValue, "conv2d: stride 0 along the width; need at least 1"},
           {"padding",
            [] {
              prova::conv2d(zeros({1, 1, 4, 4}), zeros({1, 1, 3, 3}), {}, {.padding = -1});
            },
            ErrorCode::kValue, "conv2d: padding -1 along the height; need at least 0"},
           {"dilation",
            [] {
              prova::conv2d(zeros({1, 1, 4, 4}), zeros({1, 1, 3, 3}), {}, {.dilation = 0});
            },
            ErrorCode::kValue, "conv2d: dilation 0 along the height; need at least 1"},
           {"bias",
            [] {
              prova::conv2d(zeros({1, 1, 4, 4}), zeros({2, 1, 3, 3}), zeros({3}));
            },
            ErrorCode::kShape, "conv2d: bias of shape [3]; need [2]"},
           {"dtype",
            [] {
              prova::conv2d(zeros({1, 1, 4, 4}, {.dtype = DType::kInt32}), zeros({2, 1, 3, 3}));
            },
            ErrorCode::kDType,
            "conv2d: a tensor of int32; need a floating dtype; cast it to float32"},
           {"backward",
            [] {
              prova::conv2d_backward(zeros({1, 2, 4, 4}), zeros({1, 1, 4, 4}), zeros({2, 1, 3, 3}));
            },
            ErrorCode::kShape, "conv2d_backward: dy of shape [1, 2, 4, 4]; need [1, 2, 2, 2]"}},
      .bench = MeasuredLayers(),
  };
}

}  // namespace prova::cases
