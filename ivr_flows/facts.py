"""The facts of a text that scripts and rules of priority may use, by name (the list is in docs/triage.md).

Facts of danger are told of an urgent text alone: « enfermée » in a school paper is no confinement, and a fact is enough
to wake the team.
"""

from collections.abc import Collection, Mapping

from ivr_flows.phrases import Page

# fact -> the tables of phrases that tell it
DANGER: Mapping[str, tuple[str, ...]] = {
    "suicide": ("suicide",), "weapon": ("weapon",), "confinement": ("confinement",),
    "abuser_present": ("present", "screen"), "cannot_speak": ("mute",), "now": ("now",),
    "pregnant_or_injured": ("injured",), "violence_client": ("by_buyer",),
}  # fmt: skip
ALWAYS: Mapping[str, tuple[str, ...]] = {
    "tu": ("tu",), "retract": ("retract",), "where": ("where",), "wants_no_police": ("no_police",),
    "runaway": ("runaway",), "shared_phone": ("screen",), "buyer": ("buyer",), "spam": ("spam",),
}  # fmt: skip
SUPPORT: Mapping[str, tuple[str, ...]] = {"exit_help": ("leaving",), "violence_client": ("by_buyer",)}


def of_danger(page: Page) -> set[str]:
    """What an urgent text says of the danger."""
    return _told(page, DANGER)


def of_all(page: Page) -> set[str]:
    """What any text may say."""
    facts = _told(page, ALWAYS)
    if page.is_only("printed_help"):
        facts.discard("tu")  # the card says it so
    if page.is_only("printed_erase") or page.has("erase"):
        facts.add("erase")
        facts.discard("retract")
    return facts


def of_path(page: Page, path: str, lang: str | None, minor: str) -> set[str]:
    """What follows from what the text is about, and from who is in it."""
    facts = {path} & {"info", "tip"}
    if path in ("victim_support", "urgent"):
        facts |= _told(page, SUPPORT)
        if page.has("family"):
            facts |= {"relative", "worried_relative"}
    facts |= {"minor"} if minor in ("Y", "S") else set()
    facts |= {"minor_suspected"} if minor == "S" else set()
    facts |= {"interpreter"} if lang == "other" else set()
    facts |= {"luring_online"} if minor == "Y" and page.has("online") and path != "info" else set()
    return facts


def _told(page: Page, tables: Mapping[str, Collection[str]]) -> set[str]:
    return {fact for fact, groups in tables.items() if page.has(*groups)}
