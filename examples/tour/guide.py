"""What both parts of the tour print, check and have in common."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from textwrap import fill as fill_lines

from access_tokens import AccessTokensError, GeneratedToken, IssueResult, TokenRecord, is_api_error
from access_tokens.testing import LocalService

ADA = "ada@example.com"
GRACE = "grace@example.com"
UNKNOWN = "0" * 21
THEN = datetime(2100, 1, 1, tzinfo=UTC)
REFUSED = "Invalid Authorization token"
ACCEPTED = "accepted"
LONG_OWNER = "\N{GRINNING FACE}" * 51
# What the service says of a value that it refuses, with a status as if it had failed.
SERVICE_REFUSES = {
    "error": {
        "message": """Cannot store invalid token record: [
  {
    "origin": "string",
    "code": "too_big",
    "maximum": 100,
    "inclusive": true,
    "path": [
      "owner"
    ],
    "message": "Too big: expected string to have <=100 characters"
  }
]"""
    }
}


class Differs(Exception):  # noqa: N818 - it is caught here, and nobody else sees it
    """Something is not as the tour says."""


@dataclass
class Guide:
    """Prints what happens, and counts the checks."""

    stops: int = 0
    passed: int = 0

    def chapter(self, title: str) -> None:
        """Begin a part of the tour."""
        print(f"\n{title}\n{'=' * len(title)}")

    def stop(self, title: str) -> None:
        """Begin a stop of the tour."""
        self.stops += 1
        print(f"\n{self.stops:2}. {title}")

    def note(self, text: str) -> None:
        """Print what needs no check."""
        print(fill_lines(text, width=98, initial_indent=" " * 8, subsequent_indent=" " * 10))

    def expect(self, what: str, came: object, expected: object, shown: str | None = None) -> None:
        """Print what came back, if it is what was expected; else end the tour."""
        if came != expected:
            raise Differs(f"{what}: expected {expected!r}, got {came!r}")
        self.passed += 1
        print(f"    ok  {what + ' ':.<64} {came if shown is None else shown}")


def masked(pat: str) -> str:
    """Return what may be shown of a PAT."""
    return pat[: pat.index("_") + 1] + "..."


def listed(roles: tuple[str, ...]) -> str:
    """Return roles as text."""
    return ", ".join(roles) or "none"


def seen_at(service: LocalService) -> str:
    """Return which requests arrived at the service since the last look."""
    seen = ", ".join(request.method for request in service.requests)
    service.clear_requests()
    return seen


@contextmanager
def a_service() -> Generator[LocalService]:
    """Run a fresh service."""
    with LocalService() as service:
        print(f"A local service listens at {service.endpoint}; its administrator has a PAT.")
        yield service


def fill(service: LocalService) -> None:
    """Make it 250 tokens, with the administrator's and Ada's."""
    service.seed(118)
    service.seed(50, roles=["auditor"])
    service.seed(50, revoked=True)
    service.seed(30, roles=["auditor"], expired=True)


def check_issued(guide: Guide, issued: IssueResult) -> None:
    token, record = issued
    guide.expect('client.issue(owner, roles=["reader"]): the PAT', token[:4], "pat_", masked(token))
    guide.expect("the id in its record", token[4:25], record.token_id, record.token_id)
    guide.expect(
        "the owner and the roles in its record", (record.owner, record.roles), (ADA, ("reader",)), ADA
    )
    guide.expect("whether the repr of the result shows the PAT", token in repr(issued), False)


def check_pages(guide: Guide, first: list[TokenRecord], second: list[TokenRecord]) -> None:
    guide.expect(
        "client.list(limit=100) is a short page", 0 < len(first) < 100, True, f"{len(first)} records"
    )
    guide.expect(
        "... with after_token_id: it was not the last", len(second) > 0, True, f"{len(second)} records"
    )


def check_registered(guide: Guide, service: LocalService, made: GeneratedToken, record: TokenRecord) -> None:
    secret = made.token.partition(".")[2].encode()
    guide.expect("client.register(id, secret_phc, owner): the id", record.token_id, made.token_id)
    guide.expect("whether its request held the secret", secret in service.requests[-1].body, False)


def check_not_found(guide: Guide, error: AccessTokensError) -> None:
    guide.note(str(error))
    guide.expect("its type", type(error).__name__, "NotFoundError")
    guide.expect("error.message", error.message, "Failed to revoke token")
    said = error.cause.message if is_api_error(error.cause) else None
    guide.expect("error.cause.message", said, f"Token not found: {UNKNOWN}", "Token not found: 000...")
    guide.expect("error.token_id", error.token_id, UNKNOWN)
    guide.expect("error.status_code, as the service has it", error.status_code, 500)
    guide.expect("error.attempts: a refusal is not retried", error.attempts, 1)


def check_told_apart(
    guide: Guide, mistake: ValueError, refused: AccessTokensError, lost: AccessTokensError
) -> None:
    guide.note(str(mistake))
    guide.expect("client.issue(51 emoji): told before any request", type(mistake).__name__, "ValueError")
    guide.note(str(refused))
    guide.expect("what the service refuses", type(refused).__name__, "RequestRejectedError")
    guide.expect("error.attempts: at once, though the status is 500", refused.attempts, 1)
    guide.note(str(lost))
    guide.expect("client.revoke(id) where no service is", type(lost).__name__, "EndpointError")
