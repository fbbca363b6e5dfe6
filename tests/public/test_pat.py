"""Where the PAT comes from, without a client: what is held, what is asked, and what is refused."""

import os
from pathlib import Path
from typing import Any

import pytest

from access_tokens._pat import PatSource, content_of, pat_source
from access_tokens._secret import Secret

A, B, C = (Secret(f"pat_{each}") for each in "abc")
SHAPED = f"pat_{'A' * 21}.{'q83v' * 10}q8s="


async def in_async() -> str:
    return "pat_x"


class AsyncAsked:
    async def __call__(self) -> str:
        return "pat_x"


def source(given: Any, *, may_await: bool = False) -> PatSource:
    return pat_source(Secret(given), may_await=may_await)


def refused(given: Any, *, may_await: bool = False) -> str:
    with pytest.raises((ValueError, TypeError)) as raised:
        source(given, may_await=may_await)
    return f"{type(raised.value).__name__}: {raised.value}"


def test_a_text_is_held_and_nobody_is_asked():
    made = source("pat_a")
    assert (made.ask, made.held().reveal(), made.current) == (None, "pat_a", made.held())
    assert made.known == (made.held(),)


def test_a_file_is_read_at_once_and_again_when_it_is_asked(tmp_path, monkeypatch):
    (tmp_path / "pat").write_text("pat_a \n\n")
    monkeypatch.chdir(tmp_path)
    made = source(Path("pat"))
    assert made.current
    assert made.current.reveal() == "pat_a"
    (tmp_path / "pat").write_bytes(b"pat_b\xff")
    monkeypatch.chdir("/")
    assert made.ask
    assert made.ask() == "pat_b\ufffd"


def test_no_more_of_a_file_is_read_than_a_pat_may_have(tmp_path):
    (tmp_path / "pat").write_text("x" * 2**17)
    assert len(content_of(tmp_path / "pat")) == 2**16
    assert refused(tmp_path / "pat") == (
        f"ValueError: the content of {tmp_path}/pat must have at most 200 characters"
    )


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    cannot = "ValueError: api_key must be a file that can be read: "
    assert refused(tmp_path / "gone") == f"{cannot}No such file or directory: {tmp_path}/gone"
    os.mkfifo(tmp_path / "pipe")
    assert refused(tmp_path / "pipe") == f"{cannot}Not a regular file: {tmp_path}/pipe"
    with pytest.raises(OSError, match="^.Errno 22. Not a regular file: ") as raised:
        content_of(tmp_path / "pipe")
    assert raised.value.filename == str(tmp_path / "pipe")
    assert refused(Path("a\0b")) == f"{cannot}not a path: a\0b"
    assert refused(Path(SHAPED)) == f"{cannot}No such file or directory: pat_[hidden]"
    assert refused(Path("a\udcff")) == f"{cannot}No such file or directory: a?"


def test_a_function_is_asked_later_and_an_async_one_by_an_async_client_alone():
    for function in (lambda: "pat_a", in_async, AsyncAsked()):
        made = source(function, may_await=True)
        assert (made.ask, made.current, made.known) == (function, None, ())
    assert source(str).ask is str
    for function in (in_async, AsyncAsked()):
        assert refused(function) == (
            "TypeError: api_key must not be an async function, except for an AsyncAccessTokensClient"
        )


@pytest.mark.parametrize("given", [None, 7, b"pat_x", ["pat_x"]])
def test_any_other_type_is_refused(given):
    assert refused(given) == f"TypeError: api_key must be a string, the PAT, not {type(given).__name__}"


def test_what_a_function_answers_becomes_the_current_pat_if_it_is_one():
    made = source(str)
    first = made.taken(A)
    assert (first, made.taken(Secret("pat_a")), made.current, made.held()) == (A, A, A, A)
    assert (made.taken(B), made.current, made.known) == (B, B, (B, A))
    for wrong in ("", 7):
        with pytest.raises((ValueError, TypeError), match="^the PAT must "):
            made.taken(Secret(wrong))  # type: ignore[arg-type]
    never_awaited = in_async()
    with pytest.raises(TypeError, match="not coroutine$"):
        made.taken(Secret(never_awaited))  # type: ignore[arg-type]
    assert made.current is B


def test_the_last_pats_are_known_and_no_more():
    made = source(str)
    pats = [made.taken(Secret(f"pat_{each}")) for each in range(6)]
    assert made.known == tuple(reversed(pats[2:]))


def test_one_that_is_refused_gives_way_to_one_that_is_offered():
    made = PatSource(A)
    assert made.held(refused=A) is A
    made.offer(B)
    assert (made.held(), made.held(refused=B), made.known) == (A, A, (A, B))
    assert (made.held(refused=A), made.held(refused=A), made.held()) == (B, B, B)
    assert made.held(refused=B) is A


def test_one_that_is_offered_is_withdrawn_or_takes_the_place_of_the_old_one():
    made = PatSource(A)
    for each in (B, Secret("pat_b"), C):
        made.offer(each)
    made.withdraw(B)
    assert (made.held(refused=A), made.held(refused=C)) == (C, A)
    made.offer(B)
    made.replace(A, B)
    assert (made.held(), made.held(refused=B), made.current) == (B, C, C)
    made.replace(B, C)
    assert (made.held(), made.held(refused=C), made.known[0]) == (C, C, C)
