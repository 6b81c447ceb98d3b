"""All tables. SQL is the truth: what must never happen is refused here, by a constraint, and not only by code.

Nothing that identifies a person is in clear: `person`, `call_key` and `sid_key` are pseudonyms, `*_sealed` is sealed to
the case (for responders, `conference` and an attempt's SID: under WEB_KEY). Private halves of cases are in the schema
`keys`, which long backups leave out. Instants are the line's, but `lease_until`, `rung_at`, `first_rung_at` and
`beats.at`, which are SQL's own `now()`.
"""

from typing import Literal, TypeAlias, get_args

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from hotline.store import guest_tables as guest_tables
from hotline.store import roster_tables as roster_tables
from hotline.store import staff_tables as staff_tables
from hotline.store import tip_tables as tip_tables
from hotline.store.columns import count as _count
from hotline.store.columns import flag as _flag
from hotline.store.columns import instant as _instant
from hotline.store.columns import key as _key
from hotline.store.columns import metadata as metadata
from hotline.store.columns import one_of as _one_of
from hotline.store.columns import to as _to
from hotline.store.columns import word as word
from hotline.store.roster_tables import responders as responders
from hotline.store.roster_tables import shifts as shifts

PRIORITIES = ("P1", "P2", "P?", "P3", "P4", "P5")
"""From the most to the least urgent: what is unclear comes before what is known not to be pressing."""
AttemptState: TypeAlias = Literal[
    "due", "sending", "unknown", "sent", "ringing", "answered",
    "busy", "no_answer", "failed", "declined", "accepted", "ended",
]  # fmt: skip
CallbackState: TypeAlias = Literal["draft", "promised", "due", "human", "done"]
LegState: TypeAlias = Literal[
    "sending", "unknown", "sent", "ringing", "answered", "busy", "no_answer", "failed", "ended"
]
MessageState: TypeAlias = Literal["received", "held", "due", "sending", "unknown", "sent", "delivered", "failed"]

cases = Table(
    "cases",
    metadata,
    _key(),
    Column("code", Text, nullable=False, unique=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("path", Text, nullable=False),
    Column("priority", Text, nullable=False),
    Column("language", Text),
    # All that is known of it: kinds, flags and paths by their names; `rule` is the line of the table that placed it.
    Column("flags", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("rule", Text),
    Column("team", Text),
    # Where they said they are: the part of the island and the police force in clear, what was said sealed.
    Column("region", Text),
    Column("police", Text),
    Column("place_sealed", LargeBinary),
    _instant("opened_at", nullable=False),
    _instant("closed_at"),
    _instant("forgotten_at"),
    CheckConstraint("code ~ '^[0-9]{6}$'", name="code"),
    _one_of("priority", *PRIORITIES),
    _one_of("language", "fr", "en"),
    _one_of("region", "N", "S", "E", "W"),
    _one_of("police", "spvm", "spl", "spal", "local_or_sq", "elsewhere"),
    Index("ix_cases_open", "priority", postgresql_where=text("closed_at is null")),
)

case_keys = Table(
    "case_keys",
    metadata,
    Column("case_id", BigInteger, ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("key_id", Text, nullable=False),
    Index("ix_case_keys_key_id", "key_id"),
    schema="keys",
)

contacts = Table(
    "contacts",
    metadata,
    _key(),
    Column("channel", Text, nullable=False),
    Column("call_key", LargeBinary, unique=True),
    Column("person", LargeBinary),
    _to("case_id", "cases.id", nullable=True),
    Column("place", JSONB),
    _count("turn"),
    _instant("opened_at", nullable=False),
    _instant("last_at", nullable=False),
    _instant("gone_at"),
    _instant("ended_at"),
    Column("number_sealed", LargeBinary),
    Column("call_sid_sealed", LargeBinary),
    _one_of("channel", "voice", "text"),
    CheckConstraint("(channel = 'voice') = (call_key is not null)", name="call_key"),
    CheckConstraint("channel = 'voice' or person is not null", name="person"),
    Index("ix_contacts_case_id", "case_id"),
    Index("ix_contacts_person", "person"),
    Index(
        "uq_contacts_open_text", "person", unique=True, postgresql_where=text("channel = 'text' and ended_at is null")
    ),
)

messages = Table(
    "messages",
    metadata,
    _key(),
    _to("case_id", "cases.id"),
    _to("contact_id", "contacts.id"),
    Column("direction", Text, nullable=False),
    Column("sid_key", LargeBinary, unique=True),
    Column("sid_sealed", LargeBinary),
    Column("body_sealed", LargeBinary),
    Column("state", Text, nullable=False),
    Column("error_code", Integer),
    _count("generation"),
    _instant("created_at", nullable=False),
    _instant("settled_at"),
    _to("responder_id", "responders.id", nullable=True),
    _instant("confirmed_at"),
    _one_of("direction", "in", "out"),
    _one_of("state", *get_args(MessageState)),
    CheckConstraint("(direction = 'in') = (state = 'received')", name="received"),
    Index("ix_messages_case_id", "case_id"),
    Index("ix_messages_contact_id", "contact_id"),
    Index("ix_messages_responder_id", "responder_id"),
)

inbox = Table(
    "inbox",
    metadata,
    Column("key", LargeBinary, nullable=False),
    Column("turn", Integer, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    _instant("at", nullable=False),
    PrimaryKeyConstraint("key", "turn"),
    Index("ix_inbox_at", "at"),
)

work = Table(
    "work",
    metadata,
    _key(),
    Column("kind", Text, nullable=False),
    Column("queue", Text, nullable=False),
    Column("subject_id", BigInteger, nullable=False),
    _instant("due_at", nullable=False),
    Column("state", Text, nullable=False, server_default=text("'due'")),
    _count("generation"),
    _instant("lease_until"),
    _count("attempts"),
    _instant("rung_at"),
    _instant("first_rung_at"),
    Column("rung_ok", Boolean),
    Column("outcome", Text),
    Column("dedup_key", Text, unique=True),
    _instant("created_at", nullable=False),
    _one_of("queue", "urgent", "work"),
    _one_of("state", "due", "claimed", "done", "dead"),
    CheckConstraint("(state = 'claimed') = (lease_until is not null)", name="lease"),
    Index("ix_work_due_at", "due_at", postgresql_where=text("state = 'due'")),
    Index("ix_work_lease_until", "lease_until", postgresql_where=text("state = 'claimed'")),
    Index("ix_work_live_subject", "kind", "subject_id", postgresql_where=text("state in ('due', 'claimed')")),
)

pages = Table(
    "pages",
    metadata,
    _key(),
    _to("contact_id", "contacts.id"),
    _to("case_id", "cases.id"),
    Column("priority", Text, nullable=False),
    Column("language", Text),
    Column("reason", Text, nullable=False),
    _flag("muted"),
    _flag("quiet"),
    _flag("mistake"),
    _flag("unasked"),  # the person asked for nobody: they are not brought to whoever accepts
    Column("may_call_back", Boolean),
    Column("state", Text, nullable=False, server_default=text("'open'")),
    Column("chain", JSONB, nullable=False),
    _instant("opened_at", nullable=False),
    _instant("accepted_at"),
    _to("accepted_attempt", "attempts.id", nullable=True, use_alter=True),
    _instant("person_in_room_at"),
    _instant("team_in_room_at"),
    _instant("met_at"),
    _instant("person_gone_at"),
    Column("conference", LargeBinary),
    _instant("done_at"),
    Column("outcome", Text),
    _count("round"),
    _count("truths"),
    _to("callback_id", "callbacks.id", nullable=True),
    _one_of("priority", *PRIORITIES),
    _one_of("language", "fr", "en"),
    _one_of("state", "open", "accepted", "done"),
    CheckConstraint("state <> 'open' or accepted_attempt is null", name="open"),
    CheckConstraint("state <> 'accepted' or accepted_attempt is not null", name="accepted"),
    CheckConstraint("(state = 'done') = (done_at is not null)", name="done"),
    Index("uq_pages_not_done", "contact_id", unique=True, postgresql_where=text("state <> 'done'")),
    Index("ix_pages_contact_id", "contact_id"),
    Index("ix_pages_case_id", "case_id"),
    Index("ix_pages_unacknowledged", "opened_at", postgresql_where=text("state = 'open'")),
    Index("ix_pages_callback_id", "callback_id"),
)

attempts = Table(
    "attempts",
    metadata,
    _key(),
    _to("page_id", "pages.id"),
    _to("responder_id", "responders.id", nullable=True),
    Column("round", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("channel", Text, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'due'")),
    Column("sid_key", LargeBinary, unique=True),
    Column("sid_sealed", LargeBinary),
    Column("error_code", Integer),
    _count("generation"),
    _instant("created_at", nullable=False),
    _instant("sent_at"),
    _instant("ringing_at"),
    _instant("answered_at"),
    _instant("settled_at"),
    _count("sequence", start=-1),
    _one_of("channel", "call", "text"),
    _one_of("state", *get_args(AttemptState)),
    UniqueConstraint("page_id", "round", "position", "channel"),
    Index("ix_attempts_responder_id", "responder_id"),
)

callbacks = Table(
    "callbacks",
    metadata,
    _key(),
    _to("contact_id", "contacts.id"),
    _to("case_id", "cases.id"),
    Column("person", LargeBinary),
    Column("number_sealed", LargeBinary),
    Column("code_word_sealed", LargeBinary),
    Column("code_key", LargeBinary),
    _flag("voicemail"),
    Column("language", Text),
    Column("state", Text, nullable=False, server_default=text("'draft'")),
    _instant("agreed_at"),
    _instant("starts_at"),
    _instant("ends_at"),
    _instant("due_at"),
    _count("windows", start=1),
    _instant("created_at", nullable=False),
    _instant("promised_at"),
    _instant("done_at"),
    Column("outcome", Text),
    _one_of("language", "fr", "en"),
    _one_of("state", *get_args(CallbackState)),
    CheckConstraint("ends_at > starts_at", name="window"),
    CheckConstraint("state in ('draft', 'done') or (person is not null and starts_at is not null)", name="promised"),
    CheckConstraint("(state = 'done') = (done_at is not null)", name="done"),
    Index("uq_callbacks_draft", "contact_id", unique=True, postgresql_where=text("state = 'draft'")),
    Index("uq_callbacks_person", "person", unique=True, postgresql_where=text("state in ('promised', 'due', 'human')")),
    Index("ix_callbacks_contact_id", "contact_id"),
    Index("ix_callbacks_case_id", "case_id"),
)

callback_attempts = Table(
    "callback_attempts",
    metadata,
    _key(),
    _to("callback_id", "callbacks.id"),
    _to("page_id", "pages.id"),
    _to("attempt_id", "attempts.id"),
    Column("window", Integer, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'sending'")),
    Column("outcome", Text),
    Column("sid_sealed", LargeBinary),
    Column("error_code", Integer),
    _instant("created_at", nullable=False),
    _instant("settled_at"),
    _count("sequence", start=-1),
    _one_of("state", *get_args(LegState)),
    UniqueConstraint("page_id", "attempt_id"),
    Index("ix_callback_attempts_callback_id", "callback_id"),
)

never_call = Table(
    "never_call",
    metadata,
    Column("person", LargeBinary, primary_key=True),
    _instant("at", nullable=False),
)

audit = Table(
    "audit",
    metadata,
    _key(),
    _instant("at", nullable=False),
    Column("actor", Text, nullable=False),
    Column("verb", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", JSONB, nullable=False),
    Column("link", BigInteger, unique=True),
    Column("previous", LargeBinary),
    Column("hash", LargeBinary),
    CheckConstraint("(link is null) = (hash is null)", name="chained"),
    Index("ix_audit_unchained", "id", postgresql_where=text("link is null")),
    Index("ix_audit_subject", "subject"),
)

beats = Table(
    "beats",
    metadata,
    Column("name", Text, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    _instant("line_at", nullable=False),
)
