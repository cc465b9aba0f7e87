#pragma once

#include "cuda/harness/grid.h"
#include "cuda/tensor_map.h"

/// The words of `cuda/hopper.h` where threads are fibers. The copy engine and the tensor cores are
/// kept here: a copy lands when nobody can go on without it (in one order of threads at once, in
/// the others as late as that, the newest first in one), and what a thread has not waited for is
/// reported when it is touched. Stricter than a GPU in two ways: a thread that reads a tile must
/// itself have waited for its bytes, and each warp that read one must tell before it is
/// overwritten.

namespace prova::cuda::harness {

struct Phases;

/// What a thread's sums are in the middle of.
struct SumsState {
  uint32_t product = 0;    ///< the last of this thread's that changes them
  bool is_fenced = false;  ///< since threads touched them
};

/// A product as each thread of a warp group asks for it.
struct Product {
  CoreElement element;
  bool a_turned, b_turned;
  int cols;
  uint64_t a, b;
  bool operator==(const Product&) const = default;
};

Phases* MakePhases(int arrivals);
void Arrive(Phases& phases, int bytes);
void WaitForPhase(Phases& phases, int parity, int line);
void PublishPhases();

uint32_t FirstTile();
void CopyToTile(uint32_t tile, const TensorMap& map, int along, int line, int matrix, Phases& end);

/// sums: [rows r and r + 8 of the thread][columns].
void Multiply(const Product& product, bool add, float* sums, SumsState& state, int line);
void FenceSums(SumsState& state);
void NoteSumsRead(SumsState& state);
void CommitProducts();
void WaitForProducts(int pending);
void ChangeRegisters(int registers, int line);

// What the block that runs tells and asks (`grid.cc`).

/// Lets the oldest or newest copy land; false where there is none.
bool LandOneCopy();
/// Whether some copy's end was never waited for.
bool HasCopyNobodyAwaited();
/// The running thread comes to a barrier of the block, and has passed it.
void TellBlock();
void HearBlock();

}  // namespace prova::cuda::harness

namespace prova::cuda {

class PhaseBarrier {
 public:
  void Init(int arrivals) {
    phases_ = harness::MakePhases(arrivals);
    stamp_ = harness::CurrentBlock().stamp;
  }
  void Arrive() { harness::Arrive(phases(), 0); }
  void ArriveExpecting(int bytes) { harness::Arrive(phases(), bytes); }
  void Wait(int parity, int line = __builtin_LINE()) const {
    harness::WaitForPhase(phases(), parity, line);
  }
  harness::Phases& phases() const {
    if (stamp_ != harness::CurrentBlock().stamp) {
      harness::Report("uses a phase barrier that no thread has initialised");
    }
    return *phases_;
  }

 private:
  uint64_t stamp_;
  harness::Phases* phases_;
};

inline void PublishBarriers() { harness::PublishPhases(); }
inline uint32_t FirstTile() { return harness::FirstTile(); }
inline void CopyToTile(uint32_t tile, const TensorMap& map, int along, int line, int matrix,
                       PhaseBarrier& end) {
  harness::CopyToTile(tile, map, along, line, matrix, end.phases());
}
inline void Prefetch(const TensorMap&) {}

template <int cols>
class Sums {
 public:
  static constexpr int kCount = cols / 2;
  float operator[](int i) const {
    harness::NoteSumsRead(state);
    return values[i / 2 % 2][i / 4 * 2 + i % 2];
  }
  float values[2][kCount / 2];
  mutable harness::SumsState state;
};

template <int cols>
void FenceSums(Sums<cols>& sums) {
  harness::FenceSums(sums.state);
}
template <CoreElement element, bool a_turned, bool b_turned, int cols>
void MultiplyTiles(Sums<cols>& sums, uint64_t a, uint64_t b, bool add,
                   int line = __builtin_LINE()) {
  static_assert(element != CoreElement::kTf32 || !(a_turned || b_turned));
  harness::Multiply({element, a_turned, b_turned, cols, a, b}, add, &sums.values[0][0], sums.state,
                    line);
}
inline void CommitProducts() { harness::CommitProducts(); }
template <int pending, int cols>
void WaitForProducts(Sums<cols>&) {
  harness::WaitForProducts(pending);
}
template <int registers>
void TakeRegisters(int line = __builtin_LINE()) {
  harness::ChangeRegisters(registers, line);
}
template <int registers>
void GiveRegisters(int line = __builtin_LINE()) {
  harness::ChangeRegisters(registers, line);
}

}  // namespace prova::cuda
