"""However an answer is read, the value is the same, or the error is the same to the letter."""

import json
import pickle
import subprocess
import sys
import traceback
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from access_tokens import BatchLoadResult, IssueResult, TokenRecord
from access_tokens._calls.columns import columns_of
from access_tokens._calls.convert import read_answer
from access_tokens._calls.fields import UnusualError
from access_tokens._calls.issuing import _Registered
from access_tokens._calls.msgspec_decoder import decoded
from access_tokens._calls.tokens import _Page
from access_tokens._flow.bounds import Bounds
from access_tokens._flow.jwt import AuthToken
from access_tokens._flow.steps import Answer
from access_tokens.errors import UnreadableError

from .ways import COLUMNS, MSGSPEC, ONE_BY_ONE, by, outcome, read

LEAST = {"tokenId": "An6ladUCmSoDfciDaYDE9", "owner": "user@example.com", "isAdmin": False, "createdAt": 1}
REST = {
    "roles": ["a", "é\n\0"],
    "secretPhc": "$scrypt$x",
    "lastUsedAt": 2,
    "expiresAt": -(2**70),
    "revokedAt": None,
}
FULL = LEAST | REST
RIGHT: list[tuple[type[Any], Any]] = [
    (_Page, {"records": [FULL, LEAST]}),
    (BatchLoadResult, {"found": [LEAST, FULL, LEAST], "notFound": ["x", "y"]}),
    (IssueResult, {"token": "pat_x", "record": FULL}),
    (_Registered, {"record": LEAST}),
]
EXCHANGED = {"access_token": "x", "token_type": "Bearer", "expires_in": 1e3}

NUMBERS = (
    *("1.0", "1e0", "2E+8", "10e-1", "-0", "-0.0", "0e9999", "1.5", "5e-324", "1e308", "1e400", "1e23"),
    *("9007199254740993.0", "18446744073709551615.0", "12345678901234567e1", "0.99999999999999999999999"),
    *("18446744073709551616", "-9223372036854775809", "9" * 400, "9" * 401, "-" + "9" * 400, "9" * 5000),
    *("1" + "0" * 400 + ".0", "01", "-01", "+1", "1.", ".5", "1e", "-", "- 1", "0x1", "1_0"),
    *("NaN", "Infinity", "-Infinity"),
)
TEXTS = (
    *(r'"\ud800"', r'"\udc00"', r'"\ud83d\ude00"', r'"\ud800\u0041"', r'"\ude00\ud83d"', r'"\u0000"'),
    *(
        r'"\/\b\f\n\r\t"',
        r'"\a"',
        r'"\u12g4"',
        r'"\u 123"',
        r'"\U0041"',
        '"\x00"',
        '"\x1f"',
        '"\x7f"',
        '"\t"',
    ),
    *('"é\u2028😀\ud800"', "'a'", '"', '""', '"é' + "a" * 40 + '\x01"', '"' + "a" * 99 + '"'),
)
OTHERS = (
    *("null", "nul", "true", "True", "false1", "", "{}", '{"a": 1,}', "[]", "[1]", '["a"]', '["a",]'),
    *('["a" "b"]', '["a", null]', '[{"a": "\x01"}]', "/* */ 1"),
)
ODD_VALUES = (*NUMBERS, *TEXTS, *OTHERS)
ODD_KEYS = (
    "\\u006fwner",
    "\x01",
    "\ud800",
    "token_id",
    "TOKENID",
    "tokenId\\u0000",
    "variant",
    "",
    '"',
    'a"b',
)
KEYS = st.sampled_from([*FULL, "records", "found", "notFound", "token", "record", *ODD_KEYS])
SPACES = st.sampled_from([" ", "\n\t\r ", "\f", "\xa0", "\0"])
ENDS = st.sampled_from([" ", "\n", "\ufeff", "x", ",", "\0", "//", "[]"])
ENCODINGS = st.sampled_from(["utf-8-sig", "utf-16", "utf-16-be", "utf-32", "latin-1"])


@st.composite
def seldom(draw: st.DrawFn, odd: st.SearchStrategy[Any], usual: Any, chance: int = 25) -> Any:
    """Draw what is usual, but for one time in about this many."""
    return draw(odd) if draw(st.sampled_from(range(chance))) == chance - 1 else usual


@st.composite
def spelled(draw: st.DrawFn, value: Any) -> str:
    """Draw a spelling of a JSON value that is odd in some places."""
    if isinstance(value, list):
        usual = f"[{','.join([draw(spelled(each)) for each in value])}]"
    elif isinstance(value, dict):
        pairs = [f'"{key}":{draw(spelled(each))}' for key, each in value.items()]
        surplus = st.builds('"{}":{}'.format, KEYS, st.sampled_from([*ODD_VALUES, "1", '"x"', "true"]))
        pairs += draw(seldom(st.lists(surplus, max_size=2), [], 4))
        left = pairs[: draw(seldom(st.integers(0, len(pairs)), None))]
        usual = f"{{{draw(seldom(SPACES, ''))}{','.join(left)}}}"
    else:
        usual = json.dumps(value, ensure_ascii=draw(st.booleans()))
    return draw(seldom(st.sampled_from([*ODD_VALUES, "[" * 5000]), usual))  # type: ignore[no-any-return]


@st.composite
def answers(draw: st.DrawFn, right: Any) -> bytes:
    """Draw the bytes of an answer that is right, or nearly."""
    text = draw(seldom(ENDS, "")) + draw(spelled(right)) + draw(seldom(ENDS, ""))
    encoding = draw(seldom(ENCODINGS, "utf-8"))
    content: bytes = text.encode(encoding, "replace" if encoding == "latin-1" else "surrogatepass")
    return content[slice(draw(seldom(st.integers(0, len(content)), None)))]


def assert_all_ways_agree(content: bytes, target: type[Any]) -> None:
    due = outcome(ONE_BY_ONE, content, target)
    assert outcome(COLUMNS, content, target) == due
    assert outcome(MSGSPEC, content, target) == due


@pytest.mark.fault(17, 92, 117)
@pytest.mark.parametrize(("target", "right"), [*RIGHT, (AuthToken, EXCHANGED)])
@given(st.data())
@profile(max_examples=100)
def test_nearly_right_answers_are_read_alike(target, right, data):
    assert_all_ways_agree(data.draw(answers(right)), target)


@pytest.mark.parametrize("spelling", ODD_VALUES)
def test_odd_values_are_read_alike(spelling):
    for name in (*FULL, "variant"):
        record = json.dumps(FULL | {name: "HERE"}).replace('"HERE"', spelling)
        for content in (f'{{"records": [{record}]}}', f'{{"records": [{record}, {json.dumps(FULL)}]}}'):
            assert_all_ways_agree(content.encode(errors="surrogatepass"), _Page)


@pytest.mark.parametrize(("target", "right"), RIGHT)
def test_what_is_right_is_read_by_msgspec(target, right):
    content = json.dumps(right).encode()
    value = decoded(content, target)
    assert outcome(ONE_BY_ONE, content, target) == (target, repr(attrs.asdict(value)), value)


def test_an_unknown_property_is_left_to_columns():
    columns = columns_of(TokenRecord)
    assert columns is not None
    later = LEAST | {"variant": {"x": 1}}
    assert decoded(json.dumps({"record": later}).encode(), _Registered) is None
    assert columns([later, FULL]) == columns([LEAST, FULL])
    with pytest.raises(UnusualError):
        columns([LEAST, FULL | {"roles": None}])


@attrs.frozen
class Odd:
    some_id: str = attrs.field(metadata={"json_name": "ID"})
    flags: tuple[bool, ...] = (True,)
    note: str | None = "none"


@pytest.mark.parametrize(
    "body", [{"ID": "x"}, {"ID": "x", "flags": [], "note": "y"}, {"ID": "x", "note": None}]
)
def test_a_new_class_needs_nothing_but_its_fields(body):
    many = attrs.make_class("Many", {"all": attrs.field(type=tuple[Odd, ...])}, slots=True)
    assert_all_ways_agree(json.dumps({"all": [body]}).encode(), many)
    assert (decoded(json.dumps(body).encode(), Odd) is None) is ("note" in body and not body["note"])
    assert columns_of(Odd) is not None


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (str, {"validator": attrs.validators.max_len(1)}),
        (str, {"converter": str.upper}),
        (str, {"init": False, "default": "x"}),
        (tuple[str, ...], {"factory": tuple}),
        (Any, {}),
        (int | str, {}),
        (tuple[int | str, ...], {}),
    ],
)
def test_a_class_that_is_more_than_its_values_is_made_by_its_constructor(kind, options):
    odd = attrs.make_class("Odd", {"a": attrs.field(type=kind, **options)}, slots=True)
    assert columns_of(odd) is None
    assert decoded(b'{"a": "x"}', odd) is decoded(b'{"a": ["x"]}', odd) is None


@pytest.mark.parametrize("options", [{"slots": False}, {"class_body": {"__attrs_post_init__": print}}])
def test_so_is_a_class_that_is_made_in_another_way(options):
    odd = attrs.make_class("Odd", {"a": attrs.field(type=str)}, **{"slots": True} | options)
    assert columns_of(odd) is decoded(b'{"a": "x"}', odd) is None


@pytest.mark.parametrize("module", ["None", "types.SimpleNamespace(__version__='0.18.6')"])
def test_without_msgspec_or_with_one_too_old_answers_are_read_as_well(module):
    code = f"import sys, types; sys.modules['msgspec'] = {module}; from access_tokens._calls import convert; "
    code += "print(convert.decoded.__module__, convert.decoded(b'', str))"
    said = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert said == "access_tokens._calls.convert None\n"


@pytest.mark.parametrize("usual", [{}, {"decoded": ONE_BY_ONE["decoded"]}], ids=["msgspec", "columns"])
def test_a_page_is_read_without_a_call_for_each_record(usual):
    content, calls = json.dumps({"records": [FULL] * 500}).encode(), list[str]()
    with by(usual):
        read(b'{"records": []}', _Page)
        sys.setprofile(lambda frame, event, arg: calls.append(event))
        page = read(content, _Page)
        sys.setprofile(None)
    assert len(page.records) == 500
    assert calls.count("call") < 100


@pytest.mark.parametrize("way", [ONE_BY_ONE, COLUMNS, MSGSPEC], ids=["one by one", "columns", "msgspec"])
def test_more_values_than_the_bounds_allow_are_not_read(way):
    answer = Answer(200, content=json.dumps({"records": [LEAST] * 9}).encode(), bounds=Bounds(10_000, 70))
    with by(way), pytest.raises(UnreadableError, match="^over 70 values$"):
        read_answer(answer, _Page)


def test_columns_check_all_before_there_is_any_record():
    """Else one that is half made would be seen in the locals of a traceback."""
    convert = columns_of(TokenRecord)
    assert convert is not None
    with pytest.raises(UnusualError) as raised:
        convert([LEAST, LEAST | {"revokedAt": "x"}])
    frames = [frame for frame, _ in traceback.walk_tb(raised.value.__traceback__)][1:]
    values = [value for frame in frames for value in frame.f_locals.values()]
    assert not [each for each in values if isinstance(each, tuple) and TokenRecord in map(type, each)]


@pytest.mark.parametrize("way", [COLUMNS, MSGSPEC], ids=["columns", "msgspec"])
def test_a_record_is_a_record_whichever_way_it_was_read(way):
    content = json.dumps({"records": [LEAST, FULL]}).encode()
    plain, secret = outcome(way, content, _Page)[2].records
    assert pickle.loads(pickle.dumps(plain)) == plain == attrs.evolve(plain)
    assert hash(plain) == hash(attrs.evolve(plain))
    assert "$scrypt" not in repr(secret)
    for made in (plain, secret):
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            made.owner = "another"
    with pytest.raises(TypeError, match="holds a secret"):
        pickle.dumps(secret)
