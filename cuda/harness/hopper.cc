#include "cuda/harness/hopper.h"

#include <array>
#include <deque>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace prova::cuda::harness {
namespace {

constexpr int kMostWarps = 32, kMostGroups = 8, kGroupThreads = 128, kPartBytes = 16;
// Dynamic shared memory begins at some multiple of 16 bytes: at none of a pattern.
constexpr uint32_t kSharedBegin = kPatternBytes + 144;
constexpr uint64_t kMapMark = 0x50726f76614d6170;  // "ProvaMap"

/// Of each warp, how many of its products are known to be finished.
using Finished = std::array<uint32_t, kMostWarps>;

void Merge(Finished& into, const Finished& from) {
  for (int warp = 0; warp < kMostWarps; ++warp) into[warp] = std::max(into[warp], from[warp]);
}

}  // namespace

/// What a phase barrier is made of.
struct Phases {
  int arrivals;
  int missing;        // of them in this phase
  int64_t bytes = 0;  // expected in this phase and not yet there
  uint32_t ended = 0;
  uint32_t last_copied = 0;  // one more than the last phase that a copy belongs to
  Moment made = {};
  bool is_published = false;
  std::vector<uint32_t> seen;           // of each thread: how many phases it knows to have ended
  Finished told = {}, told_ended = {};  // by who arrived; by who had when the last phase ended

  void EndIfComplete() {
    if (missing > 0 || bytes != 0) return;
    ++ended;
    missing = arrivals;
    told_ended = told;
  }
};

namespace {

/// A bulk copy that has not landed.
struct CopyUnderWay {
  uint32_t tile;
  std::vector<char> bytes;  // lines one after another, as memory has them
  Phases* end;
};

/// What happened to 16 bytes of dynamic shared memory.
struct Part {
  uint64_t stamp = 0;  // of the block
  const Phases* end = nullptr;
  uint32_t phase = 0;  // the copy's bytes belong to this one of `end`
  bool is_under_way = false;
  uint32_t read_by[kMostGroups] = {};  // the last product of a group that did
};

struct ThreadUnits {
  uint32_t products = 0, finished = 0;
  std::deque<uint32_t> groups;  // committed: the last product of each
  Finished known = {};
};

/// Operands of a warp group's product, as its threads use them.
struct GroupUnits {
  bool is_met = false;  // by the first thread of the next product
  Product product;
  bool add;
  std::vector<float> a;  // [row][term]
  std::vector<float> b;  // [quarter][term][column]: a thread sums columns of one quarter
  std::vector<std::pair<const Phases*, uint32_t>> needed;  // phases that a reader has waited for
};

/// The copy engine and tensor cores of the block that runs.
struct Units {
  uint64_t stamp = 0;
  std::deque<Phases> phases;
  std::deque<CopyUnderWay> copies;
  std::vector<Part> parts;
  std::vector<ThreadUnits> threads;
  std::array<GroupUnits, kMostGroups> groups;
  Finished told_block = {};
};
thread_local Units kept_units;

bool AreUsed() { return kept_units.stamp == CurrentBlock().stamp; }

/// Emptied at the first use by a block.
Units& TheUnits() {
  Units& units = kept_units;
  if (AreUsed()) return units;
  units.stamp = CurrentBlock().stamp;
  units.phases.clear();
  units.copies.clear();
  units.threads.assign(ThreadsOfBlock(), {});
  units.told_block = {};
  for (GroupUnits& group : units.groups) group.is_met = false;
  units.parts.resize((CurrentBlock().shared_bytes + kPartBytes - 1) / kPartBytes + 1);
  return units;
}

int Number() { return Now().thread - 1; }
ThreadUnits& Mine() { return TheUnits().threads[Number()]; }

/// A thread knows what its own warp has finished.
const Finished& Known() {
  ThreadUnits& mine = Mine();
  uint32_t& own = mine.known[Number() / warpSize];
  own = std::max(own, mine.finished);
  return mine.known;
}

Phases& Ready(Phases& phases) {
  if (!IsOrdered(phases.made, Now())) {
    Report("uses a phase barrier that another thread initialises, with no barrier between");
  }
  return phases;
}

/// Where the byte at an address of a tile truly lies: its 16-byte part is exchanged by the number
/// of its line of 128 bytes.
uint32_t Turned(uint32_t address) { return address ^ (address >> 3 & 0x70); }

bool IsInside(uint32_t address, size_t bytes) {
  return address >= kSharedBegin && address + bytes <= kSharedBegin + CurrentBlock().shared_bytes;
}

Part& PartAt(Units& units, uint32_t address) {
  Part& part = units.parts[(address - kSharedBegin) / kPartBytes];
  if (part.stamp != units.stamp) part = {.stamp = units.stamp};
  return part;
}

char* PlaceOf(uint32_t address) { return CurrentBlock().shared + (address - kSharedBegin); }

void Land(Units& units, CopyUnderWay& copy) {
  for (size_t at = 0; at < copy.bytes.size(); at += kPartBytes) {
    const uint32_t to = Turned(copy.tile + static_cast<uint32_t>(at));
    std::memcpy(PlaceOf(to), &copy.bytes[at], kPartBytes);
    PartAt(units, to).is_under_way = false;
  }
  copy.end->bytes -= static_cast<int64_t>(copy.bytes.size());
  copy.end->EndIfComplete();
}

/// Whether the running thread knows that all products which read this part have finished.
bool AreFinished(const Part& part) {
  constexpr int kGroupWarps = kGroupThreads / warpSize;
  for (int group = 0; group < kMostGroups; ++group) {
    if (part.read_by[group] == 0) continue;
    const Finished& known = Known();
    for (int warp = group * kGroupWarps; warp < (group + 1) * kGroupWarps; ++warp) {
      if (known[warp] < part.read_by[group]) return false;
    }
  }
  return true;
}

/// What the harness puts into a tensor map.
struct MapContent {
  uint64_t mark;
  MatricesInMemory matrices;
};
static_assert(sizeof(MapContent) <= sizeof(TensorMap));

/// To 10 bits of fraction, ties to even; infinities and NaN stay.
float RoundToTf32(float value) {
  uint32_t bits = std::bit_cast<uint32_t>(value);
  if ((bits & 0x7F800000) == 0x7F800000) return value;
  bits += 0xFFF + (bits >> 13 & 1);
  return std::bit_cast<float>(bits & ~0x1FFFu);
}

/// One line of a box, zeros where the matrix has none.
void ReadLine(const MatricesInMemory& of, int64_t along, int64_t line, int64_t matrix, char* to) {
  const int64_t each = BytesOf(of.element), count = LineOf(of.element);
  std::memset(to, 0, kLineBytes);
  if (line < 0 || line >= of.lines || matrix < 0 || matrix >= of.matrices) return;
  const int64_t first = std::max<int64_t>(along, 0), end = std::min(along + count, of.length);
  if (first >= end) return;
  const char* from = static_cast<const char*>(of.first) +
                     (matrix * of.matrix_step + line * of.line_step + first) * each;
  std::memcpy(to + (first - along) * each, from, static_cast<size_t>((end - first) * each));
  if (of.element != CoreElement::kTf32) return;
  for (int64_t i = 0; i < count; ++i) {
    float value;
    std::memcpy(&value, to + i * 4, 4);
    value = RoundToTf32(value);
    std::memcpy(to + i * 4, &value, 4);
  }
}

float BFloat16At(const char* place) {
  uint16_t bits;
  std::memcpy(&bits, place, 2);
  return std::bit_cast<float>(uint32_t{bits} << 16);
}

float Float16At(const char* place) {
  _Float16 value;
  std::memcpy(&value, place, 2);
  return static_cast<float>(value);
}

/// The cores read no more than 10 bits of fraction.
float Tf32At(const char* place) {
  uint32_t bits;
  std::memcpy(&bits, place, 4);
  return std::bit_cast<float>(bits & ~0x1FFFu);
}

float ElementAt(CoreElement element, const char* place) {
  switch (element) {
    case CoreElement::kBFloat16: return BFloat16At(place);
    case CoreElement::kFloat16: return Float16At(place);
    case CoreElement::kTf32: break;
  }
  return Tf32At(place);
}

/// A tile as its description says. PTX ISA 9.0, "Matrix Descriptor Format".
class Tile {
 public:
  Tile(uint64_t description, CoreElement element)
      : element_(element),
        begin_(Field(description)),
        block_step_(Field(description >> 16)),
        pattern_step_(Field(description >> 32)) {
    if (description >> 62 != 1 || (description >> 49 & 7) != 0) {
      Report("multiplies a tile of another pattern than that of 128 bytes");
    }
    if (begin_ % kPatternBytes >= kLineBytes) {
      Report("multiplies a tile that does not begin with a pattern of 1024 bytes");
    }
  }

  /// Where an element of a line lies: of the place or, in a turned tile, of the term.
  uint32_t AddressOf(int line, int along) const {
    const int in_line = LineOf(element_);
    return Turned(
        begin_ + static_cast<uint32_t>(along / in_line) * block_step_ +
        static_cast<uint32_t>(line / 8) * pattern_step_ +
        static_cast<uint32_t>(line % 8 * kLineBytes + along % in_line * BytesOf(element_)));
  }

 private:
  static uint32_t Field(uint64_t bits) { return static_cast<uint32_t>(bits & 0x3FFF) << 4; }

  CoreElement element_;
  uint32_t begin_, block_step_, pattern_step_;
};

/// Notes that a product of a warp group reads 16 bytes, which a copy must have brought.
void NoteTileRead(Units& units, uint32_t address, int group) {
  if (!IsInside(address, kPartBytes)) {
    Report("multiplies a tile outside of the block's dynamic shared memory");
  }
  Part& part = PartAt(units, address);
  if (part.end == nullptr) Report("multiplies shared memory that no bulk copy has filled");
  if (part.is_under_way) Report("multiplies shared memory that a bulk copy still writes");
  auto& needed = units.groups[group].needed;
  const std::pair<const Phases*, uint32_t> copied(part.end, part.phase);
  if (needed.empty() || needed.back() != copied) needed.push_back(copied);
  part.read_by[group] = units.threads[Number()].products + 1;
}

/// Calls take(place, term, value) for each element of a tile, which a warp group multiplies.
template <typename Take>
void ReadTile(Units& units, uint64_t description, const Product& of, bool turned, int places,
              int group, Take take) {
  const Tile tile(description, of.element);
  const int bytes = BytesOf(of.element), terms = 32 / bytes, together = kPartBytes / bytes;
  const int lines = turned ? terms : places, length = turned ? places : terms;
  for (int line = 0; line < lines; ++line) {
    for (int along = 0; along < length; along += together) {
      const uint32_t address = tile.AddressOf(line, along);
      NoteTileRead(units, address, group);
      const char* from = PlaceOf(address);
      for (int i = along; i < along + together; ++i, from += bytes) {
        take(turned ? i : line, turned ? line : i, ElementAt(of.element, from));
      }
    }
  }
}

/// Reads both operands of a product, once for its warp group.
void ReadOperands(Units& all, const Product& of, int group) {
  GroupUnits& units = all.groups[group];
  const int terms = 32 / BytesOf(of.element), quarter = of.cols / 4;
  units.needed.clear();
  units.a.resize(64 * terms);
  units.b.resize(of.cols * terms);
  ReadTile(all, of.a, of, of.a_turned, 64, group,
           [&](int row, int t, float value) { units.a[row * terms + t] = value; });
  ReadTile(all, of.b, of, of.b_turned, of.cols, group, [&](int col, int t, float value) {
    const int in_quarter = col / 8 * 2 + col % 2;
    units.b[(col % 8 / 2 * terms + t) * quarter + in_quarter] = value;
  });
}

}  // namespace

bool HasCopyNobodyAwaited() {
  if (!AreUsed()) return false;
  return std::any_of(kept_units.phases.begin(), kept_units.phases.end(), [](const Phases& phases) {
    return *std::max_element(phases.seen.begin(), phases.seen.end()) < phases.last_copied;
  });
}

bool LandOneCopy() {
  if (!AreUsed() || kept_units.copies.empty()) return false;
  std::deque<CopyUnderWay>& copies = kept_units.copies;
  if (CurrentOrder() == Order::kShuffled) {
    Land(kept_units, copies.back());
    copies.pop_back();
  } else {
    Land(kept_units, copies.front());
    copies.pop_front();
  }
  return true;
}

void TellBlock() {
  if (AreUsed()) Merge(kept_units.told_block, Known());
}
void HearBlock() {
  if (AreUsed()) Merge(Mine().known, kept_units.told_block);
}

Phases* MakePhases(int arrivals) {
  if (arrivals < 1) Report("initialises a phase barrier for less than one arrival");
  Units& units = TheUnits();
  Phases& phases = units.phases.emplace_back();
  phases.arrivals = phases.missing = arrivals;
  phases.made = Now();
  phases.seen.resize(ThreadsOfBlock());
  return &phases;
}

void PublishPhases() {
  for (Phases& phases : TheUnits().phases) {
    if (phases.made.thread == Now().thread) phases.is_published = true;
  }
}

void Arrive(Phases& phases, int bytes) {
  Ready(phases);
  if (phases.missing == 0) Report("arrives at a phase barrier where nobody is missing");
  Merge(phases.told, Known());
  phases.bytes += bytes;
  --phases.missing;
  phases.EndIfComplete();
}

void WaitForPhase(Phases& phases, int parity, int line) {
  Ready(phases);
  auto place = [&] {
    return Cat("a phase barrier in line ", line, ", where ", phases.missing, " arrivals and ",
               phases.bytes, " bytes are missing");
  };
  while (static_cast<int>(phases.ended % 2) == parity) WaitForChange(phases.ended, place);
  phases.seen[Number()] = phases.ended;
  Merge(Mine().known, phases.told_ended);
}

uint32_t FirstTile() { return (kSharedBegin + kPatternBytes - 1) / kPatternBytes * kPatternBytes; }

void CopyToTile(uint32_t tile, const TensorMap& map, int along, int line, int matrix, Phases& end) {
  MapContent content;
  std::memcpy(&content, &map, sizeof(content));
  const MatricesInMemory& of = content.matrices;
  if (content.mark != kMapMark) Report("copies by a tensor map that nobody made");
  const size_t bytes = static_cast<size_t>(of.lines_at_once) * kLineBytes;
  if (tile % kLineBytes != 0) Report("copies to a tile that is not aligned to 128 bytes");
  if (!IsInside(tile, bytes)) Report("copies to outside of the block's dynamic shared memory");
  if (!Ready(end).is_published) Report("copies to a phase barrier that was not published");
  end.last_copied = end.ended + 1;
  Units& units = TheUnits();
  CopyUnderWay copy = {tile, std::vector<char>(bytes), &end};
  for (size_t at = 0; at < bytes; at += kPartBytes) {
    Part& part = PartAt(units, Turned(tile + static_cast<uint32_t>(at)));
    if (part.is_under_way) Report("copies to where another bulk copy still writes");
    if (!AreFinished(part)) {
      Report("copies to where products read that are not known to be finished");
    }
    part = {.stamp = part.stamp, .end = &end, .phase = end.ended, .is_under_way = true};
  }
  for (int i = 0; i < of.lines_at_once; ++i) {
    ReadLine(of, along, line + i, matrix, &copy.bytes[static_cast<size_t>(i) * kLineBytes]);
  }
  units.copies.push_back(std::move(copy));
  if (CurrentOrder() != Order::kDescending) return;
  Land(units, units.copies.back());
  units.copies.pop_back();
}

void FenceSums(SumsState& state) { state.is_fenced = true; }

void NoteSumsRead(SumsState& state) {
  if (state.product > Mine().finished) Report("reads sums whose products have not been waited for");
  state.is_fenced = false;
}

void Multiply(const Product& product, bool add, float* sums, SumsState& state, int line) {
  const int group = Number() / kGroupThreads;
  Units& all = TheUnits();
  GroupUnits& units = all.groups[group];
  if (!state.is_fenced) Report("multiplies into sums that were touched since the last fence");
  if (add && state.product == 0) Report("adds to sums that no product has set");
  if (!units.is_met) {
    units.is_met = true;
    units.product = product;
    units.add = add;
  } else if (units.product != product || units.add != add) {
    Report("multiplies other tiles than the rest of its warp group");
  }
  MeetGroup("a product", line, [&] {
    ReadOperands(all, product, group);
    units.is_met = false;
  });
  for (const auto& [end, phase] : units.needed) {
    if (end->seen[Number()] <= phase) {
      Report("multiplies shared memory without having waited for the bulk copy that filled it");
    }
  }
  state.product = ++all.threads[Number()].products;

  const int terms = 32 / BytesOf(product.element), quarter = product.cols / 4;
  const int lane = Number() % warpSize, row = Number() % kGroupThreads / warpSize * 16 + lane / 4;
  for (int half = 0; half < 2; ++half) {
    float* to = sums + half * quarter;
    if (!add) std::fill(to, to + quarter, 0.0f);
    for (int t = 0; t < terms; ++t) {
      const float left = units.a[(row + 8 * half) * terms + t];
      const float* right = &units.b[(lane % 4 * terms + t) * quarter];
      for (int c = 0; c < quarter; ++c) to[c] += left * right[c];
    }
  }
}

void CommitProducts() { Mine().groups.push_back(Mine().products); }

void WaitForProducts(int pending) {
  ThreadUnits& mine = Mine();
  while (static_cast<int>(mine.groups.size()) > pending) {
    mine.finished = mine.groups.front();
    mine.groups.pop_front();
  }
}

void ChangeRegisters(int registers, int line) {
  if (registers < 24 || registers > 256 || registers % 8 != 0) {
    Report("asks for registers that are no multiple of 8 from 24 to 256");
  }
  MeetGroup("a change of registers", line, [] {});
}

}  // namespace prova::cuda::harness

namespace prova::cuda {

bool HasHopperCores(int) { return true; }

const char* TryMap(const MatricesInMemory& of, TensorMap& map) {
  constexpr int64_t kMostSize = int64_t{1} << 32, kMostBytes = int64_t{1} << 40;
  if (reinterpret_cast<uintptr_t>(of.first) % 16 != 0) return "its address is no multiple of 16";
  for (const int64_t size : {of.length, of.lines, of.matrices}) {
    if (size < 1 || size > kMostSize) return "its sizes are not from 1 to 2^32";
  }
  for (const int64_t step : {of.line_step, of.matrix_step}) {
    const int64_t bytes = step * BytesOf(of.element);
    if (bytes % 16 != 0 || bytes < 0 || bytes >= kMostBytes) {
      return "its strides are no multiples of 16 below 2^40";
    }
  }
  if (of.lines_at_once < 1 || of.lines_at_once > 256) return "its box is not of 1 to 256 lines";
  const harness::MapContent content = {harness::kMapMark, of};
  std::memcpy(&map, &content, sizeof(content));
  return nullptr;
}

}  // namespace prova::cuda
