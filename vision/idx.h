#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "tensor/tensor.h"

namespace prova {

/// What `read_idx` accepts.
struct IdxOptions {
  int rank = 3;                          ///< 3 for images [n, height, width], 1 for labels [n]
  int64_t max_bytes = int64_t{1} << 30;  ///< the most that the values of one file may take
};

/// The values of an IDX file, the format in which MNIST is published: uint8 in the header's shape.
///
/// A header of two zero bytes, the type (8: unsigned byte), the rank and one big-endian 32-bit size
/// for each axis is followed by the values in row-major order and by nothing else. A file that
/// begins with gzip's magic number is inflated, whatever its name is. Memory grows with the bytes
/// that arrive: a header that claims more than the file can hold is refused before any is taken.
///
/// Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits"; gzip: RFC
/// 1952. Errors, all naming the file: kIo where it is missing, no regular file or unreadable;
/// kFormat for another magic number, type or rank, a size that overflows or exceeds `max_bytes`,
/// missing or surplus bytes, damaged gzip data.
Tensor read_idx(const std::filesystem::path& path, const IdxOptions& options = {});

}  // namespace prova
