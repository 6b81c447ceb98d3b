"""The tables of tips: what was left, its parts, and the guesses of the last hour. None of them leads to a person."""

from typing import Literal, TypeAlias, get_args

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, LargeBinary, Table, Text, text

from hotline.store.columns import instant, key, metadata, one_of, to

PartState: TypeAlias = Literal["waiting", "kept", "dropped", "absent"]

tips = Table(
    "tips",
    metadata,
    key(),
    Column("case_id", BigInteger, ForeignKey("cases.id"), nullable=False, unique=True),
    Column("locator", Text, unique=True),
    Column("secret_hash", LargeBinary),
    # Whose call or exchange adds to it now: a pseudonym of its own purpose, which no other row has, and not for long.
    Column("giver", LargeBinary, unique=True),
    instant("given_at"),
    Column("said", LargeBinary),  # its number, to be said again in the same call: sealed under the call's raw SID
    instant("opened_at", nullable=False),
    CheckConstraint("locator ~ '^[0-9]{5}$'", name="locator"),
    CheckConstraint("(locator is null) = (secret_hash is null)", name="secret"),
    CheckConstraint("(giver is null) = (given_at is null)", name="given"),
    CheckConstraint("said is null or giver is not null", name="said"),
    Index("ix_tips_given_at", "given_at", postgresql_where=text("giver is not null")),
)

tip_parts = Table(
    "tip_parts",
    metadata,
    key(),
    to("tip_id", "tips.id", nullable=True),  # none for what was erased before there was a tip
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("body_sealed", LargeBinary),
    Column("media_sealed", LargeBinary),
    Column("sid_key", LargeBinary, unique=True),
    Column("sid_sealed", LargeBinary),
    instant("created_at", nullable=False),
    instant("erased_at"),
    one_of("kind", "voice", "text"),
    one_of("state", *get_args(PartState)),
    CheckConstraint("tip_id is not null or state = 'dropped'", name="tip"),
    CheckConstraint("body_sealed is null or state = 'kept'", name="body"),
    CheckConstraint("erased_at is null or sid_sealed is null", name="erased"),
    Index("ix_tip_parts_tip_id", "tip_id"),
)

tip_guesses = Table(
    "tip_guesses",
    metadata,
    key(),
    instant("at", nullable=False),
    Column("call", LargeBinary),
    Column("person", LargeBinary),
    Column("locator", LargeBinary, nullable=False),
    Index("ix_tip_guesses_at", "at"),
)
