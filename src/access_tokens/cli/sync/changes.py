"""What `sync` does to one token, and what its record is like afterwards."""

from __future__ import annotations

from functools import reduce
from typing import Any, Literal

import attrs
from attrs import frozen

from ..._secret import Secret
from ...models import TokenRecord


@frozen
class Step:
    """One call of a client's method.

    Attributes:
        method: The name of the method.
        arguments: What it is called with, beside the token id. A hash in them is a `Secret`.
    """

    method: Literal["register", "update", "revoke", "restore"]
    arguments: dict[str, Any]

    def revealed(self) -> dict[str, Any]:
        """Return the arguments with the hash as a plain text: pass them on, and keep them in no variable."""
        return {
            name: value.reveal() if isinstance(value, Secret) else value
            for name, value in self.arguments.items()
        }


@frozen
class Difference:
    """A field in which the file and the service differ, for people.

    Attributes:
        name: Its name in JSON, such as `expiresAt`.
        old: The service's value: a text, True or False, a tuple of roles, Unix seconds, or None.
        new: The file's value. Of a hash, neither is shown.
    """

    name: str
    old: Any
    new: Any


@frozen(kw_only=True)
class Change:
    """What is done to one token.

    Attributes:
        token_id: The id of the token.
        owner: Its owner, as the file says; of an orphan, as the service says.
        why: "entry" if the file has the token, "orphan" if not.
        steps: What is done, in order. A step that fails ends them.
        differences: The fields that differ, for people. Empty for a token that is registered, or an orphan.
    """

    token_id: str
    owner: str
    why: Literal["entry", "orphan"]
    steps: tuple[Step, ...]
    differences: tuple[Difference, ...] = ()

    @property
    def restored_until(self) -> int | None:
        """The expiry with which the token is restored, in Unix seconds; None if there is none."""
        last = self.steps[-1]
        return last.arguments.get("expires_at") if last.method == "restore" else None

    def result(self, record: TokenRecord | None, now: int) -> TokenRecord:
        """Return the record as it is after all steps; None stands for no token."""
        final = reduce(lambda last, step: after(step, self.token_id, last, now), self.steps, record)
        assert final is not None  # noqa: S101 - there is at least one step
        return final


def after(step: Step, token_id: str, record: TokenRecord | None, now: int) -> TokenRecord:
    """Return the record as it is after a step."""
    if record is None:
        return TokenRecord(token_id=token_id, created_at=now, **step.revealed())
    if step.method == "update":
        return attrs.evolve(record, **step.revealed())
    revoked_at = now if step.method == "revoke" else None
    return attrs.evolve(record, revoked_at=revoked_at, expires_at=step.arguments.get("expires_at"))
