"""A pytest plugin that watches the whole suite for secrets in sight.

It looks at every log record, with the root logger at DEBUG; at what tests print; at warnings; and at every
error that leaves a session, with its chain and the locals of its frames. A test in which something is found
fails, and is told where.
"""

import logging
import re
import traceback
from collections.abc import Callable, Generator, Iterator
from functools import wraps
from typing import Any
from warnings import WarningMessage

import pytest
from attrs import define, field

from access_tokens._session.async_session import AsyncSession
from access_tokens._session.sync_session import SyncSession

from .frames import chain, locals_of, shown

# What tests pass where the shape of a secret does not matter.
KNOWN = ("canary-7f3a", "pat_canary")
# Each begins with a plain character, since the log is long; of a PAT that is the dot in its middle. In a URL
# a PAT is percent-encoded.
SHAPES = (
    re.compile(r"(?P<JWT>eyJ[\w-]+\.[\w-]+\.[\w-]+)"),
    re.compile(r"(?P<PAT>\.(?<=[0-9A-Za-z]{21}\.)(?:[0-9A-Za-z+/]|%2[BF]){43}(?:=|%3D)?)"),
    re.compile(r"(?P<hash>\$scrypt\$[^\s$]+\$[^\s$]+\$[^\s$'\"]+)"),
    *(re.compile(f"(?P<canary>{each})") for each in KNOWN),
)
_USUAL = {*vars(logging.makeLogRecord({})), "message", "asctime"}
SORTS = ("log record", "error", "local", "output", "warning")


def secret_in(text: str) -> re.Match[str] | None:
    """Return the first secret that is found in a text."""
    for shape in SHAPES:
        if match := shape.search(text):
            return match
    return None


def masked(text: str) -> str:
    """Return a text with its secrets cut short."""
    for shape in SHAPES:
        text = shape.sub(cut, text)
    return text


def cut(secret: re.Match[str]) -> str:
    """Return the beginning of a secret."""
    return f"{secret.group()[:5]}…"


@define
class Watch:
    """What has been looked at, and what was found.

    Attributes:
        findings: Where the test that runs has shown a secret.
        late: What was found between two tests.
        prints_secrets: Whether the test that runs is meant to print some.
        looked: How many of each sort have been looked at.
    """

    findings: list[str] = field(factory=list)
    late: list[str] = field(factory=list)
    prints_secrets: bool = False
    looked: dict[str, int] = field(factory=lambda: dict.fromkeys(SORTS, 0))

    def look(self, sort: str, place: str, *texts: str) -> None:
        """Look at texts that were found in one place."""
        self.looked[sort] += 1
        for match in filter(None, map(secret_in, texts)):
            what = f"a {match.lastgroup} ({cut(match)}, {len(match.group())} characters)"
            self.findings.append(f"{what} in {place}")

    def take(self) -> list[str]:
        """Return what was found since the last time."""
        found, self.findings = self.findings, []
        return found

    def output(self, place: str, text: object) -> None:
        """Look at what a test has printed."""
        if isinstance(text, str) and text and not self.prints_secrets:
            self.look("output", place, text)

    def error(self, error: BaseException, place: str) -> None:
        """Look at an error, its chain and the frames that it has come through."""
        for each in chain(error):
            texts = [str(each), repr(each), repr(each.args), *getattr(each, "__notes__", ())]
            self.look("error", f"{type(each).__name__} that leaves {place}", *texts)
            # A mistake in an argument has come through frames that hold the argument, as the caller's own do.
            is_mistake = isinstance(error, (ValueError, TypeError))
            for where, text in () if is_mistake else locals_of(each.__traceback__):
                self.look("local", f"{where} of {type(each).__name__} that leaves {place}", text)


WATCH = Watch()


def extras_of(record: logging.LogRecord) -> dict[str, Any]:
    """Return the attributes of a record that its writer has added."""
    return {name: value for name, value in vars(record).items() if name not in _USUAL}


class Listener(logging.Handler):
    """Looks at every record that reaches the root logger, as any formatter could write it."""

    def emit(self, record: logging.LogRecord) -> None:
        texts = [record.getMessage(), repr(extras_of(record))]
        if record.args:
            texts.append(repr(record.args))
        if record.exc_info and record.exc_info[1]:
            texts += traceback.format_exception(record.exc_info[1])
            texts += [text for _, text in locals_of(record.exc_info[2])]
        WATCH.look("log record", f"a record of the logger {record.name}", *texts)


LISTENER = Listener()


def watched(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method that looks at every error which leaves it."""

    @wraps(method)
    def call(*args: Any, **options: Any) -> Any:
        try:
            return method(*args, **options)
        except BaseException as error:
            WATCH.error(error, name)
            raise

    return call


def watched_async(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    """Same as `watched`, for a coroutine function."""

    @wraps(method)
    async def call(*args: Any, **options: Any) -> Any:
        try:
            return await method(*args, **options)
        except BaseException as error:
            WATCH.error(error, name)
            raise

    return call


def watched_output(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return a `readouterr` that looks at what a test takes for itself."""

    @wraps(method)
    def call(*args: Any) -> Any:
        output = method(*args)
        WATCH.output("the standard output that the test reads", output.out)
        WATCH.output("the standard error that the test reads", output.err)
        return output

    return call


@pytest.fixture(scope="session", autouse=True)
def _every_error_is_looked_at() -> Iterator[None]:
    """Errors leave a session by these methods alone."""
    with pytest.MonkeyPatch.context() as patch:
        for session, wrap in ((SyncSession, watched), (AsyncSession, watched_async)):
            for name in ("run", "authorize"):
                patch.setattr(session, name, wrap(f"{session.__name__}.{name}", getattr(session, name)))
        readouterr = watched_output(pytest.CaptureFixture.readouterr)
        patch.setattr(pytest.CaptureFixture, "readouterr", readouterr)
        yield


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "prints_secrets(reason): the test is meant to print secrets")


def pytest_sessionstart(session: pytest.Session) -> None:
    root = logging.getLogger()
    logs = session.config.pluginmanager.get_plugin("logging-plugin")
    # What pytest shows of a test that fails, and gives to `caplog`, stays as it is without this plugin.
    for handler in (logs.caplog_handler, logs.report_handler) if logs else ():
        handler.setLevel(max(handler.level, root.level))
    root.addHandler(LISTENER)
    root.setLevel(logging.DEBUG)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    WATCH.late += WATCH.take()
    WATCH.prints_secrets = item.get_closest_marker("prints_secrets") is not None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    for name, text in report.sections:
        if name.startswith("Captured std") and name.endswith(report.when):
            WATCH.output(name, text)
    if found := WATCH.take():
        report.outcome = "failed"
        trouble = masked(str(report.longrepr or ""))
        report.longrepr = "\n".join(["Secrets in sight:", *dict.fromkeys(found), trouble])
        report.sections = [(name, masked(text)) for name, text in report.sections]
        vars(report).pop("wasxfail", None)
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_warning_recorded(warning_message: WarningMessage, nodeid: str) -> None:
    text = str(warning_message.message)
    WATCH.look("warning", f"a warning of {nodeid}", text, shown(warning_message.source))
    if secret_in(text):
        warning_message.message = UserWarning(masked(text))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    logging.getLogger().removeHandler(LISTENER)
    WATCH.late += WATCH.take()
    if WATCH.late:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    looked = ", ".join(f"{count} {sort}s" for sort, count in WATCH.looked.items() if count)
    if looked:  # with several processes, each has looked by itself
        terminalreporter.write_line(f"Looked for secrets in {looked}.")
    for each in WATCH.late:
        terminalreporter.write_line(f"Secret in sight: {each}", red=True)
