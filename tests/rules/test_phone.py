"""Which numbers are numbers, and which may be dialled. Only 555-01xx numbers, or ones nobody can hold, are here."""

import pytest

from hotline.rules.phone import FOR_RESPONDERS, BadNumber, caller, for_responder, mask, may_dial, refusal

WITHHELD = ["anonymous", "Restricted", "UNKNOWN", "unavailable", "private", "blocked"]
SPELT = ["+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253", "+7748283"]
NOBODY = [None, "", "  ", "+", "client:web", "sip:a@b.ca", "tel", "22333", "911", "+1911", "1-800-FLOWERS", "٠" * 10]


def test_what_is_not_plainly_a_number_is_nobodys():
    """Withheld words, their spellings on the keypad, addresses, short codes and garbage give no caller."""
    assert [raw for raw in WITHHELD + SPELT + NOBODY if caller(raw) is not None] == []


@pytest.mark.parametrize("raw", ["+15145550123", "5145550123", "(514) 555-0123", "1 514 555 0123", " +1 514-555-0123 "])
def test_a_number_has_one_spelling(raw: str):
    """However it is written, a caller's number is the same E.164."""
    assert caller(raw) == "+15145550123"


def test_a_foreign_caller_is_a_caller():
    """A call from abroad has a number, though we would not dial it."""
    assert caller("+447700900123") == "+447700900123"
    assert refusal("+447700900123") is not None


REASONS = {
    "+15145550123": None,
    "+18675550199": None,
    "+12125550123": "region",
    "911": "short-code",
    "+1211": "short-code",
    "22333": "short-code",
    "+18765550123": "region",
    "+18765231234": "region",
    "+12423251234": "region",
    "+18095231234": "region",
    "+33123456789": "region",
    "+18005550123": "toll-free",
    "+18332345678": "toll-free",
    "+19002345678": "premium",
    "+15149765555": "premium",
    "+15145551212": "premium",
    "+16002345678": "satellite",
    "+881612345678": "satellite",
    "+870773111632": "satellite",
    "+15002345678": "not-ordinary",
    "+11234567890": "not-a-number",
    "+1514555012": "not-a-number",
    "anonymous": "not-a-number",
    "": "not-a-number",
}


def test_why_a_person_s_number_is_not_dialled():
    """Canada's ordinary telephones are dialled; every other kind and region is refused with its reason."""
    assert {number: refusal(number) for number in REASONS} == REASONS
    assert [number for number, reason in REASONS.items() if may_dial(number) != (reason is None)] == []


def test_numbers_of_fiction_are_those_of_their_area():
    """555-01xx is accepted where an ordinary number of that area would be, whatever phonenumbers thinks of it."""
    assert [refusal(f"+1{area}5550142") for area in ("514", "438", "819", "604")] == [None] * 4
    assert refusal("+17875550142", FOR_RESPONDERS) == "region"


@pytest.mark.parametrize("raw", ["+15145550142", "514-555-0142", "+12125550142"])
def test_a_responder_is_in_canada_or_the_united_states(raw: str):
    """A responder's number comes out as E.164."""
    assert for_responder(raw).startswith("+1") and len(for_responder(raw)) == 12


@pytest.mark.parametrize("raw", ["911", "+18005550142", "+447700900123", "Camille"])
def test_a_responder_s_number_is_refused_without_being_repeated(raw: str):
    """What cannot be a responder's number is said to be so, and the error does not hold it."""
    with pytest.raises(BadNumber) as refused:
        for_responder(raw)
    assert raw not in str(refused.value) and refused.value.reason in str(refused.value)


def test_a_masked_number_shows_two_digits():
    """Before it is revealed, a number shows what tells two of them apart and no more."""
    assert (mask("+15145550123"), mask("911")) == ("•••23", "•••")
