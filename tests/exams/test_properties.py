"""What holds for every input: Hypothesis looks for one that breaks it."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotline import reference
from hotline.rules.callbacks import Next, next_window, window
from hotline.rules.directory import offer
from hotline.rules.directory_words import spoken, written
from hotline.rules.routing import OVER_NO_POLICE, Whose
from hotline.rules.territory import locate
from ivr_flows.priorities import FACTS, NOTHING_KNOWN, TABLE, URGENCY, place
from ivr_flows.spoken import costly, parts
from tests.rules.test_routing import EVERYBODY, TEAMS, rung

NOW = datetime(2026, 11, 25, 14, tzinfo=UTC)
ZONE = ZoneInfo("America/Toronto")
INSTANTS = st.integers(0, 3 * 365 * 24 * 60).map(lambda minutes: NOW + timedelta(minutes=minutes))
DIRECTORY, ISLAND = reference.directory(), reference.territory()
# A machine that is busy with other tests is no fault of these.
examined = settings(
    max_examples=150, deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)


@examined
@given(st.frozensets(st.sampled_from(sorted(FACTS)), max_size=8), st.sampled_from(sorted(FACTS)))
def test_a_fact_more_never_lowers(known: frozenset[str], more: str) -> None:
    """Once anything places a case, whatever else is learned leaves it there or raises it."""
    before, after = place(known), place(known | {more})
    assert before == NOTHING_KNOWN or URGENCY.index(after.priority) <= URGENCY.index(before.priority)


@examined
@given(
    st.sampled_from(sorted(DIRECTORY.needs)),
    INSTANTS,
    st.sampled_from(["fr", "en"]),
    st.sampled_from([None, "minor", "adult"]),
    st.sampled_from([None, "spvm", "spl", "elsewhere"]),
)
def test_what_is_said_has_no_bare_figure_and_what_is_written_is_cheap(
    need: str, at: datetime, language: str, age: str | None, police: str | None
) -> None:
    """A number is said figure by figure, twice; in a text it costs two parts at most with what stands around it."""
    offers = offer(DIRECTORY, need, age, language, police, at)
    said, text = spoken(offers, language), written(offers, language)  # type: ignore[arg-type]
    assert offers and not re.search(r"\d", said)
    assert said.count({"fr": "Je répète", "en": "Again"}[language]) == sum(
        e.entry.phone.startswith("+") for e in offers
    )
    assert not costly(text) and parts(f"{'x' * 70} {text}") <= 2


@examined
@given(
    st.sampled_from(TABLE), st.frozensets(st.sampled_from(sorted(FACTS))), st.sampled_from(["N", "S", "E", "W", None]),
    st.sets(st.sampled_from(EVERYBODY.split()), min_size=1), st.sampled_from(["fr", "en", None]),
)  # fmt: skip
def test_nobody_is_left_out_and_danger_rings_esup(line, facts, region, present, language) -> None:
    """Whatever is known of a case, everybody on duty is rung, each once; for a danger or a minor ÉSUP first."""
    known = line.facts | facts
    placed = place(known)
    order = rung(Whose(placed.priority, placed.team, region, known), " ".join(sorted(present)), language)
    assert sorted(order) == sorted(present)
    esup = [name for name in order if TEAMS[name] in ("esup", "")]
    if placed.priority == "P1" or (placed.priority == "P2" and known & OVER_NO_POLICE):
        assert order[: len(esup)] == esup


@examined
@given(st.text(max_size=80))
def test_no_text_breaks_it(said: str) -> None:
    """Whatever is written is a place, or none."""
    found = locate(ISLAND, said, NOW.date())
    assert found is None or found.police or found.among


@examined
@given(INSTANTS, st.integers(0, 23), st.integers(0, 59))
def test_an_hour_in_figures_is_the_next_one(now: datetime, hour: int, minute: int) -> None:
    """Within a day, an hour long, and on the clock what was typed, unless the clocks skip it."""
    found = window(f"{hour:02}{minute:02}", now, ZONE)
    assert found is not None
    assert timedelta(minutes=-5) <= found.starts_at - now <= timedelta(hours=25)
    start = found.starts_at.astimezone(ZONE)
    assert start.minute == minute and (start.hour - hour) % 24 in ((0, 1) if hour == 2 else (0,))


@examined
@given(INSTANTS, st.integers(1, 2), st.integers(0, 5000))
def test_the_next_window_is_another_day_at_the_same_hour(agreed: datetime, windows: int, late: int) -> None:
    """To come, never more than a day off, on the clock what was agreed."""
    now = agreed + timedelta(minutes=late)
    found = next_window(agreed, windows, now, ZONE)
    assert isinstance(found, Next) and found.number == windows + 1 and found.due_at == found.window.starts_at
    assert timedelta() < found.due_at - now <= timedelta(hours=26)
    there, then = found.due_at.astimezone(ZONE), agreed.astimezone(ZONE)
    assert there.minute == then.minute and (there.hour - then.hour) % 24 in ((0, 1) if then.hour == 2 else (0,))
