"""What comes back of a secret, or breaks off with one, in an answer that is hardly HTTP: none is shown."""

import logging
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from access_tokens_api.api.tokens import update_token
from access_tokens_api.models import UpdateTokenRequest

from access_tokens import AccessTokensError, UnavailableError

from ..helpers.api_calls import invoke
from ..helpers.fault_server import EXCHANGE, RECORD, TOKENS, response
from ..helpers.operations import AUTHENTICATE, ISSUE, failure_of, keep_jwt
from .answers import OK, and_leave, say

Make = Callable[..., Any]
pytestmark = pytest.mark.fault(46, 60, 72)

PAT = "pat_An6ladUCmSoDfciDaYDE9.q83v+SNFZ4mrze8BI0VniavN7wEjRWeJq83vASNF/4k="
BASIC = b64encode(f":{PAT}".encode())
SPELLINGS = {
    "as it is": f"Bearer {PAT}\r\n\r\n".encode(),
    "the secret alone": f"HTTP/1.1 {PAT[26:]}\r\n\r\n".encode(),
    "percent": f"HTTP/1.1 {PAT[26:].replace('+', '%2b')}\r\n\r\n".encode(),
    "UTF-16": PAT.encode("utf-16") + b"\r\n\r\n",
    "Base64": b"Basic %b\r\n\r\n" % BASIC,
    "with other bytes": b"\xff%b\xff\r\n\r\n" % PAT.encode().replace(b"/", b"\\/"),
    "in a header": OK + b"Authorization Bearer %b\r\n\r\n" % PAT[26:].encode(),
}


def test_the_pat_is_hidden_in_any_spelling(server, make_client, monkeypatch, caplog):
    """The text is the bytes as Python writes them, in the error and in the log. httpcore's log is its own."""
    monkeypatch.setattr(logging.getLogger("httpcore.http11"), "disabled", True)
    caplog.set_level("DEBUG")
    client = make_client(server.endpoint, PAT)
    for name, answer in SPELLINGS.items():
        caplog.clear()
        server.always(EXCHANGE, and_leave(answer))
        error = failure_of(AUTHENTICATE, client)
        assert type(error) is UnavailableError
        shown = f"{error} {error.__cause__!r} {caplog.text}".replace("\\x00", "")
        assert "hidden" in str(error), name
        for part in (PAT[26:40], PAT[-14:], BASIC.decode()[-20:]):
            assert part not in shown, name


PHC = f"$scrypt$ln=14,r=8,p=1${'saltsaltsaltsaltsalt'}${'hashofasecret' * 3}"


def update_by_method(client: Any) -> None:
    client.update(RECORD["tokenId"], secret_phc=PHC)


def update_by_operation(client: Any) -> None:
    body = UpdateTokenRequest(secret_phc=PHC)
    invoke(client, update_token, RECORD["tokenId"], body=body, form="_detailed")


@pytest.mark.parametrize("update", [update_by_method, update_by_operation])
def test_a_part_of_a_hash_that_was_sent_is_hidden_as_well(server, victim, update):
    keep_jwt(victim)
    hardly_http = and_leave(b"HTTP/1.1 %b\r\n\r\n" % PHC[-39:].encode())
    for answer in (hardly_http, say(response(400, {"error": PHC[-20:]}))):
        server.always(f"{TOKENS}/{RECORD['tokenId']}", answer)
        with pytest.raises(AccessTokensError, match="hidden") as raised:
            update(victim)
        assert "hashofasecret" not in str(raised.value)


@pytest.mark.fault(3)
def test_nothing_is_shown_of_an_answer_that_breaks_off(server, victim):
    """It may hold a secret that is not known here yet."""
    keep_jwt(victim)
    for more in (b"", b"Content-Length: 99\r\n\r\npat_issued"):
        server.always(TOKENS, and_leave(OK + b"X: pat_issued\r\n" + more))
        error = failure_of(ISSUE, victim)
        assert type(error) is UnavailableError
        assert "pat_issued" not in str(error) + repr(error.cause)
