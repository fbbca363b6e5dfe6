"""Functions of JavaScript that behave differently from their Python counterparts.

The reference service is written in JavaScript, and these functions decide much of what it accepts.
"""

import json
import math
import re
from base64 import b64decode
from typing import NoReturn

MAX_SAFE_INTEGER = 2**53 - 1

_TYPES: dict[type, str] = {
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}

_INTEGER = re.compile(r"\s*([+-]?)(?:0[xX]([0-9a-fA-F]+)|([0-9]+))")
_NO_BASE64 = re.compile("[^0-9A-Za-z+/]")
_URL_SAFE = str.maketrans("-_", "+/")


def length(text: str) -> int:
    """Return `text.length`, counted in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def parse_int(text: str) -> float:
    """Return `parseInt(text)`: text after the digits is ignored, and without digits the result is NaN."""
    match = _INTEGER.match(text)
    if match is None:
        return math.nan
    sign, hexadecimal, decimal = match.groups()
    value = float(int(hexadecimal[:256], 16)) if hexadecimal else float(decimal)
    return -value if sign == "-" else value


def parse_json(text: str) -> object:
    """Return `JSON.parse(text)`. Numbers are doubles; safe integers (up to 2**53 - 1) become int.

    Raises:
        ValueError: The text is not valid JSON.
    """
    try:
        return json.loads(text, parse_constant=_refuse, parse_int=_number, parse_float=_number)
    except json.JSONDecodeError as error:
        raise ValueError(f"{error.msg} in JSON at position {error.pos}") from error
    except RecursionError as error:
        raise ValueError("Too deep to be read as JSON") from error


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"Unexpected token '{name[0]}', {name} is not valid JSON")


def _number(text: str) -> float:
    value = float(text)
    return int(value) if abs(value) <= MAX_SAFE_INTEGER and value.is_integer() else value


def from_base64(text: str) -> bytes:
    """Return `Buffer.from(text, "base64")`: accepts both alphabets, skips other characters, ends at `=`."""
    digits = _NO_BASE64.sub("", text.partition("=")[0].translate(_URL_SAFE))
    whole = digits[: len(digits) - (len(digits) % 4 == 1)]
    return b64decode(whole + "=" * (-len(whole) % 4))


def type_of(value: object) -> str:
    """Return zod's name for the type of a JSON value."""
    return _TYPES.get(type(value), "null")
