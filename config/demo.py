"""What a demonstration or a test run makes for itself where the environment gives nothing. Never used in production.

Secrets are made once and kept by the caller, so that a restart can open what it sealed.
"""

import base64
import secrets
from collections.abc import Callable, Mapping

from config.settings import DEMO_NUMBERS


def key() -> str:
    """32 random bytes, as the settings want them."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


MADE: dict[str, Callable[[], str]] = {
    "TWILIO_ACCOUNT_SID": lambda: f"AC{secrets.token_hex(16)}",
    "TWILIO_AUTH_TOKEN": lambda: secrets.token_hex(16),
    "SEAL_KEYS": key,
    "WEB_KEY": key,
    "PSEUDONYM_KEY": key,
    "SESSION_SECRET": lambda: secrets.token_urlsafe(32),
    "OPS_TOKEN": lambda: secrets.token_urlsafe(32),
}


def missing(given: Mapping[str, str], kept: Mapping[str, str]) -> dict[str, str]:
    """The secrets and numbers that were not given: as kept from an earlier run, else made now."""
    made = {name: kept.get(name) or make() for name, make in MADE.items() if not given.get(name)}
    numbers = {name: number for name, number in DEMO_NUMBERS.items() if not given.get(name)}
    return made | numbers
