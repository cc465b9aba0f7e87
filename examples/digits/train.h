#pragma once

#include <functional>
#include <vector>

#include "base/philox.h"
#include "examples/digits/model.h"
#include "examples/digits/progress.h"
#include "examples/digits/run.h"
#include "nn/adamw.h"
#include "nn/checkpoint.h"
#include "vision/digits.h"

namespace prova::digits {

/// A run in progress: the model, its optimizer, and how far they came. Two runs of one plan on the
/// same data have the same bits after each epoch, with any number of threads.
class Training {
 public:
  /// The model and each batch live on `device`; the digits stay with the processor.
  Training(const Plan& plan, const Digits& digits, Device device = kCpu);

  const DigitNet& model() const { return model_; }
  const std::vector<EpochRecord>& history() const { return history_; }
  bool done() const { return static_cast<int64_t>(history_.size()) == plan_.epochs; }

  /// Trains for one epoch, tests, and adds to the history. False where `stop` asked to leave off
  /// between two batches; the epoch is then unfinished, and this object of no further use.
  /// Errors: kValue where the loss is no longer finite.
  bool RunEpoch(Progress& progress, const std::function<bool()>& stop);

  Evaluation Test();

  /// What `Restore` needs to go on with the same bits.
  Checkpoint Save() const;
  /// Errors: those of `restore`, and kFormat where the counts of steps and epochs disagree.
  void Restore(const Checkpoint& checkpoint, std::vector<EpochRecord> history);

 private:
  int64_t BatchesPerEpoch() const;
  Position Describe(const EpochRecord& record, int64_t batch, double seconds) const;

  Plan plan_;
  const Digits& digits_;
  Device device_;
  DigitNet model_;
  AdamW optimizer_;
  Rng warps_;
  int64_t step_ = 0;
  std::vector<EpochRecord> history_;
};

/// Mean cross-entropy, accuracy, probabilities and predictions, without dropout, where the model
/// is.
Evaluation Evaluate(DigitNet& model, const LabelledImages& images);

}  // namespace prova::digits
