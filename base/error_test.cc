#include "base/error.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

#include "base/testing.h"

namespace prova {
namespace {

TEST(ErrorTest, TheTextJoinsItsParts) {
  EXPECT_STREQ(Error(ErrorCode::kIndex, {.where = "softmax",
                                         .given = "axis 3 is out of range for shape [2, 5]",
                                         .need = "-2..1",
                                         .hint = "count axes from 0"})
                   .what(),
               "softmax: axis 3 is out of range for shape [2, 5]; need -2..1; count axes from 0");
}

TEST(ErrorTest, EmptyPartsAreLeftOut) {
  auto text = [](ErrorParts parts) { return std::string(Error(ErrorCode::kValue, parts).what()); };
  EXPECT_EQ(text({.where = "w"}), "w");
  EXPECT_EQ(text({.given = "g"}), "g");
  EXPECT_EQ(text({.need = "n"}), "need n");
  EXPECT_EQ(text({.hint = "h"}), "h");
  EXPECT_EQ(text({.where = "w", .need = "n"}), "w: need n");
  EXPECT_EQ(text({.where = "w", .hint = "h"}), "w: h");
  EXPECT_EQ(text({.given = "g", .hint = "h"}), "g; h");
  EXPECT_EQ(text({}), "");
}

TEST(ErrorTest, FailThrowsTheCodeAndTheFields) {
  try {
    Fail(ErrorCode::kDType, {.where = "w", .given = "g", .need = "n", .hint = "h"});
  } catch (const std::runtime_error& caught) {
    const auto& error = dynamic_cast<const Error&>(caught);
    EXPECT_EQ(error.code(), ErrorCode::kDType);
    EXPECT_EQ(error.parts().where, "w");
    EXPECT_EQ(error.parts().given, "g");
    EXPECT_EQ(error.parts().need, "n");
    EXPECT_EQ(error.parts().hint, "h");
  }
}

TEST(ErrorTest, EveryCodeHasItsOwnName) {
  std::set<std::string> names;
  for (int code = 0; code <= static_cast<int>(ErrorCode::kUnsupported); ++code) {
    names.insert(ToString(static_cast<ErrorCode>(code)));
  }
  EXPECT_EQ(names, (std::set<std::string>{"shape", "dtype", "index", "value", "device", "gradient",
                                          "io", "format", "memory", "unsupported"}));
}

}  // namespace
}  // namespace prova
