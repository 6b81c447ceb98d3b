"""The audit: who did what to which case, without content. Written unchained, chained by the sweep, verified by anybody.

Each link holds the hash of the one before it, so a changed, removed or inserted row shows; who keeps the head elsewhere
also sees a cut tail. The chain's order is `link`, not `id`: a lower id may commit later.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, update

from hotline.store.tables import audit

# Any number will do, as long as only this chain uses it.
_LOCK = 4_021_961
_ROOT = bytes(32)


@dataclass(frozen=True, slots=True)
class Chain:
    """What a verification found: `broken_at` is the first link that is not as it was written, None if all are."""

    links: int
    head: bytes
    broken_at: int | None

    @property
    def holds(self) -> bool:
        """True if every link is as it was written."""
        return self.broken_at is None


_COLUMNS = (audit.c.id, audit.c.at, audit.c.actor, audit.c.verb, audit.c.subject, audit.c.detail)


def write(conn: Connection, actor: str, verb: str, subject: str, detail: dict[str, Any], now: datetime) -> None:
    """One line of the register; nothing in it may identify a person."""
    conn.execute(insert(audit).values(at=now, actor=actor, verb=verb, subject=subject, detail=detail))


def was_written(conn: Connection, verb: str, subject: str, since: datetime) -> bool:
    """Whether the register has such a line after that instant."""
    lines = select(audit.c.id).where(audit.c.subject == subject, audit.c.verb == verb, audit.c.at >= since)
    return conn.execute(lines.limit(1)).first() is not None


def last(conn: Connection, verb: str, subject: str) -> datetime | None:
    """When the register's latest such line was written."""
    lines = select(func.max(audit.c.at)).where(audit.c.subject == subject, audit.c.verb == verb)
    found: datetime | None = conn.execute(lines).scalar_one()
    return found


def chain_audit(conn: Connection, limit: int = 1000) -> int:
    """How many lines became links of the chain, the oldest first; one process at a time, others wait."""
    conn.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    last = conn.execute(select(audit.c.link, audit.c.hash).order_by(audit.c.link.desc().nulls_last()).limit(1)).first()
    link, previous = (last.link, last.hash) if last and last.link else (0, _ROOT)
    links = []
    for row in conn.execute(select(*_COLUMNS).where(audit.c.link.is_(None)).order_by(audit.c.id).limit(limit)):
        link += 1
        digest = _hash(previous, link, row)
        links.append({"row": row.id, "new_link": link, "new_previous": previous, "new_hash": digest})
        previous = digest
    if links:
        new: dict[str, Any] = {name: bindparam(f"new_{name}") for name in ("link", "previous", "hash")}
        conn.execute(update(audit).where(audit.c.id == bindparam("row")).values(new), links)
    return len(links)


def verify_audit(conn: Connection) -> Chain:
    """Walks the whole chain from its root."""
    previous, links = _ROOT, 0
    chained = select(*_COLUMNS, audit.c.link, audit.c.previous, audit.c.hash).where(audit.c.link.is_not(None))
    for row in conn.execute(chained.order_by(audit.c.link)):
        links += 1
        if row.link != links or row.previous != previous or row.hash != _hash(previous, links, row):
            return Chain(links, previous, links)
        previous = row.hash
    return Chain(links, previous, None)


def _hash(previous: bytes, link: int, row: Any) -> bytes:
    line = [link, row.id, row.at.astimezone(UTC).isoformat(), row.actor, row.verb, row.subject, row.detail]
    return hashlib.sha256(previous + json.dumps(line, sort_keys=True, separators=(",", ":")).encode()).digest()
