#include "examples/digits/model.h"

#include <algorithm>

#include "autograd/movement.h"
#include "base/error.h"
#include "base/text.h"
#include "examples/digits/batches.h"
#include "ops/max_pool2d/max_pool2d.h"
#include "ops/relu/relu.h"

namespace prova::digits {
namespace {

constexpr int64_t kChannels1 = 16, kChannels2 = 32;
constexpr int64_t kLeastSide = 4, kMostSide = 256;
constexpr int64_t kPoolBetweenFrom = 16;
constexpr double kDropRate = 0.25;

}  // namespace

Tensor DigitNet::operator()(const Tensor& images) const {
  Tensor x = relu(conv1(images));
  if (pool_between) x = max_pool2d(x, {.kernel = 2});
  x = max_pool2d(relu(conv2(x)), {.kernel = 2});
  return linear(dropout(reshape(x, {x.size(0), -1})));
}

DigitNet MakeDigitNet(const DigitNetOptions& options) {
  const auto [low, high] = std::minmax(options.height, options.width);
  if (low < kLeastSide || high > kMostSide) {
    Fail(ErrorCode::kShape,
         {.where = "DigitNet",
          .given = Cat("images of ", options.height, " x ", options.width),
          .need = Cat(kLeastSide, " to ", kMostSide, " pixels along each side")});
  }
  const bool pool_between = low >= kPoolBetweenFrom;
  const int64_t shrink = pool_between ? 4 : 2;
  const int64_t features = kChannels2 * (options.height / shrink) * (options.width / shrink);
  Rng weights(options.seed, kWeights);
  Rng drops(options.seed, kDropout);
  return {
      .conv1 = Conv2d({.in = 1, .out = kChannels1, .kernel = 3, .padding = 1}, weights),
      .conv2 = Conv2d({.in = kChannels1, .out = kChannels2, .kernel = 3, .padding = 1}, weights),
      .dropout = Dropout({.p = kDropRate}, drops),
      .linear =
          Linear({.in = features, .out = options.classes, .initializer = xavier_uniform}, weights),
      .pool_between = pool_between};
}

std::string Describe(const DigitNet& net) {
  const Shape linear = net.linear.weight.shape();
  return Cat("conv 3 × 3 to ", kChannels1, ", relu", net.pool_between ? ", max pool 2" : "",
             "; conv 3 × 3 to ", kChannels2, ", relu, max pool 2; dropout ", kDropRate, "; linear ",
             linear[1], " to ", linear[0]);
}

}  // namespace prova::digits
