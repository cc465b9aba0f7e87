#include "gradcheck/conformance.h"

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <memory>

#include <gtest/gtest.h>

#include "base/allocator.h"
#include "base/parallel_for.h"
#include "base/text.h"
#include "cuda/allocator.h"
#include "gradcheck/compare.h"
#include "gradcheck/each_kernel.h"
#include "gradcheck/gradcheck.h"
#include "tensor/create.h"
#include "tensor/strided.h"

namespace prova {
namespace {

// Operations, and bytes, of a benchmark case that is run here: 16 M elements would take minutes.
constexpr double kLargestThreaded = 5e8, kMostThreadedBytes = 1e8;
// Bytes of one that is run at prime sizes too.
constexpr double kMostPrimeBytes = 4e7;

std::vector<bool> Affine(const std::vector<InputSpec>& inputs) {
  std::vector<bool> result;
  for (const InputSpec& input : inputs) result.push_back(input.affine);
  return result;
}

class ConformanceTest : public testing::Test {
 public:
  explicit ConformanceTest(std::function<void()> body) : body_(std::move(body)) {}
  void TestBody() override { body_(); }

 private:
  std::function<void()> body_;
};

void Register(const OpSpec& spec, const std::string& name, std::function<void()> body) {
  const std::string table = Cat("ops/", spec.name, "/", spec.name, "_cases.cc");
  testing::RegisterTest(
      spec.name.c_str(), name.c_str(), nullptr, nullptr, table.c_str(), 1,
      [body = std::move(body)]() -> testing::Test* { return new ConformanceTest(body); });
}

/// The inputs of a case as `ForEachKernel` should see them: on a GPU made again, since buffers lie
/// as the schedule in use says.
Tensors Placed(const OpCase& sample, DType dtype, const Tensors& inputs) {
  if (default_device() == kCpu) return inputs;
  Rng rng = CaseRng(sample.name);
  return MakeInputs(sample.inputs, dtype, rng);
}

void KernelsAgree(const OpSpec& spec, const OpCase& sample) {
  for (DType dtype : spec.dtypes) {
    Rng rng = CaseRng(sample.name);
    ScopedGuardBytes guard;
    const Tensors inputs = MakeInputs(sample.inputs, dtype, rng);
    const Tensor exact = ExactResult(sample, inputs);
    Tensor scheduled;  // what a GPU's kernel gave, the same for every schedule of its threads
    int schedules = 0;
    ForEachKernel(spec, dtype, [&](const std::string& kernel) {
      const Tensors placed = Placed(sample, dtype, inputs);
      // Other layouts are copied first; once is enough to see that.
      const bool again = default_device() != kCpu && schedules++ > 0;
      for (Layout layout : kAllLayouts) {
        if (again && layout != Layout::kContiguous) continue;
        SCOPED_TRACE(Cat(kernel, ", ", dtype, ", ", ToString(layout)));
        Tensors laid_out;
        std::vector<int64_t> versions;
        for (const Tensor& x : placed) {
          laid_out.push_back(WithLayout(x, layout));
          versions.push_back(laid_out.back().storage()->version());
        }
        const Tensor y = sample.run(laid_out);
        EXPECT_TRUE(Agrees(y, exact, sample.tolerance));
        if (y.device() != kCpu && layout == Layout::kContiguous) {
          if (!scheduled.defined()) scheduled = y;
          EXPECT_TRUE(SameBits(y, scheduled)) << "depends on the schedule";
        }
        for (size_t i = 0; i < inputs.size(); ++i) {
          EXPECT_EQ(laid_out[i].storage()->version(), versions[i]) << "input " << i << " changed";
        }
      }
    });
    EXPECT_EQ(guard.Violations(), 0) << "a kernel wrote behind a buffer, " << dtype;
  }
}

void GradientKernels(const OpSpec& spec, const OpCase& sample) {
  const std::vector<bool> differentiable = Differentiable(sample.inputs);
  for (DType dtype : spec.dtypes) {
    if (!IsFloating(dtype)) continue;
    Rng rng = CaseRng(sample.name);
    ScopedGuardBytes guard;
    const Tensors inputs = MakeInputs(sample.inputs, dtype, rng);
    const Tensor y = sample.run(inputs);
    const Tensor v = randn(y.shape(), rng, {.dtype = y.dtype()});
    const Tensors exact = [&] {
      const ScopedDevice here(kCpu);
      const ScopedKernels reference(Where::kReference);
      return GradientsOf(sample.run, Exactly(inputs), differentiable, Exactly({v})[0]);
    }();
    // Storage types round after every step of a composed gradient: 16 of their own epsilons.
    const bool storage_type = ComputeType(dtype) != dtype;
    Tolerance tolerance = sample.gradient_tolerance;
    if (storage_type) {
      tolerance = {.epsilons = 16 * Epsilon(dtype) / Epsilon(DType::kFloat32),
                   .scale = Tolerance::Scale::kTensor};
    }
    ForEachKernel(spec, dtype, [&](const std::string& kernel) {
      SCOPED_TRACE(Cat(kernel, ", ", dtype));
      const Tensors placed = Placed(sample, dtype, inputs);
      const Tensors gradients = GradientsOf(sample.run, placed, differentiable, v);
      for (size_t i = 0; i < inputs.size(); ++i) {
        ASSERT_EQ(gradients[i].defined(), exact[i].defined()) << "gradient of input " << i;
        if (!gradients[i].defined()) continue;
        EXPECT_EQ(gradients[i].dtype(), dtype);
        EXPECT_TRUE(Agrees(gradients[i], exact[i], tolerance)) << "gradient of input " << i;
      }
    });
    EXPECT_EQ(guard.Violations(), 0) << "a kernel wrote behind a buffer, " << dtype;
  }
}

/// Primes below the sizes of benchmarks, which are even; small sizes (1, kernels, a few channels)
/// stay. Equal sizes become the same prime, so what fitted together still does.
int64_t PrimeBelow(int64_t size) {
  constexpr int64_t kSmallest = 8;
  if (size < kSmallest) return size;
  const auto is_prime = [](int64_t n) {
    for (int64_t divisor = 2; divisor * divisor <= n; ++divisor) {
      if (n % divisor == 0) return false;
    }
    return true;
  };
  while (!is_prime(--size)) continue;
  return size;
}

/// The case at prime sizes; indices stay within the sizes that they count.
BenchCase OfPrimeSizes(BenchCase bench) {
  for (InputSpec& input : bench.inputs) {
    for (int64_t& size : input.shape) size = PrimeBelow(size);
    if (input.kind == InputSpec::Kind::kIndex) {
      input.high = static_cast<double>(PrimeBelow(static_cast<int64_t>(input.high)));
    }
  }
  return bench;
}

void ThreadsAgree(const BenchCase& bench) {
  Rng rng = CaseRng(bench.name);
  const Tensors inputs = MakeInputs(bench.inputs, DType::kFloat32, rng);
  const std::vector<bool> differentiable = Differentiable(bench.inputs);
  Tensor cotangent;
  auto results = [&](int threads) {
    ScopedNumThreads scope(threads);
    Tensors all = {bench.run(inputs)};
    if (!cotangent.defined()) {
      cotangent = randn(all[0].shape(), rng, {.dtype = all[0].dtype()});
    }
    for (Tensor& g : GradientsOf(bench.run, inputs, differentiable, cotangent)) all.push_back(g);
    return all;
  };
  const Tensors expected = results(1);
  for (int threads : {2, 3}) {
    const Tensors actual = results(threads);
    for (size_t i = 0; i < actual.size(); ++i) {
      if (!expected[i].defined()) continue;
      EXPECT_TRUE(SameBits(actual[i], expected[i]))
          << threads << " threads, " << (i == 0 ? "result" : Cat("gradient ", i - 1));
    }
  }
}

void AgreesWithDefinition(const OpCase& sample) {
  Rng rng = CaseRng(sample.name);
  const Tensors inputs = MakeInputs(sample.inputs, DType::kFloat64, rng);
  // On the processor: the operations of a definition have GPU tests of their own.
  const Tensors here = Exactly(inputs);
  auto on_processor = [](auto compute) {
    const ScopedDevice processor(kCpu);
    return compute();
  };
  const Tensor expected = on_processor([&] { return sample.definition(here); });
  EXPECT_TRUE(
      Agrees(sample.run(inputs), expected,
             {.epsilons = 2 * sample.tolerance.epsilons, .scale = Tolerance::Scale::kTensor}));
  if (!sample.check_gradient) return;
  const std::vector<bool> differentiable = Differentiable(sample.inputs);
  const Tensor v = randn(expected.shape(), rng, {.dtype = DType::kFloat64});
  const Tensors gradients = GradientsOf(sample.run, inputs, differentiable, v);
  const Tensors defined = on_processor(
      [&] { return GradientsOf(sample.definition, here, differentiable, To(v, kCpu)); });
  for (size_t i = 0; i < inputs.size(); ++i) {
    ASSERT_EQ(gradients[i].defined(), defined[i].defined()) << "gradient of input " << i;
    if (!gradients[i].defined()) continue;
    EXPECT_TRUE(Agrees(gradients[i], defined[i], sample.gradient_tolerance))
        << "gradient of input " << i;
  }
}

void GradientHolds(const OpCase& sample, bool second_order) {
  Rng rng = CaseRng(sample.name);
  const GradientCheck check{.f = sample.run,
                            .inputs = MakeInputs(sample.inputs, DType::kFloat64, rng),
                            .differentiable = Differentiable(sample.inputs)};
  const GradientReport report = second_order ? CheckSecondOrder(check, Affine(sample.inputs), rng)
                                             : CheckGradient(check, rng);
  EXPECT_EQ(report.problem, "");
  EXPECT_EQ(report.mutants_killed, report.mutants);
  EXPECT_GE(report.mutants, 3);
}

/// Operands that must share a device: indices are read by the processor in any case.
int64_t OperandsOfADevice(const OpCase& sample) {
  return std::count_if(sample.inputs.begin(), sample.inputs.end(), [](const InputSpec& input) {
    return input.kind != InputSpec::Kind::kIndex;
  });
}

/// An operand that is left behind on the processor is refused, before any kernel could follow its
/// pointer.
void OneDevice(const OpCase& sample) {
  Rng rng = CaseRng(sample.name);
  const Tensors inputs = MakeInputs(sample.inputs, DType::kFloat32, rng);
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (sample.inputs[i].kind == InputSpec::Kind::kIndex) continue;
    Tensors mixed = inputs;
    mixed[i] = To(inputs[i], kCpu);
    try {
      sample.run(mixed);
      ADD_FAILURE() << "input " << i << " on the processor is not refused";
    } catch (const Error& error) {
      EXPECT_STREQ(ToString(error.code()), "device") << error.what();
    }
  }
}

/// The buffers of a GPU that a case takes.
int64_t BuffersTaken(const OpCase& sample, DType dtype) {
  Rng rng = CaseRng(sample.name);
  const Tensors inputs = MakeInputs(sample.inputs, dtype, rng);
  const int device = default_device().index;
  const int64_t before = cuda::memory_stats(device).allocations;
  sample.run(inputs);
  return cuda::memory_stats(device).allocations - before;
}

/// A kernel that takes 16 bits is given them as they are: no buffer for widened operands, and at
/// most one for a result that is rounded last.
void NothingIsWidened(const OpCase& sample, DType dtype) {
  EXPECT_LE(BuffersTaken(sample, dtype), BuffersTaken(sample, DType::kFloat32) + 1) << dtype;
}

void Refuses(const BadCase& bad) {
  try {
    bad.call();
    ADD_FAILURE() << "no error; expected: " << bad.message;
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), bad.message.c_str());
    EXPECT_STREQ(ToString(error.code()), ToString(bad.code));
  }
}

void CatalogueIsComplete(const OpSpec& spec) {
  bool differentiable = false;
  for (const OpCase& sample : spec.cases) differentiable |= sample.check_gradient;
  EXPECT_FALSE(spec.definition.empty());
  EXPECT_TRUE(!differentiable || !spec.vjp.empty()) << "the gradient has no public function";
  EXPECT_FALSE(spec.dtypes.empty());
  EXPECT_TRUE(spec.columns.contains(Where::kReference));
  EXPECT_TRUE(spec.columns.contains(Where::kSimd));
  EXPECT_TRUE(default_device() == kCpu || spec.columns.contains(Where::kCuda));
  EXPECT_FALSE(spec.cases.empty());
  EXPECT_FALSE(spec.bad.empty()) << "no documented error is tested";
  EXPECT_FALSE(spec.bench.empty());
}

Device TestDevice() {
  const char* name = std::getenv("PROVA_TEST_DEVICE");
  return ParseDevice(name == nullptr ? "cpu" : name);
}

}  // namespace

void RegisterConformance(OpSpec (*make)()) {
  static std::deque<OpSpec> specs;  // what the tests refer to
  const OpSpec& spec = specs.emplace_back(make());
  // Which tests there are depends on the device that they are for.
  const ScopedDevice on(TestDevice());
  for (const OpCase& sample : spec.cases) {
    const OpCase* s = &sample;
    Register(spec, "KernelsAgree/" + s->name, [&spec, s] { KernelsAgree(spec, *s); });
    if (s->definition) Register(spec, "Definition/" + s->name, [s] { AgreesWithDefinition(*s); });
    if (default_device() != kCpu && OperandsOfADevice(sample) > 1) {
      Register(spec, "OneDevice/" + s->name, [s] { OneDevice(*s); });
    }
    for (const DType dtype : spec.dtypes) {
      if (default_device() == kCpu || ComputeType(dtype) == dtype) continue;
      if (!spec.columns.contains(Where::kCuda) || !spec.columns.at(Where::kCuda).contains(dtype)) {
        continue;
      }
      Register(spec, Cat("NothingIsWidened/", s->name, "/", dtype),
               [s, dtype] { NothingIsWidened(*s, dtype); });
    }
    if (!s->check_gradient) continue;
    Register(spec, "GradientKernels/" + s->name, [&spec, s] { GradientKernels(spec, *s); });
    if (!IsDifferenced(sample)) continue;
    Register(spec, "Gradient/" + s->name, [s] { GradientHolds(*s, /*second_order=*/false); });
    Register(spec, "SecondOrder/" + s->name, [s] { GradientHolds(*s, /*second_order=*/true); });
  }
  for (const BenchCase& bench : spec.bench) {
    if (default_device() != kCpu) break;  // a GPU's kernels are compared over their schedules
    if (bench.flops > kLargestThreaded || bench.bytes > kMostThreadedBytes) continue;
    Register(spec, "ThreadsAgree/" + bench.name, [&bench] { ThreadsAgree(bench); });
    // Where windows stride, the sizes of inputs follow from one another.
    if (bench.attributes.contains("stride") || bench.bytes > kMostPrimeBytes) continue;
    Register(spec, Cat("ThreadsAgree/", bench.name, "_prime"),
             [&bench] { ThreadsAgree(OfPrimeSizes(bench)); });
  }
  for (const BadCase& bad : spec.bad) {
    Register(spec, "Errors/" + bad.name, [&bad] { Refuses(bad); });
  }
  Register(spec, "Catalogue/row", [&spec] { CatalogueIsComplete(spec); });
}

int RunConformance(OpSpec (*make)(), int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  RegisterConformance(make);
  const ScopedDevice on(TestDevice());
  return RUN_ALL_TESTS();
}

}  // namespace prova
