#include "ops/conv2d/conv2d.h"
#include "python/operation.h"

namespace prova::bindings {

void conv2d(python::Operation& op) {
  op.def(
      "conv2d",
      [](const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias, Size2d stride,
         Size2d padding, Size2d dilation, int64_t groups) {
        return prova::conv2d(
            x, weight, bias.value_or(Tensor()),
            {.stride = stride, .padding = padding, .dilation = dilation, .groups = groups});
      },
      "x"_a, "weight"_a, "bias"_a = nb::none(), "stride"_a = 1, "padding"_a = 0, "dilation"_a = 1,
      "groups"_a = 1);
}

}  // namespace prova::bindings
