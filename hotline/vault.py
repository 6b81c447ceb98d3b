"""The vault: who may read what. The only room with cryptography in it.

A `Sealer` is what the web may do: it seals cases and cannot open them. An `Opener`, which workers and console have,
opens them. Every key has one purpose (HKDF), so nothing sealed for one use opens in another. Nothing is stored or
logged here, and errors never carry what was sealed.
"""

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox
from nacl.pwhash import argon2id
from nacl.secret import Aead

KEY_BYTES = 32
# 128 bits of a name, in 26 letters and digits: nobody guesses a room, and a name says nothing.
NAME_LETTERS = 26
# A tip's secret has seven figures only and a PIN six: each guess must cost. About 60 ms of one core, and 32 MiB.
SLOW, LARGE = 2, 32 * 2**20
NOBODYS = bytes(argon2id.SALTBYTES + KEY_BYTES)


class NotOurs(Exception):
    """A token that this key did not seal for this use: forged, cut short, or bound to something else."""


class CannotOpen(Exception):
    """No key we hold opens this: its case was forgotten, or the key that wrapped it is gone."""


@dataclass(frozen=True, slots=True)
class CaseKeys:
    """A new case's public half, and its private half wrapped for the current seal key (named by its fingerprint)."""

    public: bytes
    wrapped: bytes = field(repr=False)
    key_id: str


def keygen() -> bytes:
    """A fresh private seal key: 32 bytes, X25519."""
    return bytes(PrivateKey.generate())


def public_half(private: bytes) -> bytes:
    """The public half of a private seal key: 32 bytes."""
    return bytes(PrivateKey(_checked(private)).public_key)


def fingerprint(public: bytes) -> str:
    """The short name of a seal key, by which rows say which key wraps them: 16 hexadecimal digits."""
    return hashlib.sha256(b"hotline seal key" + public).hexdigest()[:16]


def new_token() -> str:
    """256 bits of chance, for an address that only its owner knows."""
    return _unpadded(os.urandom(KEY_BYTES))


def token_hash(token: str) -> bytes:
    """What is kept of such a token: nobody can try all of them, so nothing slower is needed."""
    return hashlib.sha256(b"hotline token" + token.encode()).digest()


class Sealer:
    """What the web may do. All three secrets are 32 raw bytes; ValueError otherwise."""

    def __init__(self, web_key: bytes, pseudonym_key: bytes, seal_public_key: bytes) -> None:
        self._web_key = _checked(web_key)
        self._pseudonym_key = _checked(pseudonym_key)
        self._seal_public_key = _checked(seal_public_key)
        self._place = AESSIV(_derived(web_key, "place", 64))
        self._responder = _Randomised(_derived(web_key, "responder"))
        self._snapshot = _Randomised(_derived(web_key, "snapshot"))
        self._conference = _Randomised(_derived(web_key, "conference"))
        self._answers = _derived(web_key, "answer")
        self._names = {kind: _derived(web_key, kind) for kind in ("room", "queue")}
        self._pseudonyms: dict[str, bytes] = {}

    def seal_place(self, plain: bytes, bound_to: str) -> str:
        """The same token for the same place and binding, so that a repeated request gets the same answer.

        It has letters, digits, `-` and `_` only.
        """
        return _unpadded(self._place.encrypt(plain, [bound_to.encode()]))

    def open_place(self, token: str, bound_to: str) -> bytes:
        """What `seal_place` sealed for this binding; NotOurs for anything else."""
        try:
            return self._place.decrypt(_bytes_of(token), [bound_to.encode()])
        except (InvalidTag, ValueError) as error:
            raise NotOurs("not a place that we sealed for this contact") from error

    def seal_number(self, number: str) -> bytes:
        """A responder's number or name, sealed differently each time."""
        return self._responder.seal(number.encode())

    def open_number(self, sealed: bytes) -> str:
        """What `seal_number` sealed; NotOurs otherwise."""
        return self._responder.open(sealed).decode()

    def seal_snapshot(self, plain: bytes) -> bytes:
        """The roster as the last resort will read it, for a file."""
        return self._snapshot.seal(plain)

    def open_snapshot(self, sealed: bytes) -> bytes:
        """What `seal_snapshot` sealed; NotOurs otherwise."""
        return self._snapshot.open(sealed)

    def seal_conference(self, sid: str) -> bytes:
        """A ConferenceSid, which with the carrier's account leads to numbers."""
        return self._conference.seal(sid.encode())

    def open_conference(self, sealed: bytes) -> str:
        """What `seal_conference` sealed; NotOurs otherwise."""
        return self._conference.open(sealed).decode()

    def seal_answer(self, plain: bytes, raw_sid: str) -> bytes:
        """An answer kept for a repeated request: the raw SID, which we store nowhere, is half of its key."""
        return self._answer(raw_sid).seal(plain)

    def open_answer(self, token: bytes, raw_sid: str) -> bytes:
        """What `seal_answer` sealed for the same SID; NotOurs otherwise."""
        return self._answer(raw_sid).open(token)

    def pseudonym(self, kind: str, value: str) -> bytes:
        """32 bytes that stand for a value.

        The kinds: "call" for a CallSid, "message" for a MessageSid, "person" for an E.164 number; "tip" for whichever
        of the first and the last gives a tip, "recording" for a RecordingSid, "guess" for who tries a tip's number;
        "off" for the code by which somebody ends their duty.
        """
        key = self._pseudonyms.get(kind)
        if key is None:
            key = self._pseudonyms[kind] = _derived(self._pseudonym_key, kind)
        return _hmac(key, value.encode())

    def hash_secret(self, secret: str, use: str = "tip secret") -> bytes:
        """What is kept of a short secret: slow to try, salted, and of no use without PSEUDONYM_KEY.

        The uses: "tip secret" and "staff pin". What was hashed for one is nothing to the other.
        """
        salt = os.urandom(argon2id.SALTBYTES)
        return salt + self._slow(secret, salt, use)

    def is_secret(self, hashed: bytes | None, secret: str, use: str = "tip secret") -> bool:
        """Whether this is the secret of that hash. Where there is none it takes as long, and the answer is no."""
        salt, expected = (hashed or NOBODYS)[: argon2id.SALTBYTES], (hashed or NOBODYS)[argon2id.SALTBYTES :]
        return hmac.compare_digest(self._slow(secret, salt, use), expected) and hashed is not None

    def room(self, page_id: int) -> str:
        """The opaque name of a page's conference: letters and digits."""
        return self._name("room", str(page_id))

    def queue(self, key: int | str) -> str:
        """The opaque name of the queue where a person waits for a page or a contact: letters and digits."""
        return self._name("queue", str(key))

    def new_case_keys(self) -> CaseKeys:
        """A fresh key pair for one case; we keep no private half, so what is then sealed cannot be opened here."""
        private = PrivateKey.generate()
        wrapped = SealedBox(PublicKey(self._seal_public_key)).encrypt(bytes(private))
        return CaseKeys(bytes(private.public_key), wrapped, fingerprint(self._seal_public_key))

    def seal_to_case(self, public: bytes, plain: bytes) -> bytes:
        """Sealed for whoever may open the case with that public half: never for us."""
        return SealedBox(PublicKey(public)).encrypt(plain)

    def _slow(self, secret: str, salt: bytes, use: str) -> bytes:
        pepper = _derived(self._pseudonym_key, use)
        return argon2id.kdf(KEY_BYTES, _hmac(pepper, secret.encode()), salt, opslimit=SLOW, memlimit=LARGE)

    def _answer(self, raw_sid: str) -> "_Randomised":
        return _Randomised(_hmac(self._answers, raw_sid.encode()))

    def _name(self, kind: str, value: str) -> str:
        return base64.b32encode(_hmac(self._names[kind], value.encode())).decode().lower()[:NAME_LETTERS]


class Opener:
    """What the web may not do: open cases. Seal keys are 32 raw bytes each, the current first; ValueError otherwise."""

    def __init__(self, seal_keys: Sequence[bytes]) -> None:
        if not seal_keys:
            raise ValueError("an Opener needs at least one seal key")
        self._keys = [PrivateKey(_checked(key)) for key in seal_keys]
        self.key_id = fingerprint(bytes(self._keys[0].public_key))

    def open_case(self, wrapped: bytes, sealed: bytes) -> bytes:
        """What `Sealer.seal_to_case` sealed for the case of that wrapped key; CannotOpen otherwise."""
        try:
            return SealedBox(self._unwrap(wrapped)).decrypt(sealed)
        except (CryptoError, ValueError, TypeError) as error:
            raise CannotOpen("sealed for another case, or damaged") from error

    def rewrap(self, wrapped: bytes) -> tuple[bytes, str]:
        """The same case key under the current seal key, and that key's name; CannotOpen if none of ours opens it."""
        current = SealedBox(self._keys[0].public_key)
        return current.encrypt(bytes(self._unwrap(wrapped))), self.key_id

    def _unwrap(self, wrapped: bytes) -> PrivateKey:
        for key in self._keys:
            try:
                return PrivateKey(SealedBox(key).decrypt(wrapped))
            except (CryptoError, ValueError, TypeError):
                continue
        raise CannotOpen("none of our seal keys wrapped this case's key")


class _Randomised:
    """XChaCha20-Poly1305 under one key, with a random nonce of 24 bytes in front."""

    def __init__(self, key: bytes) -> None:
        self._box = Aead(key)

    def seal(self, plain: bytes) -> bytes:
        return bytes(self._box.encrypt(plain))

    def open(self, sealed: bytes) -> bytes:
        try:
            return self._box.decrypt(sealed)
        except (CryptoError, ValueError, TypeError) as error:
            raise NotOurs("not sealed by us for this use") from error


def _derived(key: bytes, purpose: str, length: int = KEY_BYTES) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=b"hotline " + purpose.encode()).derive(key)


def _hmac(key: bytes, value: bytes) -> bytes:
    mac = HMAC(key, SHA256())
    mac.update(value)
    return mac.finalize()


def _checked(key: bytes) -> bytes:
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key is {KEY_BYTES} bytes, this one has {len(key)}")
    return key


def _unpadded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes_of(token: str) -> bytes:
    try:
        return base64.b64decode(token.encode() + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeError) as error:
        raise NotOurs("not a token") from error
