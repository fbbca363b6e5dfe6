"""The two files of the command line: the one that `sync --config` names, and the user's own.

Both have the same form: `defaults`, `endpoints`, and `tokens`, which are read from the former alone. All that
is wrong in a file is found before any request, and told together.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
from attrs import field, frozen

from .._pat import why_unread
from .._secret import Masked, Secret, mask
from ..models import KEEP, Keep
from .exit_status import Unusable
from .private_files import Warn, content, warn_if_readable
from .shown import shown

_USER_DIRECTORY, _USER_FILE = ".access-tokens-cli", "config.yaml"
_LARGEST = 2**24  # in bytes
_MOST_TOLD = 20


@frozen(kw_only=True, eq=False)
class Entry(Masked):
    """A token of the file, checked.

    Attributes:
        is_admin, roles, revoked: None if left out. No roles at all are an empty tuple.
        expires_at: In Unix seconds; None for no expiry; KEEP if left out.
    """

    token_id: str
    owner: str
    secret_phc: Secret | None = field(default=None, repr=mask)
    is_admin: bool | None = None
    roles: tuple[str, ...] | None = None
    revoked: bool | None = None
    expires_at: int | Keep | None = KEEP


@frozen(kw_only=True, eq=False)
class Endpoint(Masked):
    """An endpoint, or the defaults of all, which have no `url`. None stands for what is left out.

    Attributes:
        url: Without a trailing slash.
    """

    url: str | None = None
    admin_token: Secret | None = field(default=None, repr=mask)
    auth_path: str | None = None
    admin_path: str | None = None


@frozen(kw_only=True, eq=False)
class Config(Masked):
    """A file. The endpoints are in its order."""

    path: Path
    defaults: Endpoint = Endpoint()
    endpoints: Mapping[str, Endpoint] = field(factory=dict[str, Endpoint])
    tokens: tuple[Entry, ...] = ()


def read_config(path: Path, warn: Warn) -> Config:
    """Read the file that `sync` applies.

    Raises:
        click.UsageError: It cannot be read, or something in it is wrong. The message has all that is.
    """
    return _checked(path, _text(path), warn)


def user_config(config_dir: str | None, warn: Warn) -> Config:
    """Read the user's file, in `~/.access-tokens-cli` if nothing else is given. Its tokens are ignored.

    Args:
        config_dir: The value of `--config-dir`: the directory, or the file itself.
        warn: Is called with each warning.

    Raises:
        click.UsageError: As for `read_config`. The file may be missing, unless `config_dir` is given.
    """
    path = _usual_path() if config_dir is None else _given(config_dir)
    if config_dir is None and _is_missing(path):
        return Config(path=path)
    return _checked(path, _text(path), warn, with_tokens=False)


def _usual_path() -> Path:
    try:
        return Path.home() / _USER_DIRECTORY / _USER_FILE
    except RuntimeError:  # there is no home directory, as in some containers
        return Path(os.devnull) / _USER_FILE


def _is_missing(path: Path) -> bool:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        pass  # reading it tells why
    return False


def _given(config_dir: str) -> Path:
    if not config_dir:
        raise click.UsageError("--config-dir must not be empty")
    path = Path(config_dir)
    try:
        return path / _USER_FILE if path.is_dir() else path
    except (OSError, ValueError):
        return path


def _text(path: Path) -> Secret:
    try:
        return Secret(content(path, _LARGEST).decode("utf-8-sig"))
    except UnicodeDecodeError:
        problem = "must be in UTF-8"
    except (OSError, ValueError) as error:
        problem = f"cannot be read: {why_unread(error)}"
    # Out of the except block: the error of decoding holds the file's content.
    raise Unusable(f"{shown(path)} {problem}")


def _checked(path: Path, text: Secret, warn: Warn, *, with_tokens: bool = True) -> Config:
    from .config_schema import structured

    found = structured(path, text, with_tokens=with_tokens)
    if found.unknown:
        warn(f"{shown(path)}: these keys are unknown and ignored: {', '.join(_told(found.unknown))}")
    if found.config is None or found.problems:
        raise Unusable("\n  ".join([f"{shown(path)} cannot be used:", *_told(found.problems)]))
    if any(each.admin_token for each in (found.config.defaults, *found.config.endpoints.values())):
        warn_if_readable(path, warn)
    return found.config


def _told(all_of_them: Sequence[str]) -> list[str]:
    more = len(all_of_them) - _MOST_TOLD
    return [*all_of_them[:_MOST_TOLD], *([f"and {more} more"] if more > 0 else ())]
