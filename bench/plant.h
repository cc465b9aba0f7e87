#pragma once

#include <functional>
#include <string>

namespace prova {

/// A slowdown on purpose, to show that the gate sees it: with the environment variable
/// `PROVA_BENCH_PLANT=matmul/:1.3` the vector kernels of every row whose name begins with `matmul/`
/// take 1.3 times as long: three of ten runs are done twice, or, where a run takes 10 µs or more,
/// each waits at its end. Other rows, reference kernels (which are yardsticks) and all of them
/// without the variable get their own function back. Only benchmark programs know it.
std::function<void()> Planted(const std::string& row, std::function<void()> run);

}  // namespace prova
