"""Guests from the directory, of whom several may be offered, and police dispatch, whose number is the operator's.

Revises: 0009
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

COMING = """
delete from guests where number_sealed is null;
alter table guests add column position integer default 1 not null,
    drop constraint ck_guests_kind,
    add constraint ck_guests_kind check (kind in ('number', 'partner', 'dispatch')),
    drop constraint ck_guests_number,
    add constraint ck_guests_number check ((kind = 'dispatch') = (number_sealed is null));
drop index uq_guests_draft;
create unique index uq_guests_draft on guests (attempt_id, position) where state = 'draft';
"""

# The version before knows neither, and must not ring them.
GOING = """
update work set state = 'dead', lease_until = null, outcome = 'its guest is gone'
    where kind = 'guest' and state in ('due', 'claimed')
        and subject_id in (select id from guests where kind <> 'number' or state = 'draft');
update work set state = 'dead', lease_until = null, outcome = 'nobody does it'
    where kind = 'tell_dispatch' and state in ('due', 'claimed');
delete from guests where kind <> 'number' or state = 'draft';
drop index uq_guests_draft;
create unique index uq_guests_draft on guests (attempt_id) where state = 'draft';
alter table guests drop column position,
    drop constraint ck_guests_kind,
    add constraint ck_guests_kind check (kind in ('number')),
    drop constraint ck_guests_number,
    add constraint ck_guests_number check (state = 'draft' or kind <> 'number' or number_sealed is not null);
"""


def upgrade() -> None:
    """More sorts of guests."""
    op.get_bind().exec_driver_sql(COMING)


def downgrade() -> None:
    """Guests by a number that was keyed, and no others."""
    op.get_bind().exec_driver_sql(GOING)
