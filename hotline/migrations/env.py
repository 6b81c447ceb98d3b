"""Alembic's way in: the address or the open connection comes from whoever asks, the shape from `store.tables`.

Two processes that migrate at once do so one after the other.
"""

from alembic import context
from sqlalchemy import Connection, create_engine, pool, text

from hotline.store.tables import metadata

# Any number will do, as long as everybody who migrates this line uses the same.
ONE_AT_A_TIME = text("select pg_advisory_xact_lock(2014001)")


def migrate(connection: Connection) -> None:
    """All pending revisions in one transaction: the database has the old shape or the new one."""
    context.configure(connection=connection, target_metadata=metadata, include_schemas=True)
    with context.begin_transaction():
        connection.execute(ONE_AT_A_TIME)
        context.run_migrations()


def run() -> None:
    """On the connection given in the attributes, or on one to the address in the options."""
    given: Connection | None = context.config.attributes.get("connection")
    if given is not None:
        migrate(given)
        return
    address = context.config.get_main_option("sqlalchemy.url")
    if not address:
        raise SystemExit("migrations need an address: set sqlalchemy.url, or give a connection in the attributes")
    with create_engine(address, poolclass=pool.NullPool, hide_parameters=True).connect() as connection:
        migrate(connection)


if context.is_offline_mode():
    raise SystemExit("migrations run on a database, not into a file: revisions may read rows")
run()
