"""The wheel, as a user gets it."""

import re
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
USE = """
import importlib.util
import access_tokens, access_tokens_api.api.tokens.list_tokens
for extra in ("starlette", "uvicorn", "jwt", "trio", "click", "rich", "yaml"):
    assert importlib.util.find_spec(extra) is None, extra
assert "site-packages" in access_tokens.__file__ and "site-packages" in access_tokens_api.__file__
made = access_tokens.generate_token()
once = access_tokens.RetryPolicy(retries=0)
client = access_tokens.AccessTokensClient("http://127.0.0.1:9", made.token, retry=once)
try:
    client.list()
except access_tokens.UnavailableError as error:
    print(error)
try:
    import access_tokens.testing
    access_tokens.testing.LocalService
except ImportError as error:
    print(error)
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a fresh wheel and sdist."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    return folder


@pytest.fixture
def wheel(built: Path) -> Path:
    [found] = built.glob("*.whl")
    return found


def test_both_are_built(built):
    assert sorted(path.suffix for path in built.iterdir()) == [".gz", ".whl"]


def test_the_wheel_holds_both_packages_typed_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"access_tokens", "access_tokens_api"}
    assert {"access_tokens/py.typed", "access_tokens_api/py.typed"} <= set(names)
    assert {name.rpartition(".")[2] for name in names if ".dist-info/" not in name} == {"py", "typed"}


@pytest.mark.timeout(300)
def test_it_works_in_an_environment_of_its_own(wheel, tmp_path):
    venv.create(tmp_path, with_pip=False)
    python = tmp_path / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-compile", wheel]
    subprocess.run(install, check=True, capture_output=True)
    used = subprocess.run(
        [python, "-W", "error", "-c", USE], check=False, capture_output=True, text=True, cwd=tmp_path
    )
    assert used.returncode == 0, used.stderr
    assert "Failed to authenticate: 127.0.0.1:9" in used.stdout
    assert 'pip install "access-tokens-client[testing]"' in used.stdout
    command = tmp_path / "bin" / "access-tokens"
    ran = subprocess.run([command, "whoami"], check=False, capture_output=True, text=True)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert 'pip install "access-tokens-client[cli]"' in ran.stderr


def test_the_lowest_versions_that_are_allowed_are_tried():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"].values()
    allowed = [*project["project"]["dependencies"], *(each for extra in extras for each in extra)]
    groups = project["dependency-groups"]
    tried = [each for each in (*groups["lowest"], *groups["tests"]) if isinstance(each, str)]
    for requirement in allowed:
        name, lowest = re.split(">=|,", requirement)[:2]
        [version] = [each.partition("==")[2] for each in tried if each.startswith(f"{name}==")]
        assert re.sub(r"(\.0)+$", "", version) == re.sub(r"(\.0)+$", "", lowest)
