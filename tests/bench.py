"""How fast the team is woken: from the key 9 to the first request for its page at the carrier. `make bench`.

It prints figures beside their targets and fails for none of them: a machine that others use has slow moments. The line
is real (`hotline up` on engines of its own, at the pace of the wall); its callers are signed requests.
"""

import base64
import re
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex

from hotline.places import FIRST, opened
from hotline.vault import Sealer
from tests.system.running import Up, until
from tests.system.telephone import Telephone

LINE = "+15145550100"
TEAM = (("Intervention", "+15145550142", "on-duty"), ("Relève", "+15145550143", "deputy"))
GIVE_UP = 30.0  # seconds of the wall after the last key


class Bench:
    """One line, and the callers that arrive at it."""

    def __init__(self, data: Path) -> None:
        self.up = Up(data, pace=1)
        self.up.start()
        self.carrier = Telephone(self.up.ready["simulator"])
        for name, number, rank in TEAM:
            words = ("--phone", number, "--rank", rank, "--languages", "fr,en", "--always")
            self.up.command("responder", "add", name, *words)
        keys = [base64.b64decode(self.up.settings[name]) for name in ("WEB_KEY", "PSEUDONYM_KEY", "SEAL_PUBLIC_KEY")]
        self.sealer = Sealer(*keys)
        time.sleep(3)  # until each web process knows of them

    def call(self, pressed: dict[str, datetime]) -> None:
        """Somebody calls and presses 9; when is kept by the call's pseudonym."""
        sid = f"CA{token_hex(16)}"
        fields = {"CallSid": sid, "From": "+15145550123", "To": LINE, "CallStatus": "in-progress"}
        action = ""
        for path, more in (("/twilio/voice", {}), ("", {"Digits": "9"})):
            if more:
                pressed[self.sealer.pseudonym("call", sid).hex()] = datetime.now(UTC)
            _, answer, _ = self.up.post(path or action, fields | more)
            found = re.search(r'<Gather[^>]* action="([^"]*)"', answer)
            action = found[1].removeprefix(self.up.settings["PUBLIC_URL"]) if found else "/twilio/voice"

    def arrives(self, contacts: int, per_second: float) -> list[float]:
        """So many contacts at this rate: the seconds from each 9 to the carrier; GIVE_UP where nothing came."""
        self.carrier.reset()
        pressed: dict[str, datetime] = {}
        callers = [threading.Thread(target=self.call, args=(pressed,)) for _ in range(contacts)]
        for caller in callers:
            caller.start()
            time.sleep(1 / per_second)
        for caller in callers:
            caller.join()
        reached: dict[str, datetime] = {}
        deadline = time.monotonic() + GIVE_UP
        while len(reached) < contacts and time.monotonic() < deadline:
            time.sleep(0.5)
            reached = self._reached()
        return sorted((reached[key] - at).total_seconds() if key in reached else GIVE_UP for key, at in pressed.items())

    def _reached(self) -> dict[str, datetime]:
        """When the carrier was first asked to ring somebody, by the pseudonym of the call that it is about."""
        asked = "select p.id, encode(c.call_key, 'hex') from pages p join contacts c on c.id = p.contact_id"
        key_of = dict(self.up.sql(asked))
        first: dict[str, datetime] = {}
        for entry in self.carrier.ledger("rest"):
            if entry["method"] == "POST" and entry["path"].endswith("/Calls.json"):
                place = opened(self.sealer, entry["form"]["Url"].rsplit("/", 1)[1], FIRST)
                first.setdefault(key_of.get(place.page, ""), datetime.fromisoformat(entry["at"]))
        return first

    def rests(self) -> None:
        """Nothing is open or due any more."""
        self.up.sql("update pages set state = 'done', done_at = now(), outcome = 'bench' where state <> 'done'")
        self.up.sql("update work set state = 'done', lease_until = null where state in ('due', 'claimed')")
        self.carrier.reset()
        until(self.up.healthy, 60, "the line is whole")


def at(share: float, figures: list[float]) -> float:
    """The figure that this share of all do not exceed."""
    return figures[min(len(figures) - 1, int(share * len(figures)))]


def main() -> None:
    """Three ways of the same morning, one line each."""
    contacts = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        bench = Bench(Path(folder) / "data")
        stopped = bench.up.stopped
        ways: list[tuple[str, str, int, float, Callable[[], AbstractContextManager[None]]]] = [
            ("all well, 5 a second", "p50 0.3, p99 2", contacts, 5, nullcontext),
            ("Redis stopped, 5 a second", "p99 5", contacts // 2, 5, lambda: stopped("redis")),
            ("all workers stopped, 1 a second", "p99 10", contacts // 10, 1, lambda: stopped("urgent", "worker")),
        ]
        try:
            print(f"{'from the key 9 to the carrier':<34}{'contacts':>9}{'p50 s':>8}{'p99 s':>8}{'most s':>8}  target")
            for name, target, many, rate, weather in ways:
                bench.rests()
                with weather():
                    figures = bench.arrives(many, rate)
                shown = "".join(f"{figure:>8.2f}" for figure in (at(0.5, figures), at(0.99, figures), figures[-1]))
                print(f"{name:<34}{len(figures):>9}{shown}  {target}", flush=True)
        finally:
            bench.up.end()


if __name__ == "__main__":
    main()
