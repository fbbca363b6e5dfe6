"""What functions of JavaScript do where those of Python do otherwise.

The reference service is written in it, and much of what it takes and refuses is decided there.
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
    """`text.length`: UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def parse_int(text: str) -> float:
    """`parseInt(text)`: what follows the digits is ignored, and no digits make NaN."""
    match = _INTEGER.match(text)
    if match is None:
        return math.nan
    sign, hexadecimal, decimal = match.groups()
    value = float(int(hexadecimal[:256], 16)) if hexadecimal else float(decimal)
    return -value if sign == "-" else value


def parse_json(text: str) -> object:
    """`JSON.parse(text)`. Every number is a double; whole ones become an int as far as they are exact.

    Raises:
        ValueError: The text is no JSON.
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
    """`Buffer.from(text, "base64")`: either alphabet, what is in none is skipped, `=` ends it."""
    digits = _NO_BASE64.sub("", text.partition("=")[0].translate(_URL_SAFE))
    whole = digits[: len(digits) - (len(digits) % 4 == 1)]
    return b64decode(whole + "=" * (-len(whole) % 4))


def type_of(value: object) -> str:
    """Name a JSON value's type as zod does."""
    return _TYPES.get(type(value), "null")
