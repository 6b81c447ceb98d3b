"""A database for each test: migrated, without a row in it, by a name that no test had before."""

import os
from collections import deque
from itertools import count
from typing import TYPE_CHECKING

from tests.engines import Engines

if TYPE_CHECKING:
    import psycopg

MIGRATED = "migrated"
LEAVE = "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = %s"
# Nothing that a row leads to is asked. No migration leaves a row behind, but for Alembic's own.
EMPTY = """
set session_replication_role = replica;
do $$ declare filled regclass; begin
  for filled in select oid from pg_class where relkind = 'r' and relname <> 'alembic_version'
    and relnamespace::regnamespace::text in ('public', 'keys')
  loop execute format('delete from %s', filled); end loop;
  perform setval(oid, 1, false) from pg_class where relkind = 'S';
end $$
"""
TABLES = "select count(*), max(xmin::text::bigint) from pg_class"


class Databases:
    """Those of one process of the run. Cloning takes a tenth of a second and more; emptying, a hundredth."""

    def __init__(self, engines: Engines, server: "psycopg.Connection") -> None:
        self._engines = engines
        self._server = server
        self._empty: deque[str] = deque()
        self._tables: object = None
        self._numbered = count()

    def take(self) -> str:
        """An empty one. What an earlier test left running knows it by another name."""
        name = f"test_{os.getpid()}_{next(self._numbered)}"
        if len(self._empty) > 1:  # whoever emptied the last may not have left it yet
            self._server.execute(f"alter database {self._empty.popleft()} rename to {name}")
            return name
        self._server.execute(f"create database {name} template {MIGRATED} strategy wal_log")
        with self._engines.server(name) as own:
            self._tables = own.execute(TABLES).fetchone()
        return name

    def give_back(self, name: str) -> None:
        """Emptied for a later test; or dropped, where this one has changed the tables themselves."""
        self._server.execute(LEAVE, [name])
        with self._engines.server(name) as own:
            changed = own.execute(TABLES).fetchone() != self._tables
            if not changed:
                own.execute(EMPTY)
        if changed:
            self._server.execute(f"drop database {name} with (force)")
        else:
            self._empty.append(name)


def migrate(engines: Engines) -> None:
    """The database that the others are cloned from, made once; nobody may stay connected to it."""
    from hotline.cli import upgrade

    with engines.server() as server:
        if not server.execute("select 1 from pg_database where datname = %s", [MIGRATED]).fetchone():
            for wait in ("fsync", "synchronous_commit", "full_page_writes"):  # nobody misses these rows after a crash
                server.execute(f"alter system set {wait} = off")
            server.execute("select pg_reload_conf()")
            server.execute("drop database if exists draft with (force)")
            server.execute("create database draft")
            upgrade(engines.named("draft"))
            server.execute(f"alter database draft rename to {MIGRATED}")
