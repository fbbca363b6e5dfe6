"""The watch over the whole suite finds a secret wherever one is planted, and nothing else."""

import logging
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest

from access_tokens import AccessTokensError, ApiError

from ..helpers import canaries
from ..helpers.canaries import KNOWN, Watch, masked, secret_in

PAT = "pat_An6ladUCmSoDfciDaYDE9.q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k="
JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJBIn0.c2lnbmF0dXJl"
PHC = "$scrypt$ln=14,r=8,p=1$lzRhbyEcqYp5n5FBCald5Q$oOGvtUqrp8r"

pytestmark = pytest.mark.fault(48)


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """A watch of its own, so that what is planted here does no harm."""
    watch = Watch()
    monkeypatch.setattr(canaries, "WATCH", watch)
    return watch


@pytest.mark.parametrize(
    "secret",
    [PAT, PAT.removeprefix("pat_"), PAT.replace("pat_", "acme-"), quote(PAT, safe=""), JWT, PHC, *KNOWN],
)
def test_a_secret_is_known_by_its_shape_and_never_shown_whole(watch, secret):
    watch.look("output", "a place", f"before <{secret}> after")
    assert re.fullmatch(r"a (PAT|JWT|hash|canary) \(\S{5}…, \d+ characters\) in a place", watch.take()[0])
    assert secret not in masked(f"before <{secret}> after")


ORDINARY = ["", "token An6ladUCmSoDfciDaYDE9", "pat_…", "[hidden]", "GET /admin/tokens: 503", "a.b.c"]


@pytest.mark.parametrize("text", [*ORDINARY, "$scrypt$", "v1.2.3"])
def test_ordinary_text_is_no_secret(text):
    assert secret_in(text) is None


def emit(watch: Watch, *arguments: Any, **options: Any) -> list[str]:
    """Log something where only the watch listens, and return what it finds."""
    logger = logging.getLogger("planted")
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    logger.addHandler(listener := canaries.Listener())
    logger.debug(*arguments, **options)
    logger.removeHandler(listener)
    return watch.take()


def error_with(**attributes: Any) -> BaseException:
    error = RuntimeError("x")
    for name, value in attributes.items():
        setattr(error, name, value)
    return error


def error_from_below(held: object) -> BaseException:
    """Return an error that came through a frame which is none of the tests."""
    space: dict[str, Any] = {}
    exec(compile("def fail(held): raise RuntimeError('x')", "/site-packages/below.py", "exec"), space)
    with pytest.raises(RuntimeError, match="x") as raised:
        space["fail"](held)
    return raised.value


def test_a_log_record_is_looked_at_with_its_arguments_its_extras_and_its_exception(watch):
    assert emit(watch, PAT)
    assert emit(watch, "%s", [PAT])
    assert emit(watch, "failed", extra={"token": [PAT]})
    assert emit(watch, "failed", exc_info=ValueError(PAT))
    assert emit(watch, "failed", exc_info=error_with(__cause__=ValueError(PAT)))
    assert emit(watch, "failed", exc_info=error_from_below(PAT))
    assert emit(watch, "%s is fine", "this") == []
    assert watch.looked["log record"] == 7


@pytest.mark.parametrize(
    "error",
    [
        ValueError(PAT),
        AccessTokensError("Failed", cause=ApiError(PAT)),
        *(error_with(args=("x", PAT)), error_with(__notes__=[PAT]), error_with(__cause__=ValueError(PAT))),
        error_with(__context__=ValueError(PAT), __suppress_context__=True),
        ExceptionGroup("x", [ValueError("y"), ValueError(PAT)]),
        error_from_below(PAT),
        error_with(__cause__=error_from_below({"Authorization": PAT})),
    ],
)
def test_an_error_is_looked_at_with_its_chain_and_the_locals_of_its_frames(watch, error):
    watch.error(error, "a session")
    assert "that leaves a session" in watch.take()[0]


def test_an_error_without_a_secret_is_fine(watch):
    watch.error(AccessTokensError("Failed", cause=error_from_below("fine")), "a session")  # type: ignore[arg-type]
    assert watch.take() == []


def test_what_is_found_between_two_tests_fails_the_run(watch, monkeypatch):
    monkeypatch.setattr(canaries, "LISTENER", canaries.Listener())
    session: Any = SimpleNamespace(exitstatus=0)
    canaries.pytest_sessionfinish(session)
    assert session.exitstatus == 0
    watch.look("log record", "a thread that is left over", PAT)
    canaries.pytest_sessionfinish(session)
    assert session.exitstatus == pytest.ExitCode.TESTS_FAILED


def test_what_is_planted_in_a_test_makes_it_fail():
    plugins = ("no:cacheprovider", "pytest_timeout", "anyio.pytest_plugin", "tests.helpers.canaries")
    options = ["-vrN", "--noconftest", *(f"-p{each}" for each in plugins)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "tests/helpers/planted.py"],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},  # which takes seconds
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    outcomes = set(re.findall(r"::(\w+)\S* (PASSED|FAILED|ERROR|XFAIL)", done.stdout))
    failed = {name for name, outcome in outcomes if outcome in {"FAILED", "ERROR"}}
    assert {name for name, _ in outcomes} - failed == {"test_warning", "test_meant_to_print", "test_fine"}
    assert len(failed) == 9
    # The test to blame for a warning is over when the warning is known.
    assert "Secret in sight: a PAT (.q83v…, 45 characters) in a warning of" in done.stdout
    assert done.stdout.count("a PAT (.q83v…, 45 characters) in ") == 10
    assert PAT not in done.stdout + done.stderr
