// A network that reads handwritten digits: train_digits [FILE FOR THE WEIGHTS]
#include <algorithm>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <vector>

#include "autograd/movement.h"
#include "nn/nn.h"
#include "ops/ops.h"
#include "vision/digits.h"

using namespace prova;

// #region model
struct Reader {
  Linear hidden, scores;

  // images [n, 1, 8, 8] to scores [n, 10]
  Tensor operator()(const Tensor& images) const {
    return scores(relu(hidden(reshape(images, {images.size(0), -1}))));
  }
  PROVA_FIELDS(hidden, scores)
};

Reader MakeReader(uint64_t seed) {
  Rng rng(seed);
  return {.hidden = Linear({.in = 64, .out = 64}, rng),
          .scores = Linear({.in = 64, .out = 10, .initializer = xavier_uniform}, rng)};
}
// #endregion model

// #region accuracy
// The share of images whose largest score is that of their label.
double Accuracy(const Reader& reader, const LabelledImages& part) {
  const Tensor scores = no_grad([&] { return reader(part.images); });
  const std::vector<float> score = scores.to_vector<float>();
  const std::vector<int64_t> label = part.labels.to_vector<int64_t>();
  int64_t right = 0;
  for (size_t i = 0; i < label.size(); ++i) {
    const auto row = score.begin() + static_cast<int64_t>(i) * 10;
    right += std::max_element(row, row + 10) - row == label[i];
  }
  return static_cast<double>(right) / static_cast<double>(label.size());
}
// #endregion accuracy

// #region train
// One pass over the images in batches of 50; the mean of the losses.
double TrainOneEpoch(Reader& reader, AdamW& adamw, const LabelledImages& part) {
  double total = 0;
  int64_t batches = 0;
  for (int64_t begin = 0; begin < part.count(); begin += 50, ++batches) {
    const SliceSpec batch{.start = begin, .stop = begin + 50};
    const Tensor loss =
        cross_entropy(reader(slice(part.images, 0, batch)), slice(part.labels, 0, batch));
    adamw.step(parameters(reader), backward(loss));
    total += loss.item();
  }
  return total / static_cast<double>(batches);
}
// #endregion train

int main(int argc, char** argv) {
  std::cout << std::setprecision(2);
  // #region data
  const Digits digits = load_digits("examples/digits/data");
  std::cout << digits.train.count() << " images to learn from, " << digits.test.count()
            << " to be tested on, each " << digits.test.images.shape() << "\n";
  // #endregion data

  // #region loop
  Reader reader = MakeReader(1);
  AdamW adamw({.lr = 0.003});
  std::cout << parameter_count(reader) << " parameters\n";
  double loss = 0;
  for (int epoch = 1; epoch <= 30; ++epoch) {
    loss = TrainOneEpoch(reader, adamw, digits.train);
    if (epoch % 10 == 0) std::cout << "epoch " << epoch << ": loss " << loss << "\n";
  }
  const double accuracy = Accuracy(reader, digits.test);
  std::cout << "read correctly: " << 100 * accuracy << " %\n";
  // #endregion loop

  // #region save
  const std::filesystem::path file =
      argc > 1 ? argv[1] : std::filesystem::temp_directory_path() / "digits.safetensors";
  save_parameters(reader, file);
  const Reader other = MakeReader(2);
  load_parameters(other, file);
  const bool same = Accuracy(other, digits.test) == accuracy;
  std::cout << "the loaded weights read " << (same ? "as well" : "differently") << "\n";
  // #endregion save
  return accuracy > 0.95 && same ? 0 : 1;
}
