#pragma once

#include "base/philox.h"
#include "tensor/tensor.h"

namespace prova {

/// Images [n, 1, height, width] as another hand might have placed them, each by its own draw: moved
/// by up to 8 % of each side, turned by up to 8 degrees, zoomed by up to 8 % along each axis.
/// Bilinear; what comes in is empty paper (0). Two blocks of the generator an image.
/// Errors: kShape for another rank or more channels; kDType unless float32.
Tensor warp_randomly(const Tensor& images, Rng& rng);

}  // namespace prova
