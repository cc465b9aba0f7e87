#include "nn/conv2d.h"

#include "autograd/tape.h"
#include "nn/check.h"
#include "tensor/create.h"

namespace prova {
namespace {

void RequireBothAtLeast(const char* option, const Size2d& value, int64_t least) {
  const std::string name = option;
  internal::RequireAtLeast("Conv2d", (name + ".height").c_str(), value.height, least);
  internal::RequireAtLeast("Conv2d", (name + ".width").c_str(), value.width, least);
}

}  // namespace

Conv2d::Conv2d(const Options& o, Rng& rng)
    : options{
          .stride = o.stride, .padding = o.padding, .dilation = o.dilation, .groups = o.groups} {
  internal::RequireAtLeast("Conv2d", "in", o.in, 1);
  internal::RequireAtLeast("Conv2d", "out", o.out, 1);
  RequireBothAtLeast("kernel", o.kernel, 1);
  RequireBothAtLeast("stride", o.stride, 1);
  RequireBothAtLeast("padding", o.padding, 0);
  RequireBothAtLeast("dilation", o.dilation, 1);
  internal::RequireAtLeast("Conv2d", "groups", o.groups, 1);
  internal::RequireValue(o.in % o.groups == 0 && o.out % o.groups == 0, "Conv2d",
                         Cat("groups ", o.groups, " for in ", o.in, " and out ", o.out),
                         "groups that divide both");
  const Shape shape = {o.out, o.in / o.groups, o.kernel.height, o.kernel.width};
  weight = parameter(o.initializer(shape, rng, o.dtype));
  if (o.bias) bias = parameter(zeros({o.out}, {.dtype = o.dtype}));
}

Tensor Conv2d::operator()(const Tensor& x) const { return conv2d(x, weight, bias, options); }

}  // namespace prova
