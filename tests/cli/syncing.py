"""What the tests of the command `sync` share."""

import io
import signal
from collections.abc import Callable
from typing import Any

from access_tokens.testing import LocalService
from tests.helpers.command_line import Ended
from tests.helpers.local_service import PHC

OTHER_PHC = PHC.replace("A", "B")
PAST, LATER = 1_700_000_000, 1_924_992_000  # the latter is 2031-01-01
ADMIN = "admin@example.com"
Sync = Callable[..., Ended]


def new_id(number: int) -> str:
    return f"new{number:018}"


def entry(token_id: str, **values: Any) -> dict[str, Any]:
    return {"tokenId": token_id, "owner": "ann", **values}


def record(service: LocalService, token_id: str) -> dict[str, Any]:
    found = service.record(token_id, include_secret_phc=True)
    assert found is not None
    return found


def changing(service: LocalService) -> list[str]:
    """Return the requests that change something, and forget them all."""
    sent = [f"{each.method} {each.path}" for each in service.requests if each.method != "GET"]
    service.clear_requests()
    return [each for each in sent if "/auth/" not in each]


class InterruptedAt(io.TextIOWrapper):
    """Standard output at which the user presses Ctrl-C when a line begins like this."""

    def __init__(self, start: str) -> None:
        super().__init__(io.BytesIO(), "utf-8", write_through=True)
        self.start = start

    def write(self, text: str) -> int:
        if text.startswith(self.start):
            self.start = "never again"
            signal.raise_signal(signal.SIGINT)
        return super().write(text)
