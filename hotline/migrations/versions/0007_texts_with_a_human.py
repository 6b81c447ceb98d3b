"""Texts with a human: what responders wrote and were written, and who of them wrote what to a person.

Revises: 0006
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

COMING = """
alter table messages add column responder_id bigint, add column confirmed_at timestamptz,
    add constraint fk_messages_responder_id_responders foreign key (responder_id) references responders (id),
    drop constraint ck_messages_state,
    add constraint ck_messages_state check (
        state in ('received', 'held', 'due', 'sending', 'unknown', 'sent', 'delivered', 'failed')
    );
create index ix_messages_responder_id on messages (responder_id);
create table team_texts (
    id bigint generated always as identity,
    responder_id bigint not null,
    page_id bigint,
    direction text not null,
    kind text not null,
    sid_key bytea,
    sid_sealed bytea,
    body_sealed bytea,
    state text not null,
    error_code integer,
    generation integer default 0 not null,
    created_at timestamptz not null,
    constraint pk_team_texts primary key (id),
    constraint ck_team_texts_direction check (direction in ('in', 'out')),
    constraint ck_team_texts_state check (state in ('received', 'erased', 'due', 'sent', 'delivered', 'failed')),
    constraint ck_team_texts_body check (direction = 'out' or body_sealed is null),
    constraint ck_team_texts_received check ((direction = 'in') = (state in ('received', 'erased'))),
    constraint uq_team_texts_sid_key unique (sid_key),
    constraint fk_team_texts_responder_id_responders foreign key (responder_id) references responders (id),
    constraint fk_team_texts_page_id_pages foreign key (page_id) references pages (id)
);
create index ix_team_texts_responder_id on team_texts (responder_id);
create index ix_team_texts_page_id on team_texts (page_id);
create table threads (
    page_id bigint not null,
    tended_at timestamptz,
    begun_at timestamptz,
    constraint pk_threads primary key (page_id),
    constraint fk_threads_page_id_pages foreign key (page_id) references pages (id)
);
create table staff_calls (
    id bigint generated always as identity,
    responder_id bigint not null,
    page_id bigint not null,
    sid_sealed bytea not null,
    at timestamptz not null,
    constraint pk_staff_calls primary key (id),
    constraint fk_staff_calls_responder_id_responders foreign key (responder_id) references responders (id),
    constraint fk_staff_calls_page_id_pages foreign key (page_id) references pages (id)
);
create index ix_staff_calls_responder_id on staff_calls (responder_id);
create index ix_staff_calls_page_id on staff_calls (page_id);
"""

# What nobody has confirmed was never sent, and no version before this one could send it.
GOING = """
update work set state = 'dead', lease_until = null, outcome = 'its table is gone'
    where kind in ('tell_team', 'erase_team_text', 'new_text', 'watch_text', 'read_to_staff')
        and state in ('due', 'claimed');
drop table staff_calls, threads, team_texts;
update messages set state = 'failed' where state = 'held';
alter table messages drop constraint ck_messages_state,
    add constraint ck_messages_state check (
        state in ('received', 'due', 'sending', 'unknown', 'sent', 'delivered', 'failed')
    ),
    drop column responder_id, drop column confirmed_at;
"""


def upgrade() -> None:
    """To the new shape."""
    op.get_bind().exec_driver_sql(COMING)


def downgrade() -> None:
    """Back to texts that only the machine writes."""
    op.get_bind().exec_driver_sql(GOING)
