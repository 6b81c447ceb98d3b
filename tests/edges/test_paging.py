"""Several pages at once, a second call, who makes way, and who is told: over the real database and a carrier."""

from hotline.rules.escalation import TOO_MANY_CALLS
from hotline.rules.phone import for_responder
from hotline.store import roster
from tests.edges.line import CALLER, TEAM, Crew, Phone
from tests.edges.test_jobs import callback_promised, person_wanted, with_ops

A, B = TEAM[0][1], TEAM[1][1]
BOSS, SAM = "+15145550144", "+15145550145"


def waits(crew: Crew, sid: str, keys: str = "9") -> Phone:
    """Somebody else waits for a person: P1 by 9, P2 by help now."""
    phone = Phone(crew.carrier, sid)
    phone.dials()
    for key in keys:
        phone.presses(key)
    phone.waits()
    return phone


def fallback(crew: Crew) -> str:
    return crew.hands.settings.fallback_number


def test_who_was_busy_is_rung_again_beside_the_next(crew: Crew) -> None:
    """The next at once; the same telephone, without a second text, a little later; a key there counts."""
    crew.rung().becomes("busy")
    crew.does("page")
    crew.clock.advance(seconds=8)
    crew.does("page")
    assert (crew.called(), [to for to, _ in crew.texted()]) == ([A, B, A], [A, B])
    assert "<Conference" in crew.leg(A).accepts().answers[-1]


def test_the_second_page_rings_who_is_free(crew: Crew) -> None:
    """Each caller their own page: the second's begins with the deputy, the third's with the fallback number."""
    crew.waits()
    crew.does("page")
    for sid in ("CA2", "CA3", "CA4"):
        waits(crew, sid)
        crew.does("page")
    assert crew.called() == [A, B, fallback(crew), A]


def test_who_has_a_page_is_rung_last_for_another(crew: Crew) -> None:
    """Until they are done with it."""
    crew.rung().accepts()
    waits(crew, "CA2")
    for _ in range(3):
        crew.does("page")
        crew.clock.advance(seconds=29)
    assert crew.called() == [A, B, fallback(crew), A]


def test_the_oldest_of_the_most_urgent_has_the_first_of_the_chain(crew: Crew) -> None:
    """Whichever bell is heard first."""
    waits(crew, "CA1", "11")
    crew.clock.advance(seconds=1)
    waits(crew, "CA2")
    crew.clock.advance(seconds=1)
    waits(crew, "CA3")
    rows = crew.carrier.rows("select id, subject_id from work where kind = 'page' order by id desc")
    for work_id, _ in rows:
        crew.do("page", int(str(work_id)))
    asked = "select p.priority, a.position from attempts a join pages p on p.id = a.page_id where channel = 'call'"
    assert crew.carrier.rows(f"{asked} order by p.id") == [("P2", 2), ("P1", 0), ("P1", 1)]


def test_a_promised_call_makes_way_for_a_page(crew: Crew) -> None:
    """The person of a callback is dialled a second later than the responder of somebody who waits."""
    person_wanted(crew)
    waits(crew, "CA7")
    crew.does("page")
    crew.does("call_person")
    assert CALLER not in crew.called()
    crew.clock.advance(seconds=1)
    crew.does("call_person")
    assert CALLER in crew.called()


def test_the_page_of_a_promised_call_makes_way_too(crew: Crew) -> None:
    """The carrier begins one call a second."""
    callback_promised(crew)
    crew.does("callback")
    waits(crew, "CA7")
    for work_id in [row[0] for row in crew.carrier.rows("select id from work where kind = 'page' order by id desc")]:
        crew.do("page", int(str(work_id)))
    assert crew.called() == [A]
    crew.clock.advance(seconds=1)
    crew.does("page")
    assert crew.called() == [A, B]


def test_calling_in_a_loop_is_told_and_nothing_is_held_back(crew: Crew) -> None:
    """Once in ten minutes."""
    crew = with_ops(crew)
    crew.waits()
    with crew.store.turn() as conn:
        conn.exec_driver_sql(
            "insert into attempts (page_id, round, position, channel, state, created_at) "
            f"select 1, -1, n, 'call', 'failed', '{crew.clock.now()}' from generate_series(1, {TOO_MANY_CALLS}) n"
        )
    crew.does("page")
    crew.clock.advance(seconds=29)
    crew.does("page")
    told = [body for to, body in crew.texted() if to == "+15145550150"]
    assert (told, crew.called()) == (
        ["Ligne: plus de 100 appels aux personnes de garde en 10 minutes. Rien n'est retenu. À voir."],
        [A, B],
    )


def three_pages(crew: Crew) -> list[tuple[str, str]]:
    """Three pages of one night, for the first responder each; who was told what of it."""
    with crew.store.turn() as conn:
        line = crew.carrier.line
        boss = for_responder(BOSS)
        roster.add_responder(conn, line.sealer, "Cheffe", boss, "supervisor", ["en"], False, line.clock.now())
    for sid in ("CA1", "CA2", "CA3", "CA4"):
        waits(crew, sid)
        crew.does("page")
        crew.leg(A).accepts().posts(f"{crew.network.line_url}/twilio/voice/status", CallStatus="completed")
        crew.carrier.rows("update pages set state = 'done', done_at = now() where state <> 'done' returning id")
        crew.clock.advance(minutes=20)
    return [(to, body) for to, body in crew.texted() if not body.startswith("Urgence")]


def test_the_third_page_of_a_night_is_told_to_a_supervisor(crew: Crew) -> None:
    """Once a night, in their language, without saying who."""
    crew.clock.advance(hours=4)
    assert three_pages(crew) == [(BOSS, "Line: someone on duty has had three pages tonight. Can somebody take over?")]


def test_by_day_nobody_is_told(crew: Crew) -> None:
    """A day of work is no night."""
    crew.clock.advance(hours=15)
    assert three_pages(crew) == []


def test_who_speaks_the_language_rings_first_among_equals(crew: Crew) -> None:
    """Another of the same rank speaks English only: they ring first for English, and the chain is as long."""
    with crew.store.turn() as conn:
        line = crew.carrier.line
        roster.add_responder(conn, line.sealer, "Sam", for_responder(SAM), "on-duty", ["en"], True, line.clock.now())
        conn.exec_driver_sql("update responders set languages = '{fr}' where rank = 'on-duty' and languages <> '{en}'")
    crew.carrier.line.roster.refresh()
    for sid, keys in (("CA1", "9"), ("CA2", "*9")):
        phone = Phone(crew.carrier, sid)
        phone.dials()
        for key in keys:
            phone.presses(key)
    chains = [chain for (chain,) in crew.carrier.rows("select chain from pages order by id")]
    with crew.store.turn() as conn:
        named = {row.id: crew.hands.sealer.open_number(row.phone_sealed) for row in roster.all_responders(conn)}
    assert [[named.get(one, "fallback") for one in chain] for chain in chains][1] == [SAM, A, B, "fallback"]
    assert [len(chain) for chain in chains] == [4, 4]
