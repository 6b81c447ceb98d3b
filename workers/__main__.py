"""Starts a worker for ONE queue: `python -m workers urgent` or `python -m workers work`.

RQ is held to what the line allows: a job restored from Redis runs a function of `workers.jobs` and nothing else, and
callbacks, webhooks, instances and dependencies named in its hash are dropped. One queue per process, because RQ loses
a job whose worker dies with several.
"""

import sys
from typing import Any, ClassVar

from redis import Redis
from rq import Queue, SimpleWorker
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.utils import import_attribute

from hotline.doorbell import BELLS, connect
from workers.hands import hands

QUEUES = ("urgent", "work")
ALLOWED = frozenset(job for _, job in BELLS.values())
WORKER_TTL = 30  # seconds; with the two below, what platform.md measured: a stopped Redis does not freeze a worker
MAINTENANCE_EVERY = 10
MONITORING_EVERY = 5


class NotAJob(Exception):
    """Redis holds a job that is none of the line's."""


class LineJob(Job):
    """A job that runs `workers.jobs` or nothing."""

    allowed: ClassVar[frozenset[str]] = ALLOWED

    def restore(self, raw_data: Any) -> None:
        """What Redis holds, less all that could run something else, or run it again."""
        super().restore(raw_data)
        self._success_callback_name = self._failure_callback_name = self._stopped_callback_name = None
        self.webhooks = []
        self._dependency_ids = []
        self.retries_left = self.repeats_left = None

    @property
    def func(self) -> Any:
        """One of the line's jobs; NotAJob for any other name."""
        if self.func_name not in self.allowed:
            raise NotAJob("not one of workers.jobs")
        return import_attribute(self.func_name)


class LineWorker(SimpleWorker):
    """A worker that starts a job in 4 ms and cannot outlive one that hangs: every wait in a job is bounded."""

    job_class = LineJob


def main(queue: str) -> None:
    """Work one queue until the process ends."""
    own = hands()
    connection: Redis = connect(own.settings.redis_url, patience=5.0)
    worker = LineWorker(
        [Queue(queue, connection=connection, job_class=LineJob, serializer=JSONSerializer)],
        connection=connection,
        job_class=LineJob,
        serializer=JSONSerializer,
        worker_ttl=WORKER_TTL,
        maintenance_interval=MAINTENANCE_EVERY,
        job_monitoring_interval=MONITORING_EVERY,
        log_job_description=False,
    )
    worker.work(logging_level="WARNING")


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in QUEUES:
        sys.exit(f"one queue per process: python -m workers {'|'.join(QUEUES)}")
    main(sys.argv[1])
