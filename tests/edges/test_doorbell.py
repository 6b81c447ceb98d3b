"""The bell: a row's id and nothing else, at once or not at all."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from rq.job import Job
from rq.serializers import JSONSerializer

from hotline.doorbell import BELLS, QUIET_AFTER_FAILURE, RING_WITHIN, Doorbell, connect
from hotline.embedded import places, valkey
from hotline.embedded.running import Running
from tests.edges.line import CALLER, Carrier, Phone

AT_MOST = 10  # seconds: without a deadline of ours a stopped Redis is waited for for ever
NOWHERE = "redis://:p@127.0.0.1:1/0"


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    with connect(redis_url, patience=5.0) as connection:
        yield connection


@pytest.fixture
def own_valkey(tmp_path: Path) -> Iterator[Running]:
    """A Valkey of this test alone, which it may stop."""
    running = valkey.start(tmp_path / "valkey")
    yield running
    if running.child.pid is not None:
        os.kill(running.child.pid, signal.SIGCONT)
    running.child.end()
    places.discard(tmp_path / "valkey")


def took(doorbell: Doorbell) -> tuple[list[int], float]:
    """What was rung, and how long that took."""
    started = time.monotonic()
    return doorbell.ring([("page", 17)]), time.monotonic() - started


@pytest.mark.parametrize(("kind", "bell"), BELLS.items(), ids=BELLS)
def test_a_ring_carries_a_rows_id_and_nothing_else(
    redis: Redis, redis_url: str, kind: str, bell: tuple[str, str]
) -> None:
    """As JSON, on its queue, with no retry, no repeat, no callback and no result kept."""
    assert Doorbell(redis_url).ring([(kind, 17)]) == [17]
    [job_id] = redis.lrange(f"rq:queue:{bell[0]}", 0, -1)
    job = Job.fetch(job_id.decode(), connection=redis, serializer=JSONSerializer)
    assert (job.func_name, job.args, job.kwargs, job.meta) == (bell[1], [17], {}, {})
    assert (job.result_ttl, job.retries_left, job.repeats_left, job.timeout) == (0, None, None, 30)


def test_the_same_row_is_rung_as_often_as_asked(redis: Redis, redis_url: str) -> None:
    """RQ never decides that a row was rung before."""
    doorbell = Doorbell(redis_url)
    assert [doorbell.ring([("page", 17)]) for _ in range(3)] == [[17]] * 3
    assert len(set(redis.lrange("rq:queue:urgent", 0, -1))) == 3


def test_redis_holds_nothing_of_a_call(carrier: Carrier, redis: Redis) -> None:
    """After an urgent call and a text: no number, no SID, no word."""
    phone = Phone(carrier, sid="CA" + "7" * 32)
    phone.dials()
    phone.presses("9")
    carrier.writes("au secours", sid="SM" + "8" * 32)
    kept = b" ".join(b"%r %r" % (key, redis.dump(key)) for key in redis.scan_iter())
    assert redis.llen("rq:queue:urgent") >= 2
    assert [word for word in (CALLER[2:], "CA777", "SM888", "secours") if word.encode() in kept] == []


def test_the_bell_knows_when_it_is_heard(redis_url: str) -> None:
    """`answers` asks Redis and raises nothing."""
    assert (Doorbell(redis_url).answers(), Doorbell(NOWHERE).answers()) == (True, False)


def test_a_bell_that_is_gone_costs_next_to_nothing() -> None:
    """Nothing was rung, nothing is raised, and it is not tried again at once."""
    doorbell = Doorbell(NOWHERE)
    for _ in range(3):
        rung, seconds = took(doorbell)
        assert (rung, seconds < AT_MOST) == ([], True)


def test_a_bell_that_stands_still_is_waited_for_once(own_valkey: Running) -> None:
    """A stopped Redis costs 0.2 s, then nothing for five seconds though it answers again; then it is rung."""
    doorbell = Doorbell(own_valkey.url)
    assert own_valkey.child.pid is not None
    assert took(doorbell)[0] == [17]
    os.kill(own_valkey.child.pid, signal.SIGSTOP)
    rung, seconds = took(doorbell)
    assert (rung, RING_WITHIN <= seconds < AT_MOST) == ([], True)
    os.kill(own_valkey.child.pid, signal.SIGCONT)
    assert (took(doorbell)[0], QUIET_AFTER_FAILURE) == ([], 5.0)
    doorbell._failed_at = time.monotonic() - QUIET_AFTER_FAILURE
    assert took(doorbell)[0] == [17]


def test_ten_webhooks_at_once_do_not_wait_for_a_bell_that_stands_still(carrier: Carrier, own_valkey: Running) -> None:
    """Each is answered: by the queue, its row known as unheard, or by the last resort where SQL was slow."""
    from dataclasses import replace
    from threading import Thread

    door = carrier.app.extensions["door"]
    carrier.app.extensions["door"] = replace(door, line=replace(door.line, bell=Doorbell(own_valkey.url)))
    phones = [Phone(carrier, sid=f"CA{number}") for number in range(10)]
    for phone in phones:
        phone.dials()
    assert own_valkey.child.pid is not None
    os.kill(own_valkey.child.pid, signal.SIGSTOP)
    callers = [Thread(target=phone.presses, args=("9",)) for phone in phones]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    queued = sum("<Enqueue" in phone.answers[-1] for phone in phones)
    rescued = sum("<Dial" in phone.answers[-1] for phone in phones)
    assert (queued + rescued, queued > 0) == (10, True)
    [(rows, heard)] = carrier.rows("select count(*), bool_or(rung_ok) from work")
    assert (rows >= queued, heard) == (True, False)
