#include <array>

#include "cuda/kernel.h"
#include "nn/update_kernels.h"
#include "tensor/half_cuda.h"

namespace prova::cuda {
namespace {

using internal::ParameterPart;
using internal::StepArgs;

// #region cuda
/// Elements i..i+together-1 of one parameter, where i is a multiple of `together`.
template <int together, typename T, typename Rule>
__device__ __forceinline__ void UpdatePack(const Rule& rule, const ParameterPart& part, int64_t i) {
  using A = Wide<T>;
  Pack<T, together>& p = PackAt<together>(static_cast<T*>(part.p) + i);
  Pack<T, together> values = p;
  const Pack<T, together> gradients = PackAt<together>(static_cast<const T*>(part.g) + i);
  Pack<A, together> state[Rule::kSlots + 1];
  for (int s = 0; s < Rule::kSlots; ++s) {
    state[s] = PackAt<together>(static_cast<A*>(part.slots[s]) + i);
  }
  for (int k = 0; k < together; ++k) {
    std::array<A, Rule::kSlots> slots;
    for (int s = 0; s < Rule::kSlots; ++s) slots[s] = state[s][k];
    values[k] = Narrow<T>(rule(Widen(values[k]), Widen(gradients[k]), slots));
    for (int s = 0; s < Rule::kSlots; ++s) state[s][k] = slots[s];
  }
  p = values;
  for (int s = 0; s < Rule::kSlots; ++s) {
    PackAt<together>(static_cast<A*>(part.slots[s]) + i) = state[s];
  }
}

__device__ __forceinline__ bool IsAligned(const ParameterPart& part, int slots) {
  auto places = reinterpret_cast<uintptr_t>(part.p) | reinterpret_cast<uintptr_t>(part.g);
  for (int s = 0; s < slots; ++s) places |= reinterpret_cast<uintptr_t>(part.slots[s]);
  return places % 16 == 0;
}

/// A block takes pieces of parameters, whichever these are: small parameters share a launch.
template <typename T, typename Rule>
__global__ void UpdatePieces(const StepArgs<Rule> args) {
  constexpr int64_t kPiece = StepArgs<Rule>::kPiece;
  constexpr int kPack = 16 / sizeof(Wide<T>);
  int k = 0;
  int64_t first_piece = 0;
  for (int64_t piece = blockIdx.x; piece < args.pieces(); piece += gridDim.x) {
    while (piece >= args.parts[k].end_piece) first_piece = args.parts[k++].end_piece;
    const ParameterPart& part = args.parts[k];
    const int64_t begin = (piece - first_piece) * kPiece, end = std::min(begin + kPiece, part.n);
    // What fills no pack, or everything where packs would be misaligned, goes one by one.
    const int64_t whole = IsAligned(part, Rule::kSlots) ? end - (end - begin) % kPack : begin;
    for (int64_t i = begin + threadIdx.x * kPack; i < whole; i += blockDim.x * kPack) {
      UpdatePack<kPack, T>(args.rule, part, i);
    }
    for (int64_t i = whole + threadIdx.x; i < end; i += blockDim.x) {
      UpdatePack<1, T>(args.rule, part, i);
    }
  }
}
// #endregion cuda

template <typename Rule>
void Step(const StepArgs<Rule>& args) {
  const auto blocks = static_cast<unsigned>(std::min(args.pieces(), kMostBlocks));
  VisitDType(args.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    if constexpr (IsFloating(kDTypeOf<T>)) {
      Launch({dim3(blocks), dim3(kBlockThreads)}, UpdatePieces<T, Rule>, args);
    }
  });
}

}  // namespace

void AdamWStep(const StepArgs<internal::AdamWRule>& args) { Step(args); }
void SgdStep(const StepArgs<internal::SgdRule>& args) { Step(args); }
void MomentumStep(const StepArgs<internal::MomentumRule>& args) { Step(args); }

}  // namespace prova::cuda
