#include "base/error.h"

#include <utility>

namespace prova {
namespace {

std::string Message(const ErrorParts& parts) {
  std::string message = parts.where;
  if (!parts.given.empty()) message += (message.empty() ? "" : ": ") + parts.given;
  if (!parts.need.empty()) message += "; need " + parts.need;
  if (!parts.hint.empty()) message += "; " + parts.hint;
  return message;
}

}  // namespace

Error::Error(ErrorCode code, ErrorParts parts)
    : std::runtime_error(Message(parts)), code_(code), parts_(std::move(parts)) {}

void Fail(ErrorCode code, ErrorParts parts) { throw Error(code, std::move(parts)); }

const char* ToString(ErrorCode code) {
  switch (code) {
    case ErrorCode::kShape: return "shape";
    case ErrorCode::kDType: return "dtype";
    case ErrorCode::kIndex: return "index";
    case ErrorCode::kValue: return "value";
    case ErrorCode::kDevice: return "device";
    case ErrorCode::kGradient: return "gradient";
    case ErrorCode::kIo: return "io";
    case ErrorCode::kFormat: return "format";
    case ErrorCode::kMemory: return "memory";
    case ErrorCode::kUnsupported: return "unsupported";
  }
  return "unknown";
}

}  // namespace prova
