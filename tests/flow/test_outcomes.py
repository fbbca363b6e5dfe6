"""What the service says of a failure, in each of its dresses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access_tokens import ApiError
from access_tokens._flow.error_body import said_in_body
from access_tokens._flow.steps import Answer
from access_tokens._secret import Secret

PAT = "pat_An6ladUCmSoDfciDaYDE9.q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k="
JWT = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"
PHC = "$scrypt$ln=14,r=8,p=1$q83vASNFZ4mrze8BI0VniQ$q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k"


STORE = "Cannot store invalid token record"


def said(
    content: bytes | str, content_type: str | None = "application/json; charset=utf-8"
) -> ApiError | str | None:
    headers = {} if content_type is None else {"content-type": content_type}
    return said_in_body(Answer(500, headers, content.encode() if isinstance(content, str) else content))


def said_json(body: Any) -> ApiError | None:
    error = said(json.dumps(body))
    assert not isinstance(error, str)
    return error


@pytest.mark.fault(18)
def test_an_error_object_is_read_whole():
    body = {"error": {"message": "Invalid JWT", "code": "ERR_JWT_EXPIRED", "details": "line 1\nline 2"}}
    assert said_json(body) == ApiError("Invalid JWT", "ERR_JWT_EXPIRED", "line 1\nline 2")


def test_details_may_be_an_object():
    body = {"error": {"message": "Bad", "details": {"path": ["owner"], "limit": 100}}}
    assert said_json(body) == ApiError("Bad", None, {"path": ["owner"], "limit": 100})


@pytest.mark.parametrize("absent", [{}, {"code": None, "details": None}, {"code": 7, "details": 7}])
def test_what_is_absent_or_odd_is_none(absent):
    assert said_json({"error": {"message": "Bad", **absent}}) == ApiError("Bad")


@pytest.mark.fault(18)
def test_an_error_may_be_a_mere_text():
    assert said_json({"error": "Too many requests"}) == ApiError("Too many requests")


@pytest.mark.fault(18)
@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("<html><pre>Error: Token not found: x<br> &nbsp; at f (a.js:1)</pre>", "Token not found: x"),
        ("<pre>TypeError: it&#39;s &lt;odd&gt;<br> &nbsp; &nbsp;at f (a.js:1)</pre>", "it's <odd>"),
        ("<pre>UnauthorizedError: Invalid Authorization token</pre>", "Invalid Authorization token"),
        ("<pre> OddException: it: Error: odd<BR/>and<br />more </pre>", "it: Error: odd and more"),
        ("<pre>An Error: odd</pre>", "An Error: odd"),
        ("<pre>Error:odd</pre>", "Error:odd"),
        ("<pre>at once &nbsp; &nbsp;at last</pre>", "at once at last"),
        ("<pre>x&#" + "9" * 5000 + ";</pre>", "x&#" + "9" * 4093),
        ("<PRE>Cannot GET /admin</PRE>", "Cannot GET /admin"),
        ("<pre>Error: unclosed <pre>Error: twice</pre><pre>later</pre>", "unclosed <pre>Error: twice"),
    ],
)
def test_an_error_page_holds_the_message(page, message):
    assert said(page, "text/html; charset=utf-8") == ApiError(message)
    assert said(page, "application/xhtml+xml") == ApiError(message)


@pytest.mark.fault(63)
@pytest.mark.parametrize(
    ("status", "reason", "phrase"),
    [
        (401, "Unauthorized", "Unauthorized"),
        (500, "", "Internal Server Error"),
        (500, "Oops", "oops"),
        (413, "", "Payload Too Large"),
        (414, "", "URI Too Long"),
        (416, "", "Range Not Satisfiable"),
        (422, "", "Unprocessable Entity"),
        (404, "", "not found"),
    ],
)
def test_a_page_that_says_the_phrase_of_its_status_says_nothing(status, reason, phrase):
    """Which is all that Express tells in production."""
    page = f"<!DOCTYPE html>\n<body>\n<pre>{phrase}</pre>\n</body>".encode()
    assert said_in_body(Answer(status, {"content-type": "text/html"}, page, reason)) == phrase


def test_the_phrase_of_another_status_is_the_services_word():
    assert said("<pre>Unauthorized</pre>", "text/html") == ApiError("Unauthorized")


@pytest.mark.fault(18)
def test_plain_text_is_the_message():
    assert said("upstream\nfailed", "text/plain; charset=utf-8") == ApiError("upstream failed")


@pytest.mark.fault(18)
@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        ("", "application/json"),
        ("", None),
        ("{not json", "application/json"),
        ("true", "application/json"),
        ("[" * 100_000, "application/json"),
        ("null", "application/json"),
        ('{"error": {}}', "application/json"),
        ('{"error": {"message": ""}}', "application/json"),
        ('{"error": {"message": 7}}', "application/json"),
        ('{"error": [7, {}]}', "application/json"),
        ("<h1>502</h1>", "text/html"),
        ("<pre></pre>", "text/html"),
        ("", "text/plain"),
        ("x", "image/png"),
        (b"\xff\xfe\x00", "application/json"),
        ('{"error": "' + "x" * 2**20 + '"}', "application/json"),
    ],
)
def test_a_body_that_says_nothing_is_none(content, content_type):
    assert said(content, content_type) is None


@pytest.mark.fault(19)
@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON;charset=utf-16",
        "application/problem+json",
        " application/json ",
        None,
    ],
)
def test_the_media_type_alone_counts(content_type):
    assert said('{"error": "Bad"}', content_type) == ApiError("Bad")


@pytest.mark.fault(18)
def test_messages_are_one_line_and_details_are_short():
    error = said_json({"error": {"message": "a\n\tb\x07c" + "x" * 9999, "details": "y\n" * 9999}})
    assert error
    assert error.message.startswith("a b c")
    assert len(error.message) == 4096
    assert isinstance(error.details, str)
    assert len(error.details) == 4096


def test_details_that_are_a_large_object_become_an_excerpt():
    error = said_json({"error": {"message": "Bad", "details": {"list": ["x"] * 9999}}})
    assert error
    assert isinstance(error.details, str)
    assert len(error.details) == 4096


@pytest.mark.parametrize("secret", [PAT, JWT, PHC])
def test_a_service_that_sends_a_secret_back_does_not_get_it_printed(secret):
    body = {"error": {"message": f"bad {secret}!", "code": secret, "details": {secret: [f"<{secret}>"]}}}
    shown = "pat_[hidden]" if secret is PAT else "[hidden]"
    assert said_json(body) == ApiError(f"bad {shown}!", shown, {shown: [f"<{shown}>"]})
    assert said(f"<pre>Error: bad {secret}<br></pre>", "text/html") == ApiError(f"bad {shown}")


def test_a_secret_without_a_known_shape_is_hidden_when_it_was_sent():
    known = (Secret("hunter2"),)
    answer = Answer(401, {"content-type": "application/json"}, b'{"error": "no: hunter2"}', known=known)
    assert said_in_body(answer) == ApiError("no: [hidden]")


@pytest.mark.fault(18)
@pytest.mark.parametrize(
    "part",
    [
        *(
            "x",
            "eyJ",
            "eyJ.",
            "<pre>",
            "<pre",
            "<",
            "&amp;",
            "$scrypt$a",
            "$scrypt$v=1",
            "A.",
            "a" * 21 + ".",
        ),
        *("<br>", "<br", "<br> &nbsp; &nbsp;at", "<br> &nbsp; &nbsp;", " &nbsp;", "Error", "&#9"),
        *("[", "{", "[{", "[[],", "9", "\\n"),
        *("<title>", "<title", "<a:title><", "<script", "<script>", "<style></", "<!--", "<message/>"),
    ],
)
@pytest.mark.parametrize("is_list", [False, True])
@pytest.mark.parametrize("content_type", ["text/html", "text/xml", "text/plain", "application/json"])
def test_no_large_body_takes_long(part, is_list, content_type):
    """It would take minutes if the time grew with the square of the size."""
    words = ("<pre>" if content_type == "text/html" else "") + f"{STORE}: [" if is_list else ""
    text = words + part * (2**17 // len(part) - 60)
    said(f'{{"error": "{text}"}}' if content_type == "application/json" else text, content_type)


@pytest.mark.fault(18)
@given(st.binary(max_size=300), st.sampled_from(["application/json", "text/html", "", "text/plain"]))
def test_no_body_breaks_it(content, content_type):
    error = said(content, content_type)
    assert error is None or (error if isinstance(error, str) else error.message).isprintable()


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda c: st.lists(c) | st.dictionaries(st.text(), c),
    )
)
def test_no_error_object_breaks_it(body):
    error = said_json({"error": {"message": body, "code": body, "details": body}})
    assert error is None or (error.message and error.message.isprintable())


@pytest.mark.parametrize(
    ("content", "content_type"), [(b"caf\xe9", "text/plain"), (b"<pre>caf\xe9</pre>", "text/html")]
)
def test_what_is_not_utf_8_is_read_as_far_as_it_can_be(content, content_type):
    assert said(content, content_type) == ApiError("caf\ufffd")
