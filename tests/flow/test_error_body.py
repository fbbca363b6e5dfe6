"""What the service says of a failure, in each shape of its errors."""

import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from access_tokens import ApiError
from access_tokens._flow.error_body import said_in_body

from .answers import JWT, PAT, PHC, said, typed


def said_by_the_service(**error: object) -> ApiError:
    """Return what is read of an error object."""
    found = said({"error": error})
    assert isinstance(found, ApiError)
    return found


@pytest.mark.fault(18)
def test_an_error_object_is_read_whole():
    body = {"error": {"message": "Invalid JWT", "code": "ERR_JWT_EXPIRED", "details": "line 1\nline 2"}}
    assert said(body) == ApiError("Invalid JWT", "ERR_JWT_EXPIRED", "line 1\nline 2")
    details = {"path": ["owner"], "limit": 100}
    assert said_by_the_service(message="Bad", details=details) == ApiError("Bad", None, details)


@pytest.mark.parametrize("absent", [{}, {"code": None, "details": None}, {"code": 7, "details": 7}])
def test_what_is_absent_or_odd_is_none(absent):
    assert said_by_the_service(message="Bad", **absent) == ApiError("Bad")


@pytest.mark.fault(18)
def test_an_error_may_be_a_mere_text():
    assert said({"error": "Too many requests"}) == ApiError("Too many requests")
    assert said("upstream\nfailed", "text/plain; charset=utf-8") == ApiError("upstream failed")


@pytest.mark.fault(18)
@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("<html><pre>Error: Token not found: x<br> &nbsp; at f (a.js:1)</pre>", "Token not found: x"),
        ("<pre>TypeError: it&#39;s &lt;odd&gt;<br> &nbsp; &nbsp;at f (a.js:1)</pre>", "it's <odd>"),
        ("<pre>UnauthorizedError: Invalid Authorization token</pre>", "Invalid Authorization token"),
        ("<pre> OddException: it: Error: odd<BR/>and<br />more </pre>", "it: Error: odd and more"),
        ("<pre>An Error: odd</pre>", "An Error: odd"),
        ("<pre>Unauthorized</pre>", "Unauthorized"),  # which is not the phrase of 500
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
        (799, "Oops", "oops"),
    ],
)
def test_a_page_that_says_the_phrase_of_its_status_says_nothing(status, reason, phrase):
    """Which is all that Express tells in production."""
    page = f"<!DOCTYPE html>\n<body>\n<pre>{phrase}</pre>\n</body>"
    assert said_in_body(typed(status, page, reason=reason)) == phrase


@pytest.mark.fault(18)
@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        ("", ""),
        ("{not json", "application/json"),
        ("true", "application/json"),
        ("[" * 100_000, "application/json"),
        ('{"error": {"message": ""}}', "application/json"),
        ('{"error": {"message": 7}}', "application/json"),
        ('{"error": [7, {}]}', "application/json"),
        ("<h1>502</h1>", "text/html"),
        ("<pre></pre>", "text/html"),
        ("x", "image/png"),
        (b"\xff\xfe\x00", "application/json"),
        ('{"error": "' + "x" * 2**20 + '"}', "application/json"),
    ],
)
def test_a_body_that_says_nothing_is_none(content, content_type):
    assert said(content, content_type) is None


@pytest.mark.fault(19)
def test_the_media_type_alone_counts():
    for media_type in ("application/json", "Application/JSON", " application/problem+json "):
        for parameters in ("", ";", ";charset=utf-16", " ; charset = utf-8"):
            assert said('{"error": "Bad"}', media_type + parameters) == ApiError("Bad")


@pytest.mark.fault(85)
@pytest.mark.parametrize("body", ['\ufeff{"error": "Bad"}', ' ["Bad"]', '"Bad"'])
def test_json_is_known_by_its_beginning_whatever_its_media_type(body):
    assert said(body, "text/plain") == ApiError("Bad")
    assert said(f"X{body}", "text/plain") != ApiError("Bad")


@pytest.mark.fault(18)
def test_messages_are_one_line_and_details_are_short():
    error = said_by_the_service(message="a\n\tb\x07c" + "x" * 9999, details="y\n" * 9999)
    assert error.message == "a b c" + "x" * 4091
    assert error.details == "y\n" * 2048
    details = said_by_the_service(message="Bad", details={"list": ["x"] * 9999}).details
    assert isinstance(details, str)
    assert len(details) == 4096


@pytest.mark.parametrize("secret", [PAT, JWT, PHC])
def test_a_service_that_sends_a_secret_back_does_not_get_it_printed(secret):
    body = {"error": {"message": f"bad {secret}!", "code": secret, "details": {secret: [f"<{secret}>"]}}}
    shown = "pat_[hidden]" if secret is PAT else "[hidden]"
    assert said(body) == ApiError(f"bad {shown}!", shown, {shown: [f"<{shown}>"]})
    assert said(f"<pre>Error: bad {secret}<br></pre>", "text/html") == ApiError(f"bad {shown}")


# What a reader could be made to look at again and again.
PARTS = [
    *("x", "eyJ", "eyJ.", "<pre>", "<pre", "<", "&amp;", "$scrypt$a", "$scrypt$v=1", "A.", "a" * 21 + "."),
    *("<br>", "<br", "<br> &nbsp; &nbsp;at", "<br> &nbsp; &nbsp;", " &nbsp;", "Error", "&#9"),
    *("[", "{", "[{", "[[],", "9", "\\n"),
    *("<title>", "<title", "<a:title><", "<script", "<script>", "<style></", "<!--", "<message/>"),
]


@pytest.mark.fault(18)
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("before", ["", "Cannot store invalid token record: ["], ids=["text", "list"])
def test_no_large_body_takes_long(part, before):
    """It would take minutes if the time grew with the square of the size."""
    text = before + part * (2**17 // len(part) - 60)
    for content_type in ("text/html", "text/xml", "text/plain"):
        said(("<pre>" if before and content_type == "text/html" else "") + text, content_type)
    said(f'{{"error": "{text}"}}', "application/json")


VALUES = st.none() | st.booleans() | st.floats() | st.text()


@given(st.recursive(VALUES, lambda c: st.lists(c, max_size=3) | st.dictionaries(st.text(), c, max_size=3)))
@profile(max_examples=40)
def test_no_error_object_breaks_it(value):
    error = said({"error": {"message": value, "code": value, "details": value}})
    assert error is None or (isinstance(error, ApiError) and error.message and error.message.isprintable())


XML = b"<error><message>caf\xe9</message></error>"


@pytest.mark.fault(85)
@pytest.mark.parametrize(
    ("content", "content_type", "message"),
    [
        (b"\xc4\xe3\xff", "text/plain; charset=gb18030", "\u4f60\ufffd"),
        (b"caf\xe9", "text/plain; charset=gbofnone", "caf\ufffd"),
        (b"charset=iso-8859-1 caf\xe9", "text/plain", "charset=iso-8859-1 caf\ufffd"),
        (b'\n<?xml version="1.0" encoding="iso-8859-1"?>' + XML, "text/xml", "caf\xe9"),
        (b"\xef\xbb\xbf \n" + XML, "text/plain", "caf\ufffd"),
    ],
)
def test_the_charset_is_the_one_of_the_header_or_of_the_markup(content, content_type, message):
    assert said(content, content_type) == ApiError(message)


@pytest.mark.parametrize(
    ("content", "content_type"), [(b"caf\xe9", "text/plain"), (b"<pre>caf\xe9</pre>", "text/html")]
)
def test_what_is_not_utf_8_is_read_as_far_as_it_can_be(content, content_type):
    assert said(content, content_type) == ApiError("caf\ufffd")
