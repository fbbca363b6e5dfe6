"""The command line as a user has it: in this process or another one, in a pipe or on a terminal.

No run may show a secret on standard error; each is looked at.
"""

import io
import json
import logging
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO
from unittest import mock

from attrs import define, field, frozen

from access_tokens.cli import main
from access_tokens.testing import LocalService

from .canaries import masked, secret_in
from .local_service import PHC
from .threads import Task

ID = "0" * 21
# What each command needs at least, to do something with the token of this id.
NEEDED = {
    "list": (),
    "issue": ("--owner", "ann"),
    "register": ("--secret-phc", PHC, "--owner", "ann", "--token-id"),
    "update": ("--owner", "bob"),
    "revoke": ("--yes",),
    "restore": (),
    "rotate": ("--yes",),
    "whoami": (),
}
OF_TOKENS = ("update", "revoke", "restore", "rotate")
EACH = (*NEEDED, "generate", "completion", "sync")


def needed(command: str, token_id: str = ID) -> list[str]:
    """Return a command with what it needs, as it is for one token."""
    takes_id = command in {*OF_TOKENS, "register"}
    return [command, *NEEDED[command], *[token_id] * takes_id]


@frozen
class Ended:
    """How a command has ended. No PAT that it has printed is in the repr, which a test that fails shows."""

    status: int
    out: str = field(repr=masked)
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


@define
class CommandLine:
    """Runs commands with an environment of their own.

    Attributes:
        environment: All variables that a command sees.
    """

    environment: dict[str, str] = field(repr=False)

    @classmethod
    def at(cls, home: Path) -> "CommandLine":
        """Return one for a user with this empty home directory, who has said nothing yet."""
        kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
        return cls({**kept, "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache"), "TERM": "xterm"})

    def use(self, service: LocalService) -> "CommandLine":
        """Name a service and its administrator's PAT in the environment."""
        self.environment |= {
            "ACCESS_TOKENS_ENDPOINT": service.endpoint,
            "ACCESS_TOKENS_API_KEY": service.admin_pat,
        }
        return self

    def __call__(self, *args: object, stdin: str = "", out: TextIO | None = None) -> Ended:
        """Run a command in this process, with pipes. Standard output may go elsewhere."""
        pipe, errors = _pipe(), _pipe()
        status = self._run(args, _pipe(stdin), out or pipe, errors)
        return _ended(status, _text(pipe), _text(errors))

    def on_terminal(self, *args: object, typed: str = "", out: TextIO | None = None) -> Ended:
        """Run a command in this process, on a terminal at which somebody types.

        What is on the terminal comes as `out`. Standard output may go elsewhere.
        """
        master, slave = pty.openpty()
        reader = Task(lambda: read_until(master))
        os.write(master, typed.encode())
        with ExitStack() as stack:
            stack.callback(os.close, slave)
            tty: list[Any] = [stack.enter_context(os.fdopen(os.dup(slave), mode)) for mode in "rww"]
            status = self._run(args, tty[0], out or tty[1], tty[2])
        text = str(reader.outcome())
        os.close(master)
        return Ended(status, text, "")

    def process(self, *args: object, stdin: str = "", **options: Any) -> Ended:
        """Run a command in a process of its own."""
        command = [sys.executable, "-m", "access_tokens.cli", *map(str, args)]
        return self.program(command, stdin, **options)

    def started(self, *args: object) -> subprocess.Popen[str]:
        """Start a command in a process of its own."""
        command = [sys.executable, "-m", "access_tokens.cli", *map(str, args)]
        return subprocess.Popen(
            command, env=self.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def program(self, command: list[str], stdin: str = "", **options: Any) -> Ended:
        """Run any program in this environment."""
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
        done = subprocess.run(
            command, input=stdin, env=self.environment, text=True, check=False, timeout=60, **pipes
        )
        return _ended(done.returncode, done.stdout or "", done.stderr or "")

    def _run(self, args: tuple[object, ...], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
        with (
            mock.patch.dict(os.environ, self.environment, clear=True),
            mock.patch.multiple(sys, stdin=stdin, stdout=stdout, stderr=stderr),
            _log_as_before(),
        ):
            return main([str(each) for each in args])


def read_until(master: int, end: str = "\0") -> str:
    """Read what is written to a terminal, until it ends so, or nobody can write to it any more."""
    data = b""
    with suppress(OSError):  # the other end is closed
        while not data.endswith(end.encode()):
            data += os.read(master, 2**16)
    return data.decode().replace("\r\n", "\n")


@contextmanager
def _log_as_before() -> Iterator[None]:
    log = logging.getLogger("access_tokens")
    before = log.level, log.propagate, [*log.handlers]
    try:
        yield
    finally:
        log.setLevel(before[0])
        log.propagate, log.handlers = before[1:]


def _pipe(text: str = "") -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(text.encode(errors="surrogateescape")), "utf-8")


def _text(pipe: io.TextIOWrapper) -> str:
    pipe.seek(0)  # writes what is in its buffer
    return pipe.read()


def _ended(status: int, out: str, err: str) -> Ended:
    assert secret_in(err) is None, masked(err)
    return Ended(status, out, err)
