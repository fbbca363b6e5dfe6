"""Decides where the service is, and which PAT goes there.

URL and PAT come from one source: the command line, one file, or the environment. Otherwise whoever may change
one of them, as in a pull request, could have the PAT of another sent to a URL of their own.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import click

from .._secret import Secret
from .config import Config, Endpoint, user_config
from .exit_status import Unusable
from .pats import given_pat, pat_in
from .private_files import Warn
from .shown import requirement, shown
from .target import Given, Target

Stdin: TypeAlias = Callable[[], str]
Files: TypeAlias = tuple[Config, ...]
"""Where to look for an endpoint; what the first one leaves out, the next may have."""

_AUTH_PATH, _ADMIN_PATH = "/auth", "/admin"
_ENDPOINT, _API_KEY_FILE = "ACCESS_TOKENS_ENDPOINT", "ACCESS_TOKENS_API_KEY_FILE"
_EMPTY = Endpoint()
_MOST_NAMES = 20
_WAYS = f"""Say where the service is, in one of three ways:
  --url URL with --admin-token-file FILE
  --endpoint NAME, of an endpoint in the configuration
  the variables {_ENDPOINT} and ACCESS_TOKENS_API_KEY or {_API_KEY_FILE}"""


def target(given: Given, stdin: Stdin, warn: Warn) -> Target:
    """Return the service that a command is for, `sync` and `generate` excepted.

    Args:
        given: The command line.
        stdin: Reads standard input; called once at most.
        warn: Is called with each warning.

    Raises:
        click.UsageError: There is none, or the options contradict each other.
    """
    names = _names(given)
    if len(names) > 1:
        raise click.UsageError("--endpoint takes one name here")
    return _found(given, names, (user_config(given.config_dir, warn),), stdin, warn)[0]


def targets(given: Given, file: Config, stdin: Stdin, warn: Warn) -> tuple[Target, ...]:
    """Return the services that `sync` is for, each once: without options all that its file names.

    What the file leaves out, the user's file may add.

    Args:
        given: The command line.
        file: The file of `sync`.
        stdin: Reads standard input; called once at most.
        warn: Is called with each warning.

    Raises:
        click.UsageError: As for `target`, or one of several services cannot be found out.
    """
    names = _names(given)
    user = user_config(given.config_dir, warn)
    if given.url is not None:
        return _found(given, names, (user,), stdin, warn)
    return _found(given, names or tuple(file.endpoints), (file, user), stdin, warn)


def _names(given: Given) -> tuple[str, ...]:
    """Return the names of `--endpoint`, if the options do not contradict each other."""
    parts = ",".join(given.endpoints).split(",")
    names = tuple(dict.fromkeys(name for part in parts if (name := part.strip())))
    if given.endpoints and not names:
        raise click.UsageError("--endpoint must name an endpoint")
    if given.url is not None and names:
        raise click.UsageError("--url and --endpoint cannot both be given")
    has_pat = given.admin_token is not None or given.admin_token_file is not None
    if has_pat and given.url is None and len(names) != 1:
        raise click.UsageError(
            "--admin-token and --admin-token-file need the service to be given beside them: by --url, or by "
            "--endpoint with one name; ACCESS_TOKENS_ENDPOINT is not used with them"
        )
    return names


def _found(
    given: Given, names: tuple[str, ...], files: Files, stdin: Stdin, warn: Warn
) -> tuple[Target, ...]:
    if given.url is None and not names:
        return (_of_environment(given, files[-1:], warn),)
    if given.url is None:
        _check_known(names, files)
    pat = given_pat(given.admin_token, given.admin_token_file, stdin, warn)
    if given.url is not None:
        return (_of_url(given, given.url, files, pat),)
    if problems := [problem for name in names if (problem := _problem(name, files, pat))]:
        raise Unusable("\n".join(problems))
    return tuple(_of_files(given, name, files, pat) for name in names)


def _of_url(given: Given, url: str, files: Files, pat: Secret | None) -> Target:
    from .._settings import base_url

    if pat is None:
        raise click.UsageError(
            "--url needs its PAT beside it: --admin-token-file FILE, or - for standard input"
        )
    checked = _option("--url", lambda: base_url(url, allow_http=True))
    return Target(name=checked, url=checked, pat=pat, **_paths(given, None, files))


def _of_environment(given: Given, files: Files, warn: Warn) -> Target:
    from .._environment import endpoint_from_environment
    from .._settings import base_url

    if not os.environ.get(_ENDPOINT, "").strip():
        raise Unusable(_WAYS)
    try:
        url = base_url(endpoint_from_environment(allow_http=True), allow_http=True)
        pat = _pat_of_environment(warn)
    except ValueError as error:
        problem = str(error)
    else:
        return Target(name=url, url=url, pat=pat, **_paths(given, None, files))
    raise Unusable(f"{problem}\n{_WAYS}" if "not set" in problem else problem)


def _pat_of_environment(warn: Warn) -> Secret:
    from .._environment import api_key_from_environment

    key = api_key_from_environment()
    return pat_in(key, _API_KEY_FILE, warn) if isinstance(key, Path) else Secret(key)


def _of_files(given: Given, name: str, files: Files, pat: Secret | None) -> Target:
    _, url = _value(name, files, "url")
    pat_file, own = _value(name, files, "admin_token")
    # Where the user's file says where a PAT goes, a path of another file could lead it elsewhere.
    is_of_first = pat is None and pat_file is files[0]
    paths_of = files if is_of_first or _url_in(files[-1], name) is None else files[-1:]
    return Target(name=name, url=url, pat=pat or own, **_paths(given, name, paths_of))


def _url_in(file: Config, name: str) -> str | None:
    return file.endpoints.get(name, _EMPTY).url


def _check_known(names: tuple[str, ...], files: Files) -> None:
    from difflib import get_close_matches

    known = list(dict.fromkeys(name for file in files for name in file.endpoints))
    for name in names:
        if name not in known:
            close = get_close_matches(name, known, 1)
            advice = f" Did you mean {shown(close[0])}?" if close else ""
            there = ", ".join(map(shown, known[:_MOST_NAMES])) or "none"
            raise click.UsageError(
                f"--endpoint: there is no {shown(name)} in {_paths_of(files)}.{advice} There are: {there}"
            )


def _problem(name: str, files: Files, pat: Secret | None) -> str | None:
    """Return why the URL or the PAT of an endpoint cannot be used, if so."""
    (url_file, url), (pat_file, own) = _value(name, files, "url"), _value(name, files, "admin_token")
    endpoint = f"endpoint {shown(name)}"
    remedy = f"give --endpoint {shown(name)} with --admin-token-file FILE"
    if url is None:
        return f"{endpoint} has no url in {_paths_of(files)}"
    if pat is None and own is None:
        return f"{endpoint} has no adminToken in {_paths_of(files)}: add it, or {remedy}"
    here, users = shown(url_file.path), shown(files[-1].path)
    if pat is None and _url_in(pat_file, name) != url:
        return (
            f"{endpoint} has its url in {here} and its adminToken in {users}, which does not name this url: "
            f"add the url to {users}, or {remedy}"
        )
    if pat is not None and _url_in(files[-1], name) not in {None, url}:
        return f"{endpoint} has one url in {here} and another in {users}: give --url URL for one of them"
    return None


def _paths_of(files: Files) -> str:
    return " or ".join(shown(file.path) for file in files)


def _value(name: str | None, files: Files, attribute: str) -> tuple[Any, Any]:
    """Return the value of an endpoint, or else of the defaults, and the first file that has it."""
    parts = [(file, file.endpoints.get(name or "", _EMPTY)) for file in files if name is not None]
    parts += [(file, file.defaults) for file in files]
    held = ((file, getattr(part, attribute)) for file, part in parts)
    return next((each for each in held if each[1] is not None), (None, None))


def _paths(given: Given, name: str | None, files: Files) -> dict[str, str]:
    _, auth_path = _value(name, files, "auth_path")
    _, admin_path = _value(name, files, "admin_path")
    return {
        "auth_path": _path("--auth-path", given.auth_path, auth_path, _AUTH_PATH),
        "admin_path": _path("--admin-path", given.admin_path, admin_path, _ADMIN_PATH),
    }


def _path(option: str, value: str | None, configured: str | None, usual: str) -> str:
    from .._settings import mount_path

    if value is not None:
        return _option(option, lambda: mount_path(option, value))
    return usual if configured is None else configured


def _option(option: str, check: Callable[[], str]) -> str:
    try:
        return check()
    except ValueError as error:
        problem = requirement(error)
    raise click.UsageError(f"{option} {problem}")
