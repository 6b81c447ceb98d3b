"""What the environment says of the telephone network. Secrets are held here and never printed or logged."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from hotline.simulator.clock import LineClock
from hotline.simulator.keywords import MODES, Mode

DEMO_LINE = "+15145550100"
DEMO_RESPONDER = "+15145550142 Intervention"


@dataclass(frozen=True)
class Settings:
    account: str
    tokens: tuple[str, ...] = field(repr=False)
    public_url: str
    numbers: tuple[str, ...]
    clock: LineClock
    calls_per_second: float = 1.0
    texts_per_second: float = 1.0
    responders: tuple[tuple[str, str], ...] = ()
    keywords: Mode = "off"
    seed: int = 0
    weather_file: Path | None = None


def from_environment(environment: Mapping[str, str]) -> Settings:
    """The settings of this process; what is missing gets the demonstration's value."""
    return Settings(
        account=environment.get("TWILIO_ACCOUNT_SID", "") or "AC" + "0" * 32,
        tokens=_words(environment.get("TWILIO_AUTH_TOKEN", "")) or (secrets.token_hex(16),),
        public_url=environment.get("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/"),
        numbers=_numbers(environment),
        clock=_clock(environment),
        calls_per_second=float(environment.get("SIMULATOR_CPS") or 1),
        texts_per_second=float(environment.get("SIMULATOR_TPS") or 1),
        responders=tuple(map(_responder, _words(environment.get("SIMULATOR_RESPONDERS", DEMO_RESPONDER)))),
        keywords=_mode(environment.get("SIMULATOR_KEYWORDS") or "off"),
        seed=int(environment.get("SIMULATOR_SEED") or secrets.randbelow(10**9)),
        weather_file=Path(environment["SIMULATOR_WEATHER"]) if environment.get("SIMULATOR_WEATHER") else None,
    )


def _mode(name: str) -> Mode:
    for mode in MODES:
        if mode == name:
            return mode
    raise ValueError(f"SIMULATOR_KEYWORDS is {name}: give one of {', '.join(MODES)}")


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _numbers(environment: Mapping[str, str]) -> tuple[str, ...]:
    given = _words(environment.get("SIMULATOR_NUMBERS", ""))
    own = [environment.get(name, "").strip() for name in ("LINE_NUMBER", "CALLBACK_NUMBER", "PAGE_NUMBER")]
    return given or tuple(dict.fromkeys(number for number in own if number)) or (DEMO_LINE,)


def _responder(entry: str) -> tuple[str, str]:
    number, _, name = entry.partition(" ")
    return number, name.strip() or number


def _clock(environment: Mapping[str, str]) -> LineClock:
    pace = float(environment.get("HOTLINE_PACE") or 1)
    if not 1 <= pace <= 20:
        raise ValueError(f"HOTLINE_PACE is {pace:g}: give a number from 1 to 20")
    origin = environment.get("HOTLINE_PACE_ORIGIN", "").strip()
    instant = datetime.fromisoformat(origin) if origin else datetime.now(UTC)
    jumps = environment.get("HOTLINE_PACE_JUMPS", "").strip()
    return LineClock(pace, instant if instant.tzinfo else instant.replace(tzinfo=UTC), Path(jumps) if jumps else None)
