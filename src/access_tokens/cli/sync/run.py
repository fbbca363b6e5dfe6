"""Synchronises services one after the other: lists the tokens, plans, asks, applies and reports."""

from __future__ import annotations

import errno
import sys
from contextlib import ExitStack
from typing import Any

import click
from attrs import define, field

from ...client import AccessTokensClient
from ...errors import AccessTokensError
from ...models import TokenRecord
from ..config import Entry
from ..exit_status import Declined, ExitStatus
from ..failures import outcome
from ..interrupts import stoppable
from ..invocation import Invocation
from ..output import Output, can_ask, discard, iso, plain, success
from ..progress import progress
from ..target import Target
from . import report
from .apply import Problem, Results, apply
from .changes import Change
from .plan import Plan, plan


@define(kw_only=True)
class Run:
    """One run of `sync`.

    Attributes:
        invocation: The run of the command.
        entries: The tokens of the file.
        now: The time at which it began, in Unix seconds.
        orphans_expire_at: The expiry with which to revoke what is not in the file; None to leave it.
        is_dry: Whether only to say what would be done.
        force: Whether to hold back nothing.
        yes: Whether not to ask.
        has_changes: Whether there was something to do.
    """

    invocation: Invocation
    entries: tuple[Entry, ...]
    now: int
    orphans_expire_at: int | None
    is_dry: bool
    force: bool
    yes: bool
    has_changes: bool = False
    _documents: list[dict[str, Any]] = field(factory=list, init=False)
    _status: int = field(default=ExitStatus.DONE, init=False)
    _failed: list[str] = field(factory=list, init=False)
    _own_ids: frozenset[str] = field(default=frozenset(), init=False)

    def over(self, targets: tuple[Target, ...]) -> int:
        """Synchronise these services, and return the exit status. One that fails does not stop the others."""
        with ExitStack() as stack:
            # All are made before the first is used, since an unsafe URL is a mistake in the file.
            clients = [stack.enter_context(self.invocation.client_of(each)) for each in targets]
            self._say(f"Syncing {len(self.entries)} token(s) to {len(targets)} endpoint(s)...")
            self._own_ids = frozenset(filter(None, (client.token_id for client in clients)))
            stack.callback(self._write_documents)
            for target, client in zip(targets, clients, strict=True):
                document = self._new_document(target)
                if self._is_stopped:
                    self._give_up(document, "not begun")
                else:
                    self._synchronise(client, document)
        self._conclude_all(len(targets))
        return self._status

    def _write_documents(self) -> None:
        if self._output.is_json:
            self._output.document({"dryRun": self.is_dry, "endpoints": self._documents})

    def _conclude_all(self, count: int) -> None:
        if self.is_dry:
            self._say("\nDry run completed - no changes were made")
        if self._failed:
            self._output.fail(f"{len(self._failed)} of {count} endpoints failed: {', '.join(self._failed)}")
        elif not self._status and not self.is_dry:
            self._say(success("\nSync completed successfully!"))

    @property
    def _output(self) -> Output:
        return self.invocation.output

    @property
    def _is_stopped(self) -> bool:
        return self._status > ExitStatus.FAILED

    def _say(self, line: str) -> None:
        if self._output.is_quiet or self._output.is_json:
            return
        try:
            self._output.line(line)
        except OSError as error:
            # A reader that has seen enough, such as `head`, must not end the run half-way; nor a full disk.
            discard(sys.stdout)
            if error.errno != errno.EPIPE:
                self._fail(f"what is done cannot be written: {error.strerror}")

    def _fail(self, message: str) -> None:
        self._status = max(self._status, ExitStatus.FAILED)
        self._output.fail(message)

    def _new_document(self, target: Target) -> dict[str, Any]:
        nothing: dict[str, Any] = {"changes": [], "skipped": [], "orphans": []}
        self._documents.append({"endpoint": target.name, "url": target.url, **nothing})
        return self._documents[-1]

    def _give_up(self, document: dict[str, Any], reason: str) -> None:
        document["error"] = reason
        self._failed.append(document["endpoint"])
        self._fail(f"{document['endpoint']}: {reason}")

    def _synchronise(self, client: AccessTokensClient, document: dict[str, Any]) -> None:
        self._say(f"\n=== Endpoint: {plain(document['endpoint'])} ===")
        try:
            self._make_alike(client, document)
        except (AccessTokensError, Declined) as error:
            self._give_up(document, str(error))

    def _make_alike(self, client: AccessTokensClient, document: dict[str, Any]) -> None:
        records = self._listed(client)
        own_ids = self._own_ids if client.token_id else frozenset[str]()  # any administrator's may be its own
        decided = plan(
            self.entries,
            records,
            own_ids=own_ids,
            now=self.now,
            orphans_expire_at=self.orphans_expire_at,
            force=self.force,
        )
        self.has_changes = self.has_changes or not decided.is_empty
        self._tell(decided)
        outcomes: dict[str, dict[str, str]] = {}
        try:
            if not self.is_dry:
                self._ask(decided, document["endpoint"])
                self._apply(decided, client, records, own_ids, outcomes)
        finally:
            document.update(report.document(decided, outcomes, "planned" if self.is_dry else "not done"))

    def _listed(self, client: AccessTokensClient) -> list[TokenRecord]:
        """Return all tokens, with hashes, since the plan compares them."""
        with progress(self._output, "Listing tokens") as advance:
            records: list[TokenRecord] = []
            for record in client.iter_tokens(
                include_revoked=True, include_expired=True, include_secret_phc=True
            ):
                advance()
                records.append(record)
        return records

    def _tell(self, decided: Plan) -> None:
        """Say what is to be done if that is all, and what is not done."""
        for entry in decided.skipped:
            self._output.warn(report.skipped(entry))
        for orphan in decided.orphans:
            self._say(report.orphan(orphan))
        for each in decided.refused:
            self._fail(f"token {each.change.token_id}: {each.reason}; --force does it all the same")
        if self.is_dry:
            for change in decided.changes:
                self._say(f"{click.style('[DRY RUN]', fg='cyan')} {report.planned(change)}")
            self._say(report.summary(decided.changes, would=True))

    def _ask(self, decided: Plan, name: str) -> None:
        """Ask before something that cannot be undone, if there is somebody to ask."""
        if not self.yes and can_ask() and any(map(_is_destructive, decided.changes)):
            for change in decided.changes:
                self._say(report.planned(change))
            question = f"{plain(name)}: {report.summary(decided.changes, would=True)}"
            self.invocation.confirm(question, yes=False)

    def _apply(
        self,
        decided: Plan,
        client: AccessTokensClient,
        records: list[TokenRecord],
        own_ids: frozenset[str],
        outcomes: dict[str, dict[str, str]],
    ) -> None:
        with (
            progress(self._output, "Changing tokens", len(decided.changes)) as advance,
            stoppable(self._output.warn) as stop,
        ):

            def begin(change: Change) -> None:
                outcomes[change.token_id] = {"outcome": "unknown"}  # if a second signal ends it

            def done(change: Change, problem: Problem | None) -> None:
                advance()
                outcomes[change.token_id] = outcome(problem, "done")
                self._tell_outcome(change, problem)

            results = apply(
                decided,
                client,
                entries=self.entries,
                records=records,
                own_ids=own_ids,
                force=self.force,
                begin=begin,
                done=done,
                stopped=stop,
            )
        self._conclude(results, stop.signal)

    def _tell_outcome(self, change: Change, problem: Problem | None) -> None:
        if problem is None:
            self._say(report.made(change))
        else:
            self._fail(f"token {change.token_id} for {plain(change.owner)}: {problem}{_lost_expiry(change)}")

    def _conclude(self, results: Results, signal: int | None) -> None:
        self._say(report.summary(results.done, would=False))
        if results.left:
            advice = "run it again when that is mended" if results.failed else "run it again"
            self._fail(f"{len(results.left)} more to change: {advice}")
        if len(results.failed) > 1:
            names = ", ".join(each.change.token_id for each in results.failed)
            self._fail(f"{len(results.failed)} tokens failed: {names}")
        if signal is not None:
            self._status = ExitStatus.SIGNALLED + signal


def _lost_expiry(change: Change) -> str:
    """Return what a person must know when the second request of a restore may have failed."""
    until = change.restored_until
    return f". It is to expire {iso(until)}: see that it does" if until else ""


def _is_destructive(change: Change) -> bool:
    return any(
        step.method == "revoke" or "secret_phc" in step.arguments
        for step in change.steps
        if step.method != "register"
    )
