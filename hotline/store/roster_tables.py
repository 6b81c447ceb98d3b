"""The tables of the roster: who is on it, when they are planned, what was changed, and what was told about it.

Names and numbers are sealed under WEB_KEY. Rules (`rotas`) hold times of the wall and their zone; everything else holds
instants.
"""

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    Time,
    UniqueConstraint,
    text,
)

from hotline.store.columns import flag, instant, key, metadata, one_of, to

RANKS = ("on-duty", "deputy", "supervisor")


def _words(name: str) -> Column[object]:
    return Column(name, ARRAY(Text), nullable=False, server_default=text("'{}'"))


def _team() -> Column[str]:
    """The team that this is for; empty: the line's."""
    return Column("team", Text, nullable=False, server_default=text("''"))


responders = Table(
    "responders",
    metadata,
    key(),
    Column("name_sealed", LargeBinary, nullable=False),
    Column("phone_sealed", LargeBinary, nullable=False),
    Column("person", LargeBinary, nullable=False, unique=True),
    Column("rank", Text, nullable=False),
    Column("languages", ARRAY(Text), nullable=False),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    instant("created_at", nullable=False),
    _words("roles"),
    _words("regions"),
    instant("proved_at"),  # when a test ring of this number was answered with a key
    instant("failed_at"),  # when the last one was not
    one_of("rank", *RANKS),
)

shifts = Table(
    "shifts",
    metadata,
    key(),
    to("responder_id", "responders.id"),
    instant("starts_at", nullable=False),
    instant("ends_at"),
    _team(),
    Column("source", Text, nullable=False, server_default=text("'hand'")),
    one_of("source", "hand", "calendar"),
    CheckConstraint("ends_at is null or ends_at > starts_at", name="ends_after_start"),
    Index("ix_shifts_starts_at_ends_at", "starts_at", "ends_at"),
    Index("ix_shifts_responder_id", "responder_id"),
)

teams = Table(
    "teams",
    metadata,
    Column("name", Text, primary_key=True),
    flag("covered"),  # somebody of it must be on duty at every hour
)

rotas = Table(
    "rotas",
    metadata,
    key(),
    to("responder_id", "responders.id"),
    _team(),
    Column("weekdays", ARRAY(SmallInteger), nullable=False),
    Column("begins", Time, nullable=False),
    Column("ends", Time, nullable=False),
    Column("every", Integer, nullable=False, server_default=text("1")),
    Column("first", Date, nullable=False),
    Column("last", Date),
    Column("zone", Text, nullable=False),
    flag("temporary"),
    CheckConstraint("every > 0", name="every"),
    CheckConstraint("last is null or last >= first", name="last"),
    Index("ix_rotas_responder_id", "responder_id"),
)

overrides = Table(
    "overrides",
    metadata,
    key(),
    Column("change", Text, nullable=False),
    to("responder_id", "responders.id"),
    to("by_id", "responders.id", nullable=True),
    _team(),
    instant("starts_at", nullable=False),
    instant("ends_at"),
    Column("source", Text, nullable=False),
    instant("created_at", nullable=False),
    one_of("change", "add", "remove", "replace", "pause"),
    one_of("source", "file", "said"),
    CheckConstraint("(change = 'replace') = (by_id is not null)", name="by"),
    CheckConstraint("ends_at is null or ends_at > starts_at", name="ends_after_start"),
    Index("ix_overrides_ends_at", "ends_at"),
    Index("ix_overrides_responder_id", "responder_id"),
    Index("ix_overrides_by_id", "by_id"),
)

swaps = Table(
    "swaps",
    metadata,
    key(),
    Column("code", Text, nullable=False),
    to("giver_id", "responders.id"),
    to("taker_id", "responders.id"),
    instant("gives_from", nullable=False),
    instant("gives_until", nullable=False),
    instant("takes_from"),
    instant("takes_until"),
    instant("offered_at", nullable=False),
    instant("done_at"),
    Column("outcome", Text),
    one_of("outcome", "accepted", "declined", "withdrawn"),
    CheckConstraint("gives_until > gives_from", name="gives"),
    CheckConstraint("(takes_from is null) = (takes_until is null) and takes_until > takes_from", name="takes"),
    CheckConstraint("(done_at is null) = (outcome is null)", name="done"),
    Index("uq_swaps_open", "taker_id", "code", unique=True, postgresql_where=text("done_at is null")),
    Index("ix_swaps_giver_id", "giver_id"),
)

feeds = Table(
    "feeds",
    metadata,
    key(),
    to("responder_id", "responders.id"),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    instant("created_at", nullable=False),
    instant("revoked_at"),
    Index("ix_feeds_responder_id", "responder_id"),
)

shift_checks = Table(
    "shift_checks",
    metadata,
    key(),
    to("responder_id", "responders.id"),
    instant("starts_at", nullable=False),
    instant("asked_at"),
    instant("answered_at"),
    UniqueConstraint("responder_id", "starts_at"),
)

roster_notices = Table(
    "roster_notices",
    metadata,
    key(),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    to("responder_id", "responders.id", nullable=True),
    _team(),
    instant("starts_at", nullable=False),
    instant("ends_at"),
    instant("noted_at", nullable=False),
    instant("told_at"),
    instant("over_at"),
    one_of("kind", "gap", "double", "undiallable", "unanswered"),
    Index("uq_roster_notices_open", "key", unique=True, postgresql_where=text("over_at is null")),
    Index("ix_roster_notices_responder_id", "responder_id"),
)
