"""What each process is told, and nothing more: one frozen class per process, read once from the environment.

A missing or weak setting stops the start; every problem is listed at once, by the variable's name and with the mend,
never with its value. Nothing here imports the line, opens a file or has a network.
"""

import os
from collections.abc import Iterator, Mapping, MutableMapping
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from config.values import (
    TWILIO,
    Account,
    CallbackNumber,
    CarrierUrl,
    Day,
    DispatchNumber,
    Environment,
    Instant,
    Key,
    Keys,
    Number,
    Numbers,
    Pace,
    Phrase,
    PostgresUrl,
    RedisUrl,
    Tokens,
    Url,
    YesNo,
    Zone,
)

MEANINGS: dict[str, str] = {
    "HOTLINE_ENV": "`production`, `demo` or `test`; only demo and test start engines or the simulator",
    "DATABASE_URL": "PostgreSQL, 15 or newer; each process may have its own role",
    "REDIS_URL": "Redis 6.2 or newer, or Valkey, with a password",
    "TWILIO_ACCOUNT_SID": "the account at the carrier",
    "TWILIO_AUTH_TOKEN": "comma-separated while rotating: the first signs our calls, any of them validates",
    "TWILIO_API_URL": "the carrier's API; another origin is refused in production",
    "PUBLIC_URL": "what the carrier calls; signatures are checked against it",
    "CONSOLE_URL": "where responders open the console",
    "LINE_NUMBER": "the printed number: a local long code",
    "CALLBACK_NUMBER": "where we call persons from; never LINE_NUMBER, never toll-free",
    "PAGE_NUMBER": "where pages come from, so that responders can let it through Do Not Disturb",
    "FALLBACK_NUMBER": "a human of last resort; never an emergency number, never one of ours",
    "DISPATCH_NUMBER": "optional: police dispatch by a full number of ten digits, never 9-1-1, for responders to invite"
    " into a call; tested each month (`hotline line dispatch-test`)",
    "FALLBACK_SCREENED": "`yes`: who answers there must press 1; `no` for a switchboard",
    "SEAL_KEYS": "X25519 private keys, base64 of 32 bytes, comma-separated, the current one first",
    "SEAL_PUBLIC_KEY": "the public half of the first of SEAL_KEYS, base64; `hotline up` derives it",
    "WEB_KEY": "base64 of 32 bytes: seals places and responders' numbers",
    "PSEUDONYM_KEY": "base64 of 32 bytes: one-way names of telephone numbers",
    "SESSION_SECRET": "32 characters or more: signs the console's cookies",
    "OPS_TOKEN": "32 characters or more: opens `/readyz` and `/metrics`",
    "NO_ARREST_CONFIRMED_ON": "optional: the day the police confirmed in writing that calling does not get a person"
    " arrested for selling sexual services; it is said to callers for a year from then, and never otherwise",
    "TIMEZONE": "the line's zone, for shifts and windows",
    "HEARTBEAT_URL": "optional: an outside watch, called while every invariant holds",
    "OPS_PHONES": "optional: numbers told when the line itself is ill, comma-separated",
    "HOTLINE_DATA": "a private folder: sealed roster snapshot, embedded engines, recorded sentences (`audio/`)",
    "HOTLINE_PACE": "demo and test only, 1 to 20: seconds of line time per second of the wall",
}
PRIVATE_KEYS = ("SEAL_KEYS", "WEB_KEY", "PSEUDONYM_KEY", "SESSION_SECRET", "OPS_TOKEN", "TWILIO_AUTH_TOKEN")
KEYS = (*PRIVATE_KEYS, "SEAL_PUBLIC_KEY")
# An engine's address holds its password, a watch's address is its key.
SECRETS = frozenset({*PRIVATE_KEYS, "DATABASE_URL", "REDIS_URL", "HEARTBEAT_URL"})
DEFAULTS = {
    "HOTLINE_ENV": "production",
    "TIMEZONE": "America/Toronto",
    "HOTLINE_PACE": "1",
    "FALLBACK_SCREENED": "yes",
    "TWILIO_API_URL": TWILIO,
    "HEARTBEAT_URL": "none",
    "OPS_PHONES": "none",
    "DISPATCH_NUMBER": "none",
    "NO_ARREST_CONFIRMED_ON": "none",
}
# Refused because they would otherwise rewrite the carrier's host name behind our back.
REFUSED = {"TWILIO_REGION": "unset it", "TWILIO_EDGE": "unset it"}
NUMBERS = ("LINE_NUMBER", "CALLBACK_NUMBER", "PAGE_NUMBER", "FALLBACK_NUMBER")
DEMO_NUMBERS = dict(zip(NUMBERS, ("+15145550100", "+15145550101", "+15145550102", "+15145550199"), strict=True))


class BadSettings(Exception):
    """The environment cannot serve; `problems` lists everything wrong with it, without any value."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Setting(NamedTuple):
    """One row of the README's table."""

    name: str
    meaning: str
    default: str
    processes: tuple[str, ...]


def _of(name: str, default: Any = ...) -> Any:
    return Field(default, alias=name, repr=name not in SECRETS and name not in KEYS)


class Settings(BaseModel):
    """What every process is told."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, extra="ignore", arbitrary_types_allowed=True)

    env: Environment = _of("HOTLINE_ENV", "production")
    timezone: Zone = _of("TIMEZONE", ZoneInfo("America/Toronto"))
    pace: Pace = _of("HOTLINE_PACE", 1.0)
    pace_origin: Instant | None = _of("HOTLINE_PACE_ORIGIN", None)


class Line(Settings):
    """What the carrier's door and the workers share: the numbers, the account and the keys both may hold."""

    database_url: PostgresUrl = _of("DATABASE_URL")
    redis_url: RedisUrl = _of("REDIS_URL")
    public_url: Url = _of("PUBLIC_URL")
    account_sid: Account = _of("TWILIO_ACCOUNT_SID")
    auth_tokens: Tokens = _of("TWILIO_AUTH_TOKEN")
    line_number: Number = _of("LINE_NUMBER")
    callback_number: CallbackNumber = _of("CALLBACK_NUMBER")
    page_number: Number = _of("PAGE_NUMBER")
    fallback_number: Number = _of("FALLBACK_NUMBER")
    fallback_screened: YesNo = _of("FALLBACK_SCREENED", True)
    dispatch_number: DispatchNumber | None = _of("DISPATCH_NUMBER", None)
    web_key: Key = _of("WEB_KEY")
    pseudonym_key: Key = _of("PSEUDONYM_KEY")
    data_dir: Path = _of("HOTLINE_DATA")


class WebSettings(Line):
    """The carrier's door: it can seal and cannot open."""

    seal_public_key: Key = _of("SEAL_PUBLIC_KEY")
    ops_token: Phrase = _of("OPS_TOKEN")
    no_arrest_confirmed_on: Day | None = _of("NO_ARREST_CONFIRMED_ON", None)


class WorkerSettings(Line):
    """Both workers and the sweep: they open what was sealed, and speak to the carrier."""

    twilio_api_url: CarrierUrl | None = _of("TWILIO_API_URL", None)
    seal_keys: Keys = _of("SEAL_KEYS")
    heartbeat_url: Url | None = _of("HEARTBEAT_URL", None)
    ops_phones: Numbers = _of("OPS_PHONES", ())


class ConsoleSettings(Settings):
    """The responders' door: it opens cases, and has no key of the carrier's door."""

    database_url: PostgresUrl = _of("DATABASE_URL")
    console_url: Url = _of("CONSOLE_URL")
    seal_keys: Keys = _of("SEAL_KEYS")
    session_secret: Phrase = _of("SESSION_SECRET")
    ops_token: Phrase = _of("OPS_TOKEN")
    data_dir: Path = _of("HOTLINE_DATA")


class CliSettings(Settings):
    """What a command may need; a command asks for what it lacks by name."""

    database_url: PostgresUrl | None = _of("DATABASE_URL", None)
    redis_url: RedisUrl | None = _of("REDIS_URL", None)
    public_url: Url | None = _of("PUBLIC_URL", None)
    console_url: Url | None = _of("CONSOLE_URL", None)
    account_sid: Account | None = _of("TWILIO_ACCOUNT_SID", None)
    auth_tokens: Tokens | None = _of("TWILIO_AUTH_TOKEN", None)
    twilio_api_url: CarrierUrl | None = _of("TWILIO_API_URL", None)
    line_number: Number | None = _of("LINE_NUMBER", None)
    callback_number: CallbackNumber | None = _of("CALLBACK_NUMBER", None)
    page_number: Number | None = _of("PAGE_NUMBER", None)
    fallback_number: Number | None = _of("FALLBACK_NUMBER", None)
    fallback_screened: YesNo = _of("FALLBACK_SCREENED", True)
    dispatch_number: DispatchNumber | None = _of("DISPATCH_NUMBER", None)
    seal_keys: Keys | None = _of("SEAL_KEYS", None)
    seal_public_key: Key | None = _of("SEAL_PUBLIC_KEY", None)
    web_key: Key | None = _of("WEB_KEY", None)
    pseudonym_key: Key | None = _of("PSEUDONYM_KEY", None)
    data_dir: Path | None = _of("HOTLINE_DATA", None)

    def need(self, field: str) -> Any:
        """The setting, or BadSettings naming the variable that would give it."""
        value = getattr(self, field)
        if value is None:
            name = _alias(type(self), field)
            raise BadSettings((f"{name} is not set: set it, or give --data DIR of a running `hotline up`",))
        return value


PROCESSES: dict[str, type[Settings]] = {
    "web": WebSettings,
    "console": ConsoleSettings,
    "urgent": WorkerSettings,
    "worker": WorkerSettings,
    "sweep": WorkerSettings,
    "cli": CliSettings,
}
Wanted = TypeVar("Wanted", bound=Settings)


def read(cls: type[Wanted], environ: Mapping[str, str]) -> Wanted:
    """The settings of one process, or BadSettings with every problem there is; an empty variable counts as not set."""
    given = {name: value.strip() for name, value in environ.items() if value.strip()}
    production = given.get("HOTLINE_ENV", "production") not in ("demo", "test")
    problems = [f"{name} must not be set: {mend}" for name, mend in REFUSED.items() if name in given]
    problems += _between(given)
    try:
        own = {name: given[name] for name in names(cls) if name in given}
        settings = cls.model_validate(own, context={"production": production})
    except ValidationError as refused:
        errors = refused.errors(include_input=False)
        problems += [_said(str(error["loc"][0]), error["type"], error["msg"]) for error in errors]
    if problems:
        raise BadSettings(tuple(dict.fromkeys(problems))) from None
    return settings


def take(cls: type[Wanted], environ: MutableMapping[str, str] = os.environ) -> Wanted:
    """As `read`, for a process that serves: secrets leave the environment, which granian copies into each request."""
    settings = read(cls, environ)
    for name in SECRETS:
        environ.pop(name, None)
    return settings


def names(cls: type[Settings]) -> tuple[str, ...]:
    """The variables that this class reads: what its process may be given."""
    return tuple(_alias(cls, field) for field in cls.model_fields)


def _alias(cls: type[Settings], field: str) -> str:
    return str(cls.model_fields[field].alias)


def _said(name: str, kind: str, message: str) -> str:
    if kind == "missing":
        return f"{name} is not set: {MEANINGS[name]}"
    return f"{name} {message.removeprefix('Value error, ')}"


def _between(given: Mapping[str, str]) -> Iterator[str]:
    """What is wrong between two settings, whichever process reads them."""
    for left, right in combinations([name for name in (*NUMBERS, "DISPATCH_NUMBER") if name in given], 2):
        if given[left] == given[right]:
            yield f"{right} is the same number as {left}: each must have its own"
    parts = [(name, part.strip()) for name in KEYS for part in given.get(name, "").split(",") if part.strip()]
    for (left, one), (right, other) in combinations(parts, 2):
        if one == other:
            same = left == right
            yield f"{left} lists one secret twice" if same else f"{right} repeats {left}: every secret must be its own"


SETTINGS_TABLE: tuple[Setting, ...] = tuple(
    Setting(
        name,
        meaning,
        DEFAULTS.get(name, "required"),
        tuple(process for process, cls in PROCESSES.items() if name in names(cls)),
    )
    for name, meaning in MEANINGS.items()
)
