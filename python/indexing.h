#pragma once

#include "python/arguments.h"

namespace prova::python {

/// x[key] for integers, slices, None and Ellipsis: a view, followed by the tape. Errors: kIndex for
/// an integer out of range or more indices than axes, kDType for other keys, kValue for step 0.
Tensor GetItem(const Tensor& x, const nb::object& key);

/// x[key] = value: overwrites elements in place. Errors: kGradient where the tape would not notice;
/// others as above and as `assign`.
void SetItem(const Tensor& x, const nb::object& key, const nb::object& value);

}  // namespace prova::python
