#pragma once

#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/function_ref.h"

namespace prova {

/// Expects that `body` throws `Error` with exactly this code and text.
inline void ExpectError(ErrorCode code, const std::string& text, FunctionRef<void()> body) {
  try {
    body();
  } catch (const Error& error) {
    EXPECT_STREQ(ToString(error.code()), ToString(code));
    EXPECT_EQ(error.what(), text);
    return;
  }
  ADD_FAILURE() << "no error; expected: " << text;
}

/// The folder of larger test data that PROVA_TEST_DATA names; empty where that is not set, or
/// empty.
inline std::string TestDataFolder() {
  const char* folder = std::getenv("PROVA_TEST_DATA");
  return folder == nullptr ? "" : folder;
}

}  // namespace prova
