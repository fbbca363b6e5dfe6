"""What the service says of a record that it cannot store or read, put into words."""

import json

import pytest

from access_tokens import ApiError

from .answers import JWT, PAT, PHC, express_page, said

# As the service words it, without what is said of a value.
ISSUES = [
    {
        "origin": "string",
        "code": "too_big",
        "maximum": 100,
        "inclusive": True,
        "path": ["owner"],
        "message": "Too big: expected string to have <=100 characters",
    },
    {"code": "invalid_type", "path": ["roles", 3], "message": "Invalid input"},
    {"path": [], "message": "Odd record"},
]
TOO_BIG = json.dumps(ISSUES, indent=2)
IN_SHORT = "owner: Too big: expected string to have <=100 characters; roles.3: Invalid input; Odd record"
STORE, LOAD = (
    "Cannot store invalid token record",
    "Cannot load invalid record for token AAAAAAAAAAAAAAAAAAAAA",
)


@pytest.mark.fault(63)
@pytest.mark.parametrize("words", [STORE, LOAD])
def test_what_is_wrong_with_a_record_is_told_in_short_in_every_dress(words):
    message, short = f"{words}: {TOO_BIG}", ApiError(f"{words}: {IN_SHORT}")
    assert said({"error": {"message": message}}) == short
    assert said({"error": message}) == short
    assert said(message, "text/plain") == short
    assert said(express_page(message), "text/html; charset=utf-8") == short


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
    assert said({"error": {"message": STORE + rest}}) == ApiError(STORE + short)


@pytest.mark.parametrize("secret", [PAT, JWT, PHC, "hunter2"])
def test_a_list_shows_no_secret_either(secret):
    """Not even one that is spelled in the list's own way."""
    spelled = "".join(f"\\u{ord(each):04x}" for each in secret)
    message = f'{STORE}: [{{"path": ["{secret}"], "message": "bad {spelled}"}}]'
    shown = "pat_[hidden]" if secret is PAT else "[hidden]"
    assert said(message, "text/plain", "hunter2") == ApiError(f"{STORE}: {shown}: bad {shown}")
