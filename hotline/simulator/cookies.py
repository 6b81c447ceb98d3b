"""Cookies as the carrier keeps them: one jar for each call, and one for each pair of numbers that text each other.

A jar of texts is emptied after four hours of line time without traffic. It is pure: the instant is an argument.
"""

from datetime import datetime, timedelta
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

KEPT = timedelta(hours=4)


class Jars:
    def __init__(self) -> None:
        self._jars: dict[str, dict[tuple[str, str], str]] = {}
        self._used_at: dict[str, datetime] = {}

    def header(self, owner: str, url: str, now: datetime) -> str:
        """The Cookie header for an address, empty where there is none."""
        if now - self._used_at.get(owner, now) >= KEPT:
            self._jars.pop(owner, None)
        self._used_at[owner] = now
        host = urlsplit(url).netloc
        return "; ".join(f"{name}={value}" for (at, name), value in self._jars.get(owner, {}).items() if at == host)

    def keep(self, owner: str, url: str, given: list[str]) -> None:
        """What an answer set; a cookie set to nothing, or for no time at all, is forgotten."""
        for line in given:
            try:
                cookies = SimpleCookie(line)
            except CookieError:
                continue
            for name, morsel in cookies.items():
                key, jar = (urlsplit(url).netloc, name), self._jars.setdefault(owner, {})
                if morsel["max-age"] == "0" or not morsel.value:
                    jar.pop(key, None)
                else:
                    jar[key] = morsel.coded_value

    def clear(self) -> None:
        self._jars.clear()
        self._used_at.clear()
