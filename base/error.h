#pragma once

#include <stdexcept>
#include <string>

namespace prova {

/// What kind of thing went wrong; bindings map it to the exception types of their language.
enum class ErrorCode {
  kShape,        ///< shapes or ranks do not fit together
  kDType,        ///< an element type is not accepted here
  kIndex,        ///< an axis or index lies outside its range
  kValue,        ///< an argument's value is not allowed
  kDevice,       ///< a device is missing, or operands live on different ones
  kGradient,     ///< a derivative does not exist, or its inputs were overwritten
  kIo,           ///< a file cannot be opened, read or written
  kFormat,       ///< a file's contents break its format
  kMemory,       ///< memory cannot be had
  kUnsupported,  ///< a combination that Prova does not offer
};

/// The fields of an error message: `where: given; need need; hint`, empty fields left out.
struct ErrorParts {
  std::string where;  ///< the operation, class or file that refuses
  std::string given;  ///< what it was given
  std::string need;   ///< what it accepts
  std::string hint;   ///< what to do about it
};

/// The one exception type of Prova, e.g.
/// `softmax: axis 3 is out of range for shape [2, 5]; need -2..1`.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, ErrorParts parts);

  ErrorCode code() const { return code_; }
  const ErrorParts& parts() const { return parts_; }

 private:
  ErrorCode code_;
  ErrorParts parts_;
};

/// Throws `Error(code, parts)`; keeps call sites to one readable statement.
[[noreturn]] void Fail(ErrorCode code, ErrorParts parts);

/// The name of a code as it appears in logs: `shape`, `dtype`, …
const char* ToString(ErrorCode code);

}  // namespace prova
