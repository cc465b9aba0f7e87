#include "vision/digits.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "tensor/create.h"
#include "vision/idx.h"
#include "vision/split.h"

namespace prova {
namespace {

constexpr int kUciGreyLevels = 16;
constexpr int kByteGreyLevels = 255;
constexpr int kTestOneIn = 5;
constexpr uint64_t kSplitSeed = 1797;

struct Pair {
  std::filesystem::path images_path;
  Tensor images;  // uint8 [n, height, width]
  Tensor labels;  // uint8 [n]
};

std::span<const uint8_t> Bytes(const Tensor& x) {
  return {x.data<uint8_t>(), static_cast<size_t>(x.numel())};
}

bool IsThere(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

std::optional<std::filesystem::path> FindFile(const std::filesystem::path& folder,
                                              const std::string& name) {
  for (const char* ending : {"", ".gz"}) {
    const std::filesystem::path path = folder / (name + ending);
    if (IsThere(path)) return path;
  }
  return {};
}

void CheckPair(const Pair& pair, const std::filesystem::path& labels_path) {
  const int64_t count = pair.labels.size(0);
  if (pair.images.size(0) != count) {
    Fail(ErrorCode::kFormat, {.where = labels_path.string(),
                              .given = Cat("has ", count, " labels for the ", pair.images.size(0),
                                           " images of ", pair.images_path.filename().string()),
                              .need = "one label an image"});
  }
  if (pair.images.numel() == 0) {
    Fail(ErrorCode::kFormat, {.where = pair.images_path.string(),
                              .given = Cat("holds no pixels: shape ", pair.images.shape()),
                              .need = "at least one image"});
  }
  const auto labels = Bytes(pair.labels);
  const auto wrong = std::find_if(labels.begin(), labels.end(),
                                  [](uint8_t label) { return label >= Digits::kClasses; });
  if (wrong != labels.end()) {
    Fail(ErrorCode::kFormat,
         {.where = labels_path.string(),
          .given = Cat("label ", int{*wrong}, " of image ", wrong - labels.begin()),
          .need = Cat("0..", Digits::kClasses - 1)});
  }
}

std::optional<Pair> FindPair(const std::filesystem::path& folder, const std::string& prefix) {
  const std::string images_name = prefix + "images-idx3-ubyte";
  const std::string labels_name = prefix + "labels-idx1-ubyte";
  const auto images_path = FindFile(folder, images_name);
  const auto labels_path = FindFile(folder, labels_name);
  if (!images_path && !labels_path) return {};
  if (!images_path || !labels_path) {
    const std::filesystem::path lonely = images_path ? *images_path : *labels_path;
    Fail(ErrorCode::kIo, {.where = folder.string(),
                          .given = "holds only " + lonely.filename().string(),
                          .need = (images_path ? labels_name : images_name) + "[.gz] beside it"});
  }
  Pair pair{*images_path, read_idx(*images_path, {.rank = 3}), read_idx(*labels_path, {.rank = 1})};
  CheckPair(pair, *labels_path);
  return pair;
}

// The examples of a pair at `indices`, pixels divided by `pixel_max`.
LabelledImages Pick(const Pair& pair, std::span<const int64_t> indices, int pixel_max) {
  const int64_t count = static_cast<int64_t>(indices.size());
  const int64_t pixels = pair.images.size(1) * pair.images.size(2);
  Tensor images = empty({count, 1, pair.images.size(1), pair.images.size(2)});
  Tensor labels = empty({count}, {.dtype = DType::kInt64});
  const uint8_t* from = pair.images.data<uint8_t>();
  float* to = images.mutable_data<float>();
  int64_t* label = labels.mutable_data<int64_t>();
  for (int64_t index : indices) {
    const uint8_t* image = from + index * pixels;
    to = std::transform(image, image + pixels, to, [&](uint8_t ink) {
      return static_cast<float>(ink) / static_cast<float>(pixel_max);
    });
    *label++ = pair.labels.data<uint8_t>()[index];
  }
  return {images, labels};
}

std::vector<int64_t> AllOf(const Pair& pair) {
  std::vector<int64_t> indices(pair.images.size(0));
  for (size_t i = 0; i < indices.size(); ++i) indices[i] = static_cast<int64_t>(i);
  return indices;
}

int PixelMax(const Pair& pair) {
  const auto pixels = Bytes(pair.images);
  const int largest = *std::max_element(pixels.begin(), pixels.end());
  return largest <= kUciGreyLevels ? kUciGreyLevels : kByteGreyLevels;
}

Digits FromTwoPairs(const Pair& train, const Pair& test) {
  if (train.images.size(1) != test.images.size(1) || train.images.size(2) != test.images.size(2)) {
    Fail(ErrorCode::kFormat,
         {.where = test.images_path.string(),
          .given = Cat("images of ", test.images.size(1), " x ", test.images.size(2)),
          .need = Cat(train.images.size(1), " x ", train.images.size(2), " as in ",
                      train.images_path.filename().string())});
  }
  const int pixel_max = PixelMax(train);
  const auto pixels = Bytes(test.images);
  const int largest = *std::max_element(pixels.begin(), pixels.end());
  if (largest > pixel_max) {
    Fail(ErrorCode::kFormat, {.where = test.images_path.string(),
                              .given = Cat("a pixel of ", largest),
                              .need = Cat("at most ", pixel_max, ", the scale of ",
                                          train.images_path.filename().string())});
  }
  return {Pick(train, AllOf(train), pixel_max), Pick(test, AllOf(test), pixel_max), pixel_max,
          "as the folder divides them"};
}

Digits FromOnePair(const Pair& pair) {
  const IndexSplit split = stratified_split(
      Bytes(pair.labels), {.classes = Digits::kClasses, .one_in = kTestOneIn, .seed = kSplitSeed});
  if (split.test.empty() || split.train.empty()) {
    Fail(ErrorCode::kFormat, {.where = pair.images_path.string(),
                              .given = Cat("has ", pair.images.size(0), " images to divide"),
                              .need = "at least 3"});
  }
  const int pixel_max = PixelMax(pair);
  return {Pick(pair, split.train, pixel_max), Pick(pair, split.test, pixel_max), pixel_max,
          "one pair, a stratified fifth of it for testing"};
}

}  // namespace

Digits load_digits(const std::filesystem::path& folder) {
  std::error_code problem;
  const auto status = std::filesystem::status(folder, problem);
  if (status.type() != std::filesystem::file_type::directory) {
    const bool missing = status.type() == std::filesystem::file_type::not_found;
    Fail(ErrorCode::kIo, {.where = folder.string(),
                          .given = missing   ? "there is no such folder"
                                   : problem ? problem.message()
                                             : "is not a folder",
                          .need = "a folder of IDX files"});
  }
  const auto train = FindPair(folder, "train-");
  const auto test = FindPair(folder, "t10k-");
  if (train && test) return FromTwoPairs(*train, *test);
  if (train || test) return FromOnePair(train ? *train : *test);
  const auto plain = FindPair(folder, "");
  if (plain) return FromOnePair(*plain);
  Fail(ErrorCode::kIo,
       {.where = folder.string(),
        .given = "holds no digits",
        .need = "[train-|t10k-]images-idx3-ubyte[.gz] and …labels-idx1-ubyte[.gz]"});
}

}  // namespace prova
