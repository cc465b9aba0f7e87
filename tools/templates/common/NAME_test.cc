#include "ops/$name/$name.h"

#include "gradcheck/testing.h"

namespace prova {
namespace {

TEST($Name, Examples) {
  ADD_FAILURE() << "FILL IN: examples whose arithmetic a reader can check by hand";
}

TEST($Name, Properties) {
  ForAll("FILL IN: one sentence that holds for all inputs", [](Draw& draw) {
    const Tensor x = draw.tensor();
    return testing::AssertionFailure() << "FILL IN: check it for " << $name(x);
  });
}

TEST($Name, Edges) {
  ADD_FAILURE() << "FILL IN: infinities, NaN, ties and extreme values";
}

}  // namespace
}  // namespace prova
