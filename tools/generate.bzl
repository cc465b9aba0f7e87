"""Sources that Bazel writes from the list of operations, so that no list is kept by hand twice."""

def _generated_source_impl(ctx):
    ctx.actions.write(ctx.outputs.out, ctx.attr.content)
    return [DefaultInfo(files = depset([ctx.outputs.out]))]

generated_source = rule(
    implementation = _generated_source_impl,
    doc = "Writes `content` to the file `out` of this package.",
    attrs = {
        "content": attr.string(mandatory = True),
        "out": attr.output(mandatory = True),
    },
)

def declare_cases(op):
    """The declaration of the function that NAME_cases.cc defines."""
    return "\n".join([
        "namespace prova {",
        "struct OpSpec;",
        "namespace cases {",
        "OpSpec {}();".format(op),
        "}",
        "}",
        "",
    ])

def umbrella_header(name, ops, **kwargs):
    """Generates ops.h, which includes the header of every operation.

    Args:
      name: the target that stands for the file.
      ops: names of the operations.
      **kwargs: passed to the rule (visibility, …).
    """
    includes = ['#include "ops/{0}/{0}.h"  // IWYU pragma: export'.format(op) for op in ops]
    generated_source(
        name = name,
        out = "ops.h",
        content = "\n".join(["// Every operation.", "#pragma once", ""] + includes + [""]),
        **kwargs
    )

def catalogue_sources(name, ops, **kwargs):
    """Generates all_specs.cc, which defines prova::AllSpecs() over the cases of every operation.

    Args:
      name: the target that stands for the file.
      ops: names of the operations.
      **kwargs: passed to the rule (visibility, …).
    """
    lines = ["#include <vector>", "", '#include "gradcheck/spec.h"', ""]
    lines += [declare_cases(op) for op in ops]
    lines += [
        "namespace prova {",
        "const std::vector<NamedSpec>& AllSpecs() {",
        "  static const std::vector<NamedSpec> specs = {",
    ]
    lines += ['      {{"{0}", cases::{0}}},'.format(op) for op in ops]
    lines += ["  };", "  return specs;", "}", "}  // namespace prova", ""]
    generated_source(
        name = name,
        out = "all_specs.cc",
        content = "\n".join(lines),
        **kwargs
    )

def gpu_bench_sources(name, ops, **kwargs):
    """Generates all_gpu_benches.cc, which defines prova::AllDeviceSuites() over every operation.

    Args:
      name: the target that stands for the file.
      ops: names of the operations.
      **kwargs: passed to the rule (visibility, …).
    """
    lines = ['#include "bench/gpu/device_runner.h"', "", "namespace prova::gpu_bench {"]

    # Null where the module has no such file.
    lines += ["[[gnu::weak]] GpuBench {}();".format(op) for op in ops]
    lines += ["}", ""] + [declare_cases(op) for op in ops]
    lines += [
        "namespace prova {",
        "std::vector<DeviceSuite> AllDeviceSuites() {",
        "  std::vector<DeviceSuite> suites;",
        "  const auto add = [&](OpSpec (*cases)(), GpuBench (*bench)()) {",
        "    suites.push_back(SuiteOf(cases(), bench == nullptr ? GpuBench() : bench()));",
        "  };",
    ]
    lines += ["  add(cases::{0}, gpu_bench::{0});".format(op) for op in ops]
    lines += ["  return suites;", "}", "}  // namespace prova", ""]
    generated_source(
        name = name,
        out = "all_gpu_benches.cc",
        content = "\n".join(lines),
        testonly = True,
        **kwargs
    )

def python_operations(name, ops, **kwargs):
    """Generates all_operations.cc, which defines every operation's Python functions.

    Args:
      name: the target that stands for the file.
      ops: names of the operations.
      **kwargs: passed to the rule (visibility, …).
    """
    lines = ['#include "python/all_operations.h"', "", "namespace prova::bindings {"]
    lines += ["void {}(python::Operation& op);".format(op) for op in ops]
    lines += [
        "}  // namespace prova::bindings",
        "",
        "namespace prova::python {",
        "void DefineAllOperations(nb::module_& module, nb::class_<Tensor>& tensor) {",
        "  const auto define = [&](const char* name, void (*bind)(Operation&)) {",
        "    Operation op(module, tensor, name);",
        "    bind(op);",
        "  };",
    ]
    lines += ['  define("{0}", bindings::{0});'.format(op) for op in ops]
    lines += ["}", "}  // namespace prova::python", ""]
    generated_source(
        name = name,
        out = "all_operations.cc",
        content = "\n".join(lines),
        **kwargs
    )
