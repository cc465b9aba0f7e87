"""Builds the site: stages its pages, runs Doxygen and Sphinx, and counts every warning."""

import argparse
import hashlib
import io
import json
import os
import pathlib
import re
import shutil
import sys

from weave import doxygen, findings, finished, generated, python_api, tree

DOCS = pathlib.Path(os.path.abspath(__file__)).parents[1]
MATHJAX = pathlib.Path("/usr/share/javascript/mathjax")
MATHJAX_PARTS = ["MathJax.js", "config/TeX-MML-AM_CHTML.js", "jax/element", "jax/input/TeX",
                 "jax/output/CommonHTML", "extensions/TeX", "extensions/tex2jax.js",
                 "extensions/MathEvents.js", "fonts/HTML-CSS/TeX/woff"]
FONTS = {
    "inter": ("/usr/share/fonts/opentype/inter",
              ["Inter-Regular.otf", "Inter-Italic.otf", "Inter-SemiBold.otf", "Inter-Bold.otf"]),
    "jetbrains": ("/usr/share/fonts/truetype/jetbrains-mono",
                  ["JetBrainsMono-Regular.ttf", "JetBrainsMono-Bold.ttf",
                   "JetBrainsMono-Italic.ttf"]),
}


def write(path, text):
    """Writes a file only where its text changes, so that Sphinx reads again what it must."""
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def stage(folder, texts):
    """Makes `folder` hold exactly these pages: name on the site to Markdown."""
    wanted = {folder / f"{name}.md" for name in texts}
    for path in folder.rglob("*.md"):
        if path not in wanted:
            path.unlink()
    for name, text in texts.items():
        write(folder / f"{name}.md", text)


def copy_assets(static):
    """Debian's MathJax and fonts, so that the site needs no network and no server."""
    for part in MATHJAX_PARTS:
        source, target = MATHJAX / part, static / "mathjax" / part
        if target.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copyfile(source, target)
    (static / "fonts").mkdir(parents=True, exist_ok=True)
    for folder, names in FONTS.values():
        for name in names:
            if not (static / "fonts" / name).exists():
                shutil.copyfile(pathlib.Path(folder) / name, static / "fonts" / name)


def digest(paths):
    """Stands for what many pages depend on: where it changes, all of them are read again."""
    sum_of_all = hashlib.sha256()
    for path in sorted(paths):
        sum_of_all.update(path.read_bytes())
    return sum_of_all.hexdigest()


class Warnings(io.StringIO):
    """Collects what Sphinx warns of, with the names that files have in the tree."""

    def __init__(self, folder, names):
        super().__init__()
        self.folder, self.names, self.messages = folder, names, []

    def write(self, text):
        text = re.sub(r"\x1b\[[0-9;]*m", "", text)
        text = re.sub(re.escape(f"{self.folder}/") + r"([\w/.-]+)\.md",
                      lambda found: self.names.get(found[1], found[0]), text)
        if text.strip():
            self.messages.append(text.strip())
        return len(text)


def build(root, out, runs, say=None):
    """Builds the site of the tree at `root` into out/html; returns what is wrong with it. Below
    `runs` lies what the programs of //docs:runs printed, each where its target is."""
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    root, out, runs = root.resolve(), out.resolve(), runs.resolve()
    catalogue = json.loads((runs / "docs/catalogue.json").read_text(encoding="utf-8"))
    problems = [str(finding) for finding in findings.of_tree(root)]
    headers = list(doxygen.public_headers(tree.walk(root)))
    if headers:
        problems += doxygen.run(root, out / "doxygen", headers)
    pages = tree.pages(root)
    texts = {page.docname: tree.read(root, page) for page in pages}
    symbols = doxygen.listed(doxygen.symbols(out / "doxygen/xml")) if headers else []
    texts.update(generated.pages(root, catalogue, headers, symbols, python_api.load(runs)))
    stage(out / "pages", texts)
    copy_assets(out / "assets")
    warnings = Warnings(out / "pages", {page.docname: str(page.path) for page in pages})
    shared = [*(DOCS / "weave").glob("*.py"), *(root / "bench/results").glob("*/*.json"),
              runs / "docs/accuracy.json", runs / "docs/python.json"]
    settings = {
        "weave_root": str(root), "weave_outputs": str(runs), "weave_machinery": digest(shared),
        "weave_accuracy": str(runs / "docs/accuracy.json"),
        "weave_doxygen": str(out / "doxygen/xml"),
        "breathe_projects": {"prova": str(out / "doxygen/xml")},
        "html_static_path": [str(DOCS / "static"), str(out / "assets")],
        "templates_path": [str(DOCS / "templates")],
    }
    with patch_docutils(str(DOCS)), docutils_namespace():
        app = Sphinx(str(out / "pages"), str(DOCS), str(out / "html"), str(out / "doctrees"),
                     "html", confoverrides=settings, status=say, warning=warnings)
        # Pages are read again only where they changed, and all written: a link may have died.
        for page in (out / "html").rglob("*.html"):
            page.unlink()
        app.build(force_all=True)
    if warnings.messages:  # Sphinx warns of a page when it reads it, so it must read it again.
        shutil.rmtree(out / "doctrees")
    problems += [line for message in warnings.messages for line in message.splitlines()]
    return problems + finished.dead_links(out / "html")


def main():
    parser = argparse.ArgumentParser(prog="weave", description="Builds the site.")
    parser.add_argument("--root", type=pathlib.Path, required=True, help="the tree")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="where html/ goes")
    parser.add_argument("--runs", type=pathlib.Path, required=True,
                        help="the folder that holds what //docs:runs made")
    arguments = parser.parse_args()
    problems = build(arguments.root, arguments.out, arguments.runs, sys.stderr)
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"docs: {arguments.out / 'html/index.html'}, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
