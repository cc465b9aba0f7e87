#include "base/text.h"
#include "gradcheck/spec.h"
#include "ops/where/where.h"
#include "ops/where/where_kernels.h"
#include "tensor/create.h"

namespace prova::cases {
namespace {

Tensor Run(const Tensors& in) { return prova::where(in[0], in[1], in[2]); }

OpCase Of(const Shape& condition, const Shape& a, const Shape& b) {
  const Shape shape = BroadcastShapes(condition, BroadcastShapes(a, b));
  return {.name = Cat("c", condition, "_a", a, "_b", b),
          .inputs = {{.shape = condition, .kind = InputSpec::Kind::kBool},
                     {.shape = a, .affine = true},
                     {.shape = b, .affine = true}},
          .run = Run,
          .call = PythonCall("a, b, c"),
          // Elements are copied.
          .tolerance = {.epsilons = 0},
          .check_gradient = NumElements(shape) > 1};
}

}  // namespace

OpSpec where() {
  std::vector<OpCase> all = {
      Of({}, {}, {}),
      Of({2, 3}, {2, 3}, {2, 3}),
      Of({2, 3}, {}, {}),
      Of({3}, {2, 3}, {}),
      Of({2, 1}, {3}, {2, 3}),
      Of({4, 1, 1}, {3, 1}, {5}),
      Of({2, 3, 4}, {2, 1, 4}, {4}),
      Of({0, 3}, {3}, {1}),
  };
  for (int64_t n : LengthsAroundVectors()) {
    all.push_back(Of({n}, {n}, {n}));
    all.push_back(Of({2, n}, {n}, {2, 1}));
  }
  // Vectors of bytes are the longest.
  all.push_back(Of({131}, {131}, {131}));
  // With one condition for all, one operand has gradient zero: there is nothing to check.
  for (OpCase& sample : all) {
    sample.check_gradient = sample.check_gradient && NumElements(sample.inputs[0].shape) > 4;
  }
  const double n = 4096.0 * 1024;
  return {
      .name = "where",
      .definition = "loop",
      .vjp = "where_backward",
      .dtypes = AllDTypes(),
      .columns = Columns(kWhereKernels),
      .cases = std::move(all),
      .bad = {{"condition",
               [] {
                 prova::where(tensor({1, 0}), zeros({2}), zeros({2}));
               },
               ErrorCode::kDType, "where: a condition of int64; need bool; cast it to bool"},
              {"operands",
               [] {
                 prova::where(tensor({true}), zeros({2, 3}), zeros({4}));
               },
               ErrorCode::kShape,
               "where: shapes [2, 3] and [4] differ at axis -1; need equal sizes or 1 on every "
               "axis, counted from the back"},
              {"condition_shape",
               [] {
                 prova::where(tensor({true, false}), zeros({2, 3}), zeros({3}));
               },
               ErrorCode::kShape,
               "where: shapes [2] and [2, 3] differ at axis -1; need equal sizes or 1 on every "
               "axis, counted from the back"},
              {"backward_condition",
               [] {
                 prova::where_backward(zeros({2}), tensor({1, 0}), {2}, {2});
               },
               ErrorCode::kDType,
               "where_backward: a condition of int64; need bool; cast it to bool"},
              {"backward_dtype",
               [] {
                 prova::where_backward(tensor({1, 2}), tensor({true, false}), {2}, {2});
               },
               ErrorCode::kDType,
               "where_backward: a tensor of int64; need a floating dtype; cast it to float32"}},
      .bench = Joined({{{"same_4096x1024",
                         {{.shape = {4096, 1024}, .kind = InputSpec::Kind::kBool},
                          {.shape = {4096, 1024}},
                          {.shape = {4096, 1024}}},
                         Run,
                         n * 13,
                         n,
                         "torch.where(a, b, c)"},
                        {"masked_4096x1024",
                         {{.shape = {1024}, .kind = InputSpec::Kind::kBool},
                          {.shape = {4096, 1024}},
                          {.shape = {}}},
                         Run,
                         n * 8,
                         n,
                         "torch.where(a, b, c)"}},
                       PointwiseBench("same", {{.kind = InputSpec::Kind::kBool}, {}, {}}, Run, 1,
                                      "torch.where(a, b, c)")}),
  };
}

}  // namespace prova::cases
