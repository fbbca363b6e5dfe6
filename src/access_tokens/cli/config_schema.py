"""Makes a `Config` of the content of a file, and finds all that is wrong in it.

The names and types are those of the reference's command line. No message holds a value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Any

import attrs
from attrs import frozen
from cattrs import (
    AttributeValidationNote,
    BaseValidationError,
    ClassValidationError,
    Converter,
    IterableValidationError,
    IterableValidationNote,
)
from cattrs.gen import make_dict_structure_fn, override

from .._calls import arguments
from .._secret import Secret
from .._settings import base_url, mount_path
from ..models import json_name
from . import yaml12
from .config import Config, Endpoint, Entry
from .config_values import (
    Hook,
    argument,
    expiry,
    flag,
    is_list,
    is_mapping,
    list_of,
    mapping,
    pat,
    phc,
    text,
    text_by,
)
from .shown import shown, shown_key

_converter = Converter(detailed_validation=True)
_structure: Callable[[Any, Any], Any] = _converter.structure  # typed less than it promises
_make: Callable[..., Hook] = make_dict_structure_fn
_TOKEN_ID = re.compile("[0-9A-Za-z]{21}")
_NAMES = {each.name: json_name(each) for kind in (Config, Endpoint, Entry) for each in attrs.fields(kind)}
_TOKEN_NAMES = {json_name(each) for each in attrs.fields(Entry)}
# What `list --json` writes besides.
_RECORD_NAMES = {"createdAt", "lastUsedAt", "revokedAt"}
_ENDPOINT_NAMES = {json_name(each) for each in attrs.fields(Endpoint)}
_MOST_UNKNOWN = 1000
_MOST_ROLES = 200  # of which so many may be the same that the service takes the rest
_FILE_NAMES = {"defaults", "endpoints", "tokens"}


@frozen(kw_only=True, eq=False)
class Structured:
    """What was made of a file.

    Attributes:
        config: None if there are problems.
        problems: What is wrong, each with its place.
        unknown: The places of keys that have no meaning.
    """

    config: Config | None = None
    problems: list[str] = attrs.Factory(list[str])
    unknown: list[str] = attrs.Factory(list[str])


def structured(path: Path, content: Secret, *, with_tokens: bool) -> Structured:
    """Make a `Config` of the content of a file."""
    try:
        document = yaml12.load(content.reveal())
        return _structured(path, {} if document is None else mapping(document), with_tokens)
    except ValueError as error:
        return Structured(problems=[str(error)])


def _structured(path: Path, document: dict[str, Any], with_tokens: bool) -> Structured:
    unknown = list(islice(_unknown(document), _MOST_UNKNOWN))
    if not with_tokens:
        document.pop("tokens", None)
    entries = [id(each) for each in _items(document.get("tokens")) if is_mapping(each)]
    if len(set(entries)) < len(entries):  # a few aliases could stand for very many problems
        return Structured(problems=["tokens: an entry is there twice, by an alias"], unknown=unknown)
    mistakes = [*_duplicates(document), *islice(_typos(document), _MOST_UNKNOWN)]
    try:
        config = _structure(document | {"path": path}, Config)
    except BaseValidationError as error:
        problems = [f"{_with_id(place, document)}: {problem}" for place, problem in _problems(error)]
        return Structured(problems=problems + mistakes, unknown=unknown)
    return Structured(config=None if mistakes else config, problems=mistakes, unknown=unknown)


def _problems(error: Exception, place: str = "") -> Iterator[tuple[str, str]]:
    if not isinstance(error, (ClassValidationError, IterableValidationError)):
        yield place.removeprefix("."), "is missing" if isinstance(error, KeyError) else str(error)
        return
    placed, others = error.group_exceptions()
    for inner, note in placed:
        yield from _problems(inner, place + _step(note))
    for inner in others:
        yield from _problems(inner, place)


def _step(note: AttributeValidationNote | IterableValidationNote) -> str:
    if isinstance(note, AttributeValidationNote):
        return f".{_NAMES[note.name]}"
    return f"[{note.index}]" if isinstance(note.index, int) else f".{shown(note.index)}"


def _with_id(place: str, document: dict[str, Any]) -> str:
    """Return a place with the id of its token, if that can be read."""
    found = re.match(r"tokens\[([0-9]+)\]", place)
    token_id = _id_of(_items(document["tokens"])[int(found[1])]) if found else None
    return f"{place} (token {token_id})" if token_id else place


def _id_of(entry: object) -> str | None:
    value = _keys(entry).get("tokenId")
    return value if isinstance(value, str) and _TOKEN_ID.fullmatch(value) else None


def _keys(value: object) -> dict[str, Any]:
    return value if is_mapping(value) else {}


def _items(value: object) -> list[Any]:
    return value if is_list(value) else []


def _duplicates(document: dict[str, Any]) -> Iterator[str]:
    first: dict[str, int] = {}
    for index, entry in enumerate(_items(document.get("tokens"))):
        token_id = _id_of(entry)
        if token_id and first.setdefault(token_id, index) != index:
            yield f"tokens[{index}].tokenId (token {token_id}): is that of tokens[{first[token_id]}] as well"


def _unknown(document: dict[str, Any]) -> Iterator[str]:
    """Yield the places of keys without a meaning: a typo in `revoked` must not pass unseen."""
    yield from _others("", document, _FILE_NAMES)
    yield from _others("defaults.", document.get("defaults"), _ENDPOINT_NAMES - {"url"})
    for name, endpoint in _keys(document.get("endpoints")).items():
        yield from _others(f"endpoints.{shown(name)}.", endpoint, _ENDPOINT_NAMES)
    for index, entry in enumerate(_items(document.get("tokens"))):
        yield from _others(f"tokens[{index}].", entry, _TOKEN_NAMES | _RECORD_NAMES)


def _others(place: str, value: object, known: set[str]) -> Iterator[str]:
    yield from (f"{place}{shown_key(key)}" for key in _keys(value) if key not in known)


def _typos(document: dict[str, Any]) -> Iterator[str]:
    """Yield keys of tokens that are almost those with a meaning: `revokd: true` would leave a PAT alive."""
    for index, entry in enumerate(_items(document.get("tokens"))):
        for key in _keys(entry).keys() - _TOKEN_NAMES - _RECORD_NAMES:
            if close := get_close_matches(key, _TOKEN_NAMES, 1, 0.8):
                place = f"tokens[{index}].{shown_key(key)}"
                yield f"{_with_id(place, document)}: is unknown: did you mean {close[0]}?"


def _roles(value: Any, _: object) -> tuple[str, ...]:
    """Return the roles, each once. Only the first that is wrong is told: aliases may repeat a list often."""
    if len(list_of(value)) > _MOST_ROLES:
        raise ValueError("must have at most 50 roles")
    folded: dict[str, None] = {}
    for index, each in enumerate(list_of(value)):
        try:
            folded[argument(lambda role: arguments.role("each", role), text(each))] = None
        except ValueError as error:
            error.add_note(IterableValidationNote("", index, str))
            group: Any = IterableValidationError  # typed as what it is derived from
            raise group("roles", [error], list) from None
    return tuple(argument(arguments.role_names, folded))


def _register(kind: type, **hooks: Hook) -> None:
    """Have a class made of a mapping, each field by its hook."""
    fields = {name: override(rename=_NAMES[name], struct_hook=hook) for name, hook in hooks.items()}
    make: Hook = _make(kind, _converter, **fields)
    _converter.register_structure_hook(kind, lambda value, _: make(mapping(value), kind))


_register(
    Entry,
    token_id=text_by(arguments.new_token_id),
    owner=text_by(arguments.owner),
    secret_phc=phc,
    is_admin=flag,
    roles=_roles,
    revoked=flag,
    expires_at=expiry,
)
_register(
    Endpoint,
    url=text_by(lambda url: base_url(url, allow_http=True)),
    admin_token=pat,
    auth_path=text_by(lambda path: mount_path("it", path)),
    admin_path=text_by(lambda path: mount_path("it", path)),
)
_register(
    Config,
    path=lambda value, _: value,
    defaults=lambda value, _: _structure(
        {key: each for key, each in mapping(value).items() if key != "url"}, Endpoint
    ),
    endpoints=lambda value, _: _structure(mapping(value), dict[str, Endpoint]),
    tokens=lambda value, _: _structure(list_of(value), tuple[Entry, ...]),
)
