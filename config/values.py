"""What one setting may hold: a value that is wrong is refused with the mend in words, and never repeated.

What is weak is refused too: a key that repeats itself, an example of the documents, an emergency number.
"""

import base64
import binascii
import re
from datetime import UTC, date, datetime
from typing import Annotated, Literal, NoReturn
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

EXAMPLES = frozenset({bytes(range(32)), b"0123456789abcdef0123456789abcdef", b"change-me-change-me-change-me-32"})
TWILIO = "https://api.twilio.com"
MAKES_ONE = "`openssl rand -base64 32` makes one"
TOLL_FREE = ("800", "833", "844", "855", "866", "877", "888")


def _production(info: ValidationInfo) -> bool:
    return bool((info.context or {}).get("production", True))


def _comma(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _yes_no(value: object) -> object:
    answers = {"yes": True, "no": False}
    return answers[value.lower()] if isinstance(value, str) and value.lower() in answers else _fail("say yes or no")


def _fail(mend: str) -> NoReturn:
    raise ValueError(mend)


def _strong(secret: bytes) -> bytes:
    if len(set(secret)) < 8 or secret in EXAMPLES:
        _fail(f"is too weak: it repeats itself or is an example of the documents; {MAKES_ONE}")
    return secret


def _key(value: object) -> object:
    try:
        raw = base64.b64decode(str(value), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    return _strong(raw) if len(raw) == 32 else _fail(f"must be base64 of exactly 32 bytes; {MAKES_ONE}")


def _phrase(value: str) -> str:
    if len(value) < 32:
        _fail(f"is too short: 32 characters or more; {MAKES_ONE}")
    _strong(value.encode())
    return value


def _tokens(value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
    weak = any(len(token) < 32 or len(set(token)) < 8 for token in value)
    if not value or (weak and _production(info)):
        _fail("must be the account's auth token, 32 hexadecimal digits")
    return value


def _account(value: str, info: ValidationInfo) -> str:
    right = r"AC[0-9a-f]{32}" if _production(info) else r"AC\w+"
    return value if re.fullmatch(right, value) else _fail("must be AC and 32 hexadecimal digits")


def _number(value: str) -> str:
    local = re.fullmatch(r"\+1([2-9]\d\d)[2-9]\d{6}", value)
    if re.fullmatch(r"\+?1?(\d11|112|999)", value) or (local and local[1][1:] == "11"):
        _fail("must not be an emergency or service number; give a person's or a switchboard's full number")
    well_formed = local if value.startswith("+1") else re.fullmatch(r"\+[2-9]\d{6,14}", value)
    return value if well_formed else _fail("must be a full number, as +15145550100")


def _ten_digits(value: str) -> str:
    return value if value.startswith("+1") else _fail("must be a full number of ten digits, as +15145550100")


def _not_toll_free(value: str) -> str:
    return _fail("must not be toll-free: many telephones block such a call") if value[2:5] in TOLL_FREE else value


def _postgres(value: str) -> str:
    scheme, found, rest = value.partition("://")
    known = found and scheme in ("postgres", "postgresql", "postgresql+psycopg")
    return (
        f"postgresql+psycopg://{rest}"
        if known
        else _fail("must begin with postgresql://: PostgreSQL is the only engine")
    )


def _redis(value: str, info: ValidationInfo) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("redis", "rediss", "unix"):
        _fail("must begin with redis://, rediss:// or unix://")
    if _production(info) and not parts.password:
        _fail("has no password; write redis://:PASSWORD@host:6379/0")
    return value


def _origin(value: str, info: ValidationInfo) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        _fail("must be an address as https://line.example.org, without query")
    if _production(info) and parts.scheme != "https":
        _fail("must begin with https:// in production")
    return value.rstrip("/")


def _carrier(value: str, info: ValidationInfo) -> str:
    if _production(info) and value != TWILIO:
        _fail(f"may only be {TWILIO} in production; unset it")
    return value


def _zone(value: object) -> object:
    try:
        return ZoneInfo(str(value))
    except (KeyError, ValueError, OSError):
        return _fail("is not a zone of the tz database, as America/Toronto")


def _pace(value: float, info: ValidationInfo) -> float:
    if _production(info) and value != 1:
        _fail("is for demo and test only; unset it")
    return value if 1 <= value <= 20 else _fail("must be from 1 to 20")


def _instant(value: object) -> object:
    try:
        instant = datetime.fromisoformat(str(value))
    except ValueError:
        _fail("must be an ISO instant, as 2026-11-22T02:00:00+00:00")
    return instant.astimezone(UTC) if instant.tzinfo else _fail("must say its offset from UTC")


def _day(value: object) -> object:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return _fail("must be the day it was confirmed in writing, as 2026-11-22")


Day = Annotated[date, BeforeValidator(_day)]
Key = Annotated[bytes, BeforeValidator(_key)]
Keys = Annotated[tuple[Key, ...], BeforeValidator(_comma), Field(min_length=1)]
Phrase = Annotated[str, AfterValidator(_phrase)]
Tokens = Annotated[tuple[str, ...], BeforeValidator(_comma), AfterValidator(_tokens)]
Account = Annotated[str, AfterValidator(_account)]
Number = Annotated[str, AfterValidator(_number)]
DispatchNumber = Annotated[Number, AfterValidator(_ten_digits)]
CallbackNumber = Annotated[Number, AfterValidator(_not_toll_free)]
Numbers = Annotated[tuple[Number, ...], BeforeValidator(_comma)]
PostgresUrl = Annotated[str, AfterValidator(_postgres)]
RedisUrl = Annotated[str, AfterValidator(_redis)]
Url = Annotated[str, AfterValidator(_origin)]
CarrierUrl = Annotated[Url, AfterValidator(_carrier)]
YesNo = Annotated[bool, BeforeValidator(_yes_no)]
Zone = Annotated[ZoneInfo, BeforeValidator(_zone)]
Pace = Annotated[float, AfterValidator(_pace)]
Instant = Annotated[datetime, BeforeValidator(_instant)]
Environment = Literal["production", "demo", "test"]
