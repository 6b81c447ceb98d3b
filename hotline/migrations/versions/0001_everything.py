"""Everything, for the first time: cases and their keys, contacts, messages, work, the roster, pages, the register.

In SQL, so that it stays what it was when the tables move on; a test holds the two equal.

Revises: nothing
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

CASES = """
create schema keys;
create table cases (
    id bigint generated always as identity,
    code text not null,
    public_key bytea not null,
    path text not null,
    priority text not null,
    language text,
    flags text[] default '{}' not null,
    opened_at timestamptz not null,
    closed_at timestamptz,
    forgotten_at timestamptz,
    constraint pk_cases primary key (id),
    constraint ck_cases_code check (code ~ '^[0-9]{6}$'),
    constraint ck_cases_priority check (priority in ('P1', 'P2', 'P?', 'P3', 'P4', 'P5')),
    constraint ck_cases_language check (language in ('fr', 'en')),
    constraint uq_cases_code unique (code)
);
create index ix_cases_open on cases (priority) where closed_at is null;
create table keys.case_keys (
    case_id bigint not null,
    wrapped bytea not null,
    key_id text not null,
    constraint pk_case_keys primary key (case_id),
    constraint fk_case_keys_case_id_cases foreign key(case_id) references cases (id) on delete cascade
);
create index ix_case_keys_key_id on keys.case_keys (key_id);
create table contacts (
    id bigint generated always as identity,
    channel text not null,
    call_key bytea,
    person bytea,
    case_id bigint,
    place jsonb,
    turn integer default 0 not null,
    opened_at timestamptz not null,
    last_at timestamptz not null,
    gone_at timestamptz,
    ended_at timestamptz,
    number_sealed bytea,
    call_sid_sealed bytea,
    constraint pk_contacts primary key (id),
    constraint ck_contacts_channel check (channel in ('voice', 'text')),
    constraint ck_contacts_call_key check ((channel = 'voice') = (call_key is not null)),
    constraint ck_contacts_person check (channel = 'voice' or person is not null),
    constraint uq_contacts_call_key unique (call_key),
    constraint fk_contacts_case_id_cases foreign key(case_id) references cases (id)
);
create index ix_contacts_case_id on contacts (case_id);
create index ix_contacts_person on contacts (person);
create unique index uq_contacts_open_text on contacts (person) where channel = 'text' and ended_at is null;
"""

MESSAGES = """
create table messages (
    id bigint generated always as identity,
    case_id bigint not null,
    contact_id bigint not null,
    direction text not null,
    sid_key bytea,
    sid_sealed bytea,
    body_sealed bytea,
    state text not null,
    error_code integer,
    generation integer default 0 not null,
    created_at timestamptz not null,
    settled_at timestamptz,
    constraint pk_messages primary key (id),
    constraint ck_messages_direction check (direction in ('in', 'out')),
    constraint ck_messages_state check (
        state in ('received', 'due', 'sending', 'unknown', 'sent', 'delivered', 'failed')
    ),
    constraint ck_messages_received check ((direction = 'in') = (state = 'received')),
    constraint fk_messages_case_id_cases foreign key(case_id) references cases (id),
    constraint fk_messages_contact_id_contacts foreign key(contact_id) references contacts (id),
    constraint uq_messages_sid_key unique (sid_key)
);
create index ix_messages_case_id on messages (case_id);
create index ix_messages_contact_id on messages (contact_id);
create table inbox (
    key bytea not null,
    turn integer not null,
    answer bytea not null,
    at timestamptz not null,
    constraint pk_inbox primary key (key, turn)
);
create index ix_inbox_at on inbox (at);
"""

WORK = """
create table work (
    id bigint generated always as identity,
    kind text not null,
    queue text not null,
    subject_id bigint not null,
    due_at timestamptz not null,
    state text default 'due' not null,
    generation integer default 0 not null,
    lease_until timestamptz,
    attempts integer default 0 not null,
    rung_at timestamptz,
    first_rung_at timestamptz,
    rung_ok boolean,
    outcome text,
    dedup_key text,
    created_at timestamptz not null,
    constraint pk_work primary key (id),
    constraint ck_work_queue check (queue in ('urgent', 'work')),
    constraint ck_work_state check (state in ('due', 'claimed', 'done', 'dead')),
    constraint ck_work_lease check ((state = 'claimed') = (lease_until is not null)),
    constraint uq_work_dedup_key unique (dedup_key)
);
create index ix_work_due_at on work (due_at) where state = 'due';
create index ix_work_lease_until on work (lease_until) where state = 'claimed';
create index ix_work_live_subject on work (kind, subject_id) where state in ('due', 'claimed');
"""

ROSTER = """
create table responders (
    id bigint generated always as identity,
    name_sealed bytea not null,
    phone_sealed bytea not null,
    person bytea not null,
    rank text not null,
    languages text[] not null,
    active boolean default true not null,
    created_at timestamptz not null,
    constraint pk_responders primary key (id),
    constraint ck_responders_rank check (rank in ('on-duty', 'deputy', 'supervisor')),
    constraint uq_responders_person unique (person)
);
create table shifts (
    id bigint generated always as identity,
    responder_id bigint not null,
    starts_at timestamptz not null,
    ends_at timestamptz,
    constraint pk_shifts primary key (id),
    constraint ck_shifts_ends_after_start check (ends_at is null or ends_at > starts_at),
    constraint fk_shifts_responder_id_responders foreign key(responder_id) references responders (id)
);
create index ix_shifts_responder_id on shifts (responder_id);
create index ix_shifts_starts_at_ends_at on shifts (starts_at, ends_at);
"""

PAGES = """
create table pages (
    id bigint generated always as identity,
    contact_id bigint not null,
    case_id bigint not null,
    priority text not null,
    language text,
    reason text not null,
    muted boolean default false not null,
    quiet boolean default false not null,
    mistake boolean default false not null,
    may_call_back boolean,
    state text default 'open' not null,
    chain jsonb not null,
    opened_at timestamptz not null,
    accepted_at timestamptz,
    accepted_attempt bigint,
    person_in_room_at timestamptz,
    team_in_room_at timestamptz,
    met_at timestamptz,
    person_gone_at timestamptz,
    conference bytea,
    done_at timestamptz,
    outcome text,
    round integer default 0 not null,
    truths integer default 0 not null,
    constraint pk_pages primary key (id),
    constraint ck_pages_priority check (priority in ('P1', 'P2', 'P?', 'P3', 'P4', 'P5')),
    constraint ck_pages_language check (language in ('fr', 'en')),
    constraint ck_pages_state check (state in ('open', 'accepted', 'done')),
    constraint ck_pages_open check (state <> 'open' or accepted_attempt is null),
    constraint ck_pages_accepted check (state <> 'accepted' or accepted_attempt is not null),
    constraint ck_pages_done check ((state = 'done') = (done_at is not null)),
    constraint fk_pages_contact_id_contacts foreign key(contact_id) references contacts (id),
    constraint fk_pages_case_id_cases foreign key(case_id) references cases (id)
);
create index ix_pages_case_id on pages (case_id);
create index ix_pages_contact_id on pages (contact_id);
create index ix_pages_unacknowledged on pages (opened_at) where state = 'open';
create unique index uq_pages_not_done on pages (contact_id) where state <> 'done';
create table attempts (
    id bigint generated always as identity,
    page_id bigint not null,
    responder_id bigint,
    round integer not null,
    position integer not null,
    channel text not null,
    state text default 'due' not null,
    sid_key bytea,
    sid_sealed bytea,
    error_code integer,
    generation integer default 0 not null,
    created_at timestamptz not null,
    sent_at timestamptz,
    ringing_at timestamptz,
    answered_at timestamptz,
    settled_at timestamptz,
    sequence integer default -1 not null,
    constraint pk_attempts primary key (id),
    constraint ck_attempts_channel check (channel in ('call', 'text')),
    constraint ck_attempts_state check (state in (
        'due', 'sending', 'unknown', 'sent', 'ringing', 'answered',
        'busy', 'no_answer', 'failed', 'declined', 'accepted', 'ended'
    )),
    constraint uq_attempts_page_id_round_position_channel unique (page_id, round, position, channel),
    constraint fk_attempts_page_id_pages foreign key(page_id) references pages (id),
    constraint fk_attempts_responder_id_responders foreign key(responder_id) references responders (id),
    constraint uq_attempts_sid_key unique (sid_key)
);
create index ix_attempts_responder_id on attempts (responder_id);
alter table pages add constraint fk_pages_accepted_attempt_attempts
    foreign key (accepted_attempt) references attempts (id);
"""

REGISTER = """
create table audit (
    id bigint generated always as identity,
    at timestamptz not null,
    actor text not null,
    verb text not null,
    subject text not null,
    detail jsonb not null,
    link bigint,
    previous bytea,
    hash bytea,
    constraint pk_audit primary key (id),
    constraint ck_audit_chained check ((link is null) = (hash is null)),
    constraint uq_audit_link unique (link)
);
create index ix_audit_subject on audit (subject);
create index ix_audit_unchained on audit (id) where link is null;
create table beats (
    name text not null,
    at timestamptz default now() not null,
    line_at timestamptz not null,
    constraint pk_beats primary key (name)
);
"""

GOING = """
alter table pages drop constraint fk_pages_accepted_attempt_attempts;
drop table beats, audit, attempts, pages, shifts, responders, work, inbox, messages, contacts, keys.case_keys, cases;
drop schema keys;
"""


def upgrade() -> None:
    """To the new shape."""
    for part in (CASES, MESSAGES, WORK, ROSTER, PAGES, REGISTER):
        op.get_bind().exec_driver_sql(part)


def downgrade() -> None:
    """Back to nothing: there is no older shape that could hold a row."""
    op.get_bind().exec_driver_sql(GOING)
