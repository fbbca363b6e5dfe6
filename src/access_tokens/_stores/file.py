"""Shares a JWT among the processes of one user through a file."""

from __future__ import annotations

import json
import os
import stat
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from .._secret import redact

_LARGEST_FILE = 2**20
# The longest wait for another process that writes to the file, in seconds.
_LONGEST_WAIT = 1.0
_IS_WINDOWS = os.name == "nt"


class FileJwtStore:
    """A `JwtStore` in a file, for processes of one user on one machine.

    The file holds JWTs for any number of PATs, each encrypted with a key that only its PAT gives. Only its
    owner may read it (0600), and a directory that is made for it is 0700. A file or a directory that another
    user owns or can write to, a symbolic link, and a file that others can read are never used; the client
    then does without, and says so in the log. The lease ends when the process of its holder does. Methods as
    in `JwtStore`; their errors, such as an `OSError`, only ever reach the log of a client.

    Args:
        path: The path of the file. By default, it is in the user's cache directory.

    Raises:
        ImportError: The extra is not installed: `pip install "access-tokens-client[store]"`.
        TypeError: It is no path.
        ValueError: The path is empty; or, on Windows, not below the user's profile, where it is private.

    Example:
        store = FileJwtStore("jwts.json")
        with AccessTokensClient(service.endpoint, service.admin_pat, jwt_store=store) as client:
            client.list()
    """

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        try:
            import filelock
            import platformdirs
        except ImportError:
            message = 'a FileJwtStore needs: pip install "access-tokens-client[store]"'
            raise ImportError(message) from None
        if path is not None and not os.fspath(path):
            raise ValueError("path must not be empty")
        chosen = platformdirs.user_cache_path("access-tokens") / "jwts.json" if path is None else Path(path)
        self._path = chosen.absolute()
        if _IS_WINDOWS and not self._path.resolve().is_relative_to(Path.home().resolve()):
            raise ValueError("path must be below the user's profile, where other users cannot read it")
        self._lock_type = filelock.FileLock
        self._busy = filelock.Timeout
        self._leases: dict[tuple[int, str, str], tuple[Any, float]] = {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({redact(str(self._path))!r})"

    def get(self, name: str, /) -> str | None:
        """Return the value of this name, or None if there is none."""
        entry = self._entries().get(name)
        return entry[0] if entry else None

    def acquire(self, name: str, holder: str, seconds: float, /) -> bool:
        """Take the lease on a name unless another holder has it. The system ends it with the process."""
        self._make_directory()
        self._end_what_is_over()
        lock = self._lock(f".{name[:16]}")
        try:
            lock.acquire(timeout=0)
        except self._busy:
            return False
        self._leases[os.getpid(), name, holder] = (lock, time.monotonic() + seconds)
        return True

    def release(self, name: str, holder: str, /) -> None:
        """End the lease if this holder has it. A forked child does not hold the lease of its parent."""
        if lease := self._leases.pop((os.getpid(), name, holder), None):
            lease[0].release()

    def put(self, name: str, value: str, seconds: float, /) -> None:
        """Store a value for so many seconds."""
        with self._changed() as entries:
            entries[name] = (value, time.time() + seconds)

    def drop(self, name: str, value: str | bytes, /) -> None:
        """Delete the value of a name if it is still this one."""
        with self._changed() as entries:
            if name in entries and entries[name][0] == value:
                del entries[name]

    def _end_what_is_over(self) -> None:
        """End the leases of this process that nobody could release, as when taking one took too long."""
        for (process, name, holder), (_, until) in list(self._leases.items()):
            if process == os.getpid() and time.monotonic() >= until:
                self.release(name, holder)

    @contextmanager
    def _changed(self) -> Generator[dict[str, tuple[str, float]]]:
        """Give out the entries to change, and write them, while no other process does."""
        self._make_directory()
        with self._lock("").acquire(timeout=_LONGEST_WAIT):
            entries = self._entries()
            before = dict(entries)
            yield entries
            if entries == before:
                return
            self._write(_written(entries))

    def _lock(self, suffix: str) -> Any:
        # Not one for each thread, since an async client may end a lease in another thread.
        path = self._path.with_name(f"{self._path.name}{suffix}.lock")
        return self._lock_type(path, mode=0o600, thread_local=False)

    def _make_directory(self) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_directory(self._path.parent)

    def _entries(self) -> dict[str, tuple[str, float]]:
        """Return all entries; none if there is no file, or nothing in it that can be read.

        Raises:
            OSError: The file must not be used.
        """
        try:
            _check_directory(self._path.parent)
            with _opened(self._path) as file:
                read: Any = json.loads(file.read(_LARGEST_FILE))
        except (FileNotFoundError, ValueError, RecursionError):
            return {}
        found = cast("dict[str, Any]", read) if isinstance(read, dict) else {}
        return {name: (each[0], each[1]) for name, each in found.items() if _is_entry(each)}

    def _write(self, text: str) -> None:
        temporary = self._path.with_name(f"{self._path.name}.tmp")
        temporary.unlink(missing_ok=True)  # of a process that died: only one writes at a time
        try:
            with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._path)
        finally:
            temporary.unlink(missing_ok=True)


def _written(entries: dict[str, tuple[str, float]]) -> str:
    """Return the entries that have not expired, as JSON; of too many for a file, those that live longest."""
    now = time.time()
    living = sorted((item for item in entries.items() if item[1][1] > now), key=lambda item: item[1][1])
    while len(text := json.dumps(dict(living))) > _LARGEST_FILE:
        del living[: len(living) // 2]
    return text


def _is_entry(value: Any) -> bool:
    match value:
        case [str(), float()]:
            return True
        case _:
            return False


def _opened(path: Path) -> IO[bytes]:
    # Neither follows a symbolic link nor waits for a pipe.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    if path.is_symlink():
        raise _refused(path, "is a symbolic link")
    descriptor = os.open(path, flags)
    try:
        _check_file(path, os.fstat(descriptor))
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def _check_file(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise _refused(path, "is no regular file")
    if _IS_WINDOWS:
        return
    if found.st_uid != os.geteuid():
        raise _refused(path, "is another user's")
    if found.st_mode & 0o077:
        raise _refused(path, "can be read by others")
    if found.st_nlink > 1:
        raise _refused(path, "has another name as well")


def _check_directory(path: Path) -> None:
    found = path.stat()
    if _IS_WINDOWS:
        return
    if found.st_uid not in {os.geteuid(), 0}:
        raise _refused(path, "is another user's")
    if found.st_mode & 0o022:
        raise _refused(path, "can be changed by others")


def _refused(path: Path, reason: str) -> PermissionError:
    return PermissionError(f"{redact(str(path))} {reason}")
