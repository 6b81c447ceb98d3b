"""Where a person said they are: region and police force of a case, and what was said, sealed.

Revises: 0007
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

UP = """
alter table cases add column region text, add column police text, add column place_sealed bytea,
    add constraint ck_cases_region check (region in ('N', 'S', 'E', 'W')),
    add constraint ck_cases_police check (police in ('spvm', 'spl', 'spal', 'local_or_sq', 'elsewhere'));
"""
DOWN = "alter table cases drop column place_sealed, drop column police, drop column region;"


def upgrade() -> None:
    """Three columns more for a case."""
    op.get_bind().exec_driver_sql(UP)


def downgrade() -> None:
    """Three fewer; where anybody was is gone."""
    op.get_bind().exec_driver_sql(DOWN)
