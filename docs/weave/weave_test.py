"""Each way in which a page can be wrong, planted in a small tree, is caught."""

import json
import re

import pytest

from weave import (build, doxygen, findings, plots, properties, python_api, records, regions, text,
                   tree)

PAGE = """---
card: arithmetic
---
# add

{sections}
"""
SECTIONS = {
    "What it computes": "$$y = a + b$$",
    "The definition": "```{region} add.cc#loop\n```",
    "Why it is written this way": "See [the decision](../../ADRs/0001-first.md#context).",
    "The reference kernel": "{api}`add` adds, and [the header](add.h) says so.",
    "The gradient, derived": "<!-- card -->\n$$da = dy$$",
    "The CPU kernel": "```{contract} add\n```",
    "The CUDA kernel": "None yet.",
    "How we know": "```{properties} add\n```",
    "Measurements": "It is {result}`add/x_64 vs_onednn` as fast.\n\n```{measurements} add\n```",
    "Limits and references": "$\\frac{1}{2}$ is exact.",
}
HEADER = """#pragma once
namespace prova {
/// The sum of two numbers.
int add(int a, int b);
/// The sum of three, of four.
int add(int a, int b, int c);
int add(int a, int b, int c, int d);
}  // namespace prova
"""
SOURCE = "// #region loop\nint add(int a, int b) { return a + b; }\n// #endregion loop\n"
TEST = 'TEST(Add, Commutes) {\n  ForAll("a + b = b + a " "for \\"all\\"", [] {});\n}\n'
DECISION = "# 0001: First\n\n" + "".join(f"## {title}\n\ntext\n\n"
                                           for title in findings.DECISION_HEADINGS)
GUIDE = "# Guide\n\n```{toctree}\nhello\n```\n"
HELLO = "# Hello\n\n```{example} examples/hello/hello.cc#main\n```\n"
CATALOGUE = [{"op": "add", "definition": "loop", "reference": "float32", "simd": "float32",
              "cuda": "", "vjp": "", "second_order": "1 cases", "bench": "x_64",
              "dtypes": "float32, float64"}]


PYTHON = [{"name": "prova", "doc": "A package.", "entries": [
    {"name": "plus", "kind": "function", "calls": ["plus(x1: Tensor, x2: Tensor) -> Tensor"],
     "doc": "The sum of *two* numbers.\n\n    y = a + b"},
    {"name": "Tensor", "kind": "class", "calls": ["Tensor"], "doc": "An array.", "bases": [],
     "members": [{"name": "item", "kind": "method", "calls": ["item() -> float"], "doc": "One."},
                 {"name": "size", "kind": "property", "calls": ["size"], "type": "int",
                  "doc": ""}]},
    {"name": "pi", "kind": "value", "calls": ["pi"], "doc": "", "value": "3.14"}]},
    {"name": "prova.nn", "doc": "Layers.", "entries": [
        {"name": "Linear", "kind": "class", "calls": ["Linear(n: int)"], "doc": "A layer.",
         "bases": ["Module"], "members": []}]}]
BINDING = 'void add(Operation& op) { op.binary("plus", add, "__add__", "__radd__"); }\n'
NOTEBOOK = """# %% [markdown]
# # Numbers
#
# See [the chapter](../ops/add/add.md#what-it-computes).

# %%
print(1 + 1)
"""
SHOWN = [{}, {"text": "two", "value": "2", "figures": [{"svg": "<svg></svg>", "alt": "A line."}]}]


def row(case, seconds, kernel="simd", threads=1):
    return {"case": f"{case}/float32/{kernel}", "op": case.split("/")[0], "dtype": "float32",
            "threads": threads, "kernel": kernel, "median_s": seconds, "p95_s": 2 * seconds,
            "bytes_per_s": 4096 / seconds, "flops_per_s": 1024 / seconds, "peak_bytes": 4096,
            "ceiling": "L1", "ceiling_fraction": 0.5, "best_peer": "eigen",
            "best_peer_ratio": 1.5, "peers": {"onednn": 2 * seconds, "eigen": 3e-6},
            "peer_ratios": {"onednn": 2.0, "eigen": 3e-6 / seconds}}


RECORD = {"environment": {"cpu": "A Processor", "isa": "avx2", "commit": "0123456789abcdef"},
          "cases": [row("add/x_64", 1e-6), row("add/x_64", 4e-6, "reference"),
                    row("add/x_256", 3e-6), row("add/x_1024", 9e-6), row("add/y_8", 1e-6)]}


ACCURACY = [{"op": "add", "dtype": "float32", "kernel": kernel, "case": "x", "error": error,
             "tolerance": 0.5} for kernel, error in (("reference", 0.25), ("simd on AVX2", 0.4))]


def write(root, files):
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)


def page(**changed):
    """The page of add, with sections changed, or left out where they are None."""
    sections = {title: changed.get(title.split()[-1], body) for title, body in SECTIONS.items()}
    return PAGE.replace("{sections}", "\n\n".join(
        f"## {title}\n\n{body}" for title, body in sections.items() if body is not None))


@pytest.fixture(name="root")
def small_tree(tmp_path, monkeypatch):
    """A tree without a fault: one operation, one decision, one guide with its program."""
    monkeypatch.setattr(build, "copy_assets",
                        lambda static: write(static, {"mathjax/MathJax.js": "// not needed here"}))
    root = tmp_path / "tree"
    write(root, {
        "ops/ops.bzl": 'OPS = ["add"]\n', "ops/add/add.md": page(), "ops/add/add.h": HEADER,
        "ops/add/add.cc": SOURCE, "ops/add/add_test.cc": TEST, "ADRs/0001-first.md": DECISION,
        "ADRs/README.md": "# Decisions\n\nOne.\n",
        "docs/index.md": "# Home\n\n[add](../ops/add/add.md)\n",
        "docs/guide/index.md": GUIDE, "docs/guide/hello.md": HELLO,
        "examples/hello/hello.cc": "// #region main\nint main() {}\n// #endregion main\n",
        "examples/hello/hello.out": "hello\n", "runs/examples/hello/hello.run": "hello\n",
        "bench/results/box/full.json": json.dumps(RECORD),
        "ops/add/add_python.cc": BINDING, "notebooks/numbers.py": NOTEBOOK,
        "notebooks/README.md": "# Notebooks\n\n[One](numbers.py).\n",
        "runs/docs/python.json": json.dumps(PYTHON),
        "runs/notebooks/numbers.json": json.dumps(SHOWN),
        "dev": "  docs    the site\n", "runs/docs/catalogue.json": json.dumps(CATALOGUE),
        "runs/docs/accuracy.json": json.dumps({"rows": ACCURACY}),
    })
    return root


def problems(root):
    return build.build(root, root.parent / "out", root / "runs")


def assert_caught(root, *texts):
    found = "\n".join(problems(root))
    for expected in texts:
        assert expected in found, found


def test_a_tree_without_fault_builds(root):
    assert "\n".join(problems(root)) == ""
    html = root.parent / "out/html"
    chapter = (html / "ops/add.html").read_text()
    assert "return</span>" in chapter and "hello" in (html / "guide/hello.html").read_text()
    assert "a + b = b + a for" in chapter and "The sum of three" in chapter
    assert "2.00×" in chapter and "commit 0123456789" in chapter
    assert chapter.count("weave-plot") == 3
    assert "a + b = b + a" in (html / "cards/arithmetic.html").read_text()
    assert "float64" in (html / "ops/catalogue.html").read_text()
    assert "prova.plus(x1" in re.sub("<[^>]*>", "", chapter) and "x1 + x2" in chapter
    assert 'href="../api/python.html#prova.plus"' in chapter
    notebook = (html / "notebooks/numbers.html").read_text()
    assert "two" in notebook and 'aria-label="A line."' in notebook
    package = re.sub("<[^>]*>", "", (html / "api/python.html").read_text())
    assert "The sum of *two* numbers" in package and "y = a + b" in package
    assert "property size: int" in package and "Is a Module" in re.sub(
        "<[^>]*>", "", (html / "api/python-nn.html").read_text())
    assert "api/python.html#prova.plus" in (html / "genindex.html").read_text()
    reference = (html / "api/ops.html").read_text()
    assert "The sum of two numbers" in reference and "addEiiii" in reference
    assert "int add" not in (html / "index.html").read_text()


@pytest.mark.parametrize("path, before, after, message", [
    ("ops/add/add.cc", "region loop", "region turn", "add.cc#loop: region loop is not marked"),
    ("ops/add/add.cc", "int add(int a, int b) { return a + b; }\n", "", "region loop is empty"),
    ("ops/add/add.cc", "// #endregion loop\n", "", "region loop is never closed"),
    ("ops/add/add.cc", "// #region loop", "// #region more\nint x;\n// #endregion more\n"
     "// #region loop", "no page pulls more"),
    ("bench/results/box/full.json", "add/x_64", "add/x_65", "no recorded row is named add/x_64"),
    ("bench/results/box/full.json", '"onednn"', '"other"', "no vs_onednn"),
    ("ops/add/add.md", "(../../ADRs/0001-first.md#context)", "(../../ADRs/0002-none.md)",
     "dead link: ../../ADRs/0002-none.md: no such file"),
    ("ops/add/add.md", "first.md#context", "first.md#contest", "no heading contest"),
    ("examples/hello/hello.out", "hello", "goodbye", "prints something else"),
    ("examples/hello/hello.cc", "#region main", "#region start", "region main"),
    ("ops/add/add.md", "{contract} add", "{contract} sub", "no public header documents sub"),
    ("ops/add/add.md", "{api}`add`", "{api}`subtract`", "target not found: prova::subtract"),
    ("ops/add/add.md", "{properties} add", "{properties} sub", "sub_test.cc: no such file"),
    ("ops/add/add.md", "{measurements} add", "{plot} staircase add", "no case of add is recorded"),
    ("ops/add/add.md", "None yet.", "{unknown}`role`", "Unknown interpreted text role"),
    ("docs/guide/index.md", "hello", "absent", "nonexisting document"),
    ("ops/add/add.md", "$\\frac{1}{2}$", "$\\fraction{1}{2}$", "MathJax knows no \\fraction"),
    ("ops/add/add.md", "{measurements} add", "{gradients} sums", "no card sums"),
])
def test_a_planted_fault_fails_the_build(root, path, before, after, message):
    content = (root / path).read_text()
    assert before in content
    (root / path).write_text(content.replace(before, after))
    assert_caught(root, message)


def test_a_fault_is_told_again_until_it_is_mended(root):
    (root / "docs/guide/hello.md").write_text("# Hello\n\n[nowhere](nowhere.md)\n")
    assert_caught(root, "dead link")
    assert_caught(root, "dead link")


def test_a_page_that_goes_leaves_its_links_dead(root):
    write(root, {"docs/more.md": "# More\n\ntext\n",
                 "docs/index.md": "# Home\n\n[more](more.md)\n"})
    assert "\n".join(problems(root)) == ""
    (root / "docs/more.md").unlink()
    assert_caught(root, "dead link: more.md")
    assert not (root.parent / "out/html/more.html").exists()


def test_gradients_are_those_of_the_pages(root):
    write(root, {"docs/guide/hello.md": HELLO + "\n```{gradients}\n```\n"})
    assert "\n".join(problems(root)) == ""
    html = (root.parent / "out/html/guide/hello.html").read_text()
    assert "da = dy" in html and 'href="../ops/add.html"' in html


def test_deleted_results_fail_the_build(root):
    (root / "bench/results/box/full.json").unlink()
    assert_caught(root, "bench/results holds no recorded run", "no recorded row")


def test_a_program_that_was_not_run_fails_the_build(root):
    (root / "runs/examples/hello/hello.run").unlink()
    assert_caught(root, "//examples/hello:hello was not run")


DRAWING = """
```{drawing} curve.py
:alt: A curve.
:output: //examples/hello

The *caption*.
```
"""
CURVE = """def draw(figure, colors, output):
    assert output == "hello"
    figure.subplots().plot([1, 2], color=colors.series[0])
"""


def test_a_drawing_is_drawn_from_what_a_program_printed(root):
    write(root, {"docs/guide/hello.md": HELLO + DRAWING, "docs/guide/curve.py": CURVE})
    assert "\n".join(problems(root)) == ""
    html = (root.parent / "out/html/guide/hello.html").read_text()
    assert "var(--weave-series-0)" in html and 'aria-label="A curve."' in html
    (root / "docs/guide/curve.py").write_text("def draw(figure, colors, output):\n    pass\n")
    assert_caught(root, "the drawing is empty")


def rules(content, kind="operation"):
    found = findings.of_page(tree.pathlib.Path("/nowhere"), tree.Page(
        tree.pathlib.PurePosixPath("ops/add/add.md"), "ops/add", kind, "add"), content)
    return [(finding.rule, finding.message) for finding in found if finding.rule != "region"]


def test_the_page_of_the_small_tree_keeps_every_rule():
    assert rules(page()) == []


@pytest.mark.parametrize("content, message", [
    (page(kernel=None), "heading missing: ## The CPU kernel"),
    (page(Measurements=""), "nothing stands under: Measurements"),
    (page(Measurements="<!-- only a comment -->"), "nothing stands under: Measurements"),
    (page().replace("## How we know", "## How to know"), "heading missing: ## How we know"),
    (page().replace("## How we know", "## How to know"), "not among the ten of a page"),
    (page(Measurements="text\n\n### Deeper"), "nothing stands under: Deeper"),
    (page(computes="$$y = a + b"), "$$ is never closed"),
    (page(computes="$$y = a + b\n\ntext $$"), "$$ is never closed"),
    (page(computes="$$\\frac{a{b}$$"), "a brace is not closed"),
    (page(computes="$$a}b$$"), "a brace is closed that was not opened"),
    (page(computes="$$\\begin{cases} a$$"), "\\begin{cases} is not closed"),
    (page(computes="$$\\begin{cases} a \\end{array}$$"), "\\end{array} closes nothing"),
    (page(computes="$$\\left( a )$$"), "1 \\left and 0 \\right"),
    (page(computes="$$y$$ and $\\frac{1$"), "a brace is not closed"),
    (page(computes="text"), "no formula for the card under What it computes"),
    (page(derived="$$da = dy$$"), "no formula for the card under The gradient, derived"),
    (page().replace("card: arithmetic", "card: sums"), "names no card"),
    (page(know="```cpp\nint x;\n```"), "a block of cpp; need a region"),
    (page(know="```\nint x;\n```"), "a block of no language"),
    (page(know="```{note}\n```cpp\nint x;\n```\n```"), "a block of cpp; need a region"),
    (page() + "\n```text\nint x;\n", "never closed: text"),
    (page(know="```sh\n./dev fly\n```"), "./dev fly: no such command"),
    (page(know="```sh\nbazel test //nowhere/at:all\n```"), "//nowhere/at: no such folder"),
    (page() + "\n# Another title\n\ntext\n", "2 titles"),
])
def test_a_fault_of_the_text_is_found(content, message):
    assert any(message in found for _, found in rules(content)), rules(content)


def test_a_sweep_is_a_target_of_operations_that_bring_one(tmp_path):
    write(tmp_path, {"ops/add/BUILD": 'op_module(name = "add")\n'})
    assert list(findings.label_problems(tmp_path, "ops/add", "ulp_sweep")) == [
        "//ops/add:ulp_sweep: no such target"]
    write(tmp_path, {"ops/add/add_ulps.cc": "int main() {}\n"})
    assert not list(findings.label_problems(tmp_path, "ops/add", "ulp_sweep"))


def test_headings_in_another_order_are_found():
    swapped = page().replace("How we know", "?").replace("Measurements", "How we know")
    assert [rule for rule, _ in rules(swapped.replace("?", "Measurements"))] == ["heading"]


def test_blocks_within_prose_are_seen_and_blocks_within_code_are_not():
    noted, shown = "```text\na\n```\n", "```{region} x#y\n```\n"
    _, blocks = text.split(f"````{{note}}\n{noted}````\n\n````md\n{shown}````\n")
    assert [block.info for block in blocks] == ["{note}", "text", "md"]


def test_formulas_are_read_where_prose_stands():
    content = "a $x^2$ costs `$5` and $10 or $20\n\n$$\na\n= b\n$$\n\n```text\n$$\n```\n"
    found = text.formulas(content)
    assert [(formula.tex.strip(), formula.display) for formula in found] == [
        ("x^2", False), ("a\n= b", True)]


def test_card_takes_the_marked_formulas():
    derived = "so <!-- card -->$da = dy$ and\n\n<!-- card -->\n$$db = dy$$\n\n$$dc = 0$$"
    assert findings.card_formulas(page(derived=derived), "The gradient, derived") == [
        "da = dy", "db = dy"]


def test_nested_regions_leave_their_markers_out():
    code = "  // #region a\n  x\n  // #region b\n    y\n  // #endregion b\n  // #endregion a\n"
    assert regions.take(code, "a").text == "x\n  y"
    assert regions.take(code, "b").text == "y"
    assert regions.take(code, "").text.split() == ["x", "y"]


def test_a_region_opened_twice_is_found():
    twice = "# #region a\nx\n# #endregion a\n" * 2
    assert [message for _, message in regions.parse(twice)[1]] == ["region a is opened twice"]
    with pytest.raises(regions.Missing):
        regions.take(twice, "a")


def test_properties_are_read_from_the_source():
    found = properties.of_test(TEST)
    assert [(each.test, each.sentence, each.line) for each in found] == [
        ("Commutes", 'a + b = b + a for "all"', 2)]


def test_public_headers_are_those_of_users():
    paths = ["ops/add/add.h", "ops/add/add_kernels.h", "ops/common/rows-inl.h", "nn/linear.h",
             "nn/adamw_kernel.h", "tools/x.h", "base/testing.h", "ops/add/ladder/ladder.h",
             "ops/common/types.h", "ops/add/more.h"]
    found = doxygen.public_headers(tree.pathlib.PurePosixPath(path) for path in paths)
    assert [str(path) for path in found] == ["ops/add/add.h", "nn/linear.h", "ops/common/types.h"]


def all_records():
    return records.Records(RECORD["cases"], RECORD["environment"])


def test_a_title_over_two_lines_of_a_header_stays_one(tmp_path):
    write(tmp_path, {"ops/add/add.h": '/// Adds. Source: "Sums and\n/// differences", 1900.\n'
                                      'int add(int a, int b);\n'})
    header = tree.pathlib.PurePosixPath("ops/add/add.h")
    assert not doxygen.run(tmp_path, tmp_path / "out", [header])
    text = "".join(path.read_text() for path in tmp_path.glob("out/xml/*.xml"))
    assert "Sums and differences" in text and "Sums and\n" not in text


@pytest.mark.parametrize("key, field, expected", [
    ("add/x_64", "median", "1.000 µs"), ("add/x_64", "vs_best_peer", "1.50×"),
    ("add/x_64@1", "vs_onednn", "2.00×"), ("add/x_64/float32/simd", "vs_reference", "4.0×"),
    ("add/x_64", "of_ceiling", "50%"), ("add/x_64", "bandwidth", "4.096 GB/s"),
    ("add/x_64", "over_x_256", "3×"), ("add/x_256", "over_x_64", "0.333×")])
def test_a_number_is_said_with_its_unit(key, field, expected):
    found = all_records()
    assert records.number(found, records.matching(found, key)[0], field) == expected


@pytest.mark.parametrize("key, field", [
    ("add/x_65", "median"), ("add/x_64@2", "median"), ("add", "median"), ("add/x_64", "colour"),
    ("add/x_64", "vs_openblas"), ("add/x_256", "vs_reference"), ("a b", "median"),
    ("add/x_64", "over_x_65"), ("add/x_64", "over_x_*")])
def test_an_unknown_key_is_refused(key, field):
    found = all_records()
    with pytest.raises(records.Unknown):
        records.number(found, records.matching(found, key)[0], field)


def test_machines_are_not_mixed(tmp_path):
    write(tmp_path, {f"bench/results/{name}/full.json": json.dumps(RECORD) for name in "ab"})
    with pytest.raises(records.Unknown):
        records.load(tmp_path)
    assert len(records.load(tmp_path, "a").rows) == 5


def test_plots_follow_the_theme_and_are_not_empty():
    drawn = plots.speed(all_records().of_op("add"))
    assert [label for label, _ in drawn.legend] == ["Prova", "oneDNN", "Eigen"]
    assert "var(--color-foreground-primary)" in drawn.svg and "#010203" not in drawn.svg
    with pytest.raises(plots.Nothing):
        plots.speed([])


def test_recorded_plots_fit_a_phone():
    ladder = [row("op_ladder/1_slow", 2e-6), row("op_ladder/2_fast", 1e-6)]
    for drawn in (plots.speed(RECORD["cases"]), plots.ceiling(RECORD["cases"]),
                  plots.staircase(ladder)):
        assert f'viewBox="0 0 {72 * plots.WIDTH} ' in drawn.svg and "min-width:21.5rem" in drawn.svg


@pytest.mark.parametrize("names, expected", [
    ("x_1 x_2 x_4", True), ("x_1 x_4", False), ("x_1 x_2 x_2", False), ("1x1 2x2 4x4", False)])
def test_a_curve_joins_only_sizes_of_one_thing(names, expected):
    rows = [{**row(f"op/{name}", 1), "bytes_per_s": int(name[-1])} for name in names.split()]
    assert plots.grows(rows) == expected


def test_cases_are_named_without_their_sizes():
    names = ["rows_4096x1024", "square_64_nt", "64x32", "im2col_3_56x56"]
    assert [plots.family(row(f"op/{name}", 1)) for name in names] == [
        "rows", "square_nt", "all", "im2col"]


def test_many_cases_are_thinned_to_the_ends_and_some_between():
    rows = [{**row(f"op/a_{size}", size), "bytes_per_s": 1} for size in range(1, 101)]
    rows.append(row("op/b_1", 1))
    kept = [each["case"].split("/")[1] for each in plots.thinned(rows, 8)]
    assert len(kept) == 5 and {"a_1", "a_100", "b_1"} <= set(kept)


def test_steps_of_a_ladder_know_their_size():
    assert [plots.step_of(row(f"op_ladder/{name}", 1)) for name in
            ("1_three_loops_512", "3_im2col", "6_shipped")] == [
        ("1_three_loops", "512"), ("3_im2col", ""), ("6_shipped", "")]


def test_a_notebook_that_did_not_run_is_caught(root):
    (root / "runs/notebooks/numbers.json").unlink()
    assert_caught(root, "notebooks/numbers.py:6: WARNING: cell: notebooks/numbers.py was not run")


def test_the_rules_of_pages_hold_for_notebooks(root):
    write(root, {"notebooks/numbers.py": NOTEBOOK.replace("#what-it-computes", "#nowhere")
                 .replace("# # Numbers", "# Numbers $$x")})
    assert_caught(root, "notebooks/numbers.py:1: [title] 0 titles", "[formula] $$ is never closed",
                  "no heading nowhere on that page")


def test_a_file_that_is_no_notebook_is_caught(root):
    write(root, {"notebooks/numbers.py": "x = 1\n"})
    found = [str(finding) for finding in findings.of_tree(root)]
    assert any("notebooks/numbers.py:1: [notebook] line 1 stands before" in line for line in found)


def test_a_python_function_without_a_reference_is_caught(root):
    write(root, {"ops/add/add_python.cc": BINDING.replace('"plus"', '"sum"')})
    assert_caught(root, "contract: the package has no function sum")


def test_docstrings_keep_text_and_formulas_apart():
    doc = ("The loss of z\n  loss = a * b\nwhich is c_d.\n\nAnother.\n\n    class Net:\n"
           "        x = 1\n\n        y = 2\n\nEnd.")
    assert python_api.prose(doc) == [
        "The loss of z", "", "```text", "loss = a * b", "```", "", r"which is c\_d.", "",
        "Another.", "", "```text", "class Net:", "    x = 1", "", "    y = 2", "```", "", "End."]
    assert python_api.prose("") == []
