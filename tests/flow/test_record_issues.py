"""What the service says of a record that it cannot store or read, put into words."""

from __future__ import annotations

import html
import json

import pytest

from access_tokens import ApiError
from access_tokens._flow.error_body import said_in_body
from access_tokens._flow.steps import Answer
from access_tokens._secret import Secret

from .test_outcomes import JWT, PAT, PHC, STORE, said, said_json

# As the service words it, without what is said of a value.
TOO_BIG = """[
  {
    "origin": "string",
    "code": "too_big",
    "maximum": 100,
    "inclusive": true,
    "path": [
      "owner"
    ],
    "message": "Too big: expected string to have <=100 characters"
  },
  {
    "code": "invalid_type",
    "path": [
      "roles",
      3
    ],
    "message": "Invalid input"
  },
  {
    "path": [],
    "message": "Odd record"
  }
]"""
IN_SHORT = "owner: Too big: expected string to have <=100 characters; roles.3: Invalid input; Odd record"
LOAD = "Cannot load invalid record for token AAAAAAAAAAAAAAAAAAAAA"


def page_of(error: str) -> str:
    """Return the page that Express makes of an error with its stack."""
    escaped = html.escape(f"Error: {error}\n    at DynamoDBPat.store (file:///srv/pat.js:1:2)\n    at f")
    shown = escaped.replace("\n", "<br>").replace("  ", " &nbsp;")
    return f"<!DOCTYPE html>\n<html>\n<body>\n<pre>{shown}</pre>\n</body>\n</html>"


@pytest.mark.fault(63)
@pytest.mark.parametrize("words", [STORE, LOAD])
def test_what_is_wrong_with_a_record_is_told_in_short_in_every_dress(words):
    message, short = f"{words}: {TOO_BIG}", ApiError(f"{words}: {IN_SHORT}")
    assert said_json({"error": {"message": message}}) == short
    assert said_json({"error": message}) == short
    assert said(message, "text/plain") == short
    assert said(page_of(message), "text/html; charset=utf-8") == short


@pytest.mark.fault(63)
def test_a_page_is_read_as_express_writes_it():
    page = (
        "<pre>Error: Cannot store invalid token record: [<br> &nbsp;{<br> &nbsp; &nbsp;&quot;origin&quot;: "
        "&quot;string&quot;,<br> &nbsp; &nbsp;&quot;path&quot;: [<br> &nbsp; &nbsp; &nbsp;&quot;owner&quot;"
        "<br> &nbsp; &nbsp;],<br> &nbsp; &nbsp;&quot;message&quot;: &quot;Too big: expected string to have "
        "&lt;=100 characters&quot;<br> &nbsp;}<br>]<br> &nbsp; &nbsp;at DynamoDBPat.store (file:///srv/a.js:1:2)</pre>"
    )
    short = "owner: Too big: expected string to have <=100 characters"
    assert said(page, "text/html") == ApiError(f"{STORE}: {short}")


@pytest.mark.fault(63)
@pytest.mark.parametrize(
    ("rest", "short"),
    [
        *((rest, "") for rest in ("", ": []", ": [", ": [{}]", ': [7, null, [], "x"]', ": [}")),
        *(
            (": [" + rest, "")
            for rest in ("[" * 100_000, '{"a":' * 100_000, "9" * 5000, "\x00", TOO_BIG[:-1])
        ),
        (': [{"message": 7, "path": ["x"]}, {"message": ["x"]}, {"message": ""}]', ""),
        (': [{"message": "Bad", "path": "x"}, {"message": "Odd", "path": {"x": 1}}]', ": Bad; Odd"),
        (': [{"message": "Bad", "path": [null, 1.5, ["x"], {}, "a", 0]}]', ": a.0: Bad"),
        (': [{"message": "Bad\\n\\u0007\\ud800!"}] and more', ": Bad !"),
        (
            f": {json.dumps([{'message': str(number)} for number in range(99)])}",
            ": " + "; ".join(map(str, range(20))),
        ),
        (f": {json.dumps([{'message': 'x' * 9999}])}", ": " + "x" * (4096 - len(STORE) - 2)),
        (" of Ada: [unless] she says more", " of Ada"),
        (" of Ada", " of Ada"),
    ],
)
def test_a_hostile_list_leaves_the_words_before_it(rest, short):
    assert said_json({"error": {"message": STORE + rest}}) == ApiError(STORE + short)


@pytest.mark.parametrize("secret", [PAT, JWT, PHC, "hunter2"])
def test_a_list_shows_no_secret_either(secret):
    """Not even one that is spelled in the list's own way."""
    spelled = "".join(f"\\u{ord(each):04x}" for each in secret)
    message = f'{STORE}: [{{"path": ["{secret}"], "message": "bad {spelled}"}}]'
    answer = Answer(500, {"content-type": "text/plain"}, message.encode(), known=(Secret("hunter2"),))
    shown = "pat_[hidden]" if secret is PAT else "[hidden]"
    assert said_in_body(answer) == ApiError(f"{STORE}: {shown}: bad {shown}")
