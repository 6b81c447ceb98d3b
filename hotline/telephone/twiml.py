"""Small pieces of TwiML that the voice channel and the last resort share. Strings in, strings out.

Attributes are written in camelCase as Twilio reads them (contract, section 2); every text is escaped and holds no
character that XML forbids. Whoever passes content passes elements made here.
"""

import re
from collections.abc import Callable, Mapping
from xml.sax.saxutils import escape

from ivr_flows.model import Tongue
from ivr_flows.turns import Say

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# One voice per language, never one for both (manners 7). Twilio lists no en-CA voice (contract 2.1).
VOICES: Mapping[Tongue, Mapping[str, str]] = {
    "fr": {"voice": "Polly.Gabrielle-Neural", "language": "fr-CA"},
    "en": {"voice": "Polly.Joanna-Neural", "language": "en-US"},
    "es": {"voice": "Polly.Mia-Neural", "language": "es-MX"},
    # No voice speaks Haitian Creole; the French one is understood until a person has recorded the sentence.
    "ht": {"voice": "Polly.Gabrielle-Neural", "language": "fr-CA"},
}
RATE = "90%"
QUOTE = {'"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}


def element(tag: str, content: str = "", attributes: Mapping[str, str] | None = None) -> str:
    """One element; its content is already XML."""
    written = "".join(f' {name}="{_clean(value, QUOTE)}"' for name, value in (attributes or {}).items())
    return f"<{tag}{written}>{content}</{tag}>" if content else f"<{tag}{written}/>"


def text(value: str) -> str:
    """Plain words as XML content."""
    return _clean(value, {})


def document(*elements: str) -> str:
    """A whole TwiML document."""
    return f"{DECLARATION}{element('Response', ''.join(elements))}"


def say(words: str, language: Tongue) -> str:
    """Words in the voice of their language; nothing where there are none: an empty Say is Twilio's error 13520."""
    if not words.strip():
        return ""
    return element("Say", element("prosody", text(words), {"rate": RATE}), VOICES[language])


def says(*said: Say, audio: Callable[[str], str] = lambda name: "") -> str:
    """Several sentences, each in its own language's voice, or as a person recorded it where `audio` has an address."""
    return "".join(
        element("Play", text(address)) if one.audio and (address := audio(one.audio)) else say(one.words, one.language)
        for one in said
    )


def pause(seconds: int) -> str:
    return element("Pause", "", {"length": str(seconds)})


def redirect(url: str = "") -> str:
    """To another document, or to this one again."""
    return element("Redirect", text(url), {"method": "POST"})


def gather(content: str, seconds: int, action: str, empty_too: bool, keys: int = 1) -> str:
    """Listen for one key, `#` and `*` too. `empty_too`: silence goes to the action as well, not to the next verb."""
    attributes = {"input": "dtmf", "numDigits": str(keys), "finishOnKey": "", "timeout": str(seconds)}
    heard = {"actionOnEmptyResult": "true"} if empty_too else {}
    return element("Gather", content, attributes | heard | {"action": action, "method": "POST"})


def _clean(value: str, entities: dict[str, str]) -> str:
    return escape(NOT_XML.sub("", value), entities)
