#pragma once

#include <array>
#include <cstdint>

namespace prova {

/// The counter-based generator Philox4x32 with 10 rounds: a keyed bijection of 128-bit counters.
/// J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011.
using PhiloxCounter = std::array<uint32_t, 4>;
using PhiloxKey = std::array<uint32_t, 2>;

constexpr PhiloxCounter Philox4x32(PhiloxCounter counter, PhiloxKey key, int rounds = 10) {
  for (int round = 0; round < rounds; ++round) {
    const uint64_t even = uint64_t{0xD2511F53} * counter[0];
    const uint64_t odd = uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<uint32_t>(odd >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(odd),
               static_cast<uint32_t>(even >> 32) ^ counter[3] ^ key[1],
               static_cast<uint32_t>(even)};
    key = {key[0] + 0x9E3779B9u, key[1] + 0xBB67AE85u};
  }
  return counter;
}

/// A run of random blocks that a kernel may draw in any order: block i is a pure function of i.
struct PhiloxBlocks {
  PhiloxKey key;
  uint64_t stream;  ///< upper half of the counter
  uint64_t first;   ///< lower half of the counter of block 0

  constexpr PhiloxCounter operator[](uint64_t i) const {
    const uint64_t low = first + i;
    return Philox4x32({static_cast<uint32_t>(low), static_cast<uint32_t>(low >> 32),
                       static_cast<uint32_t>(stream), static_cast<uint32_t>(stream >> 32)},
                      key);
  }
};

/// Uniform in [0, 1): the upper 24 bits.
constexpr float UniformFloat(uint32_t bits) { return static_cast<float>(bits >> 8) * 0x1p-24f; }

/// Uniform in [0, 1): the upper 53 bits of two words.
constexpr double UniformDouble(uint32_t high, uint32_t low) {
  return static_cast<double>(((uint64_t{high} << 32) | low) >> 11) * 0x1p-53;
}

/// An explicit source of randomness: a seed, a stream and a position. Copying it copies the state;
/// the same state gives the same numbers on every device and for any number of threads.
class Rng {
 public:
  explicit Rng(uint64_t seed, uint64_t stream = 0, uint64_t position = 0)
      : seed_(seed), stream_(stream), position_(position) {}

  /// Reserves the next `count` blocks of four 32-bit words.
  PhiloxBlocks Take(uint64_t count) {
    PhiloxBlocks blocks{
        {static_cast<uint32_t>(seed_), static_cast<uint32_t>(seed_ >> 32)}, stream_, position_};
    position_ += count;
    return blocks;
  }

  /// Uniform in [0, n) without bias; uses one block or, rarely, more. Errors: kValue for n = 0.
  uint64_t Below(uint64_t n);

  /// An independent generator; both may be used on. Two splits give two different generators.
  Rng Split();

  uint64_t seed() const { return seed_; }
  uint64_t stream() const { return stream_; }
  uint64_t position() const { return position_; }

 private:
  uint64_t seed_;
  uint64_t stream_;
  uint64_t position_;
};

}  // namespace prova
