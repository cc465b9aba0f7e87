"""The Sphinx extension: all directives and roles of the site, each from the module it lives in."""

from weave import (breathing, contracts, examples, formulas, gradients, links, notebooks,
                   properties, quoting, results, sources)

PARTS = [breathing, contracts, examples, formulas, gradients, links, notebooks, properties,
         quoting, results, sources]
SETTINGS = ["weave_root", "weave_outputs", "weave_doxygen", "weave_machinery"]


def setup(app):
    for name in SETTINGS:
        app.add_config_value(name, "", "env")
    for part in PARTS:
        part.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
