"""The chain: who is rung, in what order and when, until a human presses 1."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.system.running import PACE

MACHINE = PACE * 1.5  # line seconds in which this machine itself may be slow


def _seconds(earlier, later):
    """Between the latest ring of two telephones."""
    return (later.moments("ringing")[-1] - earlier.moments("ringing")[-1]).total_seconds()


def _added(line):
    """When the first telephone's call was over, as the line was told, and when the second person was added."""
    asked = "select coalesce(settled_at, created_at), created_at from attempts where channel = 'call' and round = 0"
    first, second = line.up.sql(f"{asked} order by page_id desc, position limit 2")
    return first[0], second[1]


# Both must ring within three seconds of the wall at this pace, which a busy machine may not manage; the rule itself is
# held by the tables of tests/rules and by the jobs' tests.
@pytest.mark.long
def test_the_next_is_added_while_the_first_rings(line):
    """25 s after the first telephone began to ring the second is added, and the first may still accept."""
    caller = line.an_urgent_call()
    line.first.rings()
    line.deputy.rings(within=60)
    assert line.first.call["status"] == line.deputy.call["status"] == "ringing"
    assert 25 <= _seconds(line.first, line.deputy) < 25 + MACHINE
    line.first.answers().hears("Code").presses("1")
    line.meet(caller, line.first)
    line.deputy.is_cut_off()


def test_a_voicemail_never_accepts(line):
    """A machine that answers presses nothing: the next person is added, and has the page."""
    line.first.behaves("voicemail", after=5)
    caller = line.an_urgent_call()
    line.accepts(line.deputy)
    line.meet(caller, line.deputy)
    assert line.first.call["conference"] is None


def test_an_answer_without_a_key_ends(line):
    """A leg that was answered hears about 30 s of it, and no more."""
    line.first.behaves("answers_and_says_nothing")
    line.an_urgent_call()
    line.first.rings().hears("Urgence. Code").hears("Nous appelons la personne suivante.", within=60).is_cut_off()
    ended = line.first.moments("ended")[0] - line.first.moments("answered")[0]
    assert 20 < ended.total_seconds() < 45 + MACHINE


@pytest.mark.parametrize("no", ["busy", "decline", "2"])
def test_a_no_adds_the_next_at_once(line, no):
    """Busy, declined on the telephone or with 2: the next person is added to the page without waiting 25 s."""
    if no == "busy":
        line.first.behaves("busy")
    caller = line.an_urgent_call()
    if no == "decline":
        line.first.rings().declines()
    elif no == "2":
        line.first.rings().answers().hears("Code").presses("2").hears("Refus noté.").is_cut_off()
    line.meet(caller, line.accepts(line.deputy))
    over_at, added_at = _added(line)
    assert (added_at - over_at).total_seconds() < 20


def test_nobody_then_the_fallback_then_again(line):
    """After the team the fallback number rings, then the chain starts again, for as long as it takes."""
    caller = line.an_urgent_call()
    for each in (line.first, line.deputy, line.fallback, line.first):
        each.rings(within=60)
    assert _seconds(line.deputy, line.fallback) > 20
    line.first.answers().hears("Code").presses("1")
    line.meet(caller, line.first)
    restarts = line.up.sql("select count(*) from audit where verb = 'chain_starts_again'")
    assert restarts[0][0] > 0


def test_everyone_declines(line):
    """Everyone says no: the fallback number is rung within seconds, and it too must press 1."""
    for each in (line.first, line.deputy):
        each.behaves("busy")
    caller = line.an_urgent_call()
    line.fallback.rings(within=20).answers().hears("Pour accepter, le un.").presses("1")
    line.meet(caller, line.fallback)


# Both telephones must ring, be answered and pressed within two seconds of the wall; the tests of edges hold the rule.
@pytest.mark.long
def test_two_accept_at_once(line):
    """Two press 1 in the same instant: one is joined, the other is told who has it."""
    caller = line.an_urgent_call()
    both = (line.first, line.deputy)
    line.deputy.rings(within=60)
    for each in both:
        each.answers().hears("Code")
    with ThreadPoolExecutor(2) as at_once:
        list(at_once.map(lambda each: each.presses("1"), both))
    line.telephone.eventually(lambda: sum(each.call["status"] == "ended" for each in both) == 1, what="one is let go")
    loser, winner = sorted(both, key=lambda each: each.call["status"] == "in-progress")
    loser.hears(f"{'Intervention' if winner is line.first else 'Relève'} a déjà accepté.")
    line.meet(caller, winner)


@pytest.mark.long
def test_a_late_accept_hears_who_has_it(line):
    """1 on a page that somebody has already: they hear who, and the two who talk are not disturbed."""
    caller = line.an_urgent_call()
    line.deputy.rings(within=60).answers().hears("Code")
    line.first.answers().hears("Code")
    line.meet(caller, line.deputy.presses("1"))
    line.first.presses("1").hears("Relève a déjà accepté.").is_cut_off()
    line.deputy.says("vous êtes là?")
    caller.hears("vous êtes là?")


def _over(path, to):
    """What the weather matches: one kind of request about one telephone."""
    return {"method": "POST", "path_contains": path, "to": to.number}


@pytest.mark.parametrize("answer", [400, 429, 500, "nothing"])
def test_the_carrier_refuses_the_call(line, answer):
    """The carrier answers 400, 429, 500 or nothing when the first is called: the next person is rung."""
    line.telephone.weather({"match": _over("/Calls.json", line.first), "answer": answer})
    caller = line.an_urgent_call()
    line.meet(caller, line.accepts(line.deputy, within=200))
    line.first.does_not_ring()


def test_a_page_s_text_that_is_refused(line):
    """The carrier refuses the text of a page: the next person is added at once, and the first may still accept."""
    line.telephone.weather({"match": _over("/Messages.json", line.first), "answer": 400})
    caller = line.an_urgent_call()
    line.deputy.rings(within=20)
    line.meet(caller, line.accepts(line.first))


def test_the_carrier_s_news_are_lost(line):
    """Nothing is heard of the first telephone's ringing: the next person is added all the same."""
    line.telephone.weather({"webhook_contains": "/twilio/leg/", "do": "drop", "times": 20})
    caller = line.an_urgent_call()
    line.meet(caller, line.accepts(line.deputy, within=60))
    assert _seconds(line.first, line.deputy) < 35 + MACHINE


def test_a_nine_that_comes_twice(line):
    """The carrier repeats the request of a 9: one page, one case, one call to the first."""
    line.telephone.weather({"webhook_contains": "/twilio/turn/key/", "do": "duplicate"})
    caller = line.an_urgent_call()
    line.meet(caller, line.accepts(line.first))
    assert line.up.sql("select count(*) from pages where state <> 'done'") == [(1,)]
    assert len(line.first.calls) == 1


def test_a_redirect_that_is_refused_or_lost_heals(line):
    """The carrier refuses to fetch the person out of the queue, or says nothing: the next wait turn finds the room."""
    for answer in (400, "nothing"):
        line.telephone.weather({"match": {"method": "POST", "path_contains": "/Calls/CA"}, "answer": answer})
        caller = line.an_urgent_call()
        line.meet(caller, line.accepts(line.first))
        for each in (caller, line.first):
            each.hangs_up()
        line.becomes("done")
