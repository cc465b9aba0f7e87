#include "examples/digits/batches.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <zlib.h>

#include "tensor/create.h"

namespace prova::digits {
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

std::vector<int64_t> EpochOrder(uint64_t seed, int64_t epoch, int64_t count) {
  Rng rng(seed, kFirstEpoch + static_cast<uint64_t>(epoch));
  return randperm(count, rng).to_vector<int64_t>();
}

LabelledImages Gather(const LabelledImages& from, std::span<const int64_t> indices) {
  Shape shape = from.images.shape();
  shape[0] = static_cast<int64_t>(indices.size());
  const int64_t pixels = shape[1] * shape[2] * shape[3];
  LabelledImages picked{empty(shape), empty({shape[0]}, {.dtype = DType::kInt64})};
  float* image = picked.images.mutable_data<float>();
  int64_t* label = picked.labels.mutable_data<int64_t>();
  for (int64_t index : indices) {
    image = std::copy_n(from.images.data<float>() + index * pixels, pixels, image);
    *label++ = from.labels.data<int64_t>()[index];
  }
  return picked;
}

Tensor WarpRandomly(const Tensor& images, Rng& rng) {
  const int64_t height = images.size(2), width = images.size(3);
  Tensor warped = empty(images.shape());
  const float* from = images.data<float>();
  float* to = warped.mutable_data<float>();
  for (int64_t n = 0; n < images.size(0); ++n, from += height * width, to += height * width) {
    Resample({from, height, width}, RandomWarp(rng, height, width), to);
  }
  return warped;
}

uint32_t Checksum(const Digits& digits) {
  uLong sum = crc32(0, nullptr, 0);
  for (const LabelledImages& part : {digits.train, digits.test}) {
    sum = crc32_z(sum, static_cast<const Bytef*>(part.images.raw_data()),
                  static_cast<size_t>(part.images.numel()) * sizeof(float));
    sum = crc32_z(sum, static_cast<const Bytef*>(part.labels.raw_data()),
                  static_cast<size_t>(part.labels.numel()) * sizeof(int64_t));
  }
  return static_cast<uint32_t>(sum);
}

}  // namespace prova::digits
