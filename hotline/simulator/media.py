"""Pictures and other media of texts: kept with the account, shown to whoever asks with its credentials.

A fetch is sent on to a short-lived address at another host; credentials that come along to that host are a fault.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from hotline.simulator.clock import LineClock
from hotline.simulator.leg import new_sid

MOST = 10
PICTURES = ("image/jpeg", "image/png", "image/gif")
LARGEST_PICTURE, LARGEST_OTHER = 5 * 1024 * 1024, 500 * 1024
SHORT_LIFE = timedelta(hours=4)
SHORT = "/media/"


@dataclass
class Media:
    parent: str
    content_type: str
    data: bytes
    created_at: datetime
    sid: str = field(default_factory=lambda: new_sid("ME"))


def too_large(content_type: str, data: bytes) -> bool:
    return len(data) > (LARGEST_PICTURE if content_type in PICTURES else LARGEST_OTHER)


class MediaStore:
    def __init__(self, clock: LineClock, account: str) -> None:
        self._clock = clock
        self._account = account
        self._kept: dict[str, Media] = {}
        self._lent: dict[str, tuple[str, datetime]] = {}
        self._origin = self._elsewhere = ""

    def place(self, origin: str) -> None:
        """Where the network is; the short-lived addresses are at the same machine under another name."""
        self._origin = origin
        here = urlsplit(origin)
        other = "localhost" if here.hostname != "localhost" else "127.0.0.1"
        self._elsewhere = f"{here.scheme}://{other}:{here.port}"

    def clear(self) -> None:
        self._kept.clear()
        self._lent.clear()

    def keep(self, parent: str, content_type: str, data: bytes) -> Media:
        media = Media(parent, content_type, data, self._clock.now())
        self._kept[media.sid] = media
        return media

    def of(self, parent: str) -> list[Media]:
        return [one for one in self._kept.values() if one.parent == parent]

    def find(self, sid: str, parent: str = "") -> Media | None:
        found = self._kept.get(sid)
        return found if found is not None and parent in ("", found.parent) else None

    def erase(self, sid: str) -> None:
        self._kept.pop(sid, None)

    def address(self, media: Media) -> str:
        return f"{self._origin}/2010-04-01/Accounts/{self._account}/Messages/{media.parent}/Media/{media.sid}"

    def lend(self, media: Media) -> str:
        """A short-lived address of the bytes, which asks for no credentials."""
        token = secrets.token_urlsafe(24)
        self._lent[token] = (media.sid, self._clock.now() + SHORT_LIFE)
        return f"{self._elsewhere}{SHORT}{token}"

    def lent(self, token: str) -> Media | None:
        sid, until = self._lent.get(token, ("", self._clock.now()))
        return self.find(sid) if self._clock.now() < until else None
