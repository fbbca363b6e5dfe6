"""The local service answers as the reference service does: see conformance/README.md."""

import time
from typing import Any

import pytest

from access_tokens.testing import LocalService
from tests.testing.conformance.replay import Target, differences, rows_of


@pytest.mark.parametrize("dress", ["json", "html"])
@pytest.mark.parametrize("file", ["recorded.jsonl", "derived.jsonl"])
def test_every_request_is_answered_as_the_reference_answers_it(file, dress):
    with LocalService(errors=dress) as service:
        target = Target(service.endpoint, service.admin_pat, lambda changes: signed(service, changes))

        assert list(differences(target, rows_of(file), html=dress == "html")) == []


def test_the_files_are_whole():
    assert (len(rows_of("recorded.jsonl")), len(rows_of("derived.jsonl"))) == (266, 243)


def signed(service: LocalService, changes: dict[str, Any]) -> str:
    now = int(time.time())
    claims = {"sub": "x", "owner": "x", "admin": True, "roles": [], "jti": "x"}
    return service._backend.sign({**claims, "iss": service.issuer, "iat": now, "exp": now + 600, **changes})
