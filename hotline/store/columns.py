"""What columns of all tables are made of, and the one MetaData they belong to."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    DateTime,
    ForeignKey,
    Identity,
    Integer,
    MetaData,
    Text,
    literal_column,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def word(value: str) -> ColumnElement[str]:
    """SQL: a constant of ours, written out and not sent as a parameter.

    The server ends by planning a statement for all parameters at once, and then no partial index fits: searches become
    slow, and ON CONFLICT fails.
    """
    return literal_column(f"'{value}'", Text)


def key() -> Column[int]:
    """A row's own name."""
    return Column("id", BigInteger, Identity(always=True), primary_key=True)


def to(name: str, target: str, *, nullable: bool = False, use_alter: bool = False) -> Column[int]:
    """A row of another table."""
    return Column(name, BigInteger, ForeignKey(target, use_alter=use_alter), nullable=nullable)


def instant(name: str, *, nullable: bool = True) -> Column[object]:
    """An instant, with its zone."""
    return Column(name, DateTime(timezone=True), nullable=nullable)


def flag(name: str) -> Column[bool]:
    """No, until somebody says yes."""
    return Column(name, Boolean, nullable=False, server_default=text("false"))


def count(name: str, start: int = 0) -> Column[int]:
    """A whole number that begins somewhere."""
    return Column(name, Integer, nullable=False, server_default=text(str(start)))


def one_of(column: str, *allowed: str) -> CheckConstraint:
    """Nothing but these words."""
    listed = ", ".join(f"'{value}'" for value in allowed)
    return CheckConstraint(f"{column} in ({listed})", name=column)
