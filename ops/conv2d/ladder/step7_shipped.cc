#include <vector>

#include "ops/conv2d/conv2d_kernels.h"
#include "ops/conv2d/ladder/ladder.h"

namespace prova::ladder {

// #region shipped
/// The kernel of the module: no padded copy, lists of places and terms where windows meet the same
/// taps, tiles for what is left over, blocks transposed in registers, threads.
void Shipped(const Layer& of, const float* x, const float* weight, float* y) {
  const Conv2dAxis axis = {of.size, of.kernel, of.out_size(), 1, of.padding, 1};
  const Conv2dGeometry geometry = {of.images, 1, of.in, of.out, axis, axis};
  std::vector<char> workspace(simd::Conv2dWorkspace(DType::kFloat32, geometry) + 64);
  char* aligned = workspace.data() + (64 - reinterpret_cast<uintptr_t>(workspace.data()) % 64);
  simd::Conv2d({DType::kFloat32, x, weight, nullptr, y, geometry, aligned});
}
// #endregion shipped

}  // namespace prova::ladder
