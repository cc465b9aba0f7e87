#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "nn/named_tensors.h"

namespace prova {

/// The file format safetensors of Hugging Face: eight bytes with the length of a JSON header, the
/// header with each tensor's dtype, shape and place, and the elements, row-major, little-endian.
/// https://huggingface.co/docs/safetensors (format description, read in its version 0.4).

using Metadata = std::map<std::string, std::string>;

struct SafetensorsFile {
  NamedTensors tensors;  ///< in the order of their places in the file
  Metadata metadata;     ///< the entry `__metadata__`; empty where there is none
};

/// Writes tensors of any of the ten dtypes, largest elements first and then by name, so that each
/// is aligned to its element; from any device. Atomic: see `WriteFileAtomically`. Nothing is
/// written on an error. Errors: kIo; kValue for an undefined tensor, a name given twice, the name
/// `__metadata__`, or text that is no UTF-8.
void save_safetensors(const std::filesystem::path& path, const NamedTensors& tensors,
                      const Metadata& metadata = {});

/// Reads a whole file, into tensors on the processor. Everything the header says is checked before
/// memory is taken for it: its length (up to the file's, and 100 MB), one JSON object, no key
/// twice, known dtypes, sizes that multiply without overflow to the length of their place, places
/// that cover the file's data without overlap and without a hole. Bytes of bool must be 0 or 1.
/// Errors, each naming the file: kIo where it cannot be read, kFormat where it breaks the format,
/// kUnsupported for a dtype of the format that Prova lacks (U16, F8_E4M3, …) or a rank above 8.
SafetensorsFile load_safetensors(const std::filesystem::path& path);

}  // namespace prova
