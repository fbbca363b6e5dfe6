"""Files with a PAT: made for their owner only, and replaced in such a way that no PAT is ever lost."""

from __future__ import annotations

import os
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from attrs import define

from .._pat import why_unread
from .._secret import Secret
from .exit_status import Unusable
from .private_files import content

_LARGEST = 4096


@define
class SecretFile:
    """A new file, open for one PAT.

    Attributes:
        path: Its path.
        descriptor: Its descriptor.
        has_pat: Whether the PAT is in it.
    """

    path: Path
    descriptor: int
    has_pat: bool = False

    def write(self, pat: str) -> None:
        """Write the PAT, and wait until it is on the disk."""
        with os.fdopen(os.dup(self.descriptor), "w") as file:
            file.write(f"{pat}\n")
            file.flush()
            os.fsync(file.fileno())
            self.has_pat = True
        _sync_directory(self.path.parent)


@contextmanager
def new_file(path: str | Path) -> Generator[SecretFile]:
    """Make a file before there is a PAT, so that this cannot fail later; and remove it if none is written.

    Raises:
        click.UsageError: The file exists already, or cannot be made.
    """
    file = SecretFile(Path(path), _made(Path(path)))
    _lock(file.descriptor)
    try:
        yield file
    finally:
        os.close(file.descriptor)
        if not file.has_pat:
            file.path.unlink(missing_ok=True)


def _made(path: Path) -> int:
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Unusable(f"{path} exists already, and may hold a PAT: choose another file.") from None
    except (OSError, ValueError) as error:
        raise Unusable(f"{path} cannot be made: {why_unread(error)}.") from None


def _lock(descriptor: int) -> bool:
    """Lock a file while it is open, where the system can, and tell whether nobody else has."""
    try:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except (ImportError, OSError):  # Windows, and some file systems
        pass
    return True


def is_locked(path: Path) -> bool:
    """Tell whether another command is writing a file right now."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        return not _lock(descriptor)
    finally:
        os.close(descriptor)


def content_of(path: Path) -> Secret | None:
    """Return what a file holds, without white space around it; None if there is no file.

    Raises:
        click.UsageError: It cannot be read.
    """
    try:
        return Secret(content(path, _LARGEST).decode(errors="replace").strip())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise Unusable(f"{path} cannot be read: {why_unread(error)}.") from None


def replace(path: Path, successor: Path) -> None:
    """Put a file in the place of another. Its owner and its group stay, and the group's right to read it."""
    with suppress(FileNotFoundError):
        _adopt(path.stat(), successor)
    successor.replace(path)
    _sync_directory(path.parent)


def _adopt(old: os.stat_result, successor: Path) -> None:
    try:
        os.chown(successor, old.st_uid, old.st_gid)
    except (PermissionError, AttributeError):  # Windows has no owners of this kind
        return
    # What everybody can read is so by chance more often than not.
    mode = stat.S_IMODE(old.st_mode)
    successor.chmod(0o600 if mode & 0o007 else mode & 0o660)


def _sync_directory(path: Path) -> None:
    """Wait until the names in a directory are on the disk, where directories can be opened."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
