"""How `make docs` builds the site: Sphinx, MyST for the Markdown, and the theme Furo.

A build needs no network, and fails for a link or a name that leads nowhere, and for a page in no menu.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import access_tokens

project = "access-tokens-client"
author = "the authors of access-tokens-client"
release = version = access_tokens.__version__
language = "en"

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "_links",
    "_reference",
]
nitpicky = True  # a name that leads nowhere is a warning, and `make docs` fails for any
smartquotes_action = "D"  # dashes alone: quotes may be something to type

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_type_aliases = {name: f"access_tokens.{name}" for name in ("ApiKey", "AsyncApiKey")}
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
toc_object_entries_show_parents = "hide"

html_theme = "furo"
pygments_dark_style = "a11y-high-contrast-dark"
html_title = project
html_favicon = "_static/key.svg"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_copyright = False  # LICENSE has it
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0b6e4f", "color-brand-content": "#0b6e4f"},
    "dark_css_variables": {"color-brand-primary": "#5fd3a8", "color-brand-content": "#5fd3a8"},
}
