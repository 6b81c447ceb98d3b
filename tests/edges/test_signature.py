"""Our signature check says exactly what the SDK's RequestValidator says, and no more than it is asked."""

from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict

from hotline.telephone.signature import is_twilios, parse_form, public_target

TOKEN = "12345"
MY_COMPANY = "https://mycompany.com/myapp.php?foo=1&bar=2"
CALL = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
    ("Caller", "+14158675309"),
]
REPEATED = [("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234"), ("Digits", "1234")]
FRENCH = [("Body", "Arrêt à côté"), ("From", "+15145550100"), ("NumMedia", "0"), ("MediaUrl0", "")]
ENTERED = "https://ligne.example.org/voix/entr%C3%A9e?m=%C3%A9t%C3%A9&x=a%2Fb%20c"
PLAIN = "http://mycompany.com/myapp.php?foo=1&bar=2"

VECTORS = {
    "the SDK's own": (MY_COMPANY, CALL, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    "signed with the default port": (MY_COMPANY, CALL, "kvajT1Ptam85bY51eRf/AJRuM3w="),
    "http, signed with port 80": (PLAIN, CALL, "0ZXoZLH/DfblKGATFgpif+LLRf4="),
    "http, port 1234 kept": (PLAIN.replace(".com", ".com:1234"), CALL, "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
    "repeated keys": (MY_COMPANY, REPEATED, "IK+Dwps556ElfBT0I3Rgjkr1wJU="),
    "a French text, a blank value": ("https://ligne.example.org/sms?lang=fr", FRENCH, "eVGUq5aEj4rIazTWsP/86VZkcOY="),
    "a GET": ("https://ligne.example.org/voix/menu?CallSid=CA0123&Digits=1", [], "ZxPr6MW8sEo6qXrMtgsoEzZngnc="),
    "a withheld caller, port 8443": (
        "https://ligne.example.org:8443/voix",
        [("CallSid", "CA0123"), ("From", "anonymous")],
        "gQWx7DOeX0HctGvquxm8xTX6tCw=",
    ),
    "a target with escapes": (ENTERED, [("CallSid", "CA0123")], "h20c3et8CCfWWxm44taDmw8BrH0="),
}

HOSTS = st.from_regex(r"[a-z][a-z0-9-]{0,8}(\.[a-z]{2,5}){1,2}(:[1-9][0-9]{1,3})?", fullmatch=True)
PATHS = st.from_regex(r"(/[A-Za-z0-9._~%-]{0,6}){0,3}(\?[A-Za-z0-9=&%]{0,8})?", fullmatch=True)
URLS = st.builds("{}://{}{}".format, st.sampled_from(["http", "https"]), HOSTS, PATHS)
WORDS = st.text(st.characters(codec="utf-8"), max_size=6)
FIELDS = st.lists(st.tuples(st.sampled_from(["Body", "From", "Digits", "é", ""]) | WORDS, WORDS), max_size=6)


def sdk_says(url, fields, header, token=TOKEN):
    return RequestValidator(token).validate(url, MultiDict(fields), header)


@pytest.mark.parametrize(("url", "fields", "signature"), VECTORS.values(), ids=VECTORS)
def test_a_vector_of_the_contract_is_twilios(url, fields, signature):
    """Every vector of the contract passes, here and in the SDK."""
    assert is_twilios(url, fields, signature, [TOKEN]) is sdk_says(url, fields, signature) is True


@pytest.mark.parametrize(("url", "fields", "signature"), VECTORS.values(), ids=VECTORS)
def test_one_field_more_is_not_twilios(url, fields, signature):
    """Whoever adds a field to a signed form has forged it."""
    forged = [*fields, ("Digits", "9")]
    assert is_twilios(url, forged, signature, [TOKEN]) is sdk_says(url, forged, signature) is False


# A machine that is busy with other tests is no fault of these.
busy = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@busy
@given(URLS, FIELDS, st.sampled_from(["", ":443", ":80"]), st.sampled_from([TOKEN, "another"]))
def test_we_say_what_the_sdk_says(url, fields, port, token):
    """Made-up requests, signed with a port, without one or with another token: the two never differ."""
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    signed = f"{scheme}://{host}{port}{slash}{path}"
    header = RequestValidator(token).compute_signature(signed, MultiDict(fields))
    assert is_twilios(url, fields, header, [TOKEN]) is sdk_says(url, fields, header)


def test_any_token_of_a_rotation_validates():
    """While tokens rotate, the old and the new one both sign."""
    url, fields, signature = VECTORS["the SDK's own"]
    assert [is_twilios(url, fields, signature, tokens) for tokens in (["new", TOKEN], [TOKEN, "new"], ["new"], [])] == [
        True, True, False, False,
    ]  # fmt: skip


def test_an_empty_token_signs_nothing():
    """A stray comma in TWILIO_AUTH_TOKEN opens no door."""
    forged = RequestValidator("").compute_signature(MY_COMPANY, dict(CALL))
    assert not is_twilios(MY_COMPANY, CALL, forged, ["", TOKEN])


@pytest.mark.parametrize("header", ["", "RSOYDt4T1cUTdK1PDd93/VVr8B8", "é", "\udcff"])
def test_a_header_that_is_no_signature_is_refused(header):
    """Missing, cut short or garbled: a no, never an error."""
    assert not is_twilios(MY_COMPANY, CALL, header, [TOKEN])


def test_a_target_that_a_framework_decoded_is_not_what_was_signed():
    """The regression of fact 1: request.url is not the signed URL."""
    decoded = "https://ligne.example.org/voix/entrée?m=été&x=a/b c"
    assert not is_twilios(decoded, [("CallSid", "CA0123")], "h20c3et8CCfWWxm44taDmw8BrH0=", [TOKEN])


@pytest.mark.parametrize(
    ("path", "query", "target"),
    [
        ("/twilio/voice", "", "https://l.example/twilio/voice"),
        ("/twilio/voice", "a=%C3%A9", "https://l.example/twilio/voice?a=%C3%A9"),
        ("/twilio/last/3/quiet", "", "https://l.example/twilio/last/3/quiet"),
        ("/A-z_0.~", "", "https://l.example/A-z_0.~"),
        *((path, "", None) for path in ("", "twilio", "/é", "/a b", "/a%20b", "/a+b", "/a;b", "/a?b", "/a\n", "/a\\b")),
    ],
)
def test_only_an_unambiguous_path_has_a_target(path, query, target):
    """A path that may have been written in two ways has none."""
    assert public_target("https://l.example/", path, query) == target


@busy
@given(FIELDS.filter(bool))
def test_a_form_is_read_as_it_was_written(fields):
    """Order, repeats and blanks come through."""
    assert parse_form(urlencode(fields).encode()) == fields


def test_an_empty_body_has_no_fields():
    """No body is an empty form."""
    assert parse_form(b"") == []


@pytest.mark.parametrize("body", [b"a", b"a=1&&b=2", b"a=%ff", b"a=%zz", b"a=%", b"a=\xc3\xa9", b"a=%ed%a0%80", b"&"])
def test_a_garbled_form_is_an_error(body):
    """What is not exactly a form is refused whole."""
    with pytest.raises(ValueError):
        parse_form(body)


def test_a_form_of_many_fields_is_an_error():
    """Nobody makes us sort a million names."""
    with pytest.raises(ValueError):
        parse_form(b"&".join(b"a=1" for _ in range(501)))
