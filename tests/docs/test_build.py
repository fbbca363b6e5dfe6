"""The site is built strictly: what leads nowhere fails the build."""

import shutil

import pytest

from ..helpers.pages import ROOT
from .site import build

pytestmark = pytest.mark.untraced
FAULTS = {
    "[there](nowhere.md)": "nowhere",
    "[there](retries.md#no-such-heading)": "no-such-heading",
    "[there](../examples/nothing.py)": "nothing.py",
    "{py:meth}`~access_tokens.AccessTokensClient.vanish`": "AccessTokensClient.vanish",
    "{py:class}`~access_tokens._session.base.Session`": "access_tokens._session.base.Session",
}


def test_what_leads_nowhere_fails_the_build(tmp_path):
    """A link, a heading and a name that are not there, a page in no menu, a public name in no reference."""
    docs = shutil.copytree(ROOT / "docs", tmp_path / "docs")
    for included in ("CHANGELOG.md", "SECURITY.md", "tests/faults", "benchmarks", "examples"):
        copy = shutil.copytree if (ROOT / included).is_dir() else shutil.copy
        copy(ROOT / included, tmp_path / included)
    (docs / "managing.md").write_text("# A page\n\n" + "\n\n".join(FAULTS))
    (docs / "hidden.md").write_text("# In no menu\n")
    (docs / "reference" / "options.md").write_text("# Options\n")
    done = build(tmp_path / "site", "--builder", "dummy", docs=docs)
    assert done.returncode != 0
    expected = [*FAULTS.values(), "hidden.md: WARNING", "access_tokens.RetryPolicy is on no page"]
    assert [each for each in expected if each not in done.stderr] == []
