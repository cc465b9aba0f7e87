#include <cmath>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "autograd/functional.h"
#include "autograd/movement.h"
#include "base/error.h"
#include "ops/ops.h"
#include "tensor/create.h"

using namespace prova;

namespace {

int failures = 0;

/// "[1, NaN]": the numbers of a tensor, to `digits` digits.
std::string Text(const Tensor& x, int digits) {
  std::string text;
  for (double value : x.to_vector<double>()) {
    char number[32];
    std::snprintf(number, sizeof number, "%.*g", digits, value);
    text += (text.empty() ? "" : ", ") + (std::isnan(value) ? "NaN" : std::string(number));
  }
  return x.rank() > 0 ? "[" + text + "]" : text;
}

/// Prints what a computation gives, and requires that it gives what is expected.
void Show(const char* what, const Tensor& x, const std::string& expected, int digits = 4) {
  const std::string text = Text(x, digits);
  std::printf("%s\n  %s\n", what, text.c_str());
  if (text != expected) ++failures, std::printf("  expected: %s\n", expected.c_str());
}
void Show(const char* what, float x, const std::string& expected, int digits = 4) {
  Show(what, tensor(double{x}), expected, digits);
}

// #region softmax
void Softmax() {
  auto quotient = [](const Tensor& x) { return exp(x) / sum(exp(x)); };
  const Tensor high = tensor({89.0, 89.0}, DType::kFloat32);
  const Tensor low = tensor({-200.0, -201.0}, DType::kFloat32);
  Show("quotient of [89, 89]", quotient(high), "[NaN, NaN]");
  Show("softmax of [89, 89]", softmax(high), "[0.5, 0.5]");
  Show("quotient of [-200, -201]", quotient(low), "[NaN, NaN]");
  Show("softmax of [-200, -201]", softmax(low), "[0.7311, 0.2689]");
}
// #endregion softmax

// #region log_softmax
void LogSoftmax() {
  const Tensor far = tensor({0.0, -104.0}, DType::kFloat32);
  const Tensor high = tensor({10000.0, 9999.0}, DType::kFloat32);
  auto last = [](const Tensor& y) { return sum(y * tensor({0.0, 1.0}, DType::kFloat32)); };
  Show("log(softmax) of [0, -104]", log(softmax(far)), "[0, -inf]");
  Show("log_softmax of [0, -104]", log_softmax(far), "[0, -104]");
  Show("its gradient through log(softmax)",
       grad([&](const Tensor& x) { return last(log(softmax(x))); })(far), "[NaN, NaN]");
  Show("and through log_softmax", grad([&](const Tensor& x) { return last(log_softmax(x)); })(far),
       "[-1, 1]");
  const Tensor peak = max(high);
  Show("x - (m + log s) of [10000, 9999]", high - (peak + log(sum(exp(high - peak)))),
       "[-0.31348, -1.3135]", 5);
  Show("log_softmax of [10000, 9999]", log_softmax(high), "[-0.31326, -1.3133]", 5);
}
// #endregion log_softmax

// #region cross_entropy
void CrossEntropy() {
  const Tensor z = tensor({200.0, 0.0}, DType::kFloat32), label = tensor(1);
  const Tensor aim = tensor({0, 1}, DType::kBool);
  auto composed = [&](const Tensor& z) { return -sum(where(aim, log(softmax(z)), 0.0)); };
  auto fused = [&](const Tensor& z) { return cross_entropy(z, label); };
  Show("-log(softmax(z)[1]), z = [200, 0]", composed(z), "inf");
  Show("its gradient", grad(composed)(z), "[NaN, NaN]");
  Show("cross_entropy(z, 1)", fused(z), "200");
  Show("its gradient", grad(fused)(z), "[1, -1]");
}
// #endregion cross_entropy

// #region layer_norm
void LayerNorm() {
  auto by_squares = [](const std::vector<float>& x) {
    float sum = 0, squares = 0;
    for (float each : x) sum += each, squares += each * each;
    const float mean = sum / 4, variance = squares / 4 - mean * mean;
    return tensor({x[0] - mean, x[3] - mean}, DType::kFloat32) / std::sqrt(variance + 1e-5F);
  };
  auto by_deviations = [](const std::vector<float>& x) {
    float sum = 0, squares = 0;
    for (float each : x) sum += each;
    const float mean = sum / 4;
    for (float each : x) squares += (each - mean) * (each - mean);
    return tensor({x[0] - mean, x[3] - mean}, DType::kFloat32) / std::sqrt(squares / 4 + 1e-5F);
  };
  auto ends = [](const std::vector<float>& x) {
    const std::vector<float> y = layer_norm(from_vector(x, {4})).to_vector<float>();
    return tensor({y[0], y[3]});
  };
  const std::vector<float> near = {10000, 10001, 10002, 10003};
  const std::vector<float> far = {10000000, 10000001, 10000002, 10000003};
  Show("10000 to 10003, by mean squares", by_squares(near), "[-474.3, 474.3]");
  Show("by deviations", by_deviations(near), "[-1.342, 1.342]");
  Show("by layer_norm", ends(near), "[-1.342, 1.342]");
  Show("1e7 to 1e7 + 3, by deviations", by_deviations(far), "[-0.8165, 1.633]");
  Show("by layer_norm", ends(far), "[-1.342, 1.342]");
}
// #endregion layer_norm

// #region sum
void Sum() {
  const Tensor x = ones({(1 << 24) + 4096}, {.dtype = DType::kFloat32});
  float one_by_one = 0;
  for (int64_t i = 0; i < x.numel(); ++i) one_by_one += x.data<float>()[i];
  Show("16781312 ones, one by one", one_by_one, "16777216", 9);
  Show("by sum", sum(x), "16781312", 9);
}
// #endregion sum

// #region mean
void Mean() {
  const TensorOptions half = {.dtype = DType::kFloat16};
  const Tensor x = full({100000}, 60, half), dy = full({}, 1000, half);
  Show("sum(x) / n in float16", sum(x) * 1e-5, "inf");
  Show("mean(x)", mean(x), "60");
  Show("1000 * (1 / 80000) in float16", dy * full({}, 1.0 / 80000, half), "0.01252");
  const Tensor dx = mean_backward(dy, Shape{80000});
  Show("mean_backward of 1000", slice(dx, 0, {0, 1}), "[0.0125]");
}
// #endregion mean

// #region max
void Max() {
  auto largest = [](const std::vector<float>& x) {
    float peak = x[0];
    for (float each : x) peak = each > peak ? each : peak;
    return peak;
  };
  Show("a loop with >, of [1, NaN, 2]", largest({1, NAN, 2}), "2");
  Show("and of [NaN, 1, 2]", largest({NAN, 1, 2}), "NaN");
  Show("max of [1, NaN, 2]", max(tensor({1.0, NAN, 2.0})), "NaN");
  auto by_max = [](const Tensor& x) { return max(x); };
  Show("its gradient at [3, 3, 1, 3]", grad(by_max)(tensor({3.0, 3.0, 1.0, 3.0})),
       "[0.3333, 0.3333, 0, 0.3333]");
}
// #endregion max

// #region add
void Add() {
  const Tensor big = tensor(16777216.0, DType::kFloat32);
  Show("2^24 + 1 in float32", big + 1.0, "16777216", 9);
  Show("250 + 10 in uint8", tensor(250, DType::kUInt8) + tensor(10, DType::kUInt8), "4");
}
// #endregion add

// #region sub
void Sub() {
  const Tensor x = tensor({10000.0, 10001.0, 10002.0}, DType::kFloat32);
  auto each = [&](int64_t i) { return squeeze(slice(x, 0, {i, i + 1}), {0}); };
  const Tensor a = each(0), b = each(1), c = each(2), m = (a + b + c) / 3.0;
  Show("mean of squares - square of mean", (a * a + b * b + c * c) / 3.0 - m * m, "0");
  Show("mean of squared differences",
       ((a - m) * (a - m) + (b - m) * (b - m) + (c - m) * (c - m)) / 3.0, "0.6667");
  Show("1 - 2 in uint8", tensor(1, DType::kUInt8) - tensor(2, DType::kUInt8), "255");
}
// #endregion sub

// #region mul
void Mul() {
  const Tensor x = tensor({2.0, INFINITY}, DType::kFloat32);
  const Tensor kept = tensor({1, 0}, DType::kBool);
  Show("[2, inf] * [1, 0]", x * cast(kept, DType::kFloat32), "[2, NaN]");
  Show("where([1, 0], [2, inf], 0)", where(kept, x, 0.0), "[2, 0]");
  Show("100 * 100 in int8", tensor(100, DType::kInt8) * tensor(100, DType::kInt8), "16");
}
// #endregion mul

// #region div
void Div() {
  auto number = [](double value) { return tensor(value, DType::kFloat32); };
  Show("41 * (1 / 41)", number(41) * (1.0 / number(41)), "0.99999994", 8);
  Show("41 / 41", number(41) / number(41), "1");
  int wrong = 0;
  for (int i = 1; i <= 1000; ++i) {
    for (int j = 1; j <= 1000; ++j) {
      const float a = static_cast<float>(i), b = static_cast<float>(j);
      wrong += a * (1 / b) != a / b;
    }
  }
  Show("products that differ, of a million", static_cast<float>(wrong), "259759", 6);
  const Tensor small = number(1e-30), large = number(1e25);
  Show("-a / b^2 at a = b = 1e-30", -small / (small * small), "-inf");
  Show("db at a = b = 1e-30", div_backward(number(1), small, small).b, "-1e+30");
  Show("-a / b^2 at a = b = 1e25", -large / (large * large), "-0");
  Show("db at a = b = 1e25", div_backward(number(1), large, large).b, "-1e-25");
}
// #endregion div

// #region neg
void Neg() {
  const Tensor zero = tensor(0.0);
  Show("1 / (0 - x) at x = 0", 1.0 / (0.0 - zero), "inf");
  Show("1 / -x at x = 0", 1.0 / -zero, "-inf");
  Show("-(-128) in int8", -tensor(-128, DType::kInt8), "-128");
}
// #endregion neg

// #region exp
void Exp() {
  const float x = 88, n = 127, ln2 = 0.693147182F;
  const double exact = std::exp(88.0);
  const double one_part = std::ldexp(std::exp(static_cast<double>(x - n * ln2)), 127);
  const double ours = exp(tensor(88.0, DType::kFloat32)).item<double>();
  const double epsilon = std::ldexp(1.0, -23);
  Show("e^88, ln 2 in one part: error in eps",
       tensor(std::round(std::abs(one_part / exact - 1) / epsilon)), "14");
  Show("exp(88): error in eps", tensor(std::round(std::abs(ours / exact - 1) / epsilon)), "0");
}
// #endregion exp

// #region log
void Log() {
  const float x = 0.999F, m = 2 * x;
  Show("-ln 2 + ln m, m = 2 * 0.999", -0.693147182F + std::log(m), "-0.001000464", 7);
  Show("log(0.999)", log(tensor(double{x}, DType::kFloat32)), "-0.001000487", 7);
}
// #endregion log

// #region sqrt
void Sqrt() {
  const Tensor zero = tensor(0.0, DType::kFloat32);
  Show("x * (1 / sqrt(x)) at x = 0", zero * (1.0 / sqrt(zero)), "NaN");
  Show("sqrt(0)", sqrt(zero), "0");
  auto root = [](const Tensor& x) { return sqrt(x); };
  Show("its slope at 1e-30", grad(root)(tensor(1e-30)), "5e+14");
  Show("its slope at 0", grad(root)(zero), "inf");
}
// #endregion sqrt

// #region tanh
void Tanh() {
  auto quotient = [](float t) {
    const float e = std::exp(2 * t);
    return (e - 1) / (e + 1);
  };
  auto number = [](double value) { return tensor(value, DType::kFloat32); };
  Show("quotient at 0.0001", quotient(1e-4F), "0.00010001", 5);
  Show("tanh(0.0001)", tanh(number(1e-4)), "0.0001", 5);
  Show("quotient at 50", quotient(50), "NaN");
  Show("tanh(50)", tanh(number(50)), "1");
  const Tensor y = number(1 - 2896 * std::ldexp(1.0, -24));
  Show("1 - y * y near y = 1", 1.0 - y * y, "0.00034523", 5);
  Show("tanh_backward there", tanh_backward(number(1), y), "0.0003452", 5);
}
// #endregion tanh

// #region relu
void Relu() {
  const float x = NAN;
  Show("x > 0 ? x : 0 at NaN", x > 0 ? x : 0, "0");
  Show("relu(NaN)", relu(tensor(double{x})), "NaN");
  const Tensor dy = tensor(INFINITY), off = tensor(-1.0);
  Show("inf * [x > 0] at x = -1", dy * 0.0, "NaN");
  Show("relu_backward(inf, -1)", relu_backward(dy, off), "0");
}
// #endregion relu

// #region gelu
void Gelu() {
  const std::vector<double> at = {-3, -5, -5.5, -6};
  std::vector<double> by_erf;
  for (double each : at) {
    const float x = static_cast<float>(each);
    by_erf.push_back(x / 2 * (1 + std::erf(x / std::sqrt(2.0F))));
  }
  const Tensor x = cast(from_vector(at, {4}), DType::kFloat32);
  Show("x", x, "[-3, -5, -5.5, -6]");
  Show("x/2 (1 + erf(x / sqrt 2))", from_vector(by_erf, {4}),
       "[-0.00405, -1.49e-06, -1.64e-07, -0]", 3);
  Show("gelu(x)", gelu(x), "[-0.00405, -1.43e-06, -1.04e-07, -5.92e-09]", 3);
}
// #endregion gelu

// #region where
void WhereSelects() {
  const Tensor x = tensor({1.0, 0.0}), c = tensor({1, 0}, DType::kBool);
  auto after = [&](const Tensor& x) { return sum(where(c, log(x), 0.0)); };
  auto before = [&](const Tensor& x) { return sum(log(where(c, x, 1.0))); };
  Show("c log(x), x = [1, 0], c = x > 0", cast(c, DType::kFloat64) * log(x), "[0, NaN]");
  Show("where(c, log(x), 0)", where(c, log(x), 0.0), "[0, 0]");
  Show("its gradient", grad(after)(x), "[1, NaN]");
  Show("gradient of log(where(c, x, 1))", grad(before)(x), "[1, 0]");
}
// #endregion where

// #region dropout
void Dropout() {
  Rng rng(1), same = rng;
  const Tensor x = ones({1000000});
  const Tensor mask = dropout_mask(x.shape(), 0.75, same);
  Show("mean of mask * x, p = 0.75", mean(cast(mask, DType::kFloat32) * x), "0.25", 2);
  Show("mean of dropout(x)", mean(dropout(x, 0.75, rng)), "1", 2);
  const Tensor bad = tensor(INFINITY);
  Show("inf * 0", bad * 0.0, "NaN");
  Show("dropout(inf, 1)", dropout(bad, 1, rng), "0");
}
// #endregion dropout

// #region embedding
void Embedding() {
  const Tensor table = tensor({{1.0, 2.0}, {3.0, 4.0}});
  Show("row -1", embedding(tensor({-1}), table), "[3, 4]");
  try {
    embedding(tensor({0, 2}), table);
    ++failures;
  } catch (const Error& error) {
    std::printf("%s\n", error.what());
  }
  Show("gradient of rows 1, 1, 0, 1 named",
       embedding_backward(ones({4, 1}), tensor({1, 1, 0, 1}), 3), "[1, 3, 0]");
}
// #endregion embedding

// #region max_pool2d
void MaxPool2d() {
  const Tensor x = tensor({{{-7.0, -5.0}, {-6.0, -8.0}}});
  const Tensor padded = tensor({{{0.0, 0.0, 0.0, 0.0},
                                 {0.0, -7.0, -5.0, 0.0},
                                 {0.0, -6.0, -8.0, 0.0},
                                 {0.0, 0.0, 0.0, 0.0}}});
  Show("padded with zeros, then pooled", max_pool2d(padded, {.kernel = 2}), "[0, 0, 0, 0]");
  Show("max_pool2d with padding 1", max_pool2d(x, {.kernel = 2, .padding = 1}), "[-7, -5, -6, -8]");
  const Tensor dy = ones({1, 1, 1});
  Show("gradient of a window of zeros", max_pool2d_backward(dy, zeros({1, 2, 2}), {.kernel = 2}),
       "[1, 0, 0, 0]");
}
// #endregion max_pool2d

}  // namespace

// What operations give that are computed as their formulas read, beside what Prova gives.
int main() {
  const std::pair<const char*, void (*)()> sections[] = {
      {"add", Add},
      {"cross_entropy", CrossEntropy},
      {"div", Div},
      {"dropout", Dropout},
      {"embedding", Embedding},
      {"exp", Exp},
      {"gelu", Gelu},
      {"layer_norm", LayerNorm},
      {"log", Log},
      {"log_softmax", LogSoftmax},
      {"max", Max},
      {"max_pool2d", MaxPool2d},
      {"mean", Mean},
      {"mul", Mul},
      {"neg", Neg},
      {"relu", Relu},
      {"softmax", Softmax},
      {"sqrt", Sqrt},
      {"sub", Sub},
      {"sum", Sum},
      {"tanh", Tanh},
      {"where", WhereSelects},
  };
  for (const auto& [name, show] : sections) {
    std::printf("== %s\n", name);
    show();
  }
  return failures == 0 ? 0 : 1;
}
