#include "nn/safetensors_header.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace prova::internal {
namespace {

using nlohmann::json;

constexpr std::pair<DType, const char*> kNames[] = {
    {DType::kBool, "BOOL"},   {DType::kUInt8, "U8"},      {DType::kInt8, "I8"},
    {DType::kInt16, "I16"},   {DType::kInt32, "I32"},     {DType::kInt64, "I64"},
    {DType::kFloat16, "F16"}, {DType::kBFloat16, "BF16"}, {DType::kFloat32, "F32"},
    {DType::kFloat64, "F64"}};

/// Dtypes that the format has and Prova has not.
constexpr std::string_view kForeignNames[] = {"U16",     "U32",     "U64",     "F8_E4M3", "F8_E5M2",
                                              "F8_E8M0", "F6_E2M3", "F6_E3M2", "F4",      "C64"};

/// What a tensor's object in the header has said so far.
struct PartialEntry {
  std::string name;
  std::optional<DType> dtype;
  std::optional<Shape> shape;
  std::optional<std::vector<uint64_t>> offsets;
};

/// Builds the header while nlohmann's parser reads it, so that what the format does not allow is
/// refused at once and takes no memory.
class HeaderReader final : public nlohmann::json_sax<json> {
 public:
  explicit HeaderReader(const std::string& file) : file_(file) {}

  SafetensorsHeader Take() && { return std::move(header_); }

  bool start_object(size_t) override {
    if (place_ == Place::kStart) {
      place_ = Place::kTop;
    } else if (place_ == Place::kTop && key_ == "__metadata__") {
      place_ = Place::kMetadata;
    } else if (place_ == Place::kTop) {
      place_ = Place::kTensor;
      entry_ = {.name = key_};
    } else {
      FailValue("an object");
    }
    return true;
  }

  bool end_object() override {
    if (place_ == Place::kTensor) FinishEntry();
    place_ = place_ == Place::kTop ? Place::kStart : Place::kTop;
    inner_keys_.clear();
    return true;
  }

  bool key(std::string& name) override {
    auto& seen = place_ == Place::kTop ? top_keys_ : inner_keys_;
    if (!seen.insert(name).second) FailFormat(Cat("the key '", name, "' twice", Within()), "once");
    if (place_ == Place::kTensor && name != "dtype" && name != "shape" && name != "data_offsets") {
      FailFormat(Cat("the key '", name, "'", Within()), "dtype, shape and data_offsets");
    }
    (place_ == Place::kTop ? key_ : inner_key_) = name;
    return true;
  }

  bool start_array(size_t) override {
    if (place_ != Place::kTensor || inner_key_ == "dtype") FailValue("an array");
    place_ = Place::kArray;
    numbers_.clear();
    return true;
  }

  bool end_array() override {
    place_ = Place::kTensor;
    if (inner_key_ == "shape") {
      entry_.shape = ShapeOf(numbers_);
    } else {
      if (numbers_.size() != 2) {
        FailFormat(Cat(numbers_.size(), " data_offsets for tensor '", key_, "'"), "begin and end");
      }
      entry_.offsets = numbers_;
    }
    return true;
  }

  bool string(std::string& text) override {
    if (place_ == Place::kMetadata) {
      header_.metadata[inner_key_] = text;
    } else if (place_ == Place::kTensor && inner_key_ == "dtype") {
      entry_.dtype = DTypeOf(text);
    } else {
      FailValue("a string");
    }
    return true;
  }

  bool number_unsigned(number_unsigned_t value) override {
    if (place_ != Place::kArray) FailValue("a number");
    numbers_.push_back(value);
    // A shape is bounded here, so that a long array takes no memory.
    const size_t limit = inner_key_ == "shape" ? kMaxRank : 2;
    if (numbers_.size() <= limit) return true;
    if (inner_key_ == "shape") {
      Fail(ErrorCode::kUnsupported, {.where = file_,
                                     .given = Cat("rank above ", kMaxRank, Within()),
                                     .need = Cat("rank 0..", kMaxRank)});
    }
    FailFormat(Cat("more than 2 data_offsets for tensor '", key_, "'"), "begin and end");
  }

  bool null() override { FailValue("null"); }
  bool boolean(bool) override { FailValue("a boolean"); }
  bool number_integer(number_integer_t) override { FailValue("a negative number"); }
  bool number_float(number_float_t, const std::string& text) override {
    FailValue(Cat("the number ", text));
  }
  bool binary(binary_t&) override { FailValue("binary data"); }

  bool parse_error(size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    FailFormat(Cat("a header that is no JSON at its byte ", position), "one JSON object");
  }

 private:
  enum class Place { kStart, kTop, kMetadata, kTensor, kArray };

  [[noreturn]] void FailFormat(const std::string& given, const std::string& need) const {
    Fail(ErrorCode::kFormat, {.where = file_, .given = given, .need = need});
  }

  std::string Within() const {
    if (place_ == Place::kStart || place_ == Place::kTop) return "";
    return place_ == Place::kMetadata ? " in __metadata__" : Cat(" in tensor '", key_, "'");
  }

  /// A value of a kind that the format does not have here.
  [[noreturn]] void FailValue(const std::string& given) const {
    if (place_ == Place::kStart) FailFormat("a header that is " + given, "one JSON object");
    if (place_ == Place::kTop) FailFormat(Cat(given, " for '", key_, "'"), "an object");
    if (place_ == Place::kMetadata) {
      FailFormat(Cat(given, " for '", inner_key_, "' in __metadata__"), "a string");
    }
    FailFormat(Cat(given, " for ", inner_key_, Within()),
               inner_key_ == "dtype" ? "a string" : "an array of integers >= 0");
  }

  DType DTypeOf(const std::string& name) const {
    std::string known;
    for (const auto& [dtype, its_name] : kNames) {
      if (name == its_name) return dtype;
      known += Cat(known.empty() ? "" : ", ", its_name);
    }
    const bool is_foreign = std::ranges::count(kForeignNames, name) > 0;
    Fail(is_foreign ? ErrorCode::kUnsupported : ErrorCode::kFormat,
         {.where = file_, .given = Cat("dtype '", name, "'", Within()), .need = known});
  }

  Shape ShapeOf(const std::vector<uint64_t>& sizes) const {
    Shape shape;
    for (uint64_t size : sizes) {
      if (size > INT64_MAX) {
        FailFormat(Cat("the size ", size, Within()), "sizes up to 2^63 - 1");
      }
      shape.push_back(static_cast<int64_t>(size));
    }
    return shape;
  }

  void FinishEntry() {
    auto require = [&](bool has, const char* what) {
      if (!has) FailFormat(Cat("no ", what, " for tensor '", key_, "'"), what);
    };
    require(entry_.dtype.has_value(), "dtype");
    require(entry_.shape.has_value(), "shape");
    require(entry_.offsets.has_value(), "data_offsets");
    header_.entries.push_back({.name = entry_.name,
                               .dtype = *entry_.dtype,
                               .shape = *entry_.shape,
                               .begin = (*entry_.offsets)[0],
                               .end = (*entry_.offsets)[1]});
  }

  const std::string& file_;
  SafetensorsHeader header_;
  Place place_ = Place::kStart;
  std::string key_;        // of the top object
  std::string inner_key_;  // of the metadata or of a tensor
  std::set<std::string> top_keys_;
  std::set<std::string> inner_keys_;
  PartialEntry entry_;
  std::vector<uint64_t> numbers_;
};

/// The bytes that dtype and shape ask for, where they fit into 64 bits.
std::optional<uint64_t> BytesOf(const SafetensorsEntry& entry) {
  if (std::ranges::count(entry.shape, 0) > 0) return 0;
  uint64_t bytes = ItemSize(entry.dtype);
  for (int64_t size : entry.shape) {
    if (__builtin_mul_overflow(bytes, static_cast<uint64_t>(size), &bytes)) return std::nullopt;
  }
  return bytes;
}

/// Errors: kFormat unless the tensor's place lies in the data and is as long as its shape asks.
void CheckPlace(const SafetensorsEntry& entry, uint64_t data_bytes, const std::string& file) {
  const std::string place =
      Cat("tensor '", entry.name, "' at bytes ", entry.begin, " to ", entry.end);
  if (entry.begin > entry.end || entry.end > data_bytes) {
    Fail(ErrorCode::kFormat, {.where = file,
                              .given = place,
                              .need = Cat("begin <= end <= ", data_bytes, ", the data's length")});
  }
  const std::optional<uint64_t> bytes = BytesOf(entry);
  if (bytes == entry.end - entry.begin) return;
  Fail(ErrorCode::kFormat,
       {.where = file,
        .given = place,
        .need = Cat(bytes ? Cat(*bytes, " bytes") : std::string("more than 2^64 bytes"), " for ",
                    entry.dtype, entry.shape)});
}

/// Errors: kFormat unless the entries, in the order of their places, cover the data exactly.
void CheckCover(const std::vector<SafetensorsEntry>& entries, uint64_t data_bytes,
                const std::string& file) {
  uint64_t covered = 0;
  std::string before = "the start of the data";
  for (const SafetensorsEntry& entry : entries) {
    if (entry.begin != covered) {
      Fail(ErrorCode::kFormat,
           {.where = file,
            .given = Cat(entry.begin < covered ? "an overlap" : "a hole", " between ", before,
                         " and tensor '", entry.name, "'"),
            .need = Cat("it to begin at byte ", covered, ", not ", entry.begin)});
    }
    covered = entry.end;
    before = Cat("tensor '", entry.name, "'");
  }
  if (covered != data_bytes) {
    Fail(ErrorCode::kFormat, {.where = file,
                              .given = Cat(data_bytes, " bytes of data"),
                              .need = Cat(covered, " as the header says")});
  }
}

}  // namespace

const char* SafetensorsDTypeName(DType dtype) {
  return std::ranges::find(kNames, dtype, &std::pair<DType, const char*>::first)->second;
}

std::string WriteSafetensorsHeader(const SafetensorsHeader& header, const std::string& file) {
  nlohmann::ordered_json object = nlohmann::ordered_json::object();
  if (!header.metadata.empty()) object["__metadata__"] = header.metadata;
  for (const SafetensorsEntry& entry : header.entries) {
    object[entry.name] = {{"dtype", SafetensorsDTypeName(entry.dtype)},
                          {"shape", std::vector<int64_t>(entry.shape.begin(), entry.shape.end())},
                          {"data_offsets", {entry.begin, entry.end}}};
  }
  try {
    std::string text = object.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');
    return text;
  } catch (const nlohmann::json::type_error&) {
    Fail(ErrorCode::kValue,
         {.where = file, .given = "a name or metadata that is no UTF-8", .need = "UTF-8 text"});
  }
}

SafetensorsHeader ParseSafetensorsHeader(std::string_view text, uint64_t data_bytes,
                                         const std::string& file) {
  // The parser alone would let a byte-order mark or white space pass.
  if (!text.starts_with('{')) {
    Fail(ErrorCode::kFormat, {.where = file,
                              .given = "a header that does not begin with '{'",
                              .need = "one JSON object"});
  }
  // To the parser this is the end, whatever follows.
  if (const size_t nul = text.find('\0'); nul != text.npos) {
    Fail(ErrorCode::kFormat, {.where = file,
                              .given = Cat("a header with NUL at its byte ", nul + 1),
                              .need = "one JSON object"});
  }
  HeaderReader reader(file);
  json::sax_parse(text, &reader);
  SafetensorsHeader header = std::move(reader).Take();
  for (const SafetensorsEntry& entry : header.entries) CheckPlace(entry, data_bytes, file);
  std::ranges::sort(header.entries, {}, [](const SafetensorsEntry& entry) {
    return std::pair(entry.begin, entry.end);
  });
  CheckCover(header.entries, data_bytes, file);
  return header;
}

}  // namespace prova::internal
