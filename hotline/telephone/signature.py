"""Is this request Twilio's? Our own HMAC-SHA1, held equal to the SDK's RequestValidator by tests on every vector.

No JSON bodies and no shared keys: only form posts signed with an auth token are ever accepted. What is signed is the
public origin that was configured plus the raw request target, never what a framework made of it (contract, section 5).
"""

import hmac
import re
from base64 import b64encode
from collections.abc import Sequence
from urllib.parse import ParseResult, parse_qsl, urlparse

UNRESERVED_PATH = re.compile(r"/[A-Za-z0-9\-._~/]*")  # RFC 3986: granian decodes PATH_INFO; these it cannot change
GARBLED_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
MOST_FIELDS = 500


def is_twilios(url: str, fields: Sequence[tuple[str, str]], header: str, tokens: Sequence[str]) -> bool:
    """Whether one of the tokens signed this URL with these form fields; any doubt is a no.

    Every token is tried, with the URL's port and without, in the same time whichever fits. An empty one signs nothing.
    """
    try:
        parts = urlparse(url)
        signed = _signed_fields(fields)
        targets = [(target + signed).encode() for target in (_without_port(parts), _with_port(parts))]
    except ValueError:  # a port that is none, or half a surrogate pair
        return False
    given = header.encode("utf-8", "replace")
    keys = [token.encode() for token in tokens if token]
    matches = [hmac.compare_digest(_signature(key, target), given) for key in keys for target in targets]
    return any(matches)


def public_target(public_url: str, path: str, query: str) -> str | None:
    """The URL Twilio signed, from the configured origin, the decoded path and the raw query.

    None where the path could have been written in more than one way: nobody can say then what was signed.
    """
    if not UNRESERVED_PATH.fullmatch(path):
        return None
    return public_url.rstrip("/") + path + (f"?{query}" if query else "")


def parse_form(body: bytes) -> list[tuple[str, str]]:
    """The fields of a urlencoded form in their order, blanks and repeats kept; ValueError where it is not quite one."""
    text = body.decode("ascii")
    if GARBLED_ESCAPE.search(text):
        raise ValueError("a percent sign that escapes nothing")
    if not text:
        return []
    return parse_qsl(text, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=MOST_FIELDS)


def _signature(key: bytes, target: bytes) -> bytes:
    return b64encode(hmac.digest(key, target, "sha1"))


def _signed_fields(fields: Sequence[tuple[str, str]]) -> str:
    # A repeated pair is signed once: sorting the set of pairs is sorting the names, then each name's values.
    return "".join(name + value for name, value in sorted(set(fields)))


def _without_port(parts: ParseResult) -> str:
    return parts._replace(netloc=parts.netloc.split(":")[0]).geturl() if parts.port else parts.geturl()


def _with_port(parts: ParseResult) -> str:
    if parts.port:
        return parts.geturl()
    return parts._replace(netloc=f"{parts.netloc}:{443 if parts.scheme == 'https' else 80}").geturl()
