"""Callbacks: what was agreed, the calls that came of it, and who never wants one again.

Revises: 0001
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

COMING = """
create table callbacks (
    id bigint generated always as identity,
    contact_id bigint not null,
    case_id bigint not null,
    person bytea,
    number_sealed bytea,
    code_word_sealed bytea,
    code_key bytea,
    voicemail boolean default false not null,
    language text,
    state text default 'draft' not null,
    agreed_at timestamptz,
    starts_at timestamptz,
    ends_at timestamptz,
    due_at timestamptz,
    windows integer default 1 not null,
    created_at timestamptz not null,
    promised_at timestamptz,
    done_at timestamptz,
    outcome text,
    constraint pk_callbacks primary key (id),
    constraint ck_callbacks_language check (language in ('fr', 'en')),
    constraint ck_callbacks_state check (state in ('draft', 'promised', 'due', 'human', 'done')),
    constraint ck_callbacks_window check (ends_at > starts_at),
    constraint ck_callbacks_promised check (
        state in ('draft', 'done') or (person is not null and starts_at is not null)
    ),
    constraint ck_callbacks_done check ((state = 'done') = (done_at is not null)),
    constraint fk_callbacks_contact_id_contacts foreign key(contact_id) references contacts (id),
    constraint fk_callbacks_case_id_cases foreign key(case_id) references cases (id)
);
create unique index uq_callbacks_draft on callbacks (contact_id) where state = 'draft';
create unique index uq_callbacks_person on callbacks (person) where state in ('promised', 'due', 'human');
create index ix_callbacks_contact_id on callbacks (contact_id);
create index ix_callbacks_case_id on callbacks (case_id);
alter table pages add column callback_id bigint
    constraint fk_pages_callback_id_callbacks references callbacks (id);
create index ix_pages_callback_id on pages (callback_id);
create table callback_attempts (
    id bigint generated always as identity,
    callback_id bigint not null,
    page_id bigint not null,
    attempt_id bigint not null,
    "window" integer not null,
    state text default 'sending' not null,
    outcome text,
    sid_sealed bytea,
    error_code integer,
    created_at timestamptz not null,
    settled_at timestamptz,
    sequence integer default -1 not null,
    constraint pk_callback_attempts primary key (id),
    constraint ck_callback_attempts_state check (state in (
        'sending', 'unknown', 'sent', 'ringing', 'answered', 'busy', 'no_answer', 'failed', 'ended'
    )),
    constraint uq_callback_attempts_page_id_attempt_id unique (page_id, attempt_id),
    constraint fk_callback_attempts_callback_id_callbacks foreign key(callback_id) references callbacks (id),
    constraint fk_callback_attempts_page_id_pages foreign key(page_id) references pages (id),
    constraint fk_callback_attempts_attempt_id_attempts foreign key(attempt_id) references attempts (id)
);
create index ix_callback_attempts_callback_id on callback_attempts (callback_id);
create table never_call (
    person bytea not null,
    at timestamptz not null,
    constraint pk_never_call primary key (person)
);
"""

# A page of a callback goes on without it; a promise cannot, so its work is put in front of whoever reads dead work.
GOING = """
update work set state = 'dead', lease_until = null, outcome = 'its table is gone'
    where kind in ('callback', 'call_person', 'brief', 'end_person') and state in ('due', 'claimed');
drop table never_call, callback_attempts;
alter table pages drop column callback_id;
drop table callbacks;
"""


def upgrade() -> None:
    """To the new shape."""
    op.get_bind().exec_driver_sql(COMING)


def downgrade() -> None:
    """Back to no promises: what was promised is lost with its table, which its work says."""
    op.get_bind().exec_driver_sql(GOING)
