#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>

#include "examples/digits/run.h"

namespace prova::digits {

/// Where an epoch stands.
struct Position {
  int64_t epoch = 0;  ///< from 1
  int64_t epochs = 0;
  int64_t batch = 0;  ///< done in this epoch
  int64_t batches = 0;
  double loss = 0;      ///< mean so far
  double accuracy = 0;  ///< mean so far
  double batches_per_second = 0;
  double seconds_left = 0;
};

/// One line of at most `columns` characters; where they are few, its parts go one after another,
/// the bar first. `utf8` allows line-drawing characters.
std::string BarText(const Position& position, int columns, bool utf8);

/// The line that stays when an epoch is done; losses with nine digits, which tell floats apart.
std::string EpochText(const EpochRecord& record, int64_t epochs);

/// Shows how training goes on: on a terminal a bar that is redrawn in place, under the lines that
/// stay; elsewhere those lines alone.
class Progress {
 public:
  explicit Progress(std::FILE* out);
  ~Progress() { Clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Redraws the bar, at most twenty times a second.
  void Show(const Position& position);
  /// Prints a line that stays.
  void Line(const std::string& text);
  /// Removes the bar.
  void Clear();

 private:
  int Columns() const;

  std::FILE* out_;
  bool live_;
  bool utf8_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point last_ = {};
};

}  // namespace prova::digits
