#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>

namespace prova {

/// The bytes of a file from its start, inflated where it begins with gzip's magic number.
/// Errors as documented for `read_idx`.
class ByteSource {
 public:
  explicit ByteSource(const std::filesystem::path& path);
  ~ByteSource();
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  /// Fills `out` as far as the bytes reach; fewer than its size only at the end.
  size_t Read(std::span<uint8_t> out);

  /// The most bytes that this source can give in all: its size where it is not compressed, else
  /// what deflate could make of it at best (1032 to 1, its format's limit).
  int64_t MostBytes() const;

  /// How many bytes it gives in all, where that is known without reading: not for gzip.
  std::optional<int64_t> ExactBytes() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace prova
