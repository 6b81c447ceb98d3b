"""How many parts a text is sent in: GSM-7 where every character is in its alphabet, else UCS-2 for the whole text."""

GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_DOUBLE = frozenset("^{}\\[~]|€\f")


def segments(body: str) -> int:
    if all(character in GSM or character in GSM_DOUBLE for character in body):
        length, single, several = sum(2 if character in GSM_DOUBLE else 1 for character in body), 160, 153
    else:
        length, single, several = len(body.encode("utf-16-be")) // 2, 70, 67
    return 1 if length <= single else -(-length // several)
