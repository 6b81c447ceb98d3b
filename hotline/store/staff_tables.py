"""The tables of staff on the telephone: their codes and PINs, and who tried them in the last quarter of an hour."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, LargeBinary, Table, Text

from hotline.store.columns import instant, key, metadata

staff_pins = Table(
    "staff_pins",
    metadata,
    Column("responder_id", BigInteger, ForeignKey("responders.id"), primary_key=True, autoincrement=False),
    Column("code", Text, nullable=False, unique=True),
    Column("pin_hash", LargeBinary, nullable=False),
    instant("set_at", nullable=False),
    CheckConstraint("code ~ '^[0-9]{4}$'", name="code"),
)

pin_guesses = Table(
    "pin_guesses",
    metadata,
    key(),
    instant("at", nullable=False),
    Column("call", LargeBinary, nullable=False),
    Column("code", LargeBinary, nullable=False),
    Index("ix_pin_guesses_at", "at"),
)
