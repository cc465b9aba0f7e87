"""What Python programs write for the site: notebooks that are run, the package described."""

def _python_output_impl(ctx):
    ctx.actions.run(
        executable = ctx.executable.program,
        arguments = [file.path for file in ctx.files.srcs] + [ctx.outputs.out.path],
        inputs = ctx.files.srcs + ctx.files.data,
        outputs = [ctx.outputs.out],
        mnemonic = "PythonOutput",
        use_default_shell_env = True,
        execution_requirements = {"block-network": ""},
    )
    return [DefaultInfo(files = depset([ctx.outputs.out]))]

python_output = rule(
    implementation = _python_output_impl,
    doc = """Runs `program SRCS OUT` without a network. The program is no tool: it runs with the
options that everything else is built with.""",
    attrs = {
        "data": attr.label_list(allow_files = True, doc = "Files that the program reads."),
        "out": attr.output(mandatory = True),
        "program": attr.label(executable = True, cfg = "target", mandatory = True),
        "srcs": attr.label_list(allow_files = True),
    },
)
