#include <iostream>

#include "autograd/movement.h"
#include "ops/ops.h"
#include "tensor/create.h"

using namespace prova;

// How many windows see each pixel: the gradient of the sum of a convolution with ones.
int main() {
  auto windows_over = [](int64_t kernel, int64_t side, const Conv2dOptions& options) {
    const Tensor dy = ones({1, 1, side, side}), weight = ones({1, 1, kernel, kernel});
    return reshape(conv2d_backward_input(dy, weight, {1, 1, 6, 6}, options), {6, 6});
  };
  // #region same
  const Tensor same = windows_over(3, 6, {.padding = 1});
  std::cout << "3x3, stride 1, padding 1\n" << same << "\n";
  // #endregion same
  // #region stride
  const Tensor stride = windows_over(3, 3, {.stride = 2, .padding = 1});
  std::cout << "3x3, stride 2, padding 1\n" << stride << "\n";
  // #endregion stride
  const bool is_right = sum(same).item() == 16 * 16 && sum(stride).item() == 8 * 8;
  return is_right ? 0 : 1;
}
