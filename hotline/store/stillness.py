"""Is anything of the line under way? What a rehearsal asks before it lets time jump; nothing is written here."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, or_, select

from hotline.store.tables import pages, word, work


@dataclass(frozen=True, slots=True)
class Stillness:
    """Pages not done, rows of work due or claimed now, and when the next row falls due."""

    pages: int
    work: int
    next_due_at: datetime | None

    @property
    def nothing_live(self) -> bool:
        """No page, no due row, no lease."""
        return self.pages == 0 and self.work == 0


def stillness(conn: Connection, now: datetime) -> Stillness:
    """How still the line is at that instant of its time."""
    unfinished = select(func.count()).select_from(pages).where(pages.c.state != word("done")).scalar_subquery()
    due = work.c.state == word("due")
    live = or_(work.c.state == word("claimed"), due & (work.c.due_at <= now))
    asked = select(
        unfinished, func.count().filter(live), func.min(work.c.due_at).filter(due & (work.c.due_at > now))
    ).select_from(work)
    return Stillness(*conn.execute(asked).one())
