"""A store of your own for the JWT that many processes share: here a table of SQLite.

    with AccessTokensClient.from_env(jwt_store=SqliteJwtStore("jwts.db")) as client: ...

What it is given is encrypted already. Whatever it raises costs no call: the client goes on without it. For
the async client the same class will do, in worker threads, or one with `async def`, as `AsyncJwtStore` says.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing

TABLES = """
    create table if not exists jwts (name text primary key, value text, until real);
    create table if not exists leases (name text primary key, holder text, until real);
"""


class SqliteJwtStore:
    """A `JwtStore` in a database on this machine."""

    def __init__(self, path: str) -> None:
        self.path = path
        with closing(sqlite3.connect(path)) as database:
            database.executescript(TABLES)

    def get(self, name: str, /) -> str | None:
        """Return the value of this name, or None if there is none."""
        rows = self._run("select value from jwts where name = ? and until > ?", name, time.time())
        return rows[0][0] if rows else None

    def acquire(self, name: str, holder: str, seconds: float, /) -> bool:
        """Take the lease on a name unless another holder has it."""
        now = time.time()
        statement = """
            insert into leases values (?, ?, ?) on conflict (name) do update
            set holder = excluded.holder, until = excluded.until where leases.until <= ? returning holder
        """
        return bool(self._run(statement, name, holder, now + seconds, now))

    def release(self, name: str, holder: str, /) -> None:
        """End the lease if this holder still has it."""
        self._run("delete from leases where name = ? and holder = ?", name, holder)

    def put(self, name: str, value: str, seconds: float, /) -> None:
        """Store a value for so many seconds."""
        self._run("insert or replace into jwts values (?, ?, ?)", name, value, time.time() + seconds)

    def drop(self, name: str, value: str | bytes, /) -> None:
        """Delete the value of a name if it is still this one."""
        self._run("delete from jwts where name = ? and value = ?", name, value)

    def _run(self, statement: str, *values: object) -> list[tuple[str]]:
        # A connection for each call, since many threads may call.
        with closing(sqlite3.connect(self.path, timeout=1)) as database, database:
            return database.execute(statement, values).fetchall()
