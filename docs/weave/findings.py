"""What is wrong with the pages of a tree, as far as their text shows: no build is needed."""

import dataclasses
import re

from weave import cells, regions, text, tree

OPERATION_HEADINGS = [
    "What it computes",
    "The definition",
    "Why it is written this way",
    "The reference kernel",
    "The gradient, derived",
    "The CPU kernel",
    "The CUDA kernel",
    "How we know",
    "Measurements",
    "Limits and references",
]
DECISION_HEADINGS = ["Context", "Decision", "Alternatives", "Consequences",
                     "What would change our mind"]
CARDS = ["activations", "arithmetic", "matrix", "reductions", "losses"]
PULLING = {"region", "example"}
TYPED = {"text", "md", "sh"}


@dataclasses.dataclass(frozen=True)
class Finding:
    path: str
    line: int
    rule: str
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: [{self.rule}] {self.message}"


def of_tree(root):
    """Every finding, page by page; then the regions that no page pulls."""
    used = set()
    for page in tree.pages(root):
        try:
            content = tree.read(root, page)
        except cells.Malformed as problem:
            yield Finding(str(page.path), 1, "notebook", str(problem))
            continue
        used |= {pull[:2] for pull in pulls(root, page, content) if pull[0]}
        yield from of_page(root, page, content)
    yield from of_regions(root, used)


def of_page(root, page, content):
    """The findings of one page."""
    for line, rule, message in [
            *heading_findings(page, content), *block_findings(content),
            *formula_findings(content), *card_findings(page, content),
            *region_findings(root, page, content), *command_findings(root, content)]:
        yield Finding(str(page.path), line, rule, message)


def heading_findings(page, content):
    found = text.headings(content)
    titles = [heading for heading in found if heading.level == 1]
    if len(titles) != 1:
        yield 1, "title", f"{len(titles)} titles (#); need one"
    required = {"operation": OPERATION_HEADINGS, "decision": DECISION_HEADINGS}.get(page.kind, [])
    second = [heading.title for heading in found if heading.level == 2]
    yield from ((1, "heading", f"heading missing: ## {title}")
                for title in required if title not in second)
    if page.kind == "operation":
        for heading in found:
            if heading.level == 2 and heading.title not in required:
                yield heading.line, "heading", f"not among the ten of a page: ## {heading.title}"
    known = [title for title in second if title in required]
    if sorted(known) == sorted(required) and known != required:
        yield 1, "heading", "headings are not in their order: " + " · ".join(known)
    for heading in found:
        if heading.empty:
            yield heading.line, "heading", f"nothing stands under: {heading.title}"


def block_findings(content):
    for block in text.split(content)[1]:
        if not block.closed:
            yield block.line, "block", f"never closed: {block.info or 'a block'}"
        elif not block.info.startswith("{") and block.info not in TYPED:
            what = f"a block of {block.info}" if block.info else "a block of no language"
            yield block.line, "block", (f"{what}; need a region of a file that is compiled, or "
                                        "one of " + ", ".join(sorted(TYPED)))


def formula_findings(content):
    for formula in text.formulas(content):
        for message in unbalanced(formula):
            shown = " ".join(formula.tex.split())
            shown = shown if len(shown) < 50 else shown[:47] + "…"
            yield formula.line, "formula", f"{message}: {shown}"


def unbalanced(formula):
    """What a formula opens and does not close."""
    if not formula.closed:
        yield "$$ is never closed"
        return
    tex = re.sub(r"(?<!\\)%.*", "", formula.tex)
    tex = tex.replace("\\\\", "  ")
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", tex):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            break
    if depth:
        yield "a brace is not closed" if depth > 0 else "a brace is closed that was not opened"
    stack = []
    for what, name in re.findall(r"\\(begin|end)\s*\{([^}]*)\}", tex):
        if what == "begin":
            stack.append(name)
        elif not stack or stack.pop() != name:
            yield f"\\end{{{name}}} closes nothing"
    yield from (f"\\begin{{{name}}} is not closed" for name in stack)
    left, right = len(re.findall(r"\\left\b", tex)), len(re.findall(r"\\right\b", tex))
    if left != right:
        yield f"{left} \\left and {right} \\right"


def card_findings(page, content):
    if page.kind != "operation":
        return
    card = text.front_matter(content)[0].get("card")
    if card not in CARDS:
        yield 1, "card", f"front matter names no card; need card: one of {', '.join(CARDS)}"
    for title in ("What it computes", "The gradient, derived"):
        if not card_formulas(content, title):
            yield 1, "card", f"no formula for the card under {title}"


def card_formulas(content, title):
    """The formulas of one section that the card shows: the next one after each <!-- card -->;
    under "What it computes" without such a mark the first display formula."""
    found = [heading for heading in text.headings(content) if heading.level <= 2]
    ends = [heading.line for heading in found[1:]] + [len(content.splitlines()) + 1]
    begin, end = next(((heading.line, end) for heading, end in zip(found, ends)
                       if heading.title == title), (0, 0))
    here = [formula for formula in text.formulas(content) if begin < formula.line < end]
    marks = [(number, mark.start()) for number, line in enumerate(content.splitlines(), 1)
             for mark in re.finditer("<!-- card -->", line) if begin < number < end]
    picked = [next((formula for formula in here if (formula.line, formula.column) > mark), None)
              for mark in marks]
    if not marks and title == "What it computes":
        picked = [next((formula for formula in here if formula.display), None)]
    return [formula.tex.strip() for formula in picked if formula]


def pulls(root, page, content):
    """(path or None, region, line, what was written) for each region that a page pulls."""
    for block in text.split(content)[1]:
        directive, argument = block.directive
        if directive in PULLING:
            name, _, region = argument.partition("#")
            yield tree.resolve(root, page.path, name), region, block.line, argument


def region_findings(root, page, content):
    for path, region, line, argument in pulls(root, page, content):
        if path is None:
            yield line, "region", f"{argument}: no such file"
            continue
        try:
            regions.take((root / path).read_text(encoding="utf-8"), region)
        except regions.Missing as problem:
            yield line, "region", f"{argument}: {problem}"


def of_regions(root, used):
    """Regions that are not marked well, and those that no page pulls."""
    for path in tree.sources(root):
        content = (root / path).read_text(encoding="utf-8", errors="replace")
        if "#region" not in content:
            continue
        marked, problems = regions.parse(content)
        for line, message in problems:
            yield Finding(str(path), line, "region", message)
        for name, region in marked.items():
            if (path, name) not in used:
                yield Finding(str(path), region.first - 1, "region", f"no page pulls {name}")


DEV_COMMAND = re.compile(r"^  (\w+) ", re.MULTILINE)
LABEL = re.compile(r"(?<![\w/])//([\w/.-]*)(?::([\w.-]+))?")


def command_findings(root, content):
    """Commands of `sh` blocks that name what does not exist."""
    dev = root / "dev"
    known = set(DEV_COMMAND.findall(dev.read_text(encoding="utf-8"))) if dev.is_file() else set()
    for block in text.split(content)[1]:
        if block.info != "sh":
            continue
        for number, line in enumerate(block.body, block.line + 1):
            command = line.partition("#")[0].strip()
            for sub in re.findall(r"\./dev (\w+)", command):
                if sub not in known:
                    yield number, "command", f"./dev {sub}: no such command"
            for tool in re.findall(r"(?<![\w/.-])(tools/[\w/.-]+)", command):
                if not (root / tool).is_file():
                    yield number, "command", f"{tool}: no such file"
            for package, target in LABEL.findall(command):
                yield from ((number, "command", message)
                            for message in label_problems(root, package, target))


def label_problems(root, package, target):
    """What is wrong with the Bazel label //package:target."""
    folder = package.removesuffix("...").rstrip("/")
    if not (root / folder).is_dir():
        yield f"//{package}: no such folder"
    elif not package.endswith("..."):
        build = root / folder / "BUILD"
        if not build.is_file():
            yield f"//{package}: no BUILD file"
        elif target and target != "all" and f'"{target}"' not in build.read_text(encoding="utf-8"):
            name = folder.split("/")[-1]
            made = {name, f"{name}_test", f"{name}_bench", "conformance_test", "cases", "page"}
            if (root / folder / f"{name}_ulps.cc").is_file():
                made.add("ulp_sweep")
            if "op_module(" not in build.read_text(encoding="utf-8") or target not in made:
                yield f"//{package}:{target}: no such target"
