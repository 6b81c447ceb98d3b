"""What a job works with, made once per process: it may open what was sealed, and it speaks to the carrier."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from config import settings as configuration
from config.settings import WorkerSettings
from hotline.clock import Clock, clock_for
from hotline.doorbell import Doorbell
from hotline.places import first_address, mark
from hotline.store.engine import Store, for_work
from hotline.store.guests import Guest
from hotline.store.pages import PageView
from hotline.telephone.gateway import Gateway
from hotline.vault import Opener, Sealer, public_half
from ivr_flows.load import load_all
from ivr_flows.model import Flag, Language, Place, Script

LEASE_FOR = timedelta(seconds=20)  # of the wall: longer than the carrier's 5 s twice and SQL's 5 s twice
PAGE_LEASE_FOR = timedelta(seconds=8)  # one carrier's 5 s and SQL: the next person must not wait for a dead worker's


@dataclass(frozen=True, slots=True)
class Hands:
    """The store, the carrier, the keys, the clock."""

    store: Store
    sealer: Sealer
    opener: Opener
    gateway: Gateway
    bell: Doorbell
    clock: Clock
    settings: WorkerSettings
    team: Script
    line: Script
    inside: Script
    guests: Script

    def leg(self, page: PageView, attempt: int, language: Language, node: str | None = None) -> str:
        """Where a responder's leg begins. Its place knows whether to join muted, for the day when SQL cannot say it."""
        flags: frozenset[Flag] = frozenset({"muted"} if page.muted or page.quiet else ())
        door = node or self.team.doors["voice"]
        place = Place(
            self.team.name, door, language, version=self.team.version, flags=flags, page=page.id, attempt=attempt
        )
        return first_address(self.sealer, self.settings.public_url, place)

    def person(self, page: PageView, leg_id: int) -> str:
        """Where a call of ours to a person begins: nothing of us is said there."""
        language: Language = "en" if page.language == "en" else "fr"
        flags: frozenset[Flag] = frozenset(("chosen", "paged"))
        door = self.line.doors["called"]
        place = Place(self.line.name, door, language, 0, self.line.version, flags=flags, page=page.id, attempt=leg_id)
        return first_address(self.sealer, self.settings.public_url, place)

    def guest(self, page: PageView, guest: Guest, language: Language) -> str:
        """Where the leg of a guest begins: nothing about the person is said there."""
        door, version = self.guests.doors["muted" if guest.muted else "voice"], self.guests.version
        place = Place(self.guests.name, door, language, version=version, page=page.id, guest=guest.id)
        return first_address(self.sealer, self.settings.public_url, place)

    def status(self, kind: str, row_id: int) -> str:
        """Where the carrier tells what became of a row's call (`leg`, `person`, `guest`) or text (`page`, `ops`, …)."""
        door = kind if kind in ("leg", "person", "guest") else f"text/{kind}"
        return f"{self.settings.public_url}/twilio/{door}/{mark(self.sealer, kind, row_id)}"


def hands_for(settings: WorkerSettings) -> Hands:
    """Hands over these settings. BadScript where a script cannot be spoken."""
    sealer = Sealer(settings.web_key, settings.pseudonym_key, public_half(settings.seal_keys[0]))
    scripts = load_all()
    return Hands(
        store=for_work(settings.database_url),
        sealer=sealer,
        opener=Opener(settings.seal_keys),
        gateway=Gateway(settings.account_sid, settings.auth_tokens[0], settings.twilio_api_url),
        bell=Doorbell(settings.redis_url),
        clock=clock_for(settings.data_dir, settings.pace, settings.pace_origin),
        settings=settings,
        team=scripts["equipe"],
        line=scripts["ligne"],
        inside=scripts["interne"],
        guests=scripts["invite"],
    )


@cache
def hands() -> Hands:
    """This process's hands; its secrets leave the environment."""
    logging.basicConfig(level=logging.WARNING, format="%(name)s %(levelname)s %(message)s")
    return hands_for(configuration.take(WorkerSettings))
