#include "ops/common/reduce_cuda.h"
#include "ops/embedding/embedding_kernels.h"

namespace prova::cuda {
namespace {

// #region cuda
/// y[i, k] = weight[index[i], k], rows of `words` words.
template <typename Word>
__global__ void CopyRows(const int64_t* index, const Word* weight, Word* y, int64_t count,
                         int64_t words) {
  for (int64_t at = FirstInGrid(); at < count * words; at += GridStep()) {
    // Divisions of 32 bits are several times cheaper.
    const int64_t i = at <= UINT32_MAX && words <= UINT32_MAX
                          ? static_cast<uint32_t>(at) / static_cast<uint32_t>(words)
                          : at / words;
    y[at] = weight[index[i] * words + (at - i * words)];
  }
}
// #endregion cuda

template <typename Word>
bool CopyIn(const EmbeddingArgs& args) {
  if (args.row_bytes % sizeof(Word) != 0 ||
      (reinterpret_cast<uintptr_t>(args.weight) | reinterpret_cast<uintptr_t>(args.y)) %
              sizeof(Word) !=
          0) {
    return false;
  }
  const int64_t words = args.row_bytes / static_cast<int64_t>(sizeof(Word));
  Launch(GridFor(args.count * words), CopyRows<Word>, args.index,
         reinterpret_cast<const Word*>(args.weight), reinterpret_cast<Word*>(args.y), args.count,
         words);
  return true;
}

// #region cuda_backward
/// The rows of dy whose index is r, as what a column's reduction reads.
template <typename T>
struct NamedRows {
  const T* dy;
  const int64_t* order;
  const int64_t* starts;
  int64_t dim;

  __device__ __forceinline__ int64_t Size(int64_t r) const { return starts[r + 1] - starts[r]; }
  __device__ __forceinline__ auto Of(int64_t r) const {
    return [dy = dy, positions = order + starts[r], dim = dim](int64_t k) {
      return dy + positions[k] * dim;
    };
  }
};
// #endregion cuda_backward

}  // namespace

void Embedding(const EmbeddingArgs& args) {
  if (args.count * args.row_bytes == 0) return;
  // The widest words that rows consist of: elements have at least two bytes.
  CopyIn<Pack<uint64_t, 2>>(args) || CopyIn<uint64_t>(args) || CopyIn<uint32_t>(args) ||
      CopyIn<uint16_t>(args);
}

void EmbeddingBackward(const EmbeddingBackwardArgs& args) {
  if (args.rows * args.dim == 0) return;
  VisitAllFloats(args.dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const NamedRows<T> from = {static_cast<const T*>(args.dy), args.order, args.starts, args.dim};
    T* dweight = static_cast<T*>(args.dweight);
    LaunchAcross<Summing<Wide<T>>, T>(from, args.rows, args.count / args.rows, args.dim,
                                      AreAligned(from.dy, dweight), dweight, Same<T>());
  });
}

}  // namespace prova::cuda
