"""The tables of responders who call or write: their codes and PINs and the guesses at them, what they wrote and were
written, when they last did something about a conversation by text, and the calls in which its texts are read to them.

Nothing of a person is in them: what is written to a responder is sealed under WEB_KEY and names a case by its code.
"""

from typing import Literal, TypeAlias, get_args

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from hotline.store.columns import count, instant, key, metadata, one_of, to

TeamTextState: TypeAlias = Literal["received", "erased", "due", "sent", "delivered", "failed"]

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

team_texts = Table(
    "team_texts",
    metadata,
    key(),
    to("responder_id", "responders.id"),
    to("page_id", "pages.id", nullable=True),
    Column("direction", Text, nullable=False),
    Column("kind", Text, nullable=False),  # which command, or which of our sentences
    Column("sid_key", LargeBinary, unique=True),
    Column("sid_sealed", LargeBinary),
    Column("body_sealed", LargeBinary),
    Column("state", Text, nullable=False),
    Column("error_code", Integer),
    count("generation"),
    instant("created_at", nullable=False),
    one_of("direction", "in", "out"),
    one_of("state", *get_args(TeamTextState)),
    CheckConstraint("direction = 'out' or body_sealed is null", name="body"),
    CheckConstraint("(direction = 'in') = (state in ('received', 'erased'))", name="received"),
    Index("ix_team_texts_responder_id", "responder_id"),
    Index("ix_team_texts_page_id", "page_id"),
)

threads = Table(
    "threads",
    metadata,
    Column("page_id", BigInteger, ForeignKey("pages.id"), primary_key=True, autoincrement=False),
    instant("tended_at"),  # when the person was last answered
    instant("begun_at"),  # from when on the wait for an answer is counted, at the earliest
)

staff_calls = Table(
    "staff_calls",
    metadata,
    key(),
    to("responder_id", "responders.id"),
    to("page_id", "pages.id"),
    Column("sid_sealed", LargeBinary, nullable=False),
    instant("at", nullable=False),
    Index("ix_staff_calls_responder_id", "responder_id"),
    Index("ix_staff_calls_page_id", "page_id"),
)
