"""The voices Twilio lists for our languages, and which pair of voice and language it cannot speak.

Voices of languages that are not in this table are taken on trust.
"""

LEGACY = frozenset(("man", "woman", "alice"))
CHIRP = "Aoede Charon Fenrir Kore Leda Orus Puck Zephyr"
US = "Ivy Joanna Joey Justin Kendra Kevin Kimberly Matthew Salli"


def _polly(names: str, kind: str = "") -> set[str]:
    return {f"Polly.{name}{kind}" for name in names.split()}


def _google(language: str, kind: str, letters: str) -> set[str]:
    return {f"Google.{language}-{kind}-{letter}" for letter in letters.split()}


def _google_ca() -> set[str]:
    kinds = ("Standard", "Wavenet", "Neural2")
    return set().union(*(_google("fr-CA", kind, "A B C D") for kind in kinds), _google("fr-CA", "Chirp3-HD", CHIRP))


def _google_us() -> set[str]:
    all_letters = "A B C D E F G H I J"
    kinds = (
        ("Standard", all_letters),
        ("Wavenet", all_letters),
        ("Neural2", "A C D E F G H I J"),
        ("Chirp3-HD", CHIRP),
    )
    return set().union(*(_google("en-US", kind, letters) for kind, letters in kinds))


VOICES: dict[str, frozenset[str]] = {
    "fr-CA": frozenset(_polly("Chantal") | _polly("Gabrielle Liam", "-Neural") | _google_ca()),
    "fr-FR": frozenset(_polly("Celine Lea Mathieu") | _polly("Lea Remi", "-Neural") | _polly("Lea", "-Generative")),
    "en-CA": frozenset(),
    "en-US": frozenset(
        _polly(US)
        | _polly(f"{US} Danielle Gregory Ruth Stephen", "-Neural")
        | _polly("Danielle Joanna Matthew Ruth Stephen", "-Generative")
        | _google_us()
    ),
}


def problem(voice: str, language: str) -> tuple[int, str] | None:
    """Why Twilio would not say anything with this pair: its code, and what is wrong."""
    if not voice or voice in LEGACY:
        return None
    speaks = {known for known, voices in VOICES.items() if voice in voices}
    if not language:
        return None if speaks or not voice.startswith(("Polly.", "Google.fr", "Google.en")) else _unknown(voice)
    if language in VOICES and voice not in VOICES[language]:
        if language == "fr-FR" and voice.startswith("Google.fr-FR-"):
            return None
        return (13511, f"{voice} does not speak {language}") if speaks or language == "en-CA" else _unknown(voice)
    return (13511, f"{voice} does not speak {language}") if speaks and language not in VOICES else None


def _unknown(voice: str) -> tuple[int, str]:
    return 13512, f"{voice} is not a voice that Twilio lists"
