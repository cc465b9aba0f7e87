#pragma once

#include <cmath>
#include <string>

#include "base/error.h"
#include "base/text.h"

namespace prova::internal {

/// Errors: kValue with these parts unless `fits`.
inline void RequireValue(bool fits, const std::string& where, const std::string& given,
                         const std::string& need) {
  if (!fits) Fail(ErrorCode::kValue, {.where = where, .given = given, .need = need});
}

/// Errors: kValue unless `value >= least`.
inline void RequireAtLeast(const std::string& where, const char* option, int64_t value,
                           int64_t least) {
  RequireValue(value >= least, where, Cat(option, " is ", value), Cat(option, " >= ", least));
}

/// Errors: kValue unless `value` is finite and at least 0.
inline void RequireNonNegative(const std::string& where, const char* option, double value) {
  RequireValue(std::isfinite(value) && value >= 0, where, Cat(option, " is ", value),
               "a finite number >= 0");
}

/// Errors: kValue unless `value` is finite and above 0.
inline void RequirePositive(const std::string& where, const char* option, double value) {
  RequireValue(std::isfinite(value) && value > 0, where, Cat(option, " is ", value),
               "a finite number > 0");
}

/// Errors: kValue unless 0 <= value < 1.
inline void RequireFraction(const std::string& where, const char* option, double value) {
  RequireValue(value >= 0 && value < 1, where, Cat(option, " is ", value), "0 <= value < 1");
}

}  // namespace prova::internal
