#include "examples/digits/train.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <span>
#include <string>
#include <utility>

#include "autograd/movement.h"
#include "autograd/tape.h"
#include "base/error.h"
#include "base/text.h"
#include "examples/digits/batches.h"
#include "nn/schedules.h"
#include "ops/cross_entropy/cross_entropy.h"
#include "ops/softmax/softmax.h"
#include "vision/warp.h"

namespace prova::digits {
namespace {

constexpr int64_t kTestBatch = 256;

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// The class with the largest score in each row of [n, classes]; the lowest of equals.
std::vector<int> Largest(const Tensor& scores) {
  const std::vector<float> values = scores.to_vector<float>();
  const int64_t classes = scores.size(1);
  std::vector<int> winners;
  for (auto row = values.begin(); row != values.end(); row += classes) {
    winners.push_back(static_cast<int>(std::max_element(row, row + classes) - row));
  }
  return winners;
}

int64_t CountEqual(const std::vector<int>& predictions, const Tensor& labels) {
  const std::vector<int> truth = labels.to_vector<int>();
  return std::inner_product(truth.begin(), truth.end(), predictions.begin(), int64_t{0},
                            std::plus<>(), std::equal_to<>());
}

DigitNet MakeOn(const Device& device, const DigitNetOptions& options) {
  const ScopedDevice there(device);
  return MakeDigitNet(options);
}

void RequireFinite(double loss, const char* which, const std::string& when) {
  if (std::isfinite(loss)) return;
  Fail(ErrorCode::kValue,
       {.where = "training",
        .given = Cat("the ", which, " became ", std::isnan(loss) ? "nan" : Cat(loss), " in ", when),
        .hint = "a smaller --lr may help"});
}

}  // namespace

Training::Training(const Plan& plan, const Digits& digits, Device device)
    : plan_(plan),
      digits_(digits),
      device_(device),
      model_(MakeOn(device, {digits.height(), digits.width(), Digits::kClasses, plan.seed})),
      optimizer_({.lr = plan.lr}),
      warps_(plan.seed, kWarps) {}

int64_t Training::BatchesPerEpoch() const {
  return (digits_.train.count() + plan_.batch - 1) / plan_.batch;
}

Position Training::Describe(const EpochRecord& record, int64_t batch, double seconds) const {
  const double rate = seconds > 0 ? static_cast<double>(batch) / seconds : 0;
  const int64_t to_come = (plan_.epochs - record.epoch + 1) * BatchesPerEpoch() - batch;
  const double images = static_cast<double>(std::min(batch * plan_.batch, digits_.train.count()));
  return {.epoch = record.epoch,
          .epochs = plan_.epochs,
          .batch = batch,
          .batches = BatchesPerEpoch(),
          .loss = record.train_loss / images,
          .accuracy = record.train_accuracy / images,
          .batches_per_second = rate,
          .seconds_left = rate > 0 ? static_cast<double>(to_come) / rate : 0};
}

bool Training::RunEpoch(Progress& progress, const std::function<bool()>& stop) {
  const int64_t epoch = static_cast<int64_t>(history_.size()) + 1;
  const int64_t batches = BatchesPerEpoch(), count = digits_.train.count();
  auto factor = [&] { return cosine_schedule(step_, {.total = plan_.epochs * batches}); };
  // Sums until the epoch is over, then means.
  EpochRecord record{.epoch = epoch, .lr = plan_.lr * factor()};
  const std::vector<int64_t> order = EpochOrder(plan_.seed, epoch, count);
  const NamedTensors weights = parameters(model_);
  const Clock::time_point start = Clock::now();
  train(model_);
  for (int64_t batch = 0; batch < batches; ++batch) {
    if (stop()) return false;
    const int64_t begin = batch * plan_.batch;
    const int64_t size = std::min(plan_.batch, count - begin);
    const LabelledImages seen = Gather(digits_.train, std::span(order).subspan(begin, size));
    const Tensor scores = model_(to(warp_randomly(seen.images, warps_), device_));
    const Tensor loss = cross_entropy(scores, to(seen.labels, device_));
    RequireFinite(loss.item(), "loss", Cat("batch ", batch + 1, " of epoch ", epoch));
    optimizer_.step(weights, backward(loss), factor());
    ++step_;
    record.train_loss += loss.item() * static_cast<double>(size);
    record.train_accuracy += static_cast<double>(CountEqual(Largest(scores), seen.labels));
    progress.Show(Describe(record, batch + 1, SecondsSince(start)));
  }
  record.seconds = SecondsSince(start);
  record.train_loss /= static_cast<double>(count);
  record.train_accuracy /= static_cast<double>(count);
  const Evaluation test = Test();
  RequireFinite(test.loss, "test loss", Cat("epoch ", epoch));
  record.test_loss = test.loss;
  record.test_accuracy = test.accuracy;
  history_.push_back(record);
  return true;
}

Evaluation Training::Test() { return Evaluate(model_, digits_.test); }

Checkpoint Training::Save() const {
  Checkpoint checkpoint = capture(model_, optimizer_);
  checkpoint.run_generators = {{"warps", warps_}};
  checkpoint.epoch = static_cast<int64_t>(history_.size());
  checkpoint.step = step_;
  return checkpoint;
}

void Training::Restore(const Checkpoint& checkpoint, std::vector<EpochRecord> history) {
  const int64_t epochs = static_cast<int64_t>(history.size());
  if (checkpoint.epoch != epochs || checkpoint.step != epochs * BatchesPerEpoch() ||
      epochs > plan_.epochs || checkpoint.run_generators.size() != 1) {
    Fail(ErrorCode::kFormat,
         {.where = "checkpoint",
          .given = Cat("epoch ", checkpoint.epoch, ", step ", checkpoint.step, ", a history of ",
                       epochs, " epochs and ", checkpoint.run_generators.size(), " generators"),
          .need = "counts that agree, and one generator"});
  }
  restore(checkpoint, model_, optimizer_);
  warps_ = checkpoint.run_generators.front().rng;
  step_ = checkpoint.step;
  history_ = std::move(history);
}

Evaluation Evaluate(DigitNet& model, const LabelledImages& images) {
  NoGrad no_grad;
  eval(model);
  const Device device = model.linear.weight.device();
  Evaluation result;
  std::vector<int64_t> indices(images.count());
  std::iota(indices.begin(), indices.end(), 0);
  int64_t right = 0;
  for (int64_t begin = 0; begin < images.count(); begin += kTestBatch) {
    const int64_t size = std::min(kTestBatch, images.count() - begin);
    const LabelledImages part = Gather(images, std::span(indices).subspan(begin, size));
    const Tensor scores = model(to(part.images, device));
    const Tensor loss = cross_entropy(scores, to(part.labels, device));
    result.loss += loss.item() * static_cast<double>(size);
    const std::vector<float> probabilities = softmax(scores, -1).to_vector<float>();
    const std::vector<int> predictions = Largest(scores);
    right += CountEqual(predictions, part.labels);
    result.probabilities.insert(result.probabilities.end(), probabilities.begin(),
                                probabilities.end());
    result.predictions.insert(result.predictions.end(), predictions.begin(), predictions.end());
  }
  result.loss /= static_cast<double>(images.count());
  result.accuracy = static_cast<double>(right) / static_cast<double>(images.count());
  return result;
}

}  // namespace prova::digits
