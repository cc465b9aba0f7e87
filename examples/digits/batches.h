#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/philox.h"
#include "vision/digits.h"

namespace prova::digits {

/// What each part of a run draws its random numbers from: streams of the run's seed.
enum Stream : uint64_t { kWeights, kDropout, kWarps, kFirstEpoch };

/// The order in which an epoch (from 1) sees `count` images: a function of seed and epoch alone.
std::vector<int64_t> EpochOrder(uint64_t seed, int64_t epoch, int64_t count);

/// The examples at `indices`, copied.
LabelledImages Gather(const LabelledImages& from, std::span<const int64_t> indices);

/// Images [n, 1, height, width] as another hand might have placed them, each by its own draw: moved
/// by up to 8 % of each side, turned by up to 8 degrees, zoomed by up to 8 % along each axis.
/// Bilinear; what comes in is empty paper (0). Two blocks of the generator an image.
Tensor WarpRandomly(const Tensor& images, Rng& rng);

/// CRC-32 of all images and labels of both parts.
uint32_t Checksum(const Digits& digits);

}  // namespace prova::digits
