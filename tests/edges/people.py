"""More of the team, for a test: somebody on the roster, and when they are planned."""

from datetime import date, time
from zoneinfo import ZoneInfo

from hotline.rules.rota import Rota
from hotline.store import planning, roster
from tests.edges.line import Crew

ZONE = ZoneInfo("America/Toronto")
NIGHT, CHIEF = "+15145550151", "+15145550152"


def joins(crew: Crew, number: str, rank: str, language: str = "fr", always: bool = False) -> int:
    """Somebody more on the roster."""
    with crew.store.turn() as conn:
        return roster.add_responder(
            conn, crew.hands.sealer, "Camille", number, rank, [language], always, crew.clock.now()
        )


def planned(crew: Crew, *rotas: tuple[int, int, int]) -> None:
    """These people, every day between these hours."""
    made = [Rota(who, frozenset(range(7)), time(begins), time(ends), date(2026, 11, 1), ZONE)
            for who, begins, ends in rotas]  # fmt: skip
    with crew.store.turn() as conn:
        planning.replace_plan(conn, planning.Plan({}, made, []), crew.clock.now())
