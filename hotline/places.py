"""Addresses that carry a place: `/twilio/turn/<intent>/<sealed place>`. The only room that knows how one is made.

A call's place is sealed to its CallSid, so that it opens in no other call. A responder's first address is made before
its call exists, so it is sealed to the door alone; the signature of each request protects both.
"""

from dataclasses import dataclass
from pathlib import Path

from hotline.vault import Sealer
from ivr_flows.model import Place, pack, unpack

FIRST = "door"  # what a place is bound to before there is a CallSid
AUDIO = "audio"  # what the address of a recorded sentence is bound to
RECORDING = "recording"  # what the address of a recording's news is bound to


@dataclass(frozen=True, slots=True)
class Links:
    """The addresses of one call's answers."""

    sealer: Sealer
    public_url: str
    sid: str
    page_id: int = 0
    recordings: Path | None = None

    def to(self, place: Place, intent: str) -> str:
        """Where the next request of this call goes; `intent` says what it will be about."""
        return f"{self.public_url}/twilio/turn/{intent}/{self.sealer.seal_place(pack(place).encode(), self.sid)}"

    def queue(self, place: Place) -> str:
        """The opaque name of the queue this call waits in: its own."""
        return self.sealer.queue(self.sid)

    def room(self, place: Place) -> str:
        """The opaque name of the page's conference."""
        return self.sealer.room(self.page_id)

    def recording(self) -> str:
        """Where the carrier tells that a recording can be fetched."""
        return f"{self.public_url}/twilio/recording/{self.sealer.seal_place(self.sid.encode(), RECORDING)}"

    def audio(self, name: str) -> str:
        """Where the carrier fetches a recorded sentence; empty where there is none of that name."""
        there = self.recordings is not None and (self.recordings / name).is_file()
        return f"{self.public_url}/twilio/audio/{self.sealer.seal_place(name.encode(), AUDIO)}" if there else ""

    def events(self) -> str:
        """Where the carrier tells who came and left."""
        return f"{self.public_url}/twilio/room/{mark(self.sealer, 'room', self.page_id)}"


def opened(sealer: Sealer, token: str, sid: str) -> Place:
    """The place of an address, for this call; NotOurs for any other's."""
    return unpack(sealer.open_place(token, sid).decode())


def recorded(sealer: Sealer, token: str) -> str:
    """The file's name in an address that `Links.audio` made; NotOurs for any other."""
    return sealer.open_place(token, AUDIO).decode()


def mark(sealer: Sealer, kind: str, row_id: int) -> str:
    """A row's id for an address: opaque, and good for its kind alone."""
    return sealer.seal_place(str(row_id).encode(), kind)


def marked(sealer: Sealer, kind: str, token: str) -> int:
    """The id that `mark` wrote; NotOurs otherwise."""
    return int(sealer.open_place(token, kind))


def first_address(sealer: Sealer, public_url: str, place: Place) -> str:
    """Where a call that we place begins."""
    return f"{public_url}/twilio/turn/opened/{sealer.seal_place(pack(place).encode(), FIRST)}"
