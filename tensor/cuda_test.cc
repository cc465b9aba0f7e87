#include <bit>
#include <cmath>

#include <gtest/gtest.h>

#include "base/testing.h"
#include "base/text.h"
#include "cuda/allocator.h"
#include "cuda/runtime.h"
#include "tensor/create.h"
#include "tensor/strided.h"
#include "tensor/view.h"

namespace prova {
namespace {

/// Views of one tensor [4, 6, 5] whose elements lie in many ways.
std::vector<Tensor> ViewsOf(const Tensor& x) {
  return {x,
          view::Permute(x, {2, 0, 1}),
          view::Permute(x, {0, 2, 1}),
          view::Permute(x, {1, 0, 2}),
          view::Slice(x, 1, {.start = 1, .step = 2}),
          view::Slice(x, 2, {.step = -1}),
          view::Slice(x, 0, {.start = 2, .stop = 2}),
          view::Expand(view::Slice(x, 0, {.start = 3}), {3, 6, 5}),
          view::Squeeze(view::Slice(x, 0, {.start = 1, .stop = 2}), {0}),
          view::Slice(view::Reshape(x, {-1}), 0, {.start = 1})};
}

TEST(CudaTest, DevicesThatAreNotThereAreErrors) {
  const int count = cuda::DeviceCount();
  ASSERT_GE(count, 1);
  const std::string need = "cpu or cuda:0.." + std::to_string(count - 1);
  for (const int index : {-1, count}) {
    ExpectError(ErrorCode::kDevice,
                "storage: device cuda:" + std::to_string(index) + " on a machine with " +
                    std::to_string(count) + " CUDA devices; need " + need,
                [=] { zeros({2}, {.device = cuda_device(index)}); });
  }
}

TEST(CudaTest, ScopedDevicesNestAndAreOfTheirThread) {
  const Device before = default_device();
  {
    const ScopedDevice processor(kCpu);
    EXPECT_EQ(zeros({1}).device(), kCpu);
    {
      const ScopedDevice gpu(cuda_device());
      EXPECT_EQ(zeros({1}).device(), cuda_device());
      EXPECT_EQ(tensor({1, 2}).device(), cuda_device());
      EXPECT_EQ(arange(3).device(), cuda_device());
      Rng rng(1);
      EXPECT_EQ(randn({3}, rng).device(), cuda_device());
      EXPECT_EQ(zeros_like(zeros({1}, {.device = kCpu})).device(), kCpu);
    }
    EXPECT_EQ(default_device(), kCpu);
  }
  EXPECT_EQ(default_device(), before);
}

TEST(CudaTest, CopiesGoThereAndBackForEveryDTypeAndView) {
  Rng rng(1);
  const Tensor numbers = To(randint(-100, 100, {4, 6, 5}, rng), kCpu);
  for (const DType dtype : kAllDTypes) {
    const std::vector<Tensor> here = ViewsOf(Cast(numbers, dtype));
    const std::vector<Tensor> there = ViewsOf(To(here.front(), cuda_device()));
    for (size_t i = 0; i < here.size(); ++i) {
      SCOPED_TRACE(Cat(dtype, ", view ", i));
      const auto expected = here[i].to_vector<double>();
      // A view of the processor to the device; one of the device to the processor; within it.
      for (const Tensor& copy : {To(here[i], cuda_device()), there[i], Copy(there[i])}) {
        EXPECT_EQ(copy.device(), cuda_device());
        EXPECT_EQ(copy.dtype(), dtype);
        EXPECT_EQ(copy.shape(), here[i].shape());
        EXPECT_EQ(To(copy, kCpu).device(), kCpu);
        EXPECT_EQ(copy.to_vector<double>(), expected);
      }
      // Into places that do not lie together, on either side.
      for (const Device& target : {kCpu, cuda_device()}) {
        const Tensor whole = zeros({2, expected.empty() ? 1 : here[i].numel(), 3},
                                   {.dtype = dtype, .device = target});
        const Tensor column = view::Reshape(
            view::Slice(view::Slice(whole, 0, {.start = 1}), 2, {.start = 1, .stop = 2}), {-1});
        if (expected.empty()) continue;
        const Tensor flat = Contiguous(here[i]);
        assign(column, view::Reshape(To(flat, cuda_device()), {-1}));
        EXPECT_EQ(column.to_vector<double>(), expected);
        EXPECT_EQ(view::Slice(whole, 2, {.stop = 1}).to_vector<double>(),
                  std::vector<double>(2 * expected.size()));
      }
    }
  }
}

TEST(CudaTest, ToTheSameDeviceIsTheSameTensor) {
  const Tensor x = zeros({2}, {.device = cuda_device()});
  EXPECT_EQ(To(x, cuda_device()).raw_data(), x.raw_data());
  EXPECT_NE(To(x, kCpu).storage(), x.storage());
}

TEST(CudaTest, LargeTransposesAreExact) {
  Rng rng(2);
  for (const auto& [rows, cols] : {std::pair{1, 70}, {31, 33}, {64, 65}, {100, 7}}) {
    for (const DType dtype : {DType::kUInt8, DType::kFloat16, DType::kInt32, DType::kFloat64}) {
      const Tensor here = To(randint(0, 100, {2, rows, cols}, rng,
                                     {.dtype = dtype == DType::kUInt8 ? dtype : DType::kInt64}),
                             kCpu);
      const Tensor x = Cast(here, dtype);
      const Tensor turned = Contiguous(view::Permute(To(x, cuda_device()), {0, 2, 1}));
      EXPECT_EQ(turned.to_vector<double>(), view::Permute(x, {0, 2, 1}).to_vector<double>());
    }
  }
}

/// How many elements of x a GPU gives another bit in `dtype` than the processor; NaN is NaN.
int64_t ConvertedOtherwise(const Tensor& x, DType dtype) {
  const std::vector<double> there = Cast(To(x, cuda_device()), dtype).to_vector<double>();
  const std::vector<double> here = Cast(x, dtype).to_vector<double>();
  int64_t count = 0;
  for (size_t i = 0; i < here.size(); ++i) {
    const bool same = here[i] == there[i] && std::signbit(here[i]) == std::signbit(there[i]);
    count += !same && !(std::isnan(here[i]) && std::isnan(there[i]));
  }
  return count;
}

TEST(CudaTest, ConvertsAsTheProcessorDoes) {
  const ScopedDevice processor(kCpu);
  // Every half, and floats with every upper half whose lower half is next to a tie.
  const Tensor halves = empty({65536}, {.dtype = DType::kFloat16}), floats = empty({65536 * 4});
  for (int64_t i = 0; i < halves.numel(); ++i) {
    halves.mutable_data<float16>()[i].bits = static_cast<uint16_t>(i);
  }
  constexpr uint32_t kLower[] = {0x0FFF, 0x1000, 0x8000, 0x8001};
  for (int64_t i = 0; i < floats.numel(); ++i) {
    const uint32_t bits = static_cast<uint32_t>(i / 4) << 16 | kLower[i % 4];
    floats.mutable_data<float>()[i] = std::bit_cast<float>(bits);
  }
  EXPECT_EQ(ConvertedOtherwise(floats, DType::kFloat16), 0);
  EXPECT_EQ(ConvertedOtherwise(floats, DType::kBFloat16), 0);
  EXPECT_EQ(ConvertedOtherwise(halves, DType::kFloat32), 0);
  EXPECT_EQ(ConvertedOtherwise(halves, DType::kBFloat16), 0);
  // Ends that fill no pack.
  const Tensor some = view::Slice(halves, 0, {.start = 3, .stop = 24});
  EXPECT_EQ(ConvertedOtherwise(some, DType::kFloat32), 0);
  EXPECT_EQ(ConvertedOtherwise(some, DType::kFloat64), 0);
  EXPECT_EQ(ConvertedOtherwise(Cast(some, DType::kFloat64), DType::kFloat16), 0);
}

TEST(CudaTest, TheEndOfMemoryIsAnErrorAfterWhichWorkGoesOn) {
  const MemoryStats before = cuda::memory_stats(0);
  cuda::SetMemoryLimit(0, before.live_bytes + 4096);
  const Tensor x = zeros({256}, {.device = cuda_device()});
  ExpectError(ErrorCode::kMemory,
              "allocate: no memory on cuda:0 for 8192 bytes (3072 bytes are free, " +
                  std::to_string(before.live_bytes + 1024) +
                  " in use by tensors); use smaller batches or free tensors that are held",
              [] { zeros({2048}, {.device = cuda_device()}); });
  const Tensor y = ones({256}, {.device = cuda_device()});
  EXPECT_EQ(y.to_vector<float>(), std::vector<float>(256, 1));
  EXPECT_EQ(cuda::memory_stats(0).live_blocks, before.live_blocks + 2);
  cuda::SetMemoryLimit(0, 0);
  EXPECT_EQ(zeros({2048}, {.device = cuda_device()}).to_vector<float>(), std::vector<float>(2048));
}

TEST(CudaTest, EventsTimeWhatLiesBetweenThem) {
  cuda::Event start, end;
  start.Record();
  const Tensor x = ones({1000}, {.device = cuda_device()});
  end.Record();
  EXPECT_GT(start.SecondsTo(end), 0);
  cuda::synchronize();
}

}  // namespace
}  // namespace prova
