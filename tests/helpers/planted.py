"""Tests that show a secret, each in its own way. `test_canaries.py` runs them, and nobody else does."""

import logging
import sys
import threading
import warnings
from collections.abc import Iterator

import pytest

from access_tokens import AccessTokensClient, AccessTokensError, ApiError, AsyncAccessTokensClient
from access_tokens._flow.steps import Procedure

PAT = "pat_An6ladUCmSoDfciDaYDE9.q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k="


def test_log() -> None:
    logging.getLogger("httpcore.http11").debug("sent %s", PAT)


def test_log_of_a_thread() -> None:
    thread = threading.Thread(target=logging.getLogger().debug, args=[PAT])
    thread.start()
    thread.join()


def test_stdout() -> None:
    print(PAT)  # noqa: T201


def test_stderr() -> None:
    print(PAT, file=sys.stderr)  # noqa: T201


def test_output_taken_by_the_test(capsys: pytest.CaptureFixture[str]) -> None:
    print(PAT)  # noqa: T201
    assert capsys.readouterr().out


@pytest.mark.xfail
def test_expected_to_fail() -> None:
    print(PAT)  # noqa: T201
    raise ValueError


@pytest.fixture
def untidy() -> Iterator[None]:
    yield
    print(PAT)  # noqa: T201


@pytest.mark.usefixtures("untidy")
def test_teardown() -> None:
    pass


def story() -> Procedure[None]:
    yield from ()
    raise AccessTokensError("x", cause=ApiError(PAT))


def test_error() -> None:
    with pytest.raises(AccessTokensError):
        AccessTokensClient("https://h", "x")._session.run(story())


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["trio"])
async def test_error_of_a_task() -> None:
    with pytest.raises(AccessTokensError):
        await AsyncAccessTokensClient("https://h", "x")._session.run(story())


@pytest.mark.filterwarnings("default")
def test_warning() -> None:
    warnings.warn(PAT, stacklevel=1)


@pytest.mark.prints_secrets("to show that it may")
def test_meant_to_print() -> None:
    print(PAT)  # noqa: T201


def test_fine() -> None:
    print("fine")  # noqa: T201
    logging.getLogger().warning("fine")
