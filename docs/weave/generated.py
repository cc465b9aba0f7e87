"""Pages that no one writes: navigation, cards, catalogue, API reference. From the folders alone."""

import re

from weave import doxygen, findings, python_api, text, tree

FLOATS = ["float16", "bfloat16", "float32", "float64"]
INTEGERS = ["bool", "uint8", "int8", "int16", "int32", "int64"]
ROOMS = {
    "base": "Errors, threads, random numbers, memory",
    "cuda": "GPUs: memory, errors, launches",
    "tensor": "Tensors, shapes, dtypes, views",
    "autograd": "The tape and what it computes",
    "ops": "Operations",
    "nn": "Layers, optimizers, checkpoints",
    "vision": "Images and data sets",
    "gradcheck": "Checking gradients and kernels",
    "bench": "Measuring",
}


def pages(root, catalogue, headers, symbols, package):
    """Name on the site to Markdown, for every generated page and those that gain a list."""
    written = {page.docname: page for page in tree.pages(root)}
    contents = {name: tree.read(root, page) for name, page in written.items()}
    operations = [name for name in tree.operations(root) if f"ops/{name}" in written]
    cards = {op: text.front_matter(contents[f"ops/{op}"])[0].get("card") for op in operations}
    made = {"ops/index": operations_index(operations, cards, symbols),
            "ops/catalogue": catalogue_page(catalogue, written)}
    for card in findings.CARDS:
        made[f"cards/{card}"] = card_page(card, [op for op in operations if cards[op] == card],
                                          contents)
    made["cards/index"] = toctree("# Cards\n\nEach card is one printable page: formula, gradient, "
                                  "call and properties of related operations.\n",
                                  findings.CARDS, depth=1)
    made.update(api_pages(headers, symbols, python_api.pages(root, package)))
    for op in operations:
        ladders = [name for name in (f"{op}-ladder", f"{op}-ladder-cuda")
                   if f"ops/{name}" in written]
        if ladders:
            made[f"ops/{op}"] = toctree(contents[f"ops/{op}"], ladders, hidden=True)
    decisions = sorted(name.split("/")[1] for name, page in written.items()
                       if page.kind == "decision")
    if "decisions/index" in written:
        made["decisions/index"] = toctree(contents["decisions/index"], decisions, hidden=True)
    notebooks = sorted(name.split("/")[1] for name, page in written.items()
                       if page.kind == "notebook")
    if "notebooks/index" in written:
        made["notebooks/index"] = toctree(contents["notebooks/index"], notebooks, hidden=True)
    made["index"] = home(contents.get("index", "# Prova\n\nOperations with their proof.\n"),
                         written)
    return made


def toctree(before, names, depth=2, hidden=False, caption=""):
    """`before` and a list of pages below it."""
    options = [f":maxdepth: {depth}"]
    options += [":hidden:"] if hidden else []
    options += [f":caption: {caption}"] if caption else []
    return "\n".join([before, "", "```{toctree}", *options, "", *names, "```", ""])


def home(content, written):
    """The first page, with the navigation of the whole site."""
    learn = [name for name in ("guide/index", "notebooks/index") if name in written]
    if learn:
        content = toctree(content, learn, hidden=True, caption="Learn")
    content = toctree(content, ["ops/index", "ops/catalogue", "cards/index"], hidden=True,
                      caption="Operations")
    content = toctree(content, [name for name in ("api/index", "numerics", "errors", "kernels")
                                if name == "api/index" or name in written],
                      hidden=True, caption="Reference")
    placed = {"index", "numerics", "errors", "kernels", "guide/index", "notebooks/index",
              "decisions/index"}
    other = [name for name, page in sorted(written.items())
             if page.kind == "other" and name not in placed]
    last = other + ["decisions/index"] * ("decisions/index" in written)
    return toctree(content, last, hidden=True, caption="The project") if last else content


def operations_index(operations, cards, symbols):
    """Every operation with the first sentence of its contract, in the groups of the cards."""
    briefs = {symbol.name: doxygen.brief(symbol) for symbol in reversed(symbols)}
    lines = ["# Operations", "",
             f"{len(operations)} operations, each a chapter: what it computes, why it is computed "
             "so, its gradient derived, its kernels, its proofs, its speed. "
             "The [catalogue](catalogue.md) says what each of them has."]
    for card in findings.CARDS:
        mine = [op for op in operations if cards[op] == card]
        if mine:
            lines += ["", f"## {card.capitalize()}", ""]
            lines += [f"- [{op}]({op}.md): " + re.sub(r"([*_<$\[\]`\\])", r"\\\1",
                                                    briefs.get(f"prova::{op}", ""))
                      for op in mine]
            lines = [toctree("\n".join(lines), mine, depth=1, hidden=True)]
    rest = [op for op in operations if cards[op] not in findings.CARDS]
    return toctree("\n".join(lines), rest, hidden=True) if rest else "\n".join(lines)


def catalogue_page(rows, written):
    """Operation by dtype, kernel and proof; from what the modules say of themselves."""
    head = ["operation", *FLOATS, "integers", "reference", "SIMD", "CUDA", "gradient",
            "derivatives checked", "definition"]
    middle = len(FLOATS) + 4
    lines = ["---", "hide-toc: true", "---", "# Catalogue", "",
             "What each operation has: the dtypes that it takes (○: some of the integers), its "
             "kernels, the function of its gradient, and by how many cases its first and second "
             "derivatives are checked. A fused operation is defined by a composition of others, a "
             "leaf by its loop.", "", "::::{container} weave-wide", "",
             "| " + " | ".join(head) + " |",
             "|---" + "|:---:" * middle + "|---" * (len(head) - middle - 1) + "|"]
    for row in rows:
        op, dtypes = row["op"], row["dtypes"].split(", ")
        integers = sum(dtype in dtypes for dtype in INTEGERS)
        ladder = f", [ladder]({op}-ladder.md)" if f"ops/{op}-ladder" in written else ""
        cells = [(f"[{op}]({op}.md)" if f"ops/{op}" in written else op) + ladder,
                 *("●" if dtype in dtypes else "" for dtype in FLOATS),
                 "●" if integers == len(INTEGERS) else "○" if integers else "",
                 *("●" if row[column] else "" for column in ("reference", "simd", "cuda")),
                 f"`{row['vjp']}`" if row["vjp"] else "",
                 row["second_order"].removesuffix(" cases"),
                 f"`{row['definition']}`" if row["definition"] != "loop" else "its loop"]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join([*lines, "", "::::", ""])


def card_page(card, operations, contents):
    """Formula, gradient, call and properties of the operations of one card."""
    lines = ["---", "hide-toc: true", "---", f"# {card.capitalize()}", ""]
    for op in operations:
        lines += [f"## [{op}](../ops/{op}.md)", "", "::::{container} weave-card", "",
                  *formulas(contents[f"ops/{op}"]), "```{signature} " + op, "```", "",
                  f"```{{properties}} {op}", ":plain:", "```", "", "::::", ""]
    if not operations:
        lines += ["No operation is on this card yet.", ""]
    return "\n".join(lines)


def formulas(content):
    """The formulas of an operation and of its gradient, from its page, as Markdown."""
    lines = []
    for part, title in (("formula", "What it computes"), ("gradient", "The gradient, derived")):
        lines += [f":::{{container}} weave-{part}", ""]
        for tex in findings.card_formulas(content, title):
            lines += ["$$", tex, "$$", ""]
        lines += [":::", ""]
    return lines


def api_pages(headers, symbols, python):
    """One page a room, every name of its public headers in their order; and Python's."""
    made, names = {}, []
    for room in doxygen.ROOMS:
        lines = [f"# {room}/", "", f"{ROOMS[room]}.", ""]
        for header in (header for header in headers if header.parts[0] == room):
            mine = [symbol for symbol in symbols if symbol.header == str(header)]
            if mine:
                lines += [f"## {header}", ""]
                lines += [line for symbol in mine for line in doxygen.entry(symbol)]
        if len(lines) > 4:
            made[f"api/{room}"] = "\n".join(lines)
            names.append(room)
    lines = ["# API", "", "## Python", "", "The package `prova`, module by module."]
    lines = [toctree("\n".join(lines), [name.split("/")[1] for name in python], depth=1)]
    lines += ["## C++", "", "Every public header, room by room."]
    made["api/index"] = toctree("\n".join(lines), names, depth=2)
    return {**python, **made}
