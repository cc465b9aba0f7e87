#pragma once

/// What Hopper's tensor cores and copy engine take: barriers that count bytes, bulk copies of tiles
/// into shared memory, and products of tiles by warp groups (four warps, 128 threads) into sums
/// in registers. All of it runs beside the threads that ask for it. On a GPU each word is an
/// instruction or two; the harness does the same on the processor and reports what goes unwaited
/// for. Source: NVIDIA, PTX ISA 9.0, "Asynchronous Warpgroup Level Matrix Multiply-Accumulate".

#include "cuda/kernel.h"
#include "cuda/tensor_map.h"

#ifndef __CUDACC__
#include "cuda/harness/hopper.h"
#endif

namespace prova::cuda {

/// Before a loop over sums: they lie in registers, which no running index reaches.
#ifdef __CUDACC__
#define PROVA_UNROLL _Pragma("unroll")
#else
#define PROVA_UNROLL
#endif

/// Whether the code under compilation may have Hopper's own instructions: of kernels that use them,
/// other code is empty.
#if !defined(__CUDACC__) || defined(__CUDA_ARCH_FEAT_SM90_ALL)
inline constexpr bool kForHopper = true;
#else
inline constexpr bool kForHopper = false;
#endif

inline constexpr int kGroupThreads = 128;

/// Terms of one product: 32 bytes of a line.
constexpr int CoreTerms(CoreElement element) { return 32 / BytesOf(element); }

/// Rows of one product.
inline constexpr int kCoreRows = 64;

/// Where a tile lies in shared memory, and how: `pattern_step` bytes from a group of eight lines to
/// the next, `block_step` bytes between blocks of 64 places where a line is places of one term.
__device__ __forceinline__ uint64_t DescribeTile(uint32_t tile, uint32_t pattern_step,
                                                 uint32_t block_step) {
  constexpr uint64_t kPatternOf128Bytes = uint64_t{1} << 62;
  auto field = [](uint32_t bytes) { return uint64_t{(bytes & 0x3FFFF) >> 4}; };
  return field(tile) | field(block_step) << 16 | field(pattern_step) << 32 | kPatternOf128Bytes;
}

/// A description of the same tile `bytes` further on.
__device__ __forceinline__ uint64_t Onward(uint64_t tile, uint32_t bytes) {
  return tile + (bytes >> 4);
}

/// The place in the product of element i of a thread's sums.
__device__ __forceinline__ int RowOfSum(int i) {
  const int thread = static_cast<int>(threadIdx.x) % kGroupThreads;
  return thread / 32 * 16 + thread % 32 / 4 + i / 2 % 2 * 8;
}
__device__ __forceinline__ int ColOfSum(int i) {
  return i / 4 * 8 + static_cast<int>(threadIdx.x) % 4 * 2 + i % 2;
}

#ifdef __CUDACC__

/// A barrier in shared memory whose phases end when so many threads have arrived, and all bytes
/// that they expect of bulk copies.
class PhaseBarrier {
 public:
  /// By one thread, followed by `PublishBarriers` there and a barrier of the block.
  __device__ __forceinline__ void Init(int arrivals) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(Address()), "r"(arrivals)
                 : "memory");
  }
  __device__ __forceinline__ void Arrive() {
    asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(Address()) : "memory");
  }
  __device__ __forceinline__ void ArriveExpecting(int bytes) {
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(Address()),
                 "r"(bytes)
                 : "memory");
  }
  /// Until a phase has ended whose number is even (parity 0) or odd. The phase before the first
  /// counts as odd and ended.
  __device__ __forceinline__ void Wait(int parity) const {
    asm volatile(
        "{\n"
        ".reg .pred ended;\n"
        "again:\n"
        "mbarrier.try_wait.parity.shared::cta.b64 ended, [%0], %1;\n"
        "@!ended bra again;\n"
        "}" ::"r"(Address()),
        "r"(parity)
        : "memory");
  }
  __device__ __forceinline__ uint32_t Address() const {
    return static_cast<uint32_t>(__cvta_generic_to_shared(&state_));
  }

 private:
  uint64_t state_;
};

/// Lets the copy engine see the barriers that this thread has initialised.
__device__ __forceinline__ void PublishBarriers() {
  asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}

/// The address of the dynamic shared memory's first pattern: what comes before is lost.
__device__ __forceinline__ uint32_t FirstTile() {
  extern __shared__ __align__(1024) unsigned char tiles[];
  const auto begin = static_cast<uint32_t>(__cvta_generic_to_shared(tiles));
  return (begin + kPatternBytes - 1) / kPatternBytes * kPatternBytes;
}

/// Asks for lines of a matrix, the first at (along, line), zeros where it has none. They lie at
/// `tile` one after another, their 16-byte parts turned by the pattern, when `end` has their bytes.
__device__ __forceinline__ void CopyToTile(uint32_t tile, const TensorMap& map, int along, int line,
                                           int matrix, PhaseBarrier& end) {
  asm volatile(
      "cp.async.bulk.tensor.3d.shared::cluster.global.mbarrier::complete_tx::bytes "
      "[%0], [%1, {%3, %4, %5}], [%2];" ::"r"(tile),
      "l"(&map), "r"(end.Address()), "r"(along), "r"(line), "r"(matrix)
      : "memory");
}

/// Lets the copy engine fetch a map that it will need.
__device__ __forceinline__ void Prefetch(const TensorMap& map) {
  asm volatile("prefetch.tensormap [%0];" ::"l"(&map) : "memory");
}

/// The sums of a warp group over 64 rows and `cols` columns, a thread's part of them.
template <int cols>
struct Sums {
  static constexpr int kCount = kCoreRows * cols / kGroupThreads;
  __device__ __forceinline__ float operator[](int i) const { return values[i]; }
  float values[kCount];
};

/// Orders what threads did with their sums before products that change them.
template <int cols>
__device__ __forceinline__ void FenceSums(Sums<cols>&) {
  asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
}

/// Ends a group of products, for `WaitForProducts`.
__device__ __forceinline__ void CommitProducts() {
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}

/// Until at most `pending` groups of products are unfinished. Sums may be read when none is: what
/// the compiler does with them stays behind this.
template <int pending, int cols>
__device__ __forceinline__ void WaitForProducts(Sums<cols>& sums) {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(pending) : "memory");
  if constexpr (pending == 0) {
    PROVA_UNROLL
    for (int i = 0; i < Sums<cols>::kCount; ++i) asm volatile("" : "+f"(sums.values[i])::"memory");
  }
}

/// Takes registers, or gives them up, for the threads of a warp group: the kernel's launch bounds
/// say what all begin with.
template <int registers>
__device__ __forceinline__ void TakeRegisters() {
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(registers));
}
template <int registers>
__device__ __forceinline__ void GiveRegisters() {
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(registers));
}

/// How PTX spells the elements of a product, and which operands lie turned: for tf32 none can.
template <CoreElement element>
inline constexpr char kCoreSpelling[] = "k16.f32.bf16.bf16";
template <>
inline constexpr char kCoreSpelling<CoreElement::kFloat16>[] = "k16.f32.f16.f16";
template <>
inline constexpr char kCoreSpelling<CoreElement::kTf32>[] = "k8.f32.tf32.tf32";
template <CoreElement element, bool a_turned, bool b_turned>
inline constexpr char kTurnSpelling[] = {',', a_turned ? '1' : '0', ',', b_turned ? '1' : '0', 0};
template <bool a_turned, bool b_turned>
inline constexpr char kTurnSpelling<CoreElement::kTf32, a_turned, b_turned>[] = "";

/// sums (where `add`) + a b: 64 rows of the tile a, `cols` columns of b, CoreTerms of both. The
/// lines of a tile are terms of one place or, turned, places of one term. The warp group calls it
/// together, between `FenceSums` and `WaitForProducts`.
template <CoreElement element, bool a_turned, bool b_turned>
__device__ __forceinline__ void MultiplyTiles(Sums<256>& sums, uint64_t a, uint64_t b, bool add) {
  float* d = sums.values;
  // clang-format off
  asm volatile(
      "{\n"
      ".reg .pred adds;\n"
      "setp.ne.b32 adds, %130, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n256%131 {"
      "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, "
      "%19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, "
      "%36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, %48, %49, %50, %51, %52, "
      "%53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63, %64, %65, %66, %67, %68, %69, "
      "%70, %71, %72, %73, %74, %75, %76, %77, %78, %79, %80, %81, %82, %83, %84, %85, %86, "
      "%87, %88, %89, %90, %91, %92, %93, %94, %95, %96, %97, %98, %99, %100, %101, %102, "
      "%103, %104, %105, %106, %107, %108, %109, %110, %111, %112, %113, %114, %115, %116, "
      "%117, %118, %119, %120, %121, %122, %123, %124, %125, %126, %127}, "
      "%128, %129, adds, 1, 1%132;\n"
      "}"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]), "+f"(d[4]), "+f"(d[5]), "+f"(d[6]),
        "+f"(d[7]), "+f"(d[8]), "+f"(d[9]), "+f"(d[10]), "+f"(d[11]), "+f"(d[12]), "+f"(d[13]),
        "+f"(d[14]), "+f"(d[15]), "+f"(d[16]), "+f"(d[17]), "+f"(d[18]), "+f"(d[19]),
        "+f"(d[20]), "+f"(d[21]), "+f"(d[22]), "+f"(d[23]), "+f"(d[24]), "+f"(d[25]),
        "+f"(d[26]), "+f"(d[27]), "+f"(d[28]), "+f"(d[29]), "+f"(d[30]), "+f"(d[31]),
        "+f"(d[32]), "+f"(d[33]), "+f"(d[34]), "+f"(d[35]), "+f"(d[36]), "+f"(d[37]),
        "+f"(d[38]), "+f"(d[39]), "+f"(d[40]), "+f"(d[41]), "+f"(d[42]), "+f"(d[43]),
        "+f"(d[44]), "+f"(d[45]), "+f"(d[46]), "+f"(d[47]), "+f"(d[48]), "+f"(d[49]),
        "+f"(d[50]), "+f"(d[51]), "+f"(d[52]), "+f"(d[53]), "+f"(d[54]), "+f"(d[55]),
        "+f"(d[56]), "+f"(d[57]), "+f"(d[58]), "+f"(d[59]), "+f"(d[60]), "+f"(d[61]),
        "+f"(d[62]), "+f"(d[63]), "+f"(d[64]), "+f"(d[65]), "+f"(d[66]), "+f"(d[67]),
        "+f"(d[68]), "+f"(d[69]), "+f"(d[70]), "+f"(d[71]), "+f"(d[72]), "+f"(d[73]),
        "+f"(d[74]), "+f"(d[75]), "+f"(d[76]), "+f"(d[77]), "+f"(d[78]), "+f"(d[79]),
        "+f"(d[80]), "+f"(d[81]), "+f"(d[82]), "+f"(d[83]), "+f"(d[84]), "+f"(d[85]),
        "+f"(d[86]), "+f"(d[87]), "+f"(d[88]), "+f"(d[89]), "+f"(d[90]), "+f"(d[91]),
        "+f"(d[92]), "+f"(d[93]), "+f"(d[94]), "+f"(d[95]), "+f"(d[96]), "+f"(d[97]),
        "+f"(d[98]), "+f"(d[99]), "+f"(d[100]), "+f"(d[101]), "+f"(d[102]), "+f"(d[103]),
        "+f"(d[104]), "+f"(d[105]), "+f"(d[106]), "+f"(d[107]), "+f"(d[108]), "+f"(d[109]),
        "+f"(d[110]), "+f"(d[111]), "+f"(d[112]), "+f"(d[113]), "+f"(d[114]), "+f"(d[115]),
        "+f"(d[116]), "+f"(d[117]), "+f"(d[118]), "+f"(d[119]), "+f"(d[120]), "+f"(d[121]),
        "+f"(d[122]), "+f"(d[123]), "+f"(d[124]), "+f"(d[125]), "+f"(d[126]), "+f"(d[127])
      : "l"(a), "l"(b), "r"(static_cast<int>(add)), "C"(kCoreSpelling<element>),
        "C"(kTurnSpelling<element, a_turned, b_turned>));
  // clang-format on
}
template <CoreElement element, bool a_turned, bool b_turned>
__device__ __forceinline__ void MultiplyTiles(Sums<128>& sums, uint64_t a, uint64_t b, bool add) {
  float* d = sums.values;
  // clang-format off
  asm volatile(
      "{\n"
      ".reg .pred adds;\n"
      "setp.ne.b32 adds, %66, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n128%67 {"
      "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, "
      "%19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, "
      "%36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, %48, %49, %50, %51, %52, "
      "%53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63}, "
      "%64, %65, adds, 1, 1%68;\n"
      "}"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]), "+f"(d[4]), "+f"(d[5]), "+f"(d[6]),
        "+f"(d[7]), "+f"(d[8]), "+f"(d[9]), "+f"(d[10]), "+f"(d[11]), "+f"(d[12]), "+f"(d[13]),
        "+f"(d[14]), "+f"(d[15]), "+f"(d[16]), "+f"(d[17]), "+f"(d[18]), "+f"(d[19]),
        "+f"(d[20]), "+f"(d[21]), "+f"(d[22]), "+f"(d[23]), "+f"(d[24]), "+f"(d[25]),
        "+f"(d[26]), "+f"(d[27]), "+f"(d[28]), "+f"(d[29]), "+f"(d[30]), "+f"(d[31]),
        "+f"(d[32]), "+f"(d[33]), "+f"(d[34]), "+f"(d[35]), "+f"(d[36]), "+f"(d[37]),
        "+f"(d[38]), "+f"(d[39]), "+f"(d[40]), "+f"(d[41]), "+f"(d[42]), "+f"(d[43]),
        "+f"(d[44]), "+f"(d[45]), "+f"(d[46]), "+f"(d[47]), "+f"(d[48]), "+f"(d[49]),
        "+f"(d[50]), "+f"(d[51]), "+f"(d[52]), "+f"(d[53]), "+f"(d[54]), "+f"(d[55]),
        "+f"(d[56]), "+f"(d[57]), "+f"(d[58]), "+f"(d[59]), "+f"(d[60]), "+f"(d[61]),
        "+f"(d[62]), "+f"(d[63])
      : "l"(a), "l"(b), "r"(static_cast<int>(add)), "C"(kCoreSpelling<element>),
        "C"(kTurnSpelling<element, a_turned, b_turned>));
  // clang-format on
}

#endif

}  // namespace prova::cuda
