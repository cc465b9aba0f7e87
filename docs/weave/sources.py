"""Pages that show a whole source file, for the captions of regions and for links to files."""

import pathlib

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import TextLexer, get_lexer_by_name

LANGUAGES = {".h": "c++", ".cc": "c++", ".cu": "c++", ".py": "python", ".bzl": "python",
             ".json": "json", ".sh": "bash", ".md": "md"}


def language(path):
    if path.name in ("BUILD", "WORKSPACE"):
        return "python"
    return LANGUAGES.get(pathlib.PurePosixPath(path).suffix, "text")


def pagename(path):
    return f"source/{path}"


def remember(env, docname, path):
    env.weave_sources.setdefault(docname, set()).add(path)


def prepare(app, env, docnames):
    if not hasattr(env, "weave_sources"):
        env.weave_sources = {}


def purge(app, env, docname):
    if hasattr(env, "weave_sources"):
        env.weave_sources.pop(docname, None)


def collect(app):
    """One page for each file that a page links."""
    root = pathlib.Path(app.config.weave_root)
    wanted = set().union(*app.env.weave_sources.values()) if app.env.weave_sources else set()
    for name in sorted(wanted):
        path = pathlib.PurePosixPath(name)
        try:
            text = (root / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        lexer = TextLexer() if language(path) == "text" else get_lexer_by_name(language(path))
        formatter = HtmlFormatter(linenos="inline", lineanchors="L", anchorlinenos=True,
                                  cssclass="highlight")
        body = highlight(text, lexer, formatter)
        yield pagename(path), {"title": name, "body": f"<h1>{name}</h1>\n{body}",
                               "parents": []}, "page.html"


def setup(app):
    app.connect("env-before-read-docs", prepare)
    app.connect("env-purge-doc", purge)
    app.connect("html-collect-pages", collect)
