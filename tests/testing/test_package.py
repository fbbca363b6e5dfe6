"""The public face, and what it needs."""

import pydoc
import subprocess
import sys

import pytest

import access_tokens.testing
from access_tokens.testing import LocalService, Service


def run_without(module: str, code: str) -> subprocess.CompletedProcess[str]:
    blocked = f"import sys; sys.modules[{module!r}] = None\n{code}"
    return subprocess.run([sys.executable, "-c", blocked], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("module", ["starlette", "uvicorn", "jwt", "cryptography"])
def test_without_the_extra_the_error_names_it(module):
    last_line = run_without(module, "from access_tokens.testing import LocalService").stderr.splitlines()[-1]

    assert last_line.startswith("ImportError: ")
    assert 'pip install "access-tokens-client[testing]"' in last_line
    assert module in last_line


def test_the_plugin_loads_without_the_extra():
    code = "import access_tokens.testing.pytest_plugin; print('loaded', 'uvicorn' in sys.modules)"
    assert run_without("starlette", code).stdout == "loaded False\n"


def test_help_shows_the_classes():
    shown = pydoc.plain(pydoc.render_doc(access_tokens.testing))
    for name in access_tokens.testing.__all__:
        assert f"    class {name}(" in shown


def test_its_public_names_are_all_that_can_be_imported():
    assert all(
        getattr(access_tokens.testing, name).__name__ == name for name in access_tokens.testing.__all__
    )
    assert issubclass(LocalService, Service)
    assert dir(access_tokens.testing) == access_tokens.testing.__all__
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = access_tokens.testing.Nothing  # type: ignore[attr-defined]  # on purpose
