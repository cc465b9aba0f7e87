#include "vision/idx.h"

#include <string>

#include <gtest/gtest.h>

#include "base/allocator.h"
#include "base/testing.h"
#include "vision/idx_testing.h"

namespace prova {
namespace {

using idx_testing::Bytes;
using idx_testing::FirstOf;
using idx_testing::Gzip;
using idx_testing::Idx;
using idx_testing::Joined;

class IdxTest : public idx_testing::FolderTest {
 protected:
  // Expects that `bytes` in a file are refused with kFormat and a text that begins with its name.
  void ExpectRefused(const Bytes& bytes, const std::string& text, const IdxOptions& options = {}) {
    const auto path = Write("file", bytes);
    ExpectError(ErrorCode::kFormat, path.string() + ": " + text, [&] { read_idx(path, options); });
  }
};

const Bytes kTwoImages = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255};

TEST_F(IdxTest, ReadsImagesAndLabels) {
  const Tensor images = read_idx(Write("images", Idx({2, 2, 3}, kTwoImages)));
  EXPECT_EQ(images.dtype(), DType::kUInt8);
  EXPECT_EQ(images.shape(), (Shape{2, 2, 3}));
  EXPECT_EQ(images.to_vector<uint8_t>(), kTwoImages);
  const Tensor labels = read_idx(Write("labels", Idx({3}, {9, 0, 7})), {.rank = 1});
  EXPECT_EQ(labels.shape(), (Shape{3}));
  EXPECT_EQ(labels.to_vector<uint8_t>(), (Bytes{9, 0, 7}));
}

TEST_F(IdxTest, GzipIsKnownByItsMagicNumberNotByItsName) {
  const Bytes idx = Idx({2, 2, 3}, kTwoImages);
  EXPECT_EQ(read_idx(Write("packed", Gzip(idx))).to_vector<uint8_t>(), kTwoImages);
  EXPECT_EQ(read_idx(Write("plain.gz", idx)).to_vector<uint8_t>(), kTwoImages);
}

TEST_F(IdxTest, AGzipFileMayHaveSeveralMembers) {
  const Bytes idx = Idx({2, 2, 3}, kTwoImages);
  const Bytes tail(idx.begin() + 9, idx.end());
  const auto path = Write("members", Joined(Gzip(FirstOf(idx, 9)), Gzip(tail)));
  EXPECT_EQ(read_idx(path).to_vector<uint8_t>(), kTwoImages);
}

TEST_F(IdxTest, ReadsMoreThanOneChunk) {
  Bytes values(3'000'000);
  uint32_t state = 1;
  for (uint8_t& value : values) value = (state = state * 1664525 + 1013904223) >> 24;
  const Bytes idx = Idx({3, 1000, 1000}, values);
  EXPECT_EQ(read_idx(Write("plain", idx)).to_vector<uint8_t>(), values);
  EXPECT_EQ(read_idx(Write("packed", Gzip(idx))).to_vector<uint8_t>(), values);
}

TEST_F(IdxTest, NoImagesAreImagesToo) {
  EXPECT_EQ(read_idx(Write("none", Idx({0, 28, 28}, {}))).shape(), (Shape{0, 28, 28}));
}

TEST_F(IdxTest, MissingFileAndFolder) {
  const auto missing = folder_ / "missing";
  ExpectError(ErrorCode::kIo, missing.string() + ": there is no such file",
              [&] { read_idx(missing); });
  ExpectError(ErrorCode::kIo, folder_.string() + ": is not a regular file",
              [&] { read_idx(folder_); });
}

TEST_F(IdxTest, OtherMagicNumbers) {
  ExpectRefused({'P', 'K', 3, 4, 0, 0},
                "begins with 0x504b0304; need 0x00000803 (unsigned bytes of rank 3)");
  ExpectRefused(Idx({2, 2, 3}, kTwoImages, 0x0d),
                "begins with 0x00000d03; need 0x00000803 (unsigned bytes of rank 3)");
  ExpectRefused(Idx({2, 2, 3}, kTwoImages),
                "begins with 0x00000803; need 0x00000801 (unsigned bytes of rank 1)", {.rank = 1});
  ExpectRefused(
      {}, "has 0 bytes; need an IDX file, which begins with 0x00000803 (unsigned bytes of rank 3)");
}

TEST_F(IdxTest, TruncatedAtEveryByte) {
  const Bytes idx = Idx({2, 2, 3}, kTwoImages);
  for (size_t bytes = 0; bytes < idx.size(); ++bytes) {
    SCOPED_TRACE(bytes);
    const std::string text =
        bytes < 4 ? "has " + std::to_string(bytes) +
                        " bytes; need an IDX file, which begins with 0x00000803 (unsigned bytes of "
                        "rank 3)"
        : bytes < 16 ? "ends inside its header, after " + std::to_string(bytes) +
                           " bytes; need 16 bytes of header"
                     : "claims shape [2, 2, 3], 12 bytes, and holds " + std::to_string(bytes - 16) +
                           "; need the header and the values to agree";
    ExpectRefused(FirstOf(idx, bytes), text);
  }
}

TEST_F(IdxTest, GzipTruncatedAtEveryByte) {
  const Bytes packed = Gzip(Idx({2, 2, 3}, kTwoImages));
  for (size_t bytes = 2; bytes < packed.size(); ++bytes) {
    SCOPED_TRACE(bytes);
    ExpectRefused(FirstOf(packed, bytes), "the gzip data end too early; need a complete gzip file");
  }
}

TEST_F(IdxTest, GzipWhoseContentsAreTruncatedAtEveryByte) {
  const Bytes idx = Idx({2, 2, 3}, kTwoImages);
  for (size_t bytes = 16; bytes < idx.size(); ++bytes) {
    SCOPED_TRACE(bytes);
    ExpectRefused(Gzip(FirstOf(idx, bytes)),
                  "ends after " + std::to_string(bytes - 16) +
                      " of 12 values; need all 12 that its header claims");
  }
}

TEST_F(IdxTest, AnyDamagedByteOfAGzipFileIsNoticed) {
  const Bytes packed = Gzip(Idx({2, 2, 3}, kTwoImages));
  for (size_t i = 0; i < packed.size(); ++i) {
    if (i >= 4 && i < 10) continue;  // Time, flags of the compressor and system: not data.
    SCOPED_TRACE(i);
    Bytes damaged = packed;
    damaged[i] ^= 0x40;
    const auto path = Write("damaged", damaged);
    EXPECT_THROW(read_idx(path), Error);
  }
}

TEST_F(IdxTest, BytesBeyondTheHeadersClaim) {
  const Bytes longer = Joined(Idx({2, 2, 3}, kTwoImages), {0});
  ExpectRefused(
      longer,
      "claims shape [2, 2, 3], 12 bytes, and holds 13; need the header and the values to agree");
  ExpectRefused(Gzip(longer),
                "goes on after its 12 values; need no bytes beyond what its header claims");
  ExpectRefused(Joined(Gzip(Idx({2, 2, 3}, kTwoImages)), {'x', 'y', 'z'}),
                "the gzip data are damaged (incorrect header check); need a complete gzip file");
}

TEST_F(IdxTest, AHeaderThatClaimsFourGigabytesTakesNoMemory) {
  const Bytes liar = Idx({4'294'967'295u, 1, 1}, kTwoImages);
  const std::string claim = "claims shape [4294967295, 1, 1], 4294967295 bytes";
  ResetPeakMemory();
  const int64_t before = memory_stats().peak_bytes;
  ExpectRefused(liar, claim + "; need at most 1073741824");
  ExpectRefused(Gzip(liar), claim + "; need at most 1073741824");
  const IdxOptions generous = {.max_bytes = int64_t{1} << 40};
  ExpectRefused(liar, claim + ", and holds 12; need the header and the values to agree", generous);
  const Bytes packed = Gzip(liar);
  ExpectRefused(packed,
                claim + ", and can inflate to " + std::to_string(1032 * packed.size()) +
                    " at most; need the header and the values to agree",
                generous);
  EXPECT_EQ(memory_stats().peak_bytes, before);
}

TEST_F(IdxTest, AHeaderWhoseSizesOverflow) {
  const uint32_t most = 4'294'967'295u;
  ExpectRefused(Idx({most, most, most}, kTwoImages),
                "claims shape [4294967295, 4294967295, 4294967295], beyond 64 bits; need a size "
                "that memory can hold");
  // 2^32 · 2^32 would be 0 in 64 bits.
  ExpectRefused(Idx({0x80000000u, 0x80000000u, 4}, {}),
                "claims shape [2147483648, 2147483648, 4], beyond 64 bits; need a size that memory "
                "can hold");
}

}  // namespace
}  // namespace prova
