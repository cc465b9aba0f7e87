// Everyday use of tensors, in parts that the guide shows one by one.
#include <cmath>
#include <iostream>
#include <limits>
#include <vector>

#include "autograd/movement.h"
#include "examples/parts.h"
#include "ops/ops.h"
#include "tensor/create.h"
#include "tensor/strided.h"

using namespace prova;
using prova::examples::PrintError;
using prova::examples::Require;

namespace {

// #region describe
void Describe(const char* name, const Tensor& x) {
  std::cout << name << ": shape " << x.shape() << ", strides " << x.strides() << ", offset "
            << x.offset() << "\n";
}
// #endregion describe

void Create() {
  // #region create
  const Tensor whole = tensor({{1, 2, 3}, {4, 5, 6}});   // int64
  const Tensor real = tensor({{0.5, 0.25}, {1.5, -1}});  // float32
  const Tensor wide = tensor({0.1, 0.2}, DType::kFloat64);
  const Tensor grid = full({2, 3}, 7, {.dtype = DType::kInt32});
  const Tensor copied = from_vector(std::vector<float>{1, 2, 3, 4}, {2, 2});
  std::cout << whole << "\n" << real << "\n" << wide << "\n" << grid << "\n" << copied << "\n";
  // #endregion create
  Require(whole.dtype() == DType::kInt64 && real.dtype() == DType::kFloat32, "these dtypes");
}

void Ask() {
  // #region ask
  const Tensor x = zeros({2, 3, 4});
  std::cout << x.dtype() << x.shape() << " on " << x.device() << ": " << x.rank() << " axes, "
            << x.numel() << " elements, " << x.size(-1) << " along the last axis\n";
  // #endregion ask
}

void Values() {
  // #region values
  const Tensor x = tensor({{1.5, 2}, {3, 4}});
  const double total = sum(x).item();
  const std::vector<float> values = transpose(x, 0, 1).to_vector<float>();
  const float* first = x.data<float>();
  std::cout << total << "; " << values[1] << "; " << first[1] << "\n";
  // #endregion values
  Require(total == 10.5 && values[1] == 3 && first[1] == 2, "these numbers");
}

void Print() {
  // #region print
  std::cout << tensor(2.5) << "\n\n"
            << tensor({1e-9, 1.0, 250.0}) << "\n\n"
            << tensor({0.1}, DType::kBFloat16) << "\n\n"
            << zeros({0, 3}) << "\n\n"
            << reshape(arange(3000), {1000, 3}) << "\n";
  // #endregion print
}

void Views() {
  // #region views
  const Tensor x = reshape(arange(12), {3, 4});
  const Tensor row = slice(x, 0, {.start = 1, .stop = 2});
  const Tensor odd = slice(x, 1, {.start = 1, .step = 2});
  const Tensor back = slice(x, 1, {.step = -1});
  const Tensor turned = transpose(x, 0, 1);
  Describe("x", x);
  Describe("row", row);
  Describe("odd", odd);
  Describe("back", back);
  Describe("turned", turned);
  std::cout << back << "\n";
  // #endregion views
  for (const Tensor& view : {row, odd, back, turned}) {
    Require(view.storage() == x.storage(), "one storage");
  }
}

void Copies() {
  // #region copies
  const Tensor x = reshape(arange(12), {3, 4});
  const Tensor flat = reshape(x, {12});
  const Tensor turned = transpose(x, 0, 1);
  const Tensor packed = contiguous(turned);
  const Tensor joined = reshape(turned, {12});
  auto same = [&](const Tensor& y) { return y.storage() == x.storage() ? "a view" : "a copy"; };
  std::cout << "flat: " << same(flat) << ", turned: " << same(turned)
            << ", packed: " << same(packed) << ", joined: " << same(joined) << "\n";
  Describe("packed", packed);
  // #endregion copies
  Require(flat.storage() == x.storage() && joined.storage() != x.storage(), "views and copies");
}

void Immutable() {
  // #region immutable
  const Tensor x = tensor({1, 2, 3});
  const Tensor same = x;
  const Tensor tail = slice(x, 0, {.start = 1});
  const Tensor kept = Copy(x);
  assign(x, tensor({7, 8, 9}));
  std::cout << same << " " << tail << " " << kept << "\n";
  // #endregion immutable
  Require(same.to_vector<int>()[0] == 7 && kept.to_vector<int>()[0] == 1, "shared and copied");
}

void Broadcast() {
  // #region broadcast
  const Tensor column = tensor({{0}, {10}, {20}});
  const Tensor row = tensor({1, 2, 3, 4});
  const Tensor table = column + row;
  std::cout << column.shape() << " + " << row.shape() << " -> " << table.shape() << "\n"
            << table << "\n";
  Describe("row, expanded", expand(row, {3, 4}));
  // #endregion broadcast
  Require(table.to_vector<int>()[7] == 14, "sums");
}

void Reduce() {
  // #region reduce
  const Tensor x = tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, 9.0}});
  const Tensor centred = x - mean(x, {1}, {.keepdims = true});
  std::cout << sum(x) << "; " << sum(x, {0}) << "; " << max(x, {-1}) << "\n" << centred << "\n";
  // #endregion reduce
  Require(sum(centred).item() == 0, "rows centred");
}

void Promote() {
  // #region promote
  const Tensor bytes = tensor({200, 100}, DType::kUInt8);
  const Tensor small = tensor({1, 2}, DType::kInt8);
  const Tensor half = tensor({0.5, 0.25}, DType::kFloat16);
  const Tensor brain = tensor({0.5, 0.25}, DType::kBFloat16);
  std::cout << "uint8 + int8: " << (bytes + small).dtype() << "\n"
            << "uint8 + float16: " << (bytes + half).dtype() << "\n"
            << "float16 + bfloat16: " << (half + brain).dtype() << "\n"
            << "uint8 / uint8: " << (bytes / bytes).dtype() << "\n"
            << "float16 * 2.5: " << (half * 2.5).dtype() << "\n"
            << "uint8 * 2: " << (bytes * 2) << "\n"
            << "uint8 * 2.5: " << (bytes * 2.5) << "\n";
  // #endregion promote
}

void Table() {
  // #region table
  for (const DType a : kAllDTypes) {
    for (const DType b : kAllDTypes) {
      std::cout << (b == DType::kBool ? "" : " ") << promote_types(a, b);
    }
    std::cout << "\n";
  }
  // #endregion table
}

void Casts() {
  // #region casts
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Tensor x = tensor({-1.9, 0.0, 3.7, 300.0, nan});
  std::cout << cast(x, DType::kUInt8) << "\n"
            << cast(x, DType::kBool) << "\n"
            << cast(tensor({300, -1}), DType::kUInt8) << "\n"
            << cast(tensor({16777217}), DType::kFloat32) << "\n";
  // #endregion casts
}

void Small() {
  // #region small
  const Tensor number = tensor(3);
  const Tensor nothing = zeros({0, 4});
  std::cout << number.shape() << " has " << number.numel() << " element, " << nothing.shape()
            << " has " << nothing.numel() << "\n"
            << sum(nothing) << "; " << sum(nothing, {0}) << "; " << mean(nothing) << "\n";
  // #endregion small
}

void Random() {
  // #region random
  Rng rng(7);
  const Tensor uniform = rand({3}, rng);
  const Tensor normal = randn({100, 100}, rng);
  const Tensor dice = randint(1, 7, {6}, rng);
  Rng again(7);
  const Tensor repeated = rand({3}, again);
  std::cout << uniform << "\n" << repeated << "\n" << dice << "\n" << randperm(6, rng) << "\n";
  // #endregion random
  Require(uniform.to_vector<float>() == repeated.to_vector<float>(), "one seed, one sequence");
  Require(std::abs(mean(normal).item()) < 0.05, "a mean near 0");
}

void Errors() {
  // #region errors
  const Tensor x = zeros({2, 3});
  PrintError([&] { return x + zeros({2, 4}); });
  PrintError([&] { return reshape(x, {4, -1}); });
  PrintError([&] { return sum(x, {2}); });
  PrintError([&] { return x.item(); });
  PrintError([&] { return x.data<double>(); });
  PrintError([&] { return tensor({true, false}) + tensor({true, true}); });
  PrintError([&] { return tensor({{1, 2}, {3}}); });
  PrintError([&] { return Tensor().shape(); });
  PrintError([&] { assign(expand(tensor({1}), {3}), tensor({1, 2, 3})); });
  // #endregion errors
}

}  // namespace

int main() {
  return examples::RunParts({{"create", Create},
                             {"ask", Ask},
                             {"values", Values},
                             {"print", Print},
                             {"views", Views},
                             {"copies", Copies},
                             {"immutable", Immutable},
                             {"broadcast", Broadcast},
                             {"reduce", Reduce},
                             {"promote", Promote},
                             {"table", Table},
                             {"casts", Casts},
                             {"small", Small},
                             {"random", Random},
                             {"errors", Errors}});
}
