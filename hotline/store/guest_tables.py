"""The table of guests: telephones that a responder invites into the room of a page. Each is rung once, or never.

Their numbers are sealed to the case, and go dark with it; where the operator supplies the number, none is kept.
"""

from typing import Literal, TypeAlias, get_args

from sqlalchemy import CheckConstraint, Column, Index, Integer, LargeBinary, Table, Text, text

from hotline.store.columns import count, flag, instant, key, metadata, one_of, to

GuestKind: TypeAlias = Literal["number", "partner", "dispatch"]
GuestState: TypeAlias = Literal[
    "draft", "due", "sending", "unknown", "sent", "ringing", "answered",
    "busy", "no_answer", "failed", "declined", "entered", "ended", "dismissed",
]  # fmt: skip

guests = Table(
    "guests",
    metadata,
    key(),
    to("page_id", "pages.id"),
    to("attempt_id", "attempts.id"),  # the leg of whoever invites them
    Column("kind", Text, nullable=False),
    count("position", start=1),  # of a draft: the key that chooses it
    Column("number_sealed", LargeBinary),
    flag("muted"),  # heard as whoever invited them was heard at that moment
    Column("state", Text, nullable=False, server_default=text("'draft'")),
    Column("told", Text),  # the last state that the responder was told of
    Column("sid_sealed", LargeBinary),
    Column("error_code", Integer),
    count("sequence", start=-1),
    instant("created_at", nullable=False),
    instant("entered_at"),
    instant("settled_at"),
    one_of("kind", *get_args(GuestKind)),
    one_of("state", *get_args(GuestState)),
    CheckConstraint("(kind = 'dispatch') = (number_sealed is null)", name="number"),
    Index("ix_guests_page_id", "page_id"),
    Index("uq_guests_draft", "attempt_id", "position", unique=True, postgresql_where=text("state = 'draft'")),
)
