"""Files that a page quotes whole: ```c++ file=examples/first_steps/first_steps.cc"""

import re

BLOCK = re.compile(r"^```[\w+-]* file=(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def findings(root, text):
    """(line, rule, message) for each quotation of a page that is not its file to the letter."""
    for block in BLOCK.finditer(text):
        line = text.count("\n", 0, block.start()) + 1
        source = root / block.group(1)
        if not source.is_file():
            yield line, "quote", f"{block.group(1)}: no such file"
        elif source.read_text(encoding="utf-8") != block.group(2):
            yield line, "quote", f"differs from {block.group(1)}"
