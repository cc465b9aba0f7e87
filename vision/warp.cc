#include "vision/warp.h"

#include <cmath>
#include <numbers>

#include "base/error.h"
#include "base/text.h"
#include "tensor/create.h"
#include "tensor/strided.h"

namespace prova {
namespace {

constexpr double kMostShift = 0.08;  // of each side
constexpr double kMostZoom = 0.08;
constexpr double kMostTurn = 8 * std::numbers::pi / 180;

/// Where a pixel's ink comes from: turned and zoomed about the centre after a shift back.
struct Warp {
  double down, right, zoom_y, zoom_x, cosine, sine;
};

Warp RandomWarp(Rng& rng, int64_t height, int64_t width) {
  const PhiloxBlocks blocks = rng.Take(2);
  auto draw = [&](uint32_t bits, double most) { return most * (2.0 * UniformFloat(bits) - 1); };
  const double turn = draw(blocks[1][0], kMostTurn);
  return {.down = draw(blocks[0][0], kMostShift * static_cast<double>(height)),
          .right = draw(blocks[0][1], kMostShift * static_cast<double>(width)),
          .zoom_y = 1 + draw(blocks[0][2], kMostZoom),
          .zoom_x = 1 + draw(blocks[0][3], kMostZoom),
          .cosine = std::cos(turn),
          .sine = std::sin(turn)};
}

/// One image; beyond its borders is empty paper.
struct Image {
  const float* pixels;
  int64_t height, width;

  float At(int64_t y, int64_t x) const {
    return y < 0 || x < 0 || y >= height || x >= width ? 0 : pixels[y * width + x];
  }
  /// Bilinear between the four pixels around (y, x).
  float Between(double y, double x) const {
    const int64_t top = static_cast<int64_t>(std::floor(y)),
                  left = static_cast<int64_t>(std::floor(x));
    const float fy = static_cast<float>(y - static_cast<double>(top));
    const float fx = static_cast<float>(x - static_cast<double>(left));
    const float upper = (1 - fx) * At(top, left) + fx * At(top, left + 1);
    const float lower = (1 - fx) * At(top + 1, left) + fx * At(top + 1, left + 1);
    return (1 - fy) * upper + fy * lower;
  }
};

void Resample(const Image& image, const Warp& warp, float* out) {
  const double centre_y = static_cast<double>(image.height - 1) / 2;
  const double centre_x = static_cast<double>(image.width - 1) / 2;
  for (int64_t y = 0; y < image.height; ++y) {
    const double dy = (static_cast<double>(y) - centre_y - warp.down) * warp.zoom_y;
    for (int64_t x = 0; x < image.width; ++x) {
      const double dx = (static_cast<double>(x) - centre_x - warp.right) * warp.zoom_x;
      *out++ = image.Between(centre_y + warp.cosine * dy - warp.sine * dx,
                             centre_x + warp.sine * dy + warp.cosine * dx);
    }
  }
}

}  // namespace

Tensor warp_randomly(const Tensor& images, Rng& rng) {
  if (images.rank() != 4 || images.size(1) != 1) {
    Fail(ErrorCode::kShape, {.where = "warp_randomly",
                             .given = Cat("images of shape ", images.shape()),
                             .need = "[n, 1, height, width]"});
  }
  if (images.dtype() != DType::kFloat32) {
    Fail(ErrorCode::kDType,
         {.where = "warp_randomly", .given = Cat("images of ", images.dtype()), .need = "float32"});
  }
  const int64_t height = images.size(2), width = images.size(3);
  const Tensor source = Contiguous(images), warped = empty(images.shape());
  const float* from = source.data<float>();
  float* to = warped.mutable_data<float>();
  for (int64_t n = 0; n < images.size(0); ++n, from += height * width, to += height * width) {
    Resample({from, height, width}, RandomWarp(rng, height, width), to);
  }
  return warped;
}

}  // namespace prova
