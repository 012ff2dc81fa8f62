"""How the documentation site is built: `python3 tasks.py site`, strictly, without a network.

Pages under `reference/made` are written from the code before each build and are not committed.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from pages import write_reference  # beside this file
from sphinx.application import Sphinx

import foedus

project = "foedus"
author = "The foedus authors"
project_copyright = "2026, the foedus authors"
release = version = foedus.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_click",
    "sphinx_copybutton",
]
myst_enable_extensions = ["attrs_block", "colon_fence", "deflist"]
myst_heading_anchors = 3
source_suffix = {".md": "markdown"}
exclude_patterns = ["site", "decisions/0000-template.md"]
root_doc = "index"

default_role = "literal"
autodoc_typehints = "description"
autodoc_member_order = "bysource"
autodoc_typehints_description_target = "documented"
autodoc_class_signature = "separated"  # results are made by functions, not by whoever reads this
autodoc_default_options = {"members": True, "exclude-members": "__init__, __new__"}
napoleon_google_docstring = True
napoleon_use_ivar = True

html_theme = "furo"
html_title = "foedus"
html_static_path = ["_static"]
html_css_files = ["foedus.css"]
html_copy_source = False
html_show_sphinx = False

write_reference(Path(__file__).parent / "reference" / "made")

# What the theme leaves to be said to those who use a keyboard, or have pages read to them
SAID = (
    (r'<p class="caption" role="heading">', '<p class="caption" role="heading" aria-level="2">'),
    (r'<aside class="sidebar-drawer">', '<aside class="sidebar-drawer" aria-label="All pages">'),
    (r'<aside class="toc-drawer', '<aside aria-label="On this page" class="toc-drawer'),
    (r"<pre>", '<pre tabindex="0">'),
    (r'<div class="table-wrapper', '<div tabindex="0" class="table-wrapper'),
)


def finish(app: Sphinx, failed: Exception | None) -> None:
    """Complete the pages that the theme wrote."""
    for path in () if failed else Path(app.outdir).rglob("*.html"):
        text = path.read_text("utf-8")
        for old, new in SAID:
            text = re.sub(old, new, text)
        path.write_text(text, "utf-8")


def setup(app: Sphinx) -> None:
    """What Sphinx calls."""
    app.connect("build-finished", finish)
