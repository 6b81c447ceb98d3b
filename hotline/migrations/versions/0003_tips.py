"""Tips: their numbers, their parts, and the guesses of the last hour.

Revises: 0002
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

TIPS = """
create table tips (
    id bigint generated always as identity,
    case_id bigint not null,
    locator text,
    secret_hash bytea,
    giver bytea,
    given_at timestamptz,
    said bytea,
    now boolean default false not null,
    minor boolean default false not null,
    opened_at timestamptz not null,
    constraint pk_tips primary key (id),
    constraint ck_tips_locator check (locator ~ '^[0-9]{5}$'),
    constraint ck_tips_secret check ((locator is null) = (secret_hash is null)),
    constraint ck_tips_given check ((giver is null) = (given_at is null)),
    constraint ck_tips_said check (said is null or giver is not null),
    constraint uq_tips_case_id unique (case_id),
    constraint uq_tips_locator unique (locator),
    constraint uq_tips_giver unique (giver),
    constraint fk_tips_case_id_cases foreign key (case_id) references cases (id)
);
create index ix_tips_given_at on tips (given_at) where giver is not null;
create table tip_parts (
    id bigint generated always as identity,
    tip_id bigint,
    kind text not null,
    state text not null,
    body_sealed bytea,
    media_sealed bytea,
    sid_key bytea,
    sid_sealed bytea,
    created_at timestamptz not null,
    erased_at timestamptz,
    constraint pk_tip_parts primary key (id),
    constraint ck_tip_parts_kind check (kind in ('voice', 'text')),
    constraint ck_tip_parts_state check (state in ('waiting', 'kept', 'dropped', 'absent')),
    constraint ck_tip_parts_tip check (tip_id is not null or state = 'dropped'),
    constraint ck_tip_parts_body check (body_sealed is null or state = 'kept'),
    constraint ck_tip_parts_erased check (erased_at is null or sid_sealed is null),
    constraint uq_tip_parts_sid_key unique (sid_key),
    constraint fk_tip_parts_tip_id_tips foreign key (tip_id) references tips (id)
);
create index ix_tip_parts_tip_id on tip_parts (tip_id);
create table tip_guesses (
    id bigint generated always as identity,
    at timestamptz not null,
    call bytea,
    person bytea,
    locator bytea not null,
    constraint pk_tip_guesses primary key (id)
);
create index ix_tip_guesses_at on tip_guesses (at);
"""


def upgrade() -> None:
    """The three tables."""
    op.get_bind().exec_driver_sql(TIPS)


def downgrade() -> None:
    """None of them. What was left in tips is gone, as are its cases' parts."""
    op.get_bind().exec_driver_sql("drop table tip_guesses; drop table tip_parts; drop table tips;")
