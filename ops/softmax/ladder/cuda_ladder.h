#pragma once

#include "ops/softmax/ladder/ladder.h"

namespace prova::cuda::ladder {

// The same rows on a GPU: x and y are memory of the device.
void ThreadARow(const float* x, float* y, int64_t rows, int64_t cols);
void BlockARow(const float* x, float* y, int64_t rows, int64_t cols);
void Shuffles(const float* x, float* y, int64_t rows, int64_t cols);
void Online(const float* x, float* y, int64_t rows, int64_t cols);
void Registers(const float* x, float* y, int64_t rows, int64_t cols);
void Packs(const float* x, float* y, int64_t rows, int64_t cols);
void Shipped(const float* x, float* y, int64_t rows, int64_t cols);

inline constexpr prova::ladder::Step kSteps[] = {
    {"1_thread_a_row", ThreadARow}, {"2_block_a_row", BlockARow}, {"3_shuffles", Shuffles},
    {"4_online", Online},           {"5_registers", Registers},   {"6_packs", Packs},
    {"7_shipped", Shipped},
};

/// Where a block has a row.
inline constexpr int kThreads = 256;

}  // namespace prova::cuda::ladder
