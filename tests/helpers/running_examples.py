"""How the tests run an example and look at what it did."""

import re
import runpy
import sys

import pytest
from attrs import frozen

from access_tokens.testing import LocalService

# What a PAT ends in, with or without its id; a JWT; a hash.
SECRETS = re.compile(r"[A-Za-z0-9+/]{43}=|eyJ[\w-]+\.[\w-]+|\$scrypt\$")


@frozen
class Done:
    """What an example has come to."""

    status: int
    out: str
    err: str


@frozen
class Examples:
    """Runs examples as `python -m` does, in this process."""

    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def run(self, name: str, *arguments: str) -> Done:
        """Run one, and see that it keeps its secrets."""
        self.monkeypatch.setattr(sys, "argv", [name, *arguments])
        for imported in (f"examples.{name}", f"examples.{name}.__main__"):
            self.monkeypatch.delitem(sys.modules, imported, raising=False)
        status: object = None
        try:
            runpy.run_module(f"examples.{name}", run_name="__main__", alter_sys=True)
        except SystemExit as end:
            status = end.code
        out, err = self.capsys.readouterr()
        if isinstance(status, str):
            status, err = 1, f"{err}{status}\n"
        assert not SECRETS.search(out + err)
        return Done(int(str(status or 0)), out, err)


def is_revoked(service: LocalService, token_id: str) -> bool:
    return "revokedAt" in (service.record(token_id) or {})


def id_of(pat: str) -> str:
    return pat.removeprefix("pat_").partition(".")[0]
