"""Who is rung first for which case: the table of docs/roster.md, line by line, as rules alone."""

from datetime import UTC, datetime, timedelta

from hotline.rules.duty import Responder, Shift, on_duty
from hotline.rules.routing import Whose, preference, without_police
from ivr_flows.model import Priority
from ivr_flows.priorities import TABLE, Team, place

NIGHT = datetime(2026, 11, 21, 7, 40, tzinfo=UTC)
EVERYBODY = "lea marc dina nora sam iris zoe hugo"
PEOPLE = {
    "lea": Responder(1, "on-duty", roles=("psychosocial",)),
    "marc": Responder(2, "on-duty", roles=("police",)),
    "dina": Responder(3, "deputy", roles=("psychosocial",)),  # of no team: the line's
    "nora": Responder(4, "on-duty", roles=("advisor",), regions=("nord",)),
    "sam": Responder(5, "on-duty", languages=("en",), roles=("advisor",), regions=("sud", "est")),
    "iris": Responder(6, "on-duty", roles=("police",)),
    "zoe": Responder(7, "on-duty"),
    "hugo": Responder(8, "on-duty", roles=("police",)),
}
TEAMS = {"lea": "esup", "marc": "esup", "dina": "", "nora": "regional_advisor", "sam": "regional_advisor",
         "iris": "investigators", "zoe": "community", "hugo": "pdq"}  # fmt: skip


def rung(whose: Whose, present: str = EVERYBODY, language: str | None = None, paused: str = "") -> list[str]:
    """Who is rung, in order, of the people who are there that night."""
    day = timedelta(hours=12)
    shifts = [
        Shift(PEOPLE[name].id, NIGHT - day, NIGHT + day, TEAMS[name], paused=name in paused.split())
        for name in present.split()
    ]
    names = {one.id: name for name, one in PEOPLE.items()}
    return [names[one.id] for one in on_duty(shifts, PEOPLE.values(), NIGHT, language, preference(whose))]


def a_case(priority: Priority, team: Team, region: str | None = None, facts: str = "") -> Whose:
    return Whose(priority, team, region, frozenset(facts.split()))  # type: ignore[arg-type]


ESUP_FIRST = ["lea", "marc", "dina"]
NO_POLICE = ["zoe", "lea", "dina"]
ROWS = {
    "danger": (a_case("P1", "esup"), EVERYBODY, ESUP_FIRST),
    "danger, whoever's case it is": (a_case("P1", "investigators"), EVERYBODY, ESUP_FIRST),
    "danger beats no police": (a_case("P1", "esup", facts="wants_no_police"), EVERYBODY, ESUP_FIRST),
    "a minor": (a_case("P2", "dpj", facts="minor"), EVERYBODY, ESUP_FIRST),
    "a minor beats no police": (a_case("P2", "dpj", facts="minor wants_no_police"), EVERYBODY, ESUP_FIRST),
    "a runaway": (a_case("P2", "pdq_runaway", facts="runaway"), EVERYBODY, ESUP_FIRST),
    "a tip, now": (a_case("P2", "pdq", facts="tip now"), EVERYBODY, ESUP_FIRST),
    "violence, no police": (a_case("P2", "community", facts="violence_client wants_no_police"), EVERYBODY, NO_POLICE),
    "asks for a person, no police": (a_case("P2", "esup", facts="wants_no_police"), EVERYBODY, NO_POLICE),
    "no police, no partner": (a_case("P3", "community", facts="wants_no_police"), "marc dina nora", ["dina", "nora"]),
    "no police, only police": (a_case("P2", "community", facts="wants_no_police"), "marc hugo", ["marc", "hugo"]),
    "somebody on the line, silent": (Whose("P?"), EVERYBODY, ESUP_FIRST),
    "unclear, no triage desk": (a_case("P?", "triage"), EVERYBODY, ESUP_FIRST),
    "support, in the north": (a_case("P3", "regional_advisor", "N"), EVERYBODY, ["nora", "sam", "lea", "marc", "dina"]),
    "support, in the east": (a_case("P3", "regional_advisor", "E"), EVERYBODY, ["sam", "nora", "lea", "marc", "dina"]),
    "support, the other advisor only": (a_case("P3", "regional_advisor", "N"), "lea sam", ["sam", "lea"]),
    "support, no advisor": (a_case("P3", "regional_advisor", "N"), "dina lea zoe", ["lea", "dina", "zoe"]),
    "distress in the street": (a_case("P3", "esup"), EVERYBODY, ESUP_FIRST),
    "a tip": (a_case("P4", "investigators"), EVERYBODY, ["iris", *ESUP_FIRST]),
    "a place": (a_case("P4", "pdq"), EVERYBODY, ["hugo", *ESUP_FIRST]),
    "a tip, no investigator": (a_case("P4", "investigators"), "hugo dina", ["dina", "hugo"]),
    "the neighbourhood": (a_case("P5", "pdq"), EVERYBODY, ["hugo", *ESUP_FIRST]),
}


def test_who_is_rung_first() -> None:
    """Each line of the table of docs/roster.md, and everybody else on duty after those it names."""
    order = {row: rung(whose, present) for row, (whose, present, _) in ROWS.items()}
    expected = {row: first for row, (_, _, first) in ROWS.items()}
    assert {row: found[: len(expected[row])] for row, found in order.items()} == expected
    assert [row for row, (_, present, _) in ROWS.items() if sorted(order[row]) != sorted(present.split())] == []


def test_language_goes_before_region_and_rank_before_both() -> None:
    """Whoever cannot be understood helps nobody; the people of one team keep their ranks."""
    support = a_case("P3", "regional_advisor", "N")
    assert rung(support, "nora sam", "en") == ["sam", "nora"]
    assert rung(support, "nora sam", "fr") == ["nora", "sam"]


def test_who_takes_a_pause_is_last_whoever_the_case_is_for() -> None:
    """Their quarter of an hour is theirs; with nobody else there they are rung all the same."""
    support = a_case("P3", "regional_advisor", "N")
    assert rung(support, "nora lea", paused="nora") == ["lea", "nora"]
    assert rung(support, "nora", paused="nora") == ["nora"]


def test_an_advisor_on_a_shift_of_esup_answers_for_both() -> None:
    """The role makes an advisor, the shift a place in the urgent chain."""
    shifts = [Shift(who, NIGHT, None, team) for who, team in ((4, "esup"), (6, "investigators"), (3, ""))]

    def order(whose: Whose) -> list[int]:
        return [one.id for one in on_duty(shifts, PEOPLE.values(), NIGHT, None, preference(whose))]

    assert order(a_case("P3", "regional_advisor")) == order(a_case("P1", "esup")) == [4, 3, 6]


def test_no_police_and_the_table_of_priorities_agree() -> None:
    """Wherever the table of priorities sends somebody to a community partner, the police are rung last."""
    for line in TABLE:
        decided = place(line.facts | {"wants_no_police"})
        if decided.team == "community":
            assert without_police(Whose(decided.priority, decided.team, None, line.facts | {"wants_no_police"})), line
