#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/allocator.h"
#include "base/testing.h"
#include "nn/safetensors.h"
#include "nn/test_folder.h"
#include "tensor/create.h"

namespace prova {
namespace {

namespace fs = std::filesystem;

/// Files that a reader must refuse, one rule of the format a test.
class SafetensorsRules : public TestFolder {
 protected:
  using TestFolder::Write;
  /// A file of this header and so many bytes of data.
  void Write(const std::string& header, size_t data) const {
    Write(LengthOf(header.size()) + header + std::string(data, '\1'));
  }

  void ExpectRefused(const std::string& text, ErrorCode code = ErrorCode::kFormat) const {
    ExpectError(code, path_.string() + ": " + text, [&] { load_safetensors(path_); });
  }
  void ExpectRefused(const std::string& header, size_t data, const std::string& text,
                     ErrorCode code = ErrorCode::kFormat) const {
    Write(header, data);
    SCOPED_TRACE(header);
    ExpectRefused(text, code);
  }
};

/// The header's object for one tensor.
std::string Entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  const std::string& offsets) {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape +
         ",\"data_offsets\":" + offsets + "}";
}

// --- Files that cannot be read ------------------------------------------------------------------

TEST_F(SafetensorsRules, AMissingFileAndAFolderAreErrorsOfInput) {
  ExpectRefused("opening failed: No such file or directory", ErrorCode::kIo);
  fs::create_directory(path_);
  ExpectRefused("no regular file; need one", ErrorCode::kIo);
  fs::remove(path_);
  // Opening a pipe without a writer must not wait for one.
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  ExpectRefused("no regular file; need one", ErrorCode::kIo);
}

TEST_F(SafetensorsRules, TruncatedAtAnyByteIsAnError) {
  save_safetensors(path_, {{"w", ones({2, 3})}, {"b", tensor({true, false})}}, {{"k", "v"}});
  const std::string whole = Read();
  for (size_t length = 0; length < whole.size(); ++length) {
    Write(whole.substr(0, length));
    try {
      load_safetensors(path_);
      ADD_FAILURE() << "no error at length " << length;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kFormat) << error.what();
      EXPECT_EQ(error.parts().where, path_.string());
    }
  }
}

TEST_F(SafetensorsRules, AnyByteOfTheHeaderChangedIsAnErrorOrAnotherLegalFile) {
  save_safetensors(path_, {{"w", ones({2, 3})}, {"b", tensor({true, false})}}, {{"k", "v"}});
  const std::string whole = Read();
  for (size_t i = 0; i < whole.size(); ++i) {
    for (const char value : {'\0', '"', '9', '}', '[', '\x80', '\xff'}) {
      std::string changed = whole;
      changed[i] = value;
      Write(changed);
      try {
        load_safetensors(path_);
      } catch (const Error& error) {
        EXPECT_TRUE(error.code() == ErrorCode::kFormat || error.code() == ErrorCode::kUnsupported)
            << error.what();
      }
    }
  }
}

// --- The header's length ------------------------------------------------------------------------

TEST_F(SafetensorsRules, TheHeadersLengthIsBounded) {
  Write("1234567");
  ExpectRefused("7 bytes; need at least 8, the header's length");
  Write(LengthOf(3) + "{}");
  ExpectRefused("a header of 3 bytes in a file of 10; need at most 2");
  Write(LengthOf(100'000'001) + "{}");
  ExpectRefused("a header of 100000001 bytes; need at most 100000000");
  Write(LengthOf(std::numeric_limits<uint64_t>::max()) + "{}");
  ExpectRefused("a header of 18446744073709551615 bytes; need at most 100000000");
}

// --- The header's text --------------------------------------------------------------------------

TEST_F(SafetensorsRules, TheHeaderIsOneJsonObject) {
  const std::string begin = "a header that does not begin with '{'; need one JSON object";
  ExpectRefused("", 0, begin);
  ExpectRefused(" {}", 0, begin);
  ExpectRefused("\xef\xbb\xbf{}", 0, begin);
  ExpectRefused("[]", 0, begin);
  ExpectRefused("{", 0, "a header that is no JSON at its byte 2; need one JSON object");
  ExpectRefused("{}{}", 0, "a header that is no JSON at its byte 3; need one JSON object");
  // The parser takes NUL for the end, so that anything could hide behind it.
  ExpectRefused(Bytes("{}\0\"a\""), 0, "a header with NUL at its byte 3; need one JSON object");
  ExpectRefused("{\"\xff\":1}", 0, "a header that is no JSON at its byte 3; need one JSON object");
}

TEST_F(SafetensorsRules, DeepNestingTakesNoMemory) {
  ExpectRefused("{\"a\":" + std::string(1'000'000, '['), 0, "an array for 'a'; need an object");
  std::string nested = "{\"a\":{\"shape\":";
  for (int i = 0; i < 1'000'000; ++i) nested += "[";
  ExpectRefused(nested, 0, "an array for shape in tensor 'a'; need an array of integers >= 0");
}

TEST_F(SafetensorsRules, NoKeyComesTwice) {
  const std::string entry = Entry("a", "U8", "[1]", "[0,1]");
  ExpectRefused("{" + entry + "," + entry + "}", 1, "the key 'a' twice; need once");
  ExpectRefused(R"({"a":{"dtype":"U8","dtype":"U8"}})", 0,
                "the key 'dtype' twice in tensor 'a'; need once");
  ExpectRefused(R"({"__metadata__":{"k":"1","k":"2"}})", 0,
                "the key 'k' twice in __metadata__; need once");
  ExpectRefused(R"({"__metadata__":{},"__metadata__":{}})", 0,
                "the key '__metadata__' twice; need once");
  // The same key in two tensors is none twice, nor is a tensor named like a key.
  Write("{" + Entry("a", "U8", "[1]", "[0,1]") + "," + Entry("dtype", "U8", "[1]", "[1,2]") + "}",
        2);
  EXPECT_EQ(load_safetensors(path_).tensors.size(), 2u);
}

TEST_F(SafetensorsRules, EveryValueHasItsKind) {
  ExpectRefused(R"({"a":1})", 0, "a number for 'a'; need an object");
  ExpectRefused(R"({"a":"x"})", 0, "a string for 'a'; need an object");
  ExpectRefused(R"({"a":null})", 0, "null for 'a'; need an object");
  ExpectRefused(R"({"__metadata__":[]})", 0, "an array for '__metadata__'; need an object");
  ExpectRefused(R"({"__metadata__":{"k":1}})", 0,
                "a number for 'k' in __metadata__; need a string");
  ExpectRefused(R"({"__metadata__":{"k":{}}})", 0,
                "an object for 'k' in __metadata__; need a string");
  ExpectRefused(R"({"a":{"dtype":8}})", 0, "a number for dtype in tensor 'a'; need a string");
  ExpectRefused(R"({"a":{"dtype":[]}})", 0, "an array for dtype in tensor 'a'; need a string");
  const std::string integers = "; need an array of integers >= 0";
  ExpectRefused(R"({"a":{"shape":2}})", 0, "a number for shape in tensor 'a'" + integers);
  ExpectRefused(R"({"a":{"shape":"2"}})", 0, "a string for shape in tensor 'a'" + integers);
  ExpectRefused(R"({"a":{"shape":{}}})", 0, "an object for shape in tensor 'a'" + integers);
  ExpectRefused(R"({"a":{"shape":[true]}})", 0, "a boolean for shape in tensor 'a'" + integers);
  ExpectRefused(R"({"a":{"shape":[-1]}})", 0,
                "a negative number for shape in tensor 'a'" + integers);
  ExpectRefused(R"({"a":{"shape":[1.0]}})", 0, "the number 1.0 for shape in tensor 'a'" + integers);
  ExpectRefused(R"({"a":{"data_offsets":[0,18446744073709551616]}})", 0,
                "the number 18446744073709551616 for data_offsets in tensor 'a'" + integers);
  ExpectRefused(R"({"a":{"size":1}})", 0,
                "the key 'size' in tensor 'a'; need dtype, shape and data_offsets");
}

TEST_F(SafetensorsRules, EveryTensorIsDescribedInFull) {
  ExpectRefused(R"({"a":{}})", 0, "no dtype for tensor 'a'; need dtype");
  ExpectRefused(R"({"a":{"dtype":"U8","data_offsets":[0,1]}})", 1,
                "no shape for tensor 'a'; need shape");
  ExpectRefused(R"({"a":{"dtype":"U8","shape":[1]}})", 1,
                "no data_offsets for tensor 'a'; need data_offsets");
  ExpectRefused("{" + Entry("a", "U8", "[1]", "[0]") + "}", 1,
                "1 data_offsets for tensor 'a'; need begin and end");
  ExpectRefused("{" + Entry("a", "U8", "[1]", "[0,1,1]") + "}", 1,
                "more than 2 data_offsets for tensor 'a'; need begin and end");
}

TEST_F(SafetensorsRules, DTypesAreKnown) {
  const std::string known = "; need BOOL, U8, I8, I16, I32, I64, F16, BF16, F32, F64";
  ExpectRefused("{" + Entry("a", "f32", "[1]", "[0,4]") + "}", 4,
                "dtype 'f32' in tensor 'a'" + known);
  for (const char* dtype : {"U16", "U32", "U64", "F8_E4M3", "F8_E5M2"}) {
    ExpectRefused("{" + Entry("a", dtype, "[1]", "[0,4]") + "}", 4,
                  std::string("dtype '") + dtype + "' in tensor 'a'" + known,
                  ErrorCode::kUnsupported);
  }
}

TEST_F(SafetensorsRules, RanksAboveEightAreUnsupported) {
  ExpectRefused("{" + Entry("a", "U8", "[1,1,1,1,1,1,1,1,1]", "[0,1]") + "}", 1,
                "rank above 8 in tensor 'a'; need rank 0..8", ErrorCode::kUnsupported);
  Write("{" + Entry("a", "U8", "[1,1,1,1,1,1,1,1]", "[0,1]") + "}", 1);
  EXPECT_EQ(load_safetensors(path_).tensors[0].value.rank(), 8);
}

TEST_F(SafetensorsRules, BoolsAreZeroOrOne) {
  Write(LengthOf(56) + "{" + Entry("a", "BOOL", "[3]", "[0,3]") + "} " + Bytes("\0\1\2"));
  ExpectRefused("the byte 2 in tensor 'a' of BOOL; need 0 or 1");
}

// --- Sizes and places ---------------------------------------------------------------------------

TEST_F(SafetensorsRules, ThePlaceIsAsLongAsTheShapeAsks) {
  ExpectRefused("{" + Entry("a", "F32", "[2,3]", "[0,23]") + "}", 23,
                "tensor 'a' at bytes 0 to 23; need 24 bytes for float32[2, 3]");
  ExpectRefused("{" + Entry("a", "F32", "[2,3]", "[0,25]") + "}", 25,
                "tensor 'a' at bytes 0 to 25; need 24 bytes for float32[2, 3]");
  ExpectRefused("{" + Entry("a", "F32", "[0]", "[0,4]") + "}", 4,
                "tensor 'a' at bytes 0 to 4; need 0 bytes for float32[0]");
}

TEST_F(SafetensorsRules, SizesThatOverflowAreRefused) {
  // 2^33 * 2^31 * 4 bytes is 2^66, which is 0 in 64 bits.
  ExpectRefused("{" + Entry("a", "F32", "[8589934592,2147483648]", "[0,0]") + "}", 0,
                "tensor 'a' at bytes 0 to 0; need more than 2^64 bytes for float32[8589934592, "
                "2147483648]");
  ExpectRefused("{" + Entry("a", "U8", "[9223372036854775808]", "[0,0]") + "}", 0,
                "the size 9223372036854775808 in tensor 'a'; need sizes up to 2^63 - 1");
}

TEST_F(SafetensorsRules, SizesAreCheckedBeforeMemoryIsTaken) {
  const int64_t before = memory_stats().allocations;
  ExpectRefused("{" + Entry("a", "U8", "[4]", "[0,4]") + "," +
                    Entry("b", "F32", "[1000000000]", "[4,4000000004]") + "}",
                4,
                "tensor 'b' at bytes 4 to 4000000004; need begin <= end <= 4, the data's length");
  EXPECT_EQ(memory_stats().allocations, before);
}

TEST_F(SafetensorsRules, PlacesLieInTheData) {
  ExpectRefused("{" + Entry("a", "U8", "[4]", "[0,4]") + "}", 3,
                "tensor 'a' at bytes 0 to 4; need begin <= end <= 3, the data's length");
  ExpectRefused("{" + Entry("a", "U8", "[4]", "[4,0]") + "}", 4,
                "tensor 'a' at bytes 4 to 0; need begin <= end <= 4, the data's length");
  // Backwards by a multiple that unsigned subtraction would turn into the right size.
  ExpectRefused("{" + Entry("a", "U8", "[2]", "[18446744073709551615,1]") + "}", 1,
                "tensor 'a' at bytes 18446744073709551615 to 1; need begin <= end <= 1, the data's "
                "length");
}

TEST_F(SafetensorsRules, PlacesDoNotOverlap) {
  ExpectRefused(
      "{" + Entry("a", "U8", "[4]", "[0,4]") + "," + Entry("b", "U8", "[4]", "[3,7]") + "}", 7,
      "an overlap between tensor 'a' and tensor 'b'; need it to begin at byte 4, not 3");
  ExpectRefused(
      "{" + Entry("b", "U8", "[4]", "[0,4]") + "," + Entry("a", "U8", "[4]", "[0,4]") + "}", 4,
      "an overlap between tensor 'b' and tensor 'a'; need it to begin at byte 4, not 0");
}

TEST_F(SafetensorsRules, PlacesLeaveNoHole) {
  ExpectRefused("{" + Entry("a", "U8", "[1]", "[1,2]") + "}", 2,
                "a hole between the start of the data and tensor 'a'; need it to begin at byte 0, "
                "not 1");
  ExpectRefused(
      "{" + Entry("b", "U8", "[1]", "[3,4]") + "," + Entry("a", "U8", "[2]", "[0,2]") + "}", 4,
      "a hole between tensor 'a' and tensor 'b'; need it to begin at byte 2, not 3");
  ExpectRefused("{" + Entry("a", "U8", "[1]", "[0,1]") + "}", 3,
                "3 bytes of data; need 1 as the header says");
  ExpectRefused("{}", 1, "1 bytes of data; need 0 as the header says");
}

}  // namespace
}  // namespace prova
