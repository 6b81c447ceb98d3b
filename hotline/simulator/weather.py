"""The weather: what goes wrong on purpose, over REST requests, webhooks, telephones and texts.

A rule is ordered by a test, by a person on the page or by a TOML file, and meets what its words name. Chance comes from
the seed, the rule and what it meets, never from the order of things, so that a run can be run again.
"""

import hashlib
import tomllib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from hotline.simulator import errors

SILENT = ("nothing", "timeout_after_accepting")
DEEDS = ("drop", "duplicate", "delay", "reorder", "fail")
TELEPHONES = ("busy", "failed", "no-answer", "off", "voicemail", "fax", "answers_and_says_nothing", "hangs-up")
VERDICTS = ("human", "machine_start", "machine_end_beep", "machine_end_silence", "machine_end_other", "fax", "unknown")
FOR_EVER = 0


@dataclass
class Rule:
    """What it meets (`match`, `webhook_contains`, `purpose`, `call`, `number`), when, how often, and what it does."""

    match: dict[str, str] = field(default_factory=dict)
    webhook_contains: str = ""
    purpose: str = ""
    call: str = ""
    number: str = ""
    answer: int | str | None = None
    code: int | None = None
    do: str | None = None
    telephone: str | None = None
    text: int | None = None
    status: str = "undelivered"
    verdict: str | None = None
    seconds: float = 0.0
    times: int = 1
    chance: float = 1.0
    after: float = 0.0
    until: float | None = None

    def check(self) -> None:
        """ValueError where it says nothing, too much, or what the network cannot do."""
        if self.code is not None and self.answer is None and self.do is None:
            self.answer = errors.REST[self.code][0] if self.code in errors.REST else None
        deeds = {"answer": self.answer, "do": self.do, "telephone": self.telephone, "text": self.text}
        given = [name for name, value in (*deeds.items(), ("verdict", self.verdict)) if value is not None]
        if len(given) != 1:
            raise ValueError(f"a rule has one of answer, do, telephone, text and verdict, not {given or 'none'}")
        status = isinstance(self.answer, int) and 400 <= self.answer <= 599
        possible = {
            "answer": status or self.answer in SILENT,
            "do": self.do in DEEDS,
            "telephone": self.telephone in TELEPHONES,
            "text": self.status in ("undelivered", "failed"),
            "verdict": self.verdict in VERDICTS,
        }
        if not possible[given[0]]:
            raise ValueError(f"{given[0]} cannot be {deeds.get(given[0], self.verdict)}")
        if not 0 <= self.chance <= 1 or self.times < 0:
            raise ValueError("chance is from 0 to 1, and times is 0 (for ever) or more")

    def meets_request(self, method: str, path: str, form: Mapping[str, str]) -> bool:
        wanted = {name: value for name, value in self.match.items() if name not in ("method", "path_contains")}
        named = {"to": "To", "from": "From"}
        return (
            self.answer is not None
            and self.match.get("method", method).upper() == method
            and self.match.get("path_contains", "") in path
            and self.number in ("", form.get("To"), form.get("From"))
            and all(form.get(named.get(name, name), "") == value for name, value in wanted.items())
        )

    def meets_webhook(self, url: str, purpose: str, form: Mapping[str, str]) -> bool:
        return (
            self.do is not None
            and self.webhook_contains in url
            and self.purpose in ("", purpose)
            and self.call in ("", form.get("CallSid"), form.get("MessageSid"), form.get("ConferenceSid"))
            and self.number in ("", form.get("From"), form.get("To"))
        )


class Weather:
    def __init__(self, seed: int, now: Callable[[], datetime], file: Path | None = None) -> None:
        self._now = now
        self.seed = seed
        self._file: list[dict[str, Any]] = []
        if file is not None:
            self._read(file)
        self.clear()

    def clear(self) -> None:
        """Back to the weather of the file, or to none."""
        self.rules: list[Rule] = []
        self._since: dict[int, datetime] = {}
        self._order: dict[int, int] = {}
        self._draws: Counter[tuple[int, str]] = Counter()
        self._made = 0
        for given in self._file:
            self.add(given)

    def add(self, given: Mapping[str, Any]) -> Rule:
        unknown = set(given) - {one.name for one in fields(Rule)}
        if unknown:
            raise ValueError(f"a rule has no {', '.join(sorted(unknown))}")
        rule = Rule(**given)
        rule.check()
        self.rules.append(rule)
        self._since[id(rule)], self._order[id(rule)] = self._now(), self._made
        self._made += 1
        return rule

    def view(self) -> dict[str, Any]:
        plain = asdict(Rule())
        shown = [{name: value for name, value in asdict(one).items() if value != plain[name]} for one in self.rules]
        return {"seed": self.seed, "rules": shown}

    def over_request(self, method: str, path: str, form: Mapping[str, str]) -> Rule | None:
        return self._first(lambda rule: rule.meets_request(method, path, form), f"{method} {form.get('To', '')}")

    def over_webhook(self, url: str, purpose: str, form: Mapping[str, str]) -> Rule | None:
        subject = f"{purpose} {form.get('From', '')} {form.get('To', '')}"
        return self._first(lambda rule: rule.meets_webhook(url, purpose, form), subject)

    def over_telephone(self, number: str) -> Rule | None:
        """How a telephone behaves when it is rung."""
        return self._first(
            lambda rule: rule.telephone not in (None, "hangs-up") and rule.number in ("", number), f"rings {number}"
        )

    def over_listener(self, number: str) -> Rule | None:
        """Whether whoever listens at that number hangs up in mid-sentence."""
        return self._first(
            lambda rule: rule.telephone == "hangs-up" and rule.number in ("", number), f"listens {number}"
        )

    def over_verdict(self, number: str) -> Rule | None:
        return self._first(lambda rule: rule.verdict is not None and rule.number in ("", number), f"verdict {number}")

    def over_text(self, number: str) -> Rule | None:
        return self._first(lambda rule: rule.text is not None and rule.number in ("", number), f"text {number}")

    def _first(self, meets: Callable[[Rule], bool], subject: str) -> Rule | None:
        for rule in self.rules:
            if self._blows(rule) and meets(rule) and self._falls(rule, subject):
                return self._spend(rule)
        return None

    def _blows(self, rule: Rule) -> bool:
        elapsed = (self._now() - self._since[id(rule)]).total_seconds()
        return rule.after <= elapsed and (rule.until is None or elapsed < rule.until)

    def _falls(self, rule: Rule, subject: str) -> bool:
        if rule.chance >= 1:
            return True
        order = self._order[id(rule)]
        self._draws[order, subject] += 1
        drawn = hashlib.sha256(f"{self.seed} {order} {subject} {self._draws[order, subject]}".encode()).digest()
        return int.from_bytes(drawn[:8], "big") / 2**64 < rule.chance

    def _spend(self, rule: Rule) -> Rule:
        if rule.times != FOR_EVER:
            rule.times -= 1
            if rule.times == 0:
                self.rules.remove(rule)
        return rule

    def _read(self, file: Path) -> None:
        given = tomllib.loads(file.read_text())
        self.seed = int(given.pop("seed", self.seed))
        self._file = given.pop("rule", [])
        if given:
            raise ValueError(f"{file}: a weather file has a seed and [[rule]]s, not {', '.join(given)}")
