#pragma once

#include <string>

#include "base/error.h"

namespace prova::internal {

/// Errors: kValue with these parts unless `fits`.
inline void RequireValue(bool fits, const std::string& where, const std::string& given,
                         const std::string& need) {
  if (!fits) Fail(ErrorCode::kValue, {.where = where, .given = given, .need = need});
}

}  // namespace prova::internal
