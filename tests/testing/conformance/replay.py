"""Sends the requests of a file to a service, and tells which it answers otherwise: see README.md."""

from __future__ import annotations

import base64
import http.client
import json
import re
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from attrs import Factory, define, frozen

COMPARED = ("status", "media", "shape", "message", "code", "counts")
# The words of JavaScript's own parser, and of its libraries: that there is a message is enough.
PARSERS_WORDS = re.compile("JSON|header check|unsupported (charset|content encoding)|Failed to decode param")

Answer = dict[str, Any]
Sign = Callable[[dict[str, Any]], str]


@frozen
class Difference:
    """A request that was answered otherwise than it is due."""

    name: str
    due: Answer
    came: Answer


def rows_of(file: str) -> list[dict[str, Any]]:
    """Read a file of requests and answers that is beside this one."""
    return [json.loads(line) for line in (Path(__file__).parent / file).read_text().splitlines()]


def differences(target: Target, rows: list[dict[str, Any]], *, html: bool) -> Iterator[Difference]:
    """Send the requests in their order, and yield each difference."""
    for row in rows:
        due = row.get("html", row["answer"]) if html else row["answer"]
        came = target.answer_to(row)
        parts = differing(due, came)
        if parts and not row.get("store"):
            yield Difference(row["name"], *({part: each.get(part) for part in parts} for each in (due, came)))


def differing(due: Answer, came: Answer) -> list[str]:
    """Name the parts in which two answers differ."""
    parts = [each for each in COMPARED if due.get(each) != came.get(each)]
    if "message" in came and PARSERS_WORDS.search(due.get("message", "")):
        parts = [each for each in parts if each != "message"]
    return parts


@define
class Target:
    """A service with tokens prepared, and the values of the placeholders.

    Args:
        endpoint: Its base URL.
        pat: Its administrator's PAT.
        sign: Makes a JWT of the service, in which some claims are others.
    """

    endpoint: str
    pat: str
    sign: Sign
    values: dict[str, str] = Factory(dict)

    def __attrs_post_init__(self) -> None:
        self.values = {"PAT": self.pat, "JWT": self._jwt_of(self.pat)}
        self._issue_tokens()
        self._vary_the_pat(self.values["PAT_A"])
        self._vary_the_jwt(self.values["JWT"])

    def _issue_tokens(self) -> None:
        now = int(time.time())
        self._issue("A", owner="a@x", roles=["r1", "r2"], expiresAt=now + 9999)
        self._issue("B", owner="b@x")
        self._issue("C", owner="c@x", expiresAt=now - 10)
        self._issue("N", owner="n@x")
        self._issue("Z", owner="z@x", expiresAt=0)
        self._call("PUT", f"/admin/tokens/{'B' * 21}/revoke", {})
        self.values["JWT_N"] = self._jwt_of(self.values["PAT_N"])

    def _issue(self, letter: str, **body: Any) -> None:
        issued = self._call("POST", "/admin/tokens", {"tokenId": letter * 21, **body})
        self.values[f"PAT_{letter}"] = json.loads(issued)["token"]

    def _vary_the_pat(self, pat: str) -> None:
        front, secret = pat.split(".")
        self.values |= {
            "PAT_A_NOPAD": pat.rstrip("="),
            "PAT_A_JUNK": pat + ";,",
            "PAT_A_URL": f"{front}.{secret.replace('+', '-').replace('/', '_')}",
            "PAT_A_WRONG": f"{front}.{base64.b64encode(b'w' * 32).decode()}",
            "BASIC_A": base64.b64encode(f"user:{pat}".encode()).decode(),
            "BASIC_A_NOUSER": base64.b64encode(f":{pat}".encode()).decode(),
            "BASIC_NOCOLON": base64.b64encode(b"nocolon").decode(),
            "FORM_A": quote(pat, safe=""),
        }

    def _vary_the_jwt(self, jwt: str) -> None:
        head, claims, signature = jwt.split(".")
        none = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
        now = int(time.time())
        self.values |= {
            "JWT_BADSIG": f"{head}.{claims}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}",
            "JWT_NONE": f"{none}.{claims}.",
            "JWT_NOKID": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.c2lnbmF0dXJl",
            "JWT_EXPIRED": self.sign({"exp": now - 5}),
            "JWT_WRONGISS": self.sign({"iss": "somebody-else"}),
            "JWT_NBF": self.sign({"nbf": now + 600}),
            "JWT_FUTUREIAT": self.sign({"iat": now + 600}),
        }

    def _jwt_of(self, pat: str) -> str:
        _, _, content = self._send("POST", "/auth/token", [["Authorization", f"Bearer {pat}"]], None)
        return str(json.loads(content)["access_token"])

    def _call(self, method: str, path: str, body: Any) -> bytes:
        headers = [["Authorization", f"Bearer {self.values['JWT']}"], ["Content-Type", "application/json"]]
        status, _, content = self._send(method, path, headers, json.dumps(body).encode())
        assert status < 300, (method, path, status, content)
        return content

    def answer_to(self, row: dict[str, Any]) -> Answer:
        """Send a request and return what is compared of its answer."""
        headers = [[name, self._filled(value)] for name, value in row["headers"]]
        return seen(*self._send(row["method"], row["path"], headers, self._body(row), row.get("chunked")))

    def _body(self, row: dict[str, Any]) -> bytes | None:
        match row["body"]:
            case None:
                return None
            case {"base64": text}:
                return base64.b64decode(text)
            case {"deflate": text}:
                return self._filled(zlib.decompress(base64.b64decode(text)).decode("latin-1")).encode(
                    "latin-1"
                )
            case body:
                return self._filled(body["text"]).encode("latin-1")

    def _filled(self, text: str) -> str:
        text = re.sub(r"<([A-Z_]+)>", lambda match: self.values[match[1]], text)
        return re.sub(r"<NOW([+-]\d+)>", lambda match: str(int(time.time()) + int(match[1])), text)

    def _send(
        self,
        method: str,
        path: str,
        headers: list[list[str]],
        body: bytes | None,
        chunked: bool | None = False,
    ) -> tuple[int, str | None, bytes]:
        # By hand, since every other client adds headers that change the answer.
        connection = http.client.HTTPConnection(self.endpoint.removeprefix("http://"), timeout=60)
        try:
            connection.putrequest(method, path, skip_accept_encoding=True)
            for name, value in headers:
                connection.putheader(name, value)
            _put_body(connection, body, chunked=bool(chunked))
            response = connection.getresponse()
            return response.status, response.getheader("content-type"), response.read()
        finally:
            connection.close()


def _put_body(connection: http.client.HTTPConnection, body: bytes | None, *, chunked: bool) -> None:
    if chunked:
        connection.putheader("Transfer-Encoding", "chunked")
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body or b""), body)
    elif body is not None:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders()
    with suppress(BrokenPipeError, ConnectionResetError):  # it has answered early
        connection.send(body or b"")


def seen(status: int, content_type: str | None, content: bytes) -> Answer:
    """Return what is compared of an answer."""
    media = (content_type or "").partition(";")[0] or None
    answer: Answer = {"status": status, "media": media, **_said(media, content)}
    if "message" in answer:
        answer["message"] = answer["message"].split("\n")[0][:120]
    return answer


def _said(media: str | None, content: bytes) -> Answer:
    if not content:
        return {"shape": "empty"}
    if media == "application/json":
        return _said_in_json(json.loads(content))
    text = content.decode(errors="replace")
    if media != "text/html":
        return {"shape": "text", "message": text[:80]}
    found = re.search("<pre>(.*?)(<br>|</pre>)", text, re.DOTALL)
    return {"shape": "html page", **({"message": found[1]} if found else {})}


def _said_in_json(value: dict[str, Any]) -> Answer:
    error = value.get("error", {})
    said = error if isinstance(error, dict) else {"message": error}
    counts = {key: len(each) for key, each in value.items() if isinstance(each, list)}
    return {
        "shape": _shape(value),
        **{part: said[part] for part in ("message", "code") if said.get(part)},
        **({"counts": counts} if counts else {}),
    }


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _shape(each) for key, each in sorted(value.items())}
    if isinstance(value, list):
        return [_shape(each) for each in value[:1]]
    return "null" if value is None else type(value).__name__
