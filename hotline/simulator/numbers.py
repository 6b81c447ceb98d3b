"""The line's own numbers: where their calls and texts go, as an operator sets it over REST."""

from dataclasses import dataclass
from datetime import datetime

from hotline.simulator.leg import Source, fixed_sid
from hotline.simulator.settings import Settings


@dataclass
class Number:
    phone: str
    created_at: datetime
    voice_url: str
    sms_url: str
    status_callback: str
    voice_method: str = "POST"
    voice_fallback_url: str = ""
    voice_fallback_method: str = "POST"
    voice_caller_id_lookup: bool = False
    sms_method: str = "POST"
    sms_fallback_url: str = ""
    sms_fallback_method: str = "POST"
    status_callback_method: str = "POST"
    friendly_name: str = ""
    emergency_address_sid: str | None = None

    def __post_init__(self) -> None:
        self.updated_at = self.created_at
        self.friendly_name = self.friendly_name or self.phone

    @property
    def sid(self) -> str:
        return fixed_sid("PN", self.phone)

    @property
    def voice(self) -> Source:
        return Source(self.voice_url, self.voice_method)

    @property
    def voice_fallback(self) -> Source | None:
        return Source(self.voice_fallback_url, self.voice_fallback_method) if self.voice_fallback_url else None


def numbers_of(settings: Settings) -> dict[str, Number]:
    """The numbers as they are before anybody sets them otherwise: they go to the line's doors."""
    born, origin = settings.clock.origin, settings.public_url
    return {
        phone: Number(phone, born, f"{origin}/twilio/voice", f"{origin}/twilio/sms", f"{origin}/twilio/voice/status")
        for phone in settings.numbers
    }
