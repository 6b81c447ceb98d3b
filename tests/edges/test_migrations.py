"""Migrations: head is what the tables say, to the last constraint, and revisions go up and down with rows."""

from collections.abc import Iterator

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text

from hotline.store import callbacks, messages, pins, team_texts, threads
from hotline.store.tables import metadata
from tests.build import (
    NOW,
    SEALER,
    a_call,
    a_callback,
    a_case,
    a_guest,
    a_page,
    a_person,
    a_responder,
    a_roster,
    a_tip,
    an_attempt,
    some_work,
)
from tests.engines import Engines

SHAPE = """
select 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint
 where connamespace in (select oid from pg_namespace where nspname in ('public', 'keys')) and conrelid <> 0
union all
select 'index', schemaname || '.' || tablename, indexname, indexdef from pg_indexes
 where schemaname in ('public', 'keys')
union all
select 'column', table_schema || '.' || table_name, column_name,
       concat_ws(' ', data_type, is_nullable, column_default, is_identity, identity_generation)
  from information_schema.columns where table_schema in ('public', 'keys')
"""


def config(connection: Connection) -> Config:
    """Alembic on a connection."""
    made = Config()
    made.set_main_option("script_location", "hotline:migrations")
    made.attributes["connection"] = connection
    return made


def shape(connection: Connection) -> set[tuple[str, ...]]:
    """Every column, constraint and index, but the ones of Alembic's own table."""
    return {tuple(row) for row in connection.execute(text(SHAPE)) if "alembic" not in row[1]}


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    """A migrated database."""
    engine = create_engine(database)
    with engine.connect() as made:
        yield made
    engine.dispose()


def test_head_equals_the_tables(connection: Connection):
    """Alembic sees nothing to change between the newest shape and the tables."""
    context = MigrationContext.configure(connection, opts={"include_schemas": True})
    assert compare_metadata(context, metadata) == []


def test_head_has_every_constraint_of_the_tables(connection: Connection):
    """What Alembic does not compare is the same too: checks, partial indexes, defaults, identities."""
    migrated = shape(connection)
    connection.execute(
        text("drop schema public cascade; drop schema keys cascade; create schema public; create schema keys")
    )
    metadata.create_all(connection)
    assert shape(connection) == migrated and len(migrated) > 150


def test_every_revision_goes_down_and_up_with_rows(connection: Connection):
    """With rows in the tables, each revision is undone and done again, and there is one head."""
    pins.set_pin(connection, SEALER, a_responder(connection), "402817", NOW)
    writer, contact = a_responder(connection), a_call(connection)
    messages.to_send(connection, a_case(connection).id, contact, b"x", NOW, writer, held=True)
    thread = a_page(connection)
    threads.tend(connection, thread, NOW)
    team_texts.received(connection, writer, "answer", b"key", b"sid", NOW)
    team_texts.to_send(connection, writer, "held", b"sealed", NOW, thread)
    pins.who(connection, SEALER, "0000", "402817", "CA1", NOW)
    a_guest(connection, a_page(connection))
    a_roster(connection)
    some_work(connection)
    an_attempt(connection, a_page(connection, case_id=a_case(connection).id))
    a_tip(connection)
    promised = a_callback(connection)
    about = callbacks.by_id(connection, promised)
    page = a_page(connection, case_id=a_case(connection).id, callback_id=promised)
    assert about is not None and callbacks.plan_leg(connection, about, page, an_attempt(connection, page), NOW)
    callbacks.never(connection, a_person(), NOW)
    before, made = shape(connection), config(connection)
    for revision in ScriptDirectory.from_config(made).walk_revisions():
        command.downgrade(made, revision.down_revision or "base")
        command.upgrade(made, str(revision.revision))
        command.upgrade(made, "head")
    assert shape(connection) == before
    assert len(ScriptDirectory.from_config(made).get_heads()) == 1


def test_nothing_is_left_at_the_bottom(connection: Connection):
    """Going all the way down takes away every table and the schema of keys."""
    command.downgrade(config(connection), "base")
    assert shape(connection) == set()
    assert connection.execute(text("select count(*) from pg_namespace where nspname = 'keys'")).scalar_one() == 0


def test_migrating_by_address_needs_nothing_else(engines: Engines, database: str):
    """`hotline migrate` on a migrated database changes nothing and complains of nothing."""
    made = Config()
    made.set_main_option("script_location", "hotline:migrations")
    made.set_main_option("sqlalchemy.url", database.replace("%", "%%"))
    command.upgrade(made, "head")
    made.set_main_option("sqlalchemy.url", "")
    with pytest.raises(SystemExit, match="address"):
        command.upgrade(made, "head")
