"""The roster: rules, changes, swaps, feeds, and what was asked and told about shifts.

Revises: 0004
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

COMING = """
alter table responders
    add column roles text[] default '{}' not null,
    add column regions text[] default '{}' not null,
    add column proved_at timestamptz,
    add column failed_at timestamptz;
alter table shifts
    add column team text default '' not null,
    add column source text default 'hand' not null,
    add constraint ck_shifts_source check (source in ('hand', 'calendar'));
create table teams (
    name text not null,
    covered boolean default false not null,
    constraint pk_teams primary key (name)
);
create table rotas (
    id bigint generated always as identity,
    responder_id bigint not null,
    team text default '' not null,
    weekdays smallint[] not null,
    begins time not null,
    ends time not null,
    every integer default 1 not null,
    first date not null,
    last date,
    zone text not null,
    temporary boolean default false not null,
    constraint pk_rotas primary key (id),
    constraint ck_rotas_every check (every > 0),
    constraint ck_rotas_last check (last is null or last >= first),
    constraint fk_rotas_responder_id_responders foreign key (responder_id) references responders (id)
);
create index ix_rotas_responder_id on rotas (responder_id);
create table overrides (
    id bigint generated always as identity,
    change text not null,
    responder_id bigint not null,
    by_id bigint,
    team text default '' not null,
    starts_at timestamptz not null,
    ends_at timestamptz,
    source text not null,
    created_at timestamptz not null,
    constraint pk_overrides primary key (id),
    constraint ck_overrides_change check (change in ('add', 'remove', 'replace', 'pause')),
    constraint ck_overrides_source check (source in ('file', 'said')),
    constraint ck_overrides_by check ((change = 'replace') = (by_id is not null)),
    constraint ck_overrides_ends_after_start check (ends_at is null or ends_at > starts_at),
    constraint fk_overrides_responder_id_responders foreign key (responder_id) references responders (id),
    constraint fk_overrides_by_id_responders foreign key (by_id) references responders (id)
);
create index ix_overrides_by_id on overrides (by_id);
create index ix_overrides_ends_at on overrides (ends_at);
create index ix_overrides_responder_id on overrides (responder_id);
create table swaps (
    id bigint generated always as identity,
    code text not null,
    giver_id bigint not null,
    taker_id bigint not null,
    gives_from timestamptz not null,
    gives_until timestamptz not null,
    takes_from timestamptz,
    takes_until timestamptz,
    offered_at timestamptz not null,
    done_at timestamptz,
    outcome text,
    constraint pk_swaps primary key (id),
    constraint ck_swaps_outcome check (outcome in ('accepted', 'declined', 'withdrawn')),
    constraint ck_swaps_gives check (gives_until > gives_from),
    constraint ck_swaps_takes check ((takes_from is null) = (takes_until is null) and takes_until > takes_from),
    constraint ck_swaps_done check ((done_at is null) = (outcome is null)),
    constraint fk_swaps_giver_id_responders foreign key (giver_id) references responders (id),
    constraint fk_swaps_taker_id_responders foreign key (taker_id) references responders (id)
);
create index ix_swaps_giver_id on swaps (giver_id);
create unique index uq_swaps_open on swaps (taker_id, code) where done_at is null;
create table feeds (
    id bigint generated always as identity,
    responder_id bigint not null,
    token_hash bytea not null,
    created_at timestamptz not null,
    revoked_at timestamptz,
    constraint pk_feeds primary key (id),
    constraint fk_feeds_responder_id_responders foreign key (responder_id) references responders (id),
    constraint uq_feeds_token_hash unique (token_hash)
);
create index ix_feeds_responder_id on feeds (responder_id);
create table shift_checks (
    id bigint generated always as identity,
    responder_id bigint not null,
    starts_at timestamptz not null,
    asked_at timestamptz,
    answered_at timestamptz,
    constraint pk_shift_checks primary key (id),
    constraint uq_shift_checks_responder_id_starts_at unique (responder_id, starts_at),
    constraint fk_shift_checks_responder_id_responders foreign key (responder_id) references responders (id)
);
create table roster_notices (
    id bigint generated always as identity,
    kind text not null,
    key text not null,
    responder_id bigint,
    team text default '' not null,
    starts_at timestamptz not null,
    ends_at timestamptz,
    noted_at timestamptz not null,
    told_at timestamptz,
    over_at timestamptz,
    constraint pk_roster_notices primary key (id),
    constraint ck_roster_notices_kind check (kind in ('gap', 'double', 'undiallable', 'unanswered')),
    constraint fk_roster_notices_responder_id_responders foreign key (responder_id) references responders (id)
);
create index ix_roster_notices_responder_id on roster_notices (responder_id);
create unique index uq_roster_notices_open on roster_notices (key) where over_at is null;
"""

# Shifts that only rules gave are gone with them; those that were written down one by one stay.
GOING = """
drop table roster_notices, shift_checks, feeds, swaps, overrides, rotas, teams;
alter table shifts drop column team, drop column source;
alter table responders drop column roles, drop column regions, drop column proved_at, drop column failed_at;
"""


def upgrade() -> None:
    """To the new shape."""
    op.get_bind().exec_driver_sql(COMING)


def downgrade() -> None:
    """Back to shifts written down one by one."""
    op.get_bind().exec_driver_sql(GOING)
