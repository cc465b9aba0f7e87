#pragma once

#include <filesystem>
#include <string>

#include "tensor/tensor.h"

namespace prova {

/// Images and what they show.
struct LabelledImages {
  Tensor images;  ///< float32 [n, 1, height, width], 0 (paper) to 1 (full ink)
  Tensor labels;  ///< int64 [n], 0..9

  int64_t count() const { return labels.size(0); }
};

/// Handwritten digits, divided into what a model learns from and what it is tested on.
struct Digits {
  static constexpr int kClasses = 10;

  LabelledImages train;
  LabelledImages test;
  int pixel_max = 255;   ///< the pixel value that became 1
  std::string division;  ///< how the parts came about, as a phrase for people

  int64_t height() const { return train.images.size(2); }
  int64_t width() const { return train.images.size(3); }
};

/// Loads digits from IDX files, gzipped or not, under MNIST's names.
///
/// A pair is PREFIXimages-idx3-ubyte and PREFIXlabels-idx1-ubyte, either with or without `.gz`
/// (without comes first). Where the pairs of `train-` and `t10k-` are there, they are the two
/// parts. Where only one of them is there, or neither but the pair without a prefix, it is divided
/// by `stratified_split`, a fifth for testing, always in the same way.
///
/// Pixels are divided by 16 where none of the images to learn from exceeds 16, the grey levels of
/// the UCI digits, else by 255.
///
/// Errors: kIo where the folder, a pair or a half of one is missing; kFormat, naming the file, for
/// what `read_idx` refuses, for images and labels that differ in number, no or too few images,
/// labels beyond 9 and parts whose images differ in size.
Digits load_digits(const std::filesystem::path& folder);

}  // namespace prova
