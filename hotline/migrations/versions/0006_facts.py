"""Facts of a case and the rule that placed it; a page that the person did not ask for.

Revises: 0005
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

# What a tip knew by two columns of its own, its case knows like every other.
UP = """
alter table cases add column rule text, add column team text;
alter table pages add column unasked boolean default false not null;
update cases set flags = (
    select array_agg(distinct fact order by fact) from unnest(
        cases.flags || '{tip}'::text[]
        || case when tips.now then '{now}'::text[] else '{}' end
        || case when tips.minor then '{minor}'::text[] else '{}' end
    ) fact
) from tips where tips.case_id = cases.id and cases.forgotten_at is null;
alter table tips drop column now, drop column minor;
"""
DOWN = """
alter table tips add column now boolean default false not null, add column minor boolean default false not null;
update tips set now = 'now' = any(cases.flags), minor = 'minor' = any(cases.flags)
  from cases where cases.id = tips.case_id;
alter table pages drop column unasked;
alter table cases drop column team, drop column rule;
"""


def upgrade() -> None:
    """Two columns more for a case, one for a page, two fewer for a tip."""
    op.get_bind().exec_driver_sql(UP)


def downgrade() -> None:
    """As it was; the names of the rules are gone."""
    op.get_bind().exec_driver_sql(DOWN)
