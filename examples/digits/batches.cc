#include "examples/digits/batches.h"

#include <algorithm>

#include <zlib.h>

#include "base/philox.h"
#include "tensor/create.h"

namespace prova::digits {
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
