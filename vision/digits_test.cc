#include "vision/digits.h"

#include <string>

#include <gtest/gtest.h>

#include "base/testing.h"
#include "vision/idx_testing.h"

namespace prova {
namespace {

using idx_testing::Bytes;
using idx_testing::Gzip;
using idx_testing::Idx;

class DigitsTest : public idx_testing::FolderTest {
 protected:
  // `count` images of 2 × 2, each of its own ink, and labels 0 1 2 … 9 0 1 ….
  void WritePair(const std::string& prefix, uint32_t count, uint8_t brightest = 16,
                 const std::string& ending = "", uint32_t height = 2) {
    Bytes pixels(count * height * 2), labels(count);
    for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<uint8_t>(i % brightest);
    pixels.back() = brightest;
    for (size_t i = 0; i < count; ++i) labels[i] = static_cast<uint8_t>(i % 10);
    WriteFile(prefix + "images-idx3-ubyte" + ending, Idx({count, height, 2}, pixels));
    WriteFile(prefix + "labels-idx1-ubyte" + ending, Idx({count}, labels));
  }
  void WriteFile(const std::string& name, const Bytes& idx) {
    Write(name, name.ends_with(".gz") ? Gzip(idx) : idx);
  }
  void ExpectRefused(ErrorCode code, const std::string& text) {
    ExpectError(code, text, [&] { load_digits(folder_); });
  }
  std::string Name(const std::string& file) const { return (folder_ / file).string(); }
};

TEST_F(DigitsTest, ScalesToOneByTheGreyLevelsOfTheData) {
  WritePair("", 10, 16);
  EXPECT_EQ(load_digits(folder_).pixel_max, 16);
  WritePair("", 10, 17);
  const Digits digits = load_digits(folder_);
  EXPECT_EQ(digits.pixel_max, 255);
  EXPECT_EQ(digits.train.images.dtype(), DType::kFloat32);
  EXPECT_EQ(digits.train.images.shape(), (Shape{8, 1, 2, 2}));
  EXPECT_EQ(digits.train.labels.dtype(), DType::kInt64);
  // Image i holds 4i … 4i+3 modulo 17, and carries the label i.
  const auto pixels = digits.train.images.to_vector<float>();
  const auto labels = digits.train.labels.to_vector<int64_t>();
  for (size_t i = 0; i < labels.size(); ++i) {
    EXPECT_EQ(pixels[4 * i], static_cast<float>(4 * labels[i] % 17) / 255.0f);
  }
}

TEST_F(DigitsTest, OnePairIsDividedInAFixedWay) {
  WritePair("t10k-", 100, 255, ".gz");
  const Digits digits = load_digits(folder_);
  EXPECT_EQ(digits.train.count(), 80);
  EXPECT_EQ(digits.test.count(), 20);
  EXPECT_EQ(digits.test.images.shape(), (Shape{20, 1, 2, 2}));
  const Digits again = load_digits(folder_);
  EXPECT_EQ(again.test.images.to_vector<float>(), digits.test.images.to_vector<float>());
  std::vector<int> of_class(10);
  for (int64_t label : digits.test.labels.to_vector<int64_t>()) ++of_class[label];
  EXPECT_EQ(of_class, std::vector<int>(10, 2));
}

TEST_F(DigitsTest, TwoPairsAreTheTwoParts) {
  WritePair("train-", 30, 255);
  WritePair("t10k-", 7, 255, ".gz");
  const Digits digits = load_digits(folder_);
  EXPECT_EQ(digits.train.count(), 30);
  EXPECT_EQ(digits.test.count(), 7);
  EXPECT_EQ(digits.test.labels.to_vector<int>(), (std::vector<int>{0, 1, 2, 3, 4, 5, 6}));
}

TEST_F(DigitsTest, MissingFoldersPairsAndHalves) {
  const auto missing = folder_ / "missing";
  ExpectError(ErrorCode::kIo,
              missing.string() + ": there is no such folder; need a folder of IDX files",
              [&] { load_digits(missing); });
  ExpectRefused(ErrorCode::kIo, folder_.string() +
                                    ": holds no digits; need [train-|t10k-]images-idx3-ubyte[.gz] "
                                    "and …labels-idx1-ubyte[.gz]");
  WritePair("train-", 10);
  ExpectError(ErrorCode::kIo,
              Name("train-images-idx3-ubyte") + ": is not a folder; need a folder of IDX files",
              [&] { load_digits(folder_ / "train-images-idx3-ubyte"); });
  std::filesystem::remove(folder_ / "train-labels-idx1-ubyte");
  ExpectRefused(ErrorCode::kIo, folder_.string() +
                                    ": holds only train-images-idx3-ubyte; need "
                                    "train-labels-idx1-ubyte[.gz] beside it");
  WritePair("t10k-", 10);
  ExpectRefused(ErrorCode::kIo, folder_.string() +
                                    ": holds only train-images-idx3-ubyte; need "
                                    "train-labels-idx1-ubyte[.gz] beside it");
}

TEST_F(DigitsTest, ImagesAndLabelsMustAgree) {
  WritePair("", 10);
  WriteFile("labels-idx1-ubyte", Idx({9}, Bytes(9, 1)));
  ExpectRefused(ErrorCode::kFormat, Name("labels-idx1-ubyte") +
                                        ": has 9 labels for the 10 images of images-idx3-ubyte; "
                                        "need one label an image");
  Bytes labels(10, 1);
  labels[4] = 10;
  WriteFile("labels-idx1-ubyte", Idx({10}, labels));
  ExpectRefused(ErrorCode::kFormat, Name("labels-idx1-ubyte") + ": label 10 of image 4; need 0..9");
}

TEST_F(DigitsTest, PartsMustAgree) {
  WritePair("train-", 10);
  WritePair("t10k-", 10, 16, "", 3);
  ExpectRefused(ErrorCode::kFormat, Name("t10k-images-idx3-ubyte") +
                                        ": images of 3 x 2; need 2 x 2 as in "
                                        "train-images-idx3-ubyte");
  WritePair("t10k-", 10, 200);
  ExpectRefused(ErrorCode::kFormat, Name("t10k-images-idx3-ubyte") +
                                        ": a pixel of 200; need at most 16, the scale of "
                                        "train-images-idx3-ubyte");
}

TEST_F(DigitsTest, TooFewImages) {
  WriteFile("images-idx3-ubyte", Idx({0, 8, 8}, {}));
  WriteFile("labels-idx1-ubyte", Idx({0}, {}));
  ExpectRefused(ErrorCode::kFormat, Name("images-idx3-ubyte") +
                                        ": holds no pixels: shape [0, 8, 8]; need at least one "
                                        "image");
  WritePair("", 2);
  ExpectRefused(ErrorCode::kFormat,
                Name("images-idx3-ubyte") + ": has 2 images to divide; need at least 3");
}

}  // namespace
}  // namespace prova
