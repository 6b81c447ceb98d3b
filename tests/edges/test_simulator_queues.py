"""Queues: the wait, the ways out, and what the action is told."""

from collections.abc import Iterator

import pytest

from tests.town import DEPUTY, LINE, Town, queued, refusal, town


@pytest.fixture(scope="module")
def _town() -> Iterator[Town]:
    with town() as built:
        yield built


@pytest.fixture
def here(_town: Town) -> Town:
    return _town.fresh()


def test_a_queue_asks_its_wait_again_and_again(here: Town) -> None:
    """The wait document is requested for ever, with the caller's position, and the queue lists its members."""
    caller = queued(here, "<Say>On cherche quelqu'un.</Say>")
    caller.hears("On cherche").hears("On cherche").hears("On cherche")
    form = here.waits_for("/wait")
    assert (form["QueuePosition"], form["CurrentQueueSize"]) == ("1", "1")
    queue = here.client.queues.list()[0]
    assert (queue.friendly_name, queue.current_size) == ("file", 1)
    assert [caller.call["sid"]] == [member.call_sid for member in queue.members.list()]


def test_leave_goes_on_to_the_action(here: Town) -> None:
    """Leave in a wait document takes the caller out, told as leave."""
    here.line.says("/key", "<Leave/>")
    caller = queued(here, '<Gather numDigits="1" action="/key"><Say>Faites le deux.</Say></Gather>')
    caller.hears("Faites le deux.").presses("2").hears("sorti")
    form = here.waits_for("/out")
    assert form["QueueResult"] == "leave"
    assert "QueuePosition" in here.line.forms("/key")[0]


def test_a_queued_call_redirected_over_rest_tells_its_action(here: Town) -> None:
    """The action hears redirected, its TwiML is ignored, and the new document plays."""
    caller = queued(here, '<Pause length="60"/>')
    here.waits_for("/wait")
    here.line.says("/page", "<Say>Quelqu'un est là.</Say>")
    here.client.calls(caller.call["sid"]).update(url=f"{here.line.url}/page")
    caller.hears("Quelqu'un est là.").does_not_hear("sorti")
    assert here.waits_for("/out")["QueueResult"] == "redirected"


def test_a_queued_caller_who_hangs_up_tells_the_action(here: Town) -> None:
    """The action is asked once more with CallStatus completed and QueueResult hangup."""
    caller = queued(here, '<Pause length="60"/>')
    here.waits_for("/wait")
    caller.hangs_up()
    form = here.waits_for("/out")
    assert (form["QueueResult"], form["CallStatus"]) == ("hangup", "completed")


def test_a_full_queue_turns_the_next_caller_away(here: Town) -> None:
    """Beyond its size the action is asked at once, told queue-full."""
    caller = queued(here, "<Pause length='60'/>", 'maxQueueSize="1"')
    here.waits_for("/wait")
    other = here.telephone.device(DEPUTY).dials(LINE).hears("sorti")
    assert (here.waits_for("/out")["QueueResult"], caller.call["queue"], other.call["queue"]) == (
        "queue-full",
        "file",
        None,
    )


def test_queues_are_made_changed_and_deleted_over_rest(here: Town) -> None:
    """A queue has a name and a size; one that holds somebody cannot be deleted."""
    queue = here.client.queues.create(friendly_name="file", max_size=2)
    assert (queue.max_size, queue.update(max_size=3).max_size) == (2, 3)
    assert refusal(here.client.queues.create, friendly_name="a" * 65) == (400, 20001)
    queued(here, "<Pause length='60'/>")
    here.waits_for("/wait")
    assert refusal(queue.delete) == (400, 20001)
    member = here.client.queues(queue.sid).members("Front").fetch()
    assert (member.position, member.queue_sid) == (1, queue.sid)
    member.update(url=f"{here.line.url}/page")
    assert here.waits_for("/out")["QueueResult"] == "redirected"
    here.telephone.eventually(lambda: here.client.queues(queue.sid).fetch().current_size == 0)
    assert queue.delete()
