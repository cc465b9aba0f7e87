// The conformance suite must fail where an operation is wrong. This program is both: given
// --planted=NAME it is the conformance test of an operation with that mistake; without, it starts
// itself once a mistake and reads which cases failed.

#include "gradcheck/conformance.h"

#include <array>
#include <cstdio>
#include <cstring>
#include <string>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/parallel_for.h"
#include "base/text.h"
#include "ops/common/pointwise.h"
#include "ops/mul/mul.h"
#include "tensor/create.h"

namespace prova {
namespace {

std::string planted;  // the mistake of this process
std::string program;  // its own path

// #region kernel
/// y = x^2 in a kernel with room for mistakes.
template <typename T>
void Square(const UnaryArgs& args, bool fast) {
  const T* x = static_cast<const T*>(args.x);
  T* y = static_cast<T*>(args.y);
  for (int64_t i = 0; i < args.n; ++i) y[i] = x[i] * x[i];
  if (!fast || args.n == 0) return;
  if (planted == "tail" && args.n % 4 != 0) y[args.n - 1] *= T(1.001);
  if (planted == "nan") y[0] = NAN;
  if (planted == "overrun") y[args.n] = T(1);
  if (planted == "threads" && NumThreads() == 3) y[0] += T(1e-3);
  if (planted == "odd_threads" && NumThreads() == 3 && args.n % 2 == 1) y[0] += T(1e-3);
  if (planted == "input") const_cast<T*>(x)[0] = T(0);
}
// #endregion kernel
template <bool fast>
void SquareKernel(const UnaryArgs& args) {
  VisitFloats(args.dtype, [&](auto type) { Square<typename decltype(type)::type>(args, fast); });
}
constexpr KernelEntry<UnaryFn> kSquareKernels[] = {
    {Where::kSimd, SquareKernel<true>},
    {Where::kReference, SquareKernel<false>},
};

Tensor Squared(const Tensor& x) {
  RequireFloating("squared", x);
  return Record("squared", {x}, Unary("squared", kSquareKernels, x),
                [](const Tensor& dy, const Saved& saved) -> Tensors {
                  const Tensor& x = saved.input(0);
                  if (planted == "gradient") return {mul(mul(x, 2.02), dy)};
                  if (planted == "second_order") return {mul(mul(detach(x), 2), dy)};
                  if (planted == "no_gradient") return {Tensor()};
                  return {mul(mul(x, 2), dy)};
                });
}

OpSpec SquaredSpec() {
  const std::function<Tensor(const Tensor&)> f = Squared;
  const std::function<Tensor(const Tensor&)> definition = [](const Tensor& x) {
    return planted == "definition" ? mul(mul(x, x), 1.001) : mul(x, x);
  };
  const Run run = [](const Tensors& in) { return Squared(in[0]); };
  OpSpec spec{
      .name = "squared",
      .definition = "x * x",
      .vjp = "squared_backward",
      .dtypes = FloatingDTypes(),
      .columns = Columns(kSquareKernels),
      .cases = UnaryCases(f, {}, {.epsilons = 1}, definition),
      .bad = {{"dtype", [] { Squared(tensor({1})); }, ErrorCode::kDType,
               "squared: a tensor of int64; need a floating dtype; cast it to float32"}},
      .bench = {{"large", {{.shape = {1000}}}, run, 8000, 1000}},
  };
  if (planted == "error_text") spec.bad[0].message += ".";
  if (planted == "error_code") spec.bad[0].code = ErrorCode::kShape;
  if (planted == "no_error") spec.bad[0].call = [] { Squared(zeros({1})); };
  if (planted == "catalogue_bad") spec.bad.clear();
  if (planted == "catalogue_bench") spec.bench.clear();
  if (planted == "catalogue_vjp") spec.vjp.clear();
  if (planted == "catalogue_column") spec.columns.erase(Where::kSimd);
  return spec;
}

struct Outcome {
  int exit_code = -1;
  std::string output;
};

/// The conformance test of the operation with this mistake, in a process of its own.
Outcome RunPlanted(const std::string& name) {
  std::fflush(nullptr);
  const std::string command =
      Cat("env -u XML_OUTPUT_FILE -u TEST_PREMATURE_EXIT_FILE -u TEST_SHARD_INDEX -u "
          "TEST_TOTAL_SHARDS '",
          program, "' --planted=", name, " 2>&1");
  FILE* pipe = popen(command.c_str(), "r");
  Outcome outcome;
  if (pipe == nullptr) return outcome;
  std::array<char, 4096> piece;
  while (const size_t count = std::fread(piece.data(), 1, piece.size(), pipe)) {
    outcome.output.append(piece.data(), count);
  }
  const int status = pclose(pipe);
  if (WIFEXITED(status)) outcome.exit_code = WEXITSTATUS(status);
  return outcome;
}

TEST(Conformance, AcceptsARightOperation) {
  const Outcome outcome = RunPlanted("nothing");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  for (const char* block : {"KernelsAgree", "Definition", "GradientKernels", "Gradient",
                            "SecondOrder", "ThreadsAgree", "Errors", "Catalogue"}) {
    EXPECT_NE(outcome.output.find(Cat("[       OK ] squared.", block, "/")), std::string::npos)
        << block;
  }
}

TEST(Conformance, CatchesEachMistake) {
  struct Expected {
    const char* mistake;
    const char* block;  // that must fail
    const char* text;   // that it must print
  };
  // #region mistakes
  const Expected all[] = {
      {"tail", "KernelsAgree/x[5]", "; error "},
      {"nan", "KernelsAgree/x[1]", "is nan"},
      // The first case: AddressSanitizer ends the process at the next, where no guard is up.
      {"overrun", "KernelsAgree/x[]", "a kernel wrote behind a buffer"},
      {"input", "KernelsAgree/x[5]", "; error "},
      {"threads", "ThreadsAgree/large", "3 threads, result"},
      {"odd_threads", "ThreadsAgree/large_prime", "3 threads, result"},
      {"definition", "Definition/x[5]", "; error "},
      {"gradient", "Gradient/x[5]", "the gradient differs from central differences by "},
      {"second_order", "SecondOrder/x[5]", "the gradient differs from central differences by "},
      {"no_gradient", "Gradient/x[5]", "the gradient differs from central differences by inf"},
      {"error_text", "Errors/dtype", "cast it to float32."},
      {"error_code", "Errors/dtype", "shape"},
      {"no_error", "Errors/dtype", "no error; expected: squared: a tensor of int64"},
      {"catalogue_bad", "Catalogue/row", "no documented error is tested"},
      {"catalogue_bench", "Catalogue/row", "bench"},
      {"catalogue_vjp", "Catalogue/row", "the gradient has no public function"},
      {"catalogue_column", "Catalogue/row", "columns"},
  };
  // #endregion mistakes
  for (const auto& [mistake, block, text] : all) {
    const Outcome outcome = RunPlanted(mistake);
    EXPECT_EQ(outcome.exit_code, 1) << mistake;
    EXPECT_NE(outcome.output.find(Cat("[  FAILED  ] squared.", block)), std::string::npos)
        << mistake << ":\n"
        << outcome.output;
    EXPECT_NE(outcome.output.find(text), std::string::npos) << mistake << ":\n" << outcome.output;
  }
}

}  // namespace
}  // namespace prova

int main(int argc, char** argv) {
  const std::string flag = "--planted=";
  for (int i = 1; i < argc; ++i) {
    if (std::strncmp(argv[i], flag.c_str(), flag.size()) != 0) continue;
    prova::planted = argv[i] + flag.size();
    testing::GTEST_FLAG(filter) = "squared.*";
    return prova::RunConformance(prova::SquaredSpec, 1, argv);
  }
  prova::program = argv[0];
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
