#include "base/error.h"

#include <utility>

namespace prova {
namespace {

std::string Message(const ErrorParts& parts) {
  std::string message;
  auto append = [&](const std::string& text) { message += (message.empty() ? "" : "; ") + text; };
  if (!parts.given.empty()) append(parts.given);
  if (!parts.need.empty()) append("need " + parts.need);
  if (!parts.hint.empty()) append(parts.hint);
  if (parts.where.empty() || message.empty()) return parts.where + message;
  return parts.where + ": " + message;
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
