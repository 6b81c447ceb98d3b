"""The worker: what Redis may make it do, which is to run one of the line's jobs, once, and nothing else.

A bad job is put into Redis as somebody with its password would; what it did would lie in a file.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from rq import Queue, Repeat, Retry
from rq.job import Callback, Job
from rq.serializers import JSONSerializer
from rq.utils import import_attribute
from rq.webhook import Webhook

from hotline.doorbell import BELLS, Doorbell, connect
from tests.edges.line import Carrier, Phone, eventually
from tests.system.telephone import OPENER
from tests.town import StubLine, stub_line
from workers.__main__ import ALLOWED, MAINTENANCE_EVERY, MONITORING_EVERY, QUEUES, WORKER_TTL, LineJob, LineWorker

ROOT = Path(__file__).parents[2]


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    with connect(redis_url, patience=5.0) as connection:
        yield connection


@pytest.fixture
def evidence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that `touch` writes when it is run, from wherever."""
    path = tmp_path / "evidence"
    monkeypatch.setenv("HOTLINE_TEST_EVIDENCE", str(path))
    return path


def bad_module(folder: Path) -> str:
    """The name of a function that leaves evidence, importable by whoever imports it by name."""
    (folder / "trespass.py").write_text(
        "import os, pathlib\n\ndef touch(*args, **kwargs):\n"
        "    pathlib.Path(os.environ['HOTLINE_TEST_EVIDENCE']).touch()\n"
        "\n\nclass Thing:\n    def page(self, *args):\n        touch()\n"
    )
    return "trespass.touch"


@pytest.fixture
def trespass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.syspath_prepend(str(tmp_path))
    return bad_module(tmp_path)


def works(redis: Redis, job_class: type[LineJob] = LineJob) -> None:
    """A real worker empties the queue, in this process."""
    queue = Queue("urgent", connection=redis, job_class=job_class, serializer=JSONSerializer)
    worker = LineWorker([queue], connection=redis, job_class=job_class, serializer=JSONSerializer)
    worker.work(burst=True, logging_level="CRITICAL")


def left_in(redis: Redis) -> str:
    """All that Redis holds, as one text."""
    kept = []
    for key in redis.scan_iter():
        dump = {b"hash": redis.hgetall, b"stream": redis.xrange, b"string": redis.get}.get(redis.type(key))
        kept.append(f"{key!r} {dump(key) if dump else ''!r}")
    return "\n".join(kept)


def test_what_is_allowed_is_run(redis: Redis, evidence: Path, trespass: str) -> None:
    """The evidence is evidence: what is allowed leaves its file."""
    wider = type("Wider", (LineJob,), {"allowed": ALLOWED | {trespass}})
    Queue("urgent", connection=redis, serializer=JSONSerializer).enqueue_call(trespass, args=(1,))
    works(redis, wider)
    assert evidence.exists()


@pytest.mark.parametrize(
    "name", ["trespass.touch", "os.system", "workers.jobs.do", "workers.jobs.hands", "builtins.eval", ""]
)
def test_a_job_that_is_none_of_ours_is_not_run(redis: Redis, evidence: Path, trespass: str, name: str) -> None:
    """Whatever its function is called: the names of the bells are the whole list."""
    Queue("urgent", connection=redis, serializer=JSONSerializer).enqueue_call(name, args=(f"touch {evidence}",))
    works(redis)
    assert (evidence.exists(), Queue("urgent", connection=redis).count) == (False, 0)


def put(redis: Redis, **options: object) -> Job:
    """A job that fails (it has an argument too many), with something more in its hash."""
    options = {"args": (0, 0), **options}
    return Queue("urgent", connection=redis, serializer=JSONSerializer).enqueue_call("workers.jobs.page", **options)


@pytest.mark.parametrize("moment", ["on_success", "on_failure", "on_stopped"])
@pytest.mark.parametrize("fails", [False, True])
def test_callbacks_named_in_redis_are_dropped(
    redis: Redis, evidence: Path, trespass: str, moment: str, fails: bool
) -> None:
    """Success, failure or stopped: nothing but the job runs."""
    put(redis, **{moment: Callback(trespass)}, **({} if fails else {"args": (0,)}))
    works(redis)
    assert not evidence.exists()


@pytest.fixture
def elsewhere() -> Iterator[StubLine]:
    with stub_line() as server:
        yield server


def test_webhooks_named_in_redis_are_dropped(redis: Redis, elsewhere: StubLine) -> None:
    """Nobody outside is told."""
    OPENER.open(f"{elsewhere.url}/works", timeout=5).close()
    put(redis, webhooks=[Webhook(f"{elsewhere.url}/told", status) for status in ("finished", "failed")])
    works(redis)
    assert [asked.path for asked in elsewhere.asked] == ["/works"]


def test_an_instance_in_redis_is_not_used(redis: Redis, evidence: Path, trespass: str) -> None:
    """A method of something pickled or named is not a job; the arguments are JSON and nothing else."""
    job = put(redis)
    redis.hset(job.key, "data", json.dumps(["page", {"py/object": "trespass.Thing"}, [1], {}]))
    works(redis)
    assert not evidence.exists()


def test_a_pickle_in_redis_is_not_read(redis: Redis, evidence: Path, trespass: str) -> None:
    """Its loading alone would be enough to run something."""
    module, name = trespass.split(".")
    payload = f"c{module}\n{name}\n(tR.".encode()
    job = put(redis)
    redis.hset(job.key, "data", payload)
    works(redis)
    assert not evidence.exists()


@pytest.mark.parametrize(
    "more",
    [{"retry": Retry(max=3)}, {"retry": Retry(max=3, interval=1)}, {"repeat": Repeat(times=3)}],
    ids=["retry", "retry later", "repeat"],
)
def test_a_job_is_run_once_whatever_redis_says(redis: Redis, more: dict[str, object]) -> None:
    """Time and repetition live in SQL: retries and repeats are dropped."""
    job = put(redis, **more)
    works(redis)
    queue = Queue("urgent", connection=redis)
    assert (queue.count, queue.scheduled_job_registry.count) == (0, 0)
    assert len(redis.xrange(f"rq:results:{job.id}")) <= 1


def test_what_a_job_is_said_to_depend_on_is_dropped(redis: Redis) -> None:
    """A job does not wait for another that only Redis knows of, and remembers nothing to call when it is stopped."""
    job = put(redis, on_stopped=Callback("os.system"), retry=Retry(max=3))
    redis.hset(job.key, mapping={"dependency_id": "other", "dependency_ids": json.dumps(["other"])})
    restored = LineJob.fetch(job.id, connection=redis, serializer=JSONSerializer)
    assert (restored._dependency_ids, restored.retries_left, restored.repeats_left) == ([], None, None)
    assert (restored._stopped_callback_name, restored.webhooks) == (None, [])


def test_no_text_of_an_error_reaches_redis(redis: Redis, carrier: Carrier, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither of a job whose database is not there, nor of one whose argument is nonsense."""
    for name, value in {**carrier.environ, "DATABASE_URL": "postgresql://u:hunter2@127.0.0.1:1/none"}.items():
        monkeypatch.setenv(name, value)
    from workers.hands import hands

    hands.cache_clear()
    for argument in (1, "+15145550123"):
        put(redis, args=(argument,))
    works(redis)
    hands().store.close()
    hands.cache_clear()
    kept = left_in(redis)
    assert [word for word in ("Traceback", "hunter2", "127.0.0.1", "Error") if word in kept] == []


def test_every_bell_is_a_job_and_every_job_has_a_bell() -> None:
    """Every name resolves to a function of `workers.jobs`; each queue has a worker that listens to it."""
    from workers import jobs

    assert {import_attribute(name).__module__ for _, name in BELLS.values()} == {"workers.jobs"}
    assert {kind: name for kind, (_, name) in BELLS.items()} == {kind: f"workers.jobs.{kind}" for kind in jobs.WORK}
    assert {queue for queue, _ in BELLS.values()} <= set(QUEUES)
    assert {job for _, job in BELLS.values()} == ALLOWED


def test_the_options_are_those_that_were_measured() -> None:
    """platform.md: with these a stopped Redis does not freeze a worker, and a lost one is found."""
    assert (WORKER_TTL, MAINTENANCE_EVERY, MONITORING_EVERY) == (30, 10, 5)


@pytest.mark.parametrize("arguments", [[], ["both"], ["urgent", "work"]])
def test_a_worker_has_one_queue(arguments: list[str]) -> None:
    """RQ loses a job whose worker dies with several: any other number is a wrong usage."""
    ended = subprocess.run([sys.executable, "-m", "workers", *arguments], cwd=ROOT, capture_output=True, text=True)
    assert (ended.returncode, "one queue per process" in ended.stderr) == (1, True)


@pytest.fixture
def process(carrier: Carrier) -> Iterator["subprocess.Popen[bytes]"]:
    """The urgent worker as its own process, over the carrier's database."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment = {**kept, **carrier.environ, "TWILIO_API_URL": "http://127.0.0.1:9"}
    worker = subprocess.Popen([sys.executable, "-m", "workers", "urgent"], cwd=ROOT, env=environment)
    yield worker
    worker.terminate()
    worker.wait(10)


def test_a_worker_hears_the_bell(carrier: Carrier, process: "subprocess.Popen[bytes]", redis: Redis) -> None:
    """From a row to an attempt; and Redis knows how long the worker may be silent."""
    phone = Phone(carrier)
    phone.dials()
    phone.presses("9")
    eventually(lambda: int(str(carrier.count("attempts"))) > 0, "an attempt", within=20)
    [worker] = list(redis.smembers("rq:workers"))
    assert 0 < redis.ttl(worker) <= WORKER_TTL + 60
    assert Doorbell(carrier.environ["REDIS_URL"]).answers()
