"""${message}: what changes, and why.

Revises: ${down_revision or "nothing"}
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}

revision: str = ${repr(up_revision)}
down_revision: str | None = ${repr(down_revision)}
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """To the new shape."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Back, keeping every row that the old shape can hold."""
    ${downgrades if downgrades else "pass"}
