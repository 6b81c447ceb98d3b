"""Staff on the telephone: codes, PINs, and the guesses of the last quarter of an hour.

Revises: 0003
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

STAFF = """
create table staff_pins (
    responder_id bigint not null,
    code text not null,
    pin_hash bytea not null,
    set_at timestamptz not null,
    constraint pk_staff_pins primary key (responder_id),
    constraint ck_staff_pins_code check (code ~ '^[0-9]{4}$'),
    constraint uq_staff_pins_code unique (code),
    constraint fk_staff_pins_responder_id_responders foreign key (responder_id) references responders (id)
);
create table pin_guesses (
    id bigint generated always as identity,
    at timestamptz not null,
    call bytea not null,
    code bytea not null,
    constraint pk_pin_guesses primary key (id)
);
create index ix_pin_guesses_at on pin_guesses (at);
"""


def upgrade() -> None:
    """The two tables."""
    op.get_bind().exec_driver_sql(STAFF)


def downgrade() -> None:
    """Neither. Every PIN must be set again."""
    op.get_bind().exec_driver_sql("drop table pin_guesses; drop table staff_pins;")
