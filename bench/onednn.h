#pragma once

#include <utility>
#include <vector>

#include <oneapi/dnnl/dnnl.hpp>

#include "bench/peers.h"

namespace prova::onednn {

dnnl::engine& Engine();
dnnl::stream& Stream();

/// How a primitive sees a tensor: in the user's layout as it lies, or in a layout of the library's
/// own choice, to and from which each call reorders. Offer both; the faster one counts.
enum class Layout { kPlain, kAny };
inline constexpr Layout kLayouts[] = {Layout::kPlain, Layout::kAny};

/// The descriptor of a tensor of floats, doubles, … for building a primitive; axes keep their order
/// and strides.
dnnl::memory::desc Describe(const Tensor& tensor, Layout layout = Layout::kPlain);
/// The same tensor under another shape of equal size: `{out, in, 1, 1}` for a matrix, `{1, n}` for
/// a bias. Contiguous tensors only.
dnnl::memory::desc Describe(const Tensor& tensor, const Shape& shape,
                            Layout layout = Layout::kPlain);

/// Tensors by their place in a primitive: {{DNNL_ARG_SRC, x}, {DNNL_ARG_WEIGHTS, weight}}. One that
/// is undefined (a workspace, statistics that nobody reads) gets memory of its own.
using Arguments = std::vector<std::pair<int, Tensor>>;

/// A peer that runs a primitive on tensors in user layouts. Where the primitive wants another
/// layout, each run reorders the inputs before and the outputs after, and pays for it.
/// `y` is the output that the runner compares.
Peer MakePeer(const dnnl::primitive_desc_base& description, const dnnl::primitive& primitive,
              const Arguments& inputs, const Arguments& outputs, const Tensor& y, Layout layout);

/// Adds `make(layout)` for both layouts, without those that the library does not implement.
void AddLayouts(std::vector<Peer>& peers, const std::function<Peer(Layout layout)>& make);

}  // namespace prova::onednn
