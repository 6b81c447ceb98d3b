"""Twilio's error codes that the line must handle (contract 3.6): the HTTP status each comes with, and its words.

A code of the first table refuses a REST request; one of the second comes later, in the status callback of a text; those
of the third are written in the account's log when a document or a web server of ours was wrong.
"""

from typing import Any

REST: dict[int, tuple[int, str]] = {
    10004: (429, "Call concurrency limit exceeded"),
    20001: (400, "Invalid parameter"),
    20003: (401, "Authenticate"),
    20009: (400, "The resource cannot be changed before it has finished"),
    20404: (404, "The requested resource was not found"),
    20422: (422, "Invalid parameter"),
    20429: (429, "Too Many Requests"),
    20500: (500, "Internal Server Error"),
    20503: (503, "Service Unavailable"),
    21201: (400, "No 'To' number is specified"),
    21202: (400, "'To' number is a premium or an emergency number"),
    21203: (400, "International calling is not enabled"),
    21204: (400, "Call already initiated"),
    21205: (400, "Url parameter is required"),
    21206: (400, "Invalid SendDigits"),
    21207: (400, "Invalid IfMachine"),
    21208: (400, "Invalid Timeout"),
    21209: (400, "Invalid Method"),
    21210: (400, "'From' phone number not verified"),
    21211: (400, "Invalid 'To' phone number"),
    21212: (400, "Invalid 'From' phone number"),
    21213: (400, "'From' phone number is required"),
    21214: (400, "'To' phone number cannot be reached"),
    21215: (400, "Account not authorized to call this number: geographic permissions"),
    21216: (400, "Account not allowed to call this number"),
    21217: (400, "Phone number does not appear to be valid"),
    21219: (400, "'To' phone number not verified: trial account"),
    21220: (400, "Call is not in-progress. Cannot redirect."),
    21262: (400, "A detection of machines needs a callback"),
    21405: (400, "A fallback needs a voice URL"),
    21406: (400, "A fallback needs an SMS URL"),
    21408: (400, "Permission to send an SMS has not been enabled for this region"),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' phone number is required."),
    21604: (400, "A 'To' phone number is required."),
    21606: (400, "The 'From' phone number cannot send to this destination"),
    21608: (400, "The 'To' number is unverified: trial account"),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21611: (400, "This 'From' number has exceeded the maximum number of queued messages"),
    21612: (400, "The 'To' phone number is not currently reachable by SMS"),
    21614: (400, "'To' number is not a valid mobile number"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit."),
    21619: (400, "A text message body or media urls must be specified."),
    21620: (400, "Invalid media URL(s)"),
    21623: (400, "Number of media files exceeds allowed limit"),
    21701: (400, "The Messaging Service does not exist"),
    21703: (400, "The Messaging Service contains no phone numbers"),
}
TEXTS: dict[int, str] = {
    30001: "Queue overflow",
    30002: "Account suspended",
    30003: "Unreachable destination handset",
    30004: "Message blocked",
    30005: "Unknown destination handset",
    30006: "Landline or unreachable carrier",
    30007: "Carrier violation",
    30008: "Unknown error",
    30017: "Carrier network congestion",
    30024: "Numeric sender not provisioned on carrier",
    30032: "Toll-free number has not been verified",
    30034: "US 10DLC: message from an unregistered number",
    30036: "Validity period expired",
}
LOG: dict[int, str] = {
    11100: "Invalid URL format",
    11200: "HTTP retrieval failure",
    11205: "HTTP connection failure",
    11206: "HTTP protocol violation",
    11210: "HTTP bad host name",
    11215: "HTTP too many redirects",
    11220: "SSL/TLS handshake error",
    11235: "Certificate invalid: domain mismatch",
    11237: "Certificate invalid: could not find path to certificate",
    11750: "TwiML response body too large",
    12100: "Document parse failure",
    12200: "Schema validation warning",
    12300: "Invalid Content-Type",
    13201: "Dial: cannot dial out from a dial call segment",
    13214: "Dial: invalid callerId value",
    13223: "Dial: invalid phone number format",
    13224: "Dial: Twilio does not support calling this number",
    13225: "Dial: forbidden phone number",
    13226: "Dial: invalid country code",
    13227: "Dial: no international authorization",
    13240: "Dial->Conference: invalid coach value",
    13248: "Dial: callerId is too long",
    13320: "Gather: invalid nested element",
    13420: "Play: invalid Content-Type",
    13520: "Say: invalid text",
    14107: "SMS send rate limit exceeded",
    14110: "Invalid verb for SMS reply",
    16020: "Conference full",
    16021: "Conference concurrency limit reached",
    16025: "Conference participant label in use",
}


class Refused(Exception):
    """A REST request that Twilio would refuse."""

    def __init__(self, status: int, code: int, message: str = "") -> None:
        super().__init__(message or meaning(code))
        self.status = status
        self.code = code

    def body(self) -> dict[str, Any]:
        more = f"https://www.twilio.com/docs/errors/{self.code}"
        return {"code": self.code, "message": str(self), "more_info": more, "status": self.status}


def refused(code: int, message: str = "") -> Refused:
    """The refusal with this code, at the HTTP status it comes with."""
    return Refused(REST[code][0], code, message)


def not_found(path: str) -> Refused:
    return Refused(404, 20404, f"The requested resource {path} was not found")


def meaning(code: int) -> str:
    """What a code says, whichever table it is in."""
    known = REST[code][1] if code in REST else TEXTS.get(code) or LOG.get(code)
    return known or f"Error {code}"
