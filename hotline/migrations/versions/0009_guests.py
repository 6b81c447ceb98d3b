"""Guests: telephones that a responder invites into the room of a page.

Revises: 0008
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

COMING = """
create table guests (
    id bigint generated always as identity,
    page_id bigint not null,
    attempt_id bigint not null,
    kind text not null,
    number_sealed bytea,
    muted boolean default false not null,
    state text default 'draft' not null,
    told text,
    sid_sealed bytea,
    error_code integer,
    sequence integer default -1 not null,
    created_at timestamptz not null,
    entered_at timestamptz,
    settled_at timestamptz,
    constraint pk_guests primary key (id),
    constraint ck_guests_kind check (kind in ('number')),
    constraint ck_guests_state check (
        state in (
            'draft', 'due', 'sending', 'unknown', 'sent', 'ringing', 'answered',
            'busy', 'no_answer', 'failed', 'declined', 'entered', 'ended', 'dismissed'
        )
    ),
    constraint ck_guests_number check (state = 'draft' or kind <> 'number' or number_sealed is not null),
    constraint fk_guests_page_id_pages foreign key (page_id) references pages (id),
    constraint fk_guests_attempt_id_attempts foreign key (attempt_id) references attempts (id)
);
create index ix_guests_page_id on guests (page_id);
create unique index uq_guests_draft on guests (attempt_id) where state = 'draft';
"""

GOING = """
update work set state = 'dead', lease_until = null, outcome = 'its table is gone'
    where kind = 'guest' and state in ('due', 'claimed');
drop table guests;
"""


def upgrade() -> None:
    """A table more."""
    op.get_bind().exec_driver_sql(COMING)


def downgrade() -> None:
    """Whoever was invited is not known any more, and nobody is rung for it."""
    op.get_bind().exec_driver_sql(GOING)
