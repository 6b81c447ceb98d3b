"""A responder's calendar, for whoever knows its token: times, and one word. No name, no number, no login, no cookie."""

import re

from flask import Response, current_app

from config.settings import ConsoleSettings
from hotline.clock import clock_for
from hotline.store import feeds
from hotline.store.engine import StoreDown, for_web
from hotline.vault import token_hash

TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


class Feed:
    """What the address stands on: the database, and line time."""

    def __init__(self, settings: ConsoleSettings) -> None:
        self.store = for_web(settings.database_url)
        self.clock = clock_for(settings.data_dir, settings.pace, settings.pace_origin)

    def of(self, token: str) -> bytes | None:
        """The calendar that this token opens; None where it opens none."""
        from hotline import ical

        hashed, now = token_hash(token), self.clock.now()
        with self.store.turn() as conn:
            owner = feeds.owner(conn, hashed)
            spans = feeds.spans(conn, owner, now) if owner is not None else []
        return None if owner is None else ical.feed(spans, hashed, now)


def view(token: str) -> Response:
    """The calendar; an empty 404 for a token that is not one, unknown or revoked, and 503 while SQL is away."""
    found: Feed = current_app.extensions["feed"]
    try:
        calendar = found.of(token) if TOKEN.fullmatch(token) else None
    except StoreDown:
        return Response(status=503)
    if calendar is None:
        return Response(status=404)
    return Response(calendar, content_type="text/calendar; charset=utf-8")
