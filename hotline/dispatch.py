"""Police dispatch, by the number of ten digits that the operator supplies: trusted for a month after somebody there
pressed a key in a test ring. Another number must prove itself anew.

The register is what remembers: a proof is a line in it.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from hotline.store import audit
from hotline.vault import Sealer

TEST_RING = 0
"""Whose test ring it is: no responder's."""
PROVED_FOR = timedelta(days=31)
_VERB = "dispatch_proved"


def note_proof(conn: Connection, sealer: Sealer, number: str, now: datetime) -> None:
    """Somebody there pressed a key."""
    audit.write(conn, "dispatch", _VERB, _subject(sealer, number), {}, now)


def proved_at(conn: Connection, sealer: Sealer, number: str) -> datetime | None:
    """When it was last proved."""
    return audit.last(conn, _VERB, _subject(sealer, number))


def is_proved(conn: Connection, sealer: Sealer, number: str, now: datetime) -> bool:
    """Whether that was within the month."""
    last = proved_at(conn, sealer, number)
    return last is not None and now - last <= PROVED_FOR


def _subject(sealer: Sealer, number: str) -> str:
    return f"dispatch:{sealer.pseudonym('person', number).hex()[:16]}"
