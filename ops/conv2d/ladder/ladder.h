#pragma once

#include <cstdint>

namespace prova::ladder {

/// A convolution of square images with square kernels, stride 1. x: [images, in, size, size];
/// weight: [out, in, kernel, kernel]; y: [images, out, out_size, out_size].
struct Layer {
  int64_t images, in, out, size, kernel, padding;

  int64_t out_size() const { return size + 2 * padding - kernel + 1; }
  int64_t cells() const { return out_size() * out_size(); }  // windows of an image
  int64_t terms() const { return in * kernel * kernel; }     // products of a window
};

using Conv2dFn = void (*)(const Layer& of, const float* x, const float* weight, float* y);

void Loops(const Layer& of, const float* x, const float* weight, float* y);
void Rows(const Layer& of, const float* x, const float* weight, float* y);
void Im2col(const Layer& of, const float* x, const float* weight, float* y);
void RegisterTile(const Layer& of, const float* x, const float* weight, float* y);
void PlacesOfWindows(const Layer& of, const float* x, const float* weight, float* y);
void Blocks(const Layer& of, const float* x, const float* weight, float* y);
void Shipped(const Layer& of, const float* x, const float* weight, float* y);

/// From the definition to the kernel that ships, each a change of one idea.
struct Step {
  const char* name;
  Conv2dFn run;
};
inline constexpr Step kSteps[] = {
    {"1_loops", Loops},
    {"2_rows", Rows},
    {"3_im2col", Im2col},
    {"4_register_tile", RegisterTile},
    {"5_places", PlacesOfWindows},
    {"6_blocks", Blocks},
    {"7_shipped", Shipped},
};

}  // namespace prova::ladder
