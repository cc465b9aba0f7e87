#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "vision/digits.h"

namespace prova::digits {

/// What each part of a run draws its random numbers from: streams of the run's seed.
enum Stream : uint64_t { kWeights, kDropout, kWarps, kFirstEpoch };

/// The order in which an epoch (from 1) sees `count` images: a function of seed and epoch alone.
std::vector<int64_t> EpochOrder(uint64_t seed, int64_t epoch, int64_t count);

/// The examples at `indices`, copied.
LabelledImages Gather(const LabelledImages& from, std::span<const int64_t> indices);

/// CRC-32 of all images and labels of both parts.
uint32_t Checksum(const Digits& digits);

}  // namespace prova::digits
