"""Makes the docstrings a reference: names become links, and a public name that is nowhere fails the build."""

import inspect
import re
import sys
from importlib import import_module
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

import access_tokens
import access_tokens.testing

MODULES = (access_tokens, access_tokens.testing)
PUBLIC = {name: f"{module.__name__}.{name}" for module in MODULES for name in module.__all__}
# Where others describe their names. Nothing is fetched there while the site is built.
STANDARD_LIBRARY = "https://docs.python.org/3/library"
OTHERS = {
    "httpx.AsyncClient": "https://www.python-httpx.org/api/#asyncclient",
    "httpx.Auth": "https://www.python-httpx.org/advanced/authentication/",
    "httpx.Client": "https://www.python-httpx.org/api/#client",
    "httpx.Timeout": "https://www.python-httpx.org/advanced/timeouts/",
    "redis.Redis": "https://redis.readthedocs.io/en/stable/connections.html",
    "redis.asyncio.Redis": "https://redis.readthedocs.io/en/stable/examples/asyncio_examples.html",
    "starlette.datastructures.Headers": "https://www.starlette.io/requests/#headers",
    "starlette.datastructures.QueryParams": "https://www.starlette.io/requests/#query-parameters",
}


def read_docstring(app: Sphinx, what: str, name: str, found: Any, options: Any, lines: list[str]) -> None:
    """Take a text in backticks for a public name if it is one, else for code, and an example for Python."""
    owner = next((each for each in name.split(".") if each in PUBLIC), "")
    text = "\n".join(_with_sections_of_sync_twin(owner, name, lines))
    text = re.sub(r"(?<!`)`([^`]+)`(?!`)", lambda match: _link(match[1], owner), text)
    text = re.sub(r"(?<!`)https?://(?=[\s,;)])", r"``\g<0>``", text)  # which no link is made of
    text = re.sub(r"^Example:$", "Example::\n", text, flags=re.MULTILINE)
    lines[:] = text.split("\n")


def _link(text: str, owner: str) -> str:
    first, *rest = text.split(".")
    if first in PUBLIC and (not rest or hasattr(_public(first), rest[0])):
        return f":py:obj:`{text} <{PUBLIC[first].removesuffix(first)}{text}>`"
    if owner and callable(getattr(_public(owner), text, None)):
        return f":py:obj:`{text} <{PUBLIC[owner]}.{text}>`"
    return f"``{text}``"


def _public(name: str) -> Any:
    module, _, _ = PUBLIC[name].rpartition(".")
    return getattr(import_module(module), name)


def _with_sections_of_sync_twin(owner: str, name: str, lines: list[str]) -> list[str]:
    """Add the arguments and errors of the sync method, to which the docstring of the async one refers."""
    twin = getattr(access_tokens.AccessTokensClient, name.rpartition(".")[2], None)
    if owner != "AsyncAccessTokensClient" or twin is None:
        return lines
    sections = re.findall(r"^(?:Args|Raises):\n(?:(?:  .*)?\n)+", f"{inspect.getdoc(twin)}\n", re.MULTILINE)
    added = "\n".join(each for each in sections if each.splitlines()[0] not in lines).splitlines()
    place = lines.index("Example:") if "Example:" in lines else len(lines)
    return [*lines[:place], *added, "", *lines[place:]]


def read_signature(
    app: Sphinx, what: str, name: str, found: Any, options: Any, arguments: str | None, returned: str | None
) -> tuple[str | None, str | None] | None:
    """Leave out the arguments of an error, which are those of the base class, and defaults that are made."""
    if what == "exception" and not name.endswith(".AccessTokensError"):
        return "", None
    usual = re.sub(r"RetryPolicy\(.*?}\)\)", "RetryPolicy()", arguments or "")
    return usual.replace(" = NOTHING", " = ...") or None, returned


def find_name(app: Sphinx, env: BuildEnvironment, node: Any, text: nodes.Element) -> nodes.Node | None:
    """Find a public name by the module that defines it, and what others have defined."""
    target: str = node["reftarget"]
    name = target.rpartition(".")[2]
    if node.get("refdomain") != "py":
        return None
    if name in PUBLIC and target in {name, f"{_public_home(name)}.{name}"}:
        return env.domains.python_domain.resolve_xref(
            env, node["refdoc"], app.builder, "obj", PUBLIC[name], node, text
        )
    if target.startswith("access_tokens_api."):
        url: str | None = app.builder.get_relative_uri(node["refdoc"], "new-operations")
    else:
        url = OTHERS.get(target) or _in_standard_library(target)
    return nodes.reference("", "", text, refuri=url, internal=False) if url else None


def _public_home(name: str) -> str | None:
    return getattr(_public(name), "__module__", None)


def _in_standard_library(target: str) -> str | None:
    module, _, name = target.rpartition(".")
    known = module.partition(".")[0] in sys.stdlib_module_names and hasattr(import_module(module), name)
    return f"{STANDARD_LIBRARY}/{module}.html#{target}" if known else None


def check_all_are_there(app: Sphinx, env: BuildEnvironment) -> None:
    for name in set(PUBLIC.values()) - set(env.domains.python_domain.objects):
        if not name.endswith("__version__"):
            logging.getLogger(__name__).warning("%s is on no page of the reference", name)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("autodoc-process-docstring", read_docstring, priority=400)  # before napoleon
    app.connect("autodoc-process-signature", read_signature)
    app.connect("missing-reference", find_name)
    app.connect("env-check-consistency", check_all_are_there)
    return {"parallel_read_safe": True}
