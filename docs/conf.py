"""Sphinx's settings for the site; docs/weave/build.py adds those that depend on the tree."""

project = "Prova"
author = "the authors of Prova"
copyright = author
extensions = ["myst_parser", "breathe", "sphinx.ext.mathjax", "weave.extension"]
root_doc = "index"
language = "en"
nitpicky = False
numfig = False
pygments_style = "friendly"
pygments_dark_style = "github-dark"

myst_enable_extensions = ["dollarmath", "amsmath", "deflist", "fieldlist", "colon_fence"]
myst_heading_anchors = 4
myst_dmath_double_inline = True
suppress_warnings = ["myst.header"]

breathe_projects = {}
breathe_default_project = "prova"
breathe_domain_by_extension = {"h": "cpp"}
breathe_show_include = False
cpp_index_common_prefix = ["prova::"]

mathjax_path = "mathjax/MathJax.js?config=TeX-MML-AM_CHTML"
mathjax2_config = {
    "showMathMenu": False,
    "messageStyle": "none",
    "CommonHTML": {"linebreaks": {"automatic": False}},
    "tex2jax": {
        "inlineMath": [["\\(", "\\)"]],
        "displayMath": [["\\[", "\\]"]],
        "ignoreClass": "document",
        "processClass": "math",
    },
}

html_theme = "furo"
html_title = "Prova"
html_static_path = ["static"]
templates_path = ["templates"]
html_css_files = ["prova.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_theme_options = {
    "sidebar_hide_name": False,
    "navigation_with_keys": True,
}
