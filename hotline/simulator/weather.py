"""The weather: faults that a person or a test orders, on REST requests and on webhooks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Rule:
    match: dict[str, str] = field(default_factory=dict)
    times: int = 1
    answer: int | str | None = None
    code: int | None = None
    webhook_contains: str | None = None
    do: str | None = None
    seconds: float = 0.0

    def meets_request(self, method: str, path: str, to: str) -> bool:
        wanted = self.match
        return (
            self.answer is not None
            and wanted.get("method", method).upper() == method
            and wanted.get("path_contains", "") in path
            and wanted.get("to", to) == to
        )


ANSWERS = (400, 429, 500, "nothing", "timeout_after_accepting")
DEEDS = ("drop", "duplicate", "delay")


class Weather:
    def __init__(self) -> None:
        self.rules: list[Rule] = []

    def add(self, given: Mapping[str, Any]) -> Rule:
        rule = Rule(**given)
        if (rule.answer in ANSWERS) == (rule.do in DEEDS):
            raise ValueError(f"a rule has either an answer of {ANSWERS} or a do of {DEEDS}")
        self.rules.append(rule)
        return rule

    def over_request(self, method: str, path: str, to: str) -> Rule | None:
        return self._spend(next((rule for rule in self.rules if rule.meets_request(method, path, to)), None))

    def over_webhook(self, url: str) -> Rule | None:
        meeting = (rule for rule in self.rules if rule.do and (rule.webhook_contains or "") in url)
        return self._spend(next(meeting, None))

    def _spend(self, rule: Rule | None) -> Rule | None:
        if rule is not None:
            rule.times -= 1
            if rule.times <= 0:
                self.rules.remove(rule)
        return rule
