"""What a telephone number is, and which ones we may dial. The only room with phonenumbers in it.

A caller's number is a hint, never a proof, and may be anything: what is not plainly a number is nobody's. Which numbers
we may dial is a list of what is allowed: "+1" includes the Caribbean, and a stolen line pays somebody by the minute.
"""

import re
from typing import NewType

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType

E164 = NewType("E164", str)

HOME = "CA"
FOR_PEOPLE = frozenset({"CA"})
FOR_RESPONDERS = frozenset({"CA", "US"})

WITHHELD = frozenset({"anonymous", "restricted", "unavailable", "unknown", "private", "blocked"})
# Some carriers spell those words on the keypad (ANONYMOUS is 266696687); phonenumbers takes them for Lesotho or Russia.
_KEYPAD = str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999")
SPELT = frozenset(word.translate(_KEYPAD) for word in WITHHELD)

# 555-0100 to 555-0199 are set aside for fiction in every area: nobody is rung by them, so demo and tests use them.
# phonenumbers calls them valid or only possible according to its version, so they are judged as an ordinary number of
# the same area would be.
FICTION = re.compile(r"\+1([2-9]\d\d)55501\d\d")
# Charged by the call though the area is ordinary: the 976 exchange and directory assistance.
_PAID = re.compile(r"\+1\d{3}(976\d{4}|5551212)")

_SHAPE = re.compile(r"[+(]?[0-9 ().\-]{7,24}")
_ORDINARY = frozenset(
    {PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE, PhoneNumberType.VOIP}
)
_KINDS = {
    PhoneNumberType.TOLL_FREE: "toll-free",
    PhoneNumberType.PREMIUM_RATE: "premium",
    PhoneNumberType.SHARED_COST: "premium",
    PhoneNumberType.UAN: "premium",
}


class BadNumber(ValueError):
    """A number that cannot be a responder's; `reason` is a code, and the number is not repeated."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"this number cannot be used: {reason}")
        self.reason = reason


def caller(raw: str | None) -> E164 | None:
    """Who calls or writes; None for a withheld number, a short code, an address or garbage."""
    parsed = _parsed(raw)
    if parsed is None or not phonenumbers.is_possible_number(parsed):
        return None
    number = _e164(parsed)
    return None if number[1:] in SPELT else number


def refusal(number: str, regions: frozenset[str] = FOR_PEOPLE) -> str | None:
    """Why we do not dial this number, as a code; None if we may.

    Codes: "not-a-number", "short-code", "satellite", "toll-free", "premium", "not-ordinary", "region".
    """
    parsed = _parsed(number)
    if parsed is None:
        return "short-code" if re.fullmatch(r"\+?1?\d{3,6}", number.strip()) else "not-a-number"
    judged = _ordinary_twin(parsed)
    if not phonenumbers.is_valid_number(judged):
        return "not-a-number"
    return _kind(judged) or (None if _region(judged) in regions else "region")


def may_dial(number: str, regions: frozenset[str] = FOR_PEOPLE) -> bool:
    """May the line dial this number? Canada only, unless the operator allows other regions; `refusal` says why not."""
    return refusal(number, regions) is None


def for_responder(raw: str) -> E164:
    """A responder's number, of Canada or the United States, as E.164; BadNumber otherwise."""
    reason = refusal(raw, FOR_RESPONDERS)
    parsed = _parsed(raw)
    if reason or parsed is None:
        raise BadNumber(reason or "not-a-number")
    return _e164(parsed)


def mask(number: str) -> str:
    """A number as it may be shown before it is revealed: its last two digits."""
    return f"•••{number[-2:]}" if len(number) > 6 else "•••"


def _parsed(raw: str | None) -> PhoneNumber | None:
    # Nothing with letters reaches the parser: it would dial 1-800-FLOWERS.
    if raw is None or not _SHAPE.fullmatch(raw.strip()):
        return None
    try:
        return phonenumbers.parse(raw, HOME)
    except NumberParseException:
        return None


def _e164(parsed: PhoneNumber) -> E164:
    return E164(phonenumbers.format_number(parsed, PhoneNumberFormat.E164))


def _ordinary_twin(parsed: PhoneNumber) -> PhoneNumber:
    """The number itself, or one of the same area in the place of a fictional one."""
    fiction = FICTION.fullmatch(_e164(parsed))
    return phonenumbers.parse(f"+1{fiction[1]}2345678", None) if fiction else parsed


def _kind(parsed: PhoneNumber) -> str | None:
    """Why numbers of this kind are refused wherever they are."""
    number = _e164(parsed)
    # Area 600 is Canada's non-geographic one, satellite telephones among them; phonenumbers calls it VoIP.
    if number.startswith("+1600") or phonenumbers.region_code_for_country_code(parsed.country_code or 0) == "001":
        return "satellite"
    if _PAID.fullmatch(number):
        return "premium"
    kind = phonenumbers.number_type(parsed)
    return _KINDS.get(kind) or (None if kind in _ORDINARY else "not-ordinary")


def _region(parsed: PhoneNumber) -> str | None:
    region: str | None = phonenumbers.region_code_for_number(parsed)
    return region
