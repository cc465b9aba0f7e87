"""Links of pages: to pages and their headings, and to other files of the tree as source pages."""

import os
import pathlib

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.nodes import make_refnode

from weave import sources, tree

logger = logging.getLogger(__name__)


def path_of(env, docname):
    """The file of a page, relative to the root; generated pages count as files of their own."""
    return env.weave_paths.get(docname, pathlib.PurePosixPath("docs", f"{docname}.md"))


def source_reference(path, first=0, last=0):
    """A link to lines of a source file, to be resolved when its page is known."""
    text = str(path) + (f":{first}" if first else "") + (f"–{last}" if last > first else "")
    return addnodes.pending_xref("", nodes.literal(text, text, classes=["weave-path"]),
                                 reftype="source", refdomain="weave", reftarget=str(path),
                                 refline=first)


def remember_pages(app, env, docnames):
    """Before anything is read: which file each page is, and back."""
    env.weave_paths = {page.docname: page.path for page in tree.pages(_root(env))}
    env.weave_docnames = {path: name for name, path in env.weave_paths.items()}


def _root(env):
    return pathlib.Path(env.config.weave_root)


class Resolve(SphinxPostTransform):
    """Turns the links of pages into references; a dead one is a warning."""

    default_priority = 8  # Before MyST's own resolver.

    def run(self, **_):
        for node in list(self.document.findall(addnodes.pending_xref)):
            if node["reftype"] == "myst":
                self.resolve_link(node)
            elif node.get("refdomain") == "weave":
                node.replace_self(self.source(node["reftarget"], node["refline"], node[0]))

    def resolve_link(self, node):
        content = nodes.inline("", "", *[child.deepcopy() for child in node.children])
        result = self.target(node, node["reftarget"], content)
        if isinstance(result, str):
            logger.warning("dead link: %s: %s", node["reftarget"], result, location=node)
            result = content
        node.replace_self(result)

    def target(self, node, written, content):
        """The reference for what a page wrote as a link, or what is wrong with it."""
        docname = self.env.docname
        name, _, anchor = written.partition("#")
        target = docname
        if name:
            target = self.page(docname, name)
        if target is None:
            path = tree.resolve(_root(self.env), path_of(self.env, docname), name)
            return self.source(path, 0, content) if path else "no such file"
        if not anchor:
            return make_refnode(self.app.builder, docname, target, "", content)
        labels = self.env.get_domain("std").labels
        label = labels.get(f"{self.env.doc2path(target, base=False)}#{anchor}")
        if not label:
            return f"no heading {anchor} on that page"
        return make_refnode(self.app.builder, docname, target, label[1], content)

    def page(self, docname, name):
        """The page that a path names: a file of the tree, or a page of the site, whose own paths
        begin with a slash or are relative."""
        path = pathlib.PurePosixPath(os.path.normpath(path_of(self.env, docname).parent / name))
        if path in self.env.weave_docnames:
            return self.env.weave_docnames[path]
        staged = os.path.normpath(os.path.join("/", os.path.dirname(docname), name))
        staged = staged.removeprefix("/").removesuffix(".md")
        return staged if staged in self.env.all_docs else None

    def source(self, path, line, content):
        uri = self.app.builder.get_relative_uri(self.env.docname, sources.pagename(path))
        sources.remember(self.env, self.env.docname, str(path))
        anchor = f"#L-{line}" if line else ""
        return nodes.reference("", "", content.deepcopy(), internal=True, refuri=uri + anchor)


def setup(app):
    app.connect("env-before-read-docs", remember_pages)
    app.add_post_transform(Resolve)
