"""Builds the whole site, as ./dev docs does: any warning fails."""

import json
import os
import pathlib

from weave import build

ROOT = pathlib.Path(os.environ["TEST_SRCDIR"], "prova")
OUT = pathlib.Path(os.environ["TEST_TMPDIR"], "site")


def test_the_site_builds_without_a_warning():
    problems = build.build(ROOT, OUT, ROOT)
    assert not problems, "\n" + "\n".join(problems)


def test_every_operation_has_its_chapter():
    catalogue = json.loads((ROOT / "docs/catalogue.json").read_text(encoding="utf-8"))
    missing = [row["op"] for row in catalogue if not (OUT / f"html/ops/{row['op']}.html").is_file()]
    assert catalogue and not missing
