#include "nn/safetensors.h"

#include <csignal>
#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "base/testing.h"
#include "nn/test_folder.h"
#include "tensor/create.h"
#include "tensor/view.h"

namespace prova {
namespace {

namespace fs = std::filesystem;

class Safetensors : public TestFolder {};

TEST_F(Safetensors, WritesTheBytesOfTheFormat) {
  save_safetensors(path_, {{"b", tensor({1, 2}, DType::kUInt8)}, {"w", tensor({1.0f})}},
                   {{"epoch", "10"}});
  const std::string header = R"({"__metadata__":{"epoch":"10"},)"
                             R"("w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                             R"("b":{"dtype":"U8","shape":[2],"data_offsets":[4,6]}})";
  ASSERT_EQ(header.size(), 136u);  // a multiple of 8: no padding
  // 136 = 0x88; 1.0f is 3F800000, little-endian.
  EXPECT_EQ(Read(), Bytes("\x88\0\0\0\0\0\0\0") + header + Bytes("\0\0\x80\x3f\1\2"));
}

TEST_F(Safetensors, PadsTheHeaderWithSpacesToEightBytes) {
  save_safetensors(path_, {{"w", tensor({1}, DType::kInt8)}});
  const std::string header = R"({"w":{"dtype":"I8","shape":[1],"data_offsets":[0,1]}})";
  ASSERT_EQ(header.size(), 53u);
  EXPECT_EQ(Read(), Bytes("\x38\0\0\0\0\0\0\0") + header + "   \1");
}

TEST_F(Safetensors, ReadsAFileOfAnotherWriter) {
  // Any order of keys and tensors, spaces, escapes and shapes without elements are legal.
  const std::string header =
      " {\"late\": {\"data_offsets\": [4, 8], \"shape\": [2, 2], \"dtype\": \"U8\"},\n"
      "\"\\u00e9arly\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]},"
      "\"none\":{\"dtype\":\"F64\",\"shape\":[9223372036854775807,4,0],\"data_offsets\":[4,4]}}   ";
  Write(LengthOf(header.size() - 1) + header.substr(1) + Bytes("\0\0\0\x40\1\2\3\4"));
  const SafetensorsFile file = load_safetensors(path_);
  ASSERT_EQ(file.tensors.size(), 3u);
  EXPECT_EQ(file.tensors[0].name,
            "\xc3\xa9"
            "arly");
  EXPECT_EQ(file.tensors[0].value.item(), 2);
  EXPECT_EQ(file.tensors[1].value.numel(), 0);
  EXPECT_EQ(file.tensors[2].value.to_vector<int64_t>(), (std::vector<int64_t>{1, 2, 3, 4}));
  EXPECT_EQ(file.tensors[2].value.shape(), (Shape{2, 2}));
  EXPECT_TRUE(file.metadata.empty());
}

TEST_F(Safetensors, RoundTripsEveryDTypeBitForBit) {
  NamedTensors tensors;
  for (DType dtype : kAllDTypes) {
    const Tensor x = empty({3, 5}, {.dtype = dtype});
    auto* bytes = static_cast<unsigned char*>(x.raw_mutable_data());
    for (int64_t i = 0; i < x.numel() * ItemSize(dtype); ++i) {
      bytes[i] = dtype == DType::kBool ? i % 2 : 255 - 7 * i;  // NaNs and denormals among them
    }
    tensors.push_back({ToString(dtype), x});
  }
  save_safetensors(path_, tensors);
  const SafetensorsFile file = load_safetensors(path_);
  ASSERT_EQ(file.tensors.size(), std::size(kAllDTypes));
  for (const auto& [name, x] : tensors) {
    const Tensor y = find(file.tensors, name);
    ASSERT_TRUE(y.defined()) << name;
    EXPECT_EQ(y.dtype(), x.dtype());
    EXPECT_EQ(y.shape(), x.shape());
    EXPECT_EQ(std::memcmp(x.raw_data(), y.raw_data(), x.numel() * ItemSize(x.dtype())), 0) << name;
  }
}

TEST_F(Safetensors, RoundTripsViewsScalarsEmptyTensorsAndMetadata) {
  const Tensor x = tensor({{1, 2, 3}, {4, 5, 6}});
  save_safetensors(path_,
                   {{"turned", view::Permute(x, {1, 0})},
                    {"back", view::Slice(x, 1, {.step = -1})},
                    {"scalar", full({}, 7)},
                    {"none", zeros({0, 4})}},
                   {{"note", "\"quoted\" \xe2\x82\xac"}, {"", ""}});
  const SafetensorsFile file = load_safetensors(path_);
  auto values = [&](const char* name) { return find(file.tensors, name).to_vector<int64_t>(); };
  EXPECT_EQ(values("turned"), (std::vector<int64_t>{1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(values("back"), (std::vector<int64_t>{3, 2, 1, 6, 5, 4}));
  EXPECT_EQ(find(file.tensors, "scalar").rank(), 0);
  EXPECT_EQ(values("scalar"), (std::vector<int64_t>{7}));
  EXPECT_EQ(find(file.tensors, "none").shape(), (Shape{0, 4}));
  EXPECT_EQ(file.metadata, (Metadata{{"note", "\"quoted\" \xe2\x82\xac"}, {"", ""}}));
}

TEST_F(Safetensors, AlignsEveryTensorToItsElement) {
  save_safetensors(path_, {{"a", tensor({true, false, true})},
                           {"b", tensor({1, 2}, DType::kInt16)},
                           {"c", tensor({1, 2, 3}, DType::kFloat64)},
                           {"d", tensor({1.0f})}});
  std::string order;
  for (const NamedTensor& entry : load_safetensors(path_).tensors) order += entry.name;
  EXPECT_EQ(order, "cdba");
  EXPECT_EQ(Read().size() % 8, 24 + 4 + 4 + 3 - 32u);
}

TEST_F(Safetensors, AnEmptyFileOfTensorsIsLegal) {
  save_safetensors(path_, {});
  EXPECT_EQ(Read(), LengthOf(8) + "{}      ");
  EXPECT_TRUE(load_safetensors(path_).tensors.empty());
}

TEST_F(Safetensors, WhatHasNoPlaceInAFileIsRefusedAndNothingWritten) {
  auto refuse = [&](const std::string& text, const NamedTensors& tensors,
                    const Metadata& metadata = {}) {
    ExpectError(ErrorCode::kValue, path_.string() + ": " + text,
                [&] { save_safetensors(path_, tensors, metadata); });
    EXPECT_TRUE(fs::is_empty(folder_));
  };
  refuse("two tensors named 'a'; need a name of its own for each",
         {{"a", ones({1})}, {"a", ones({1})}});
  refuse("an undefined tensor 'a'; need a value", {{"a", Tensor()}});
  refuse(
      "a tensor named '__metadata__'; need another name; the format keeps this one for its "
      "metadata",
      {{"__metadata__", ones({1})}});
  refuse("a name or metadata that is no UTF-8; need UTF-8 text", {{"\xff", ones({1})}});
  refuse("a name or metadata that is no UTF-8; need UTF-8 text", {}, {{"key", "\xc3"}});
}

TEST_F(Safetensors, AFullDiskLeavesTheFormerFile) {
  save_safetensors(path_, {{"w", ones({4})}});
  const std::string former = Read();
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before;
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit limit{.rlim_cur = 4096, .rlim_max = before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &limit);
  EXPECT_THROW(save_safetensors(path_, {{"w", ones({4096})}}), Error);
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(Read(), former);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

}  // namespace
}  // namespace prova
