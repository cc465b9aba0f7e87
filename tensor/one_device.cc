#include "tensor/one_device.h"

#include "base/error.h"
#include "base/text.h"

namespace prova {

void RequireOneDevice(const char* op, std::initializer_list<Tensor> operands) {
  const Tensor* first = nullptr;
  for (const Tensor& operand : operands) {
    if (!operand.defined()) continue;
    if (first == nullptr) first = &operand;
    if (operand.device() == first->device()) continue;
    Fail(ErrorCode::kDevice,
         {.where = op,
          .given = Cat("operands on ", first->device(), " and ", operand.device()),
          .need = "one device",
          .hint = "move them with to(x, device)"});
  }
}

}  // namespace prova
