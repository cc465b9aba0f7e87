"""The finished site: every link within it leads somewhere."""

import html.parser
import os
import re
import urllib.parse


class Page(html.parser.HTMLParser):
    """The links and the anchors of a page."""

    def __init__(self, text):
        super().__init__()
        self.links, self.anchors = set(), set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("id", "name") and value:
                self.anchors.add(value)
            elif name in ("href", "src") and value and tag != "use":
                self.links.add(value)


def dead_links(folder):
    """A line for each link of a page in `folder` that leads to no file or to no anchor of it."""
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in folder.rglob("*.html")}
    problems = []
    for path, page in sorted(pages.items()):
        for link in sorted(page.links):
            target, _, anchor = link.partition("#")
            if re.match(r"[a-z][a-z+.-]*:|//", target):
                continue
            name = urllib.parse.unquote(target.partition("?")[0])
            file = path.parent / name if name else path
            file = type(path)(os.path.normpath(file))
            where = f"{path.relative_to(folder)}: dead link: {link}"
            if not file.is_file():
                problems.append(f"{where}: no such file")
            elif anchor and file in pages and \
                    urllib.parse.unquote(anchor) not in pages[file].anchors:
                problems.append(f"{where}: no such place")
    return problems
