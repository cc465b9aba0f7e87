#include "ops/max_pool2d/max_pool2d.h"
#include "python/operation.h"

namespace prova::bindings {

void max_pool2d(python::Operation& op) {
  op.def(
      "max_pool2d",
      [](const Tensor& x, Size2d kernel, std::optional<Size2d> stride, Size2d padding,
         Size2d dilation, bool ceil_mode) {
        return prova::max_pool2d(x, {.kernel = kernel,
                                     .stride = stride,
                                     .padding = padding,
                                     .dilation = dilation,
                                     .ceil_mode = ceil_mode});
      },
      "x"_a, "kernel"_a = 2, "stride"_a = nb::none(), "padding"_a = 0, "dilation"_a = 1,
      "ceil_mode"_a = false);
}

}  // namespace prova::bindings
