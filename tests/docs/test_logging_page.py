"""The page about the log: its code runs, and its table has the fields that are written."""

import json
import logging
import re
from collections.abc import Iterator

import pytest

from access_tokens import AccessTokensClient, RetryPolicy
from access_tokens.testing import LocalService

from ..helpers.logged import PREFIX, fields_of
from ..helpers.pages import code_of, text_of

PAGE = "docs/logging.md"
STDLIB, STRUCTLOG, OPENTELEMETRY = code_of(PAGE)
LEVELS = ["INFO", "INFO", "WARN"]


@pytest.fixture(autouse=True)
def _log() -> Iterator[None]:
    """What a block sets up is undone."""
    log = logging.getLogger("access_tokens")
    level, handlers = log.level, list(log.handlers)
    yield
    log.setLevel(level)
    log.handlers[:] = handlers


def use(service: LocalService) -> None:
    """Make an exchange, a retry, and a renewal that fails."""
    with AccessTokensClient(service.endpoint, service.admin_pat, retry=RetryPolicy(backoff=0)) as client:
        client.authenticate()
        service.fail_next(1, status=503, headers={"X-Request-Id": "7f3a"})
        client.revoke(service.seed(1)[0])
        client._session.now = lambda time=client._session.now: time() + 3580  # type: ignore[misc]
        service.fail_next(1, status=503)
        client.list()


def test_the_json_formatter_writes_each_field(service, capsys):
    exec(STDLIB, {})
    use(service)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["level"][:4] for line in lines] == LEVELS
    assert lines[1][f"{PREFIX}operation"] == "revoke_token"


def test_structlog_writes_each_field(service, capsys):
    exec(STRUCTLOG, {})
    use(service)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["level"].upper()[:4] for line in lines] == LEVELS
    assert lines[1][f"{PREFIX}operation"] == "revoke_token"


def test_opentelemetry_has_each_field_as_an_attribute(service, capsys):
    exec(OPENTELEMETRY, {})
    use(service)
    decoder, text, records = json.JSONDecoder(), capsys.readouterr().out.lstrip(), []
    while text:
        record, end = decoder.raw_decode(text)
        records.append(record)
        text = text[end:].lstrip()
    assert [each["severity_text"] for each in records] == LEVELS
    assert records[1]["attributes"][f"{PREFIX}attempt"] == 2


def test_the_table_has_the_fields_that_are_written(service, caplog):
    caplog.set_level(logging.DEBUG, logger="access_tokens")
    use(service)
    ours = [fields_of(each) for each in caplog.records if each.name == "access_tokens"]
    assert {name for fields in ours for name in fields} == set(re.findall(rf"`{PREFIX}(\w+)`", text_of(PAGE)))
    assert {type(value) for fields in ours for value in fields.values()} == {str, int, float}
