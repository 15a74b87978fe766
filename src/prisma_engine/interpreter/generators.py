"""Values that a schema lets the client generate: uuid, cuid, ulid, nanoid, and pairs for link tables."""

from __future__ import annotations

import hashlib
import itertools
import os
import secrets
import socket
import string
from collections.abc import Callable, Hashable, Mapping
from typing import Final

from prisma_engine.errors import PlanError
from prisma_engine.uuid7 import VARIANTS, milliseconds, uuid7

__all__ = ["GENERATORS", "SEVERAL", "cuid", "nanoid", "product", "ulid", "uuid4"]

_BASE36: Final = string.digits + string.ascii_lowercase
_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_URL_SAFE: Final = string.ascii_letters + string.digits + "_-"
_LARGEST_NANOID: Final = 255


def uuid4() -> str:
    """Return a random UUID as text, for less than half of what an instance of `uuid.UUID` costs."""
    return _uuid4(os.urandom(16).hex())


def uuid4s(count: int) -> list[str]:
    """Return so many random UUIDs: the random bits of all are read at once."""
    digits = os.urandom(16 * count).hex()
    return [_uuid4(digits[start : start + 32]) for start in range(0, len(digits), 32)]


def _uuid4(digits: str) -> str:
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{VARIANTS[digits[16]]}{digits[17:20]}-{digits[20:]}"


def _encode(number: int, alphabet: str) -> str:
    digits = []
    while number:
        number, digit = divmod(number, len(alphabet))
        digits.append(alphabet[digit])
    return "".join(reversed(digits)) or alphabet[0]


def _block(number: int, width: int) -> str:
    return _encode(number, _BASE36).rjust(width, "0")[-width:]


_calls = itertools.count(secrets.randbelow(36**4))


def _fingerprint() -> str:
    """Identify this process among those that write at the same time; a fork gets one of its own."""
    host = socket.gethostname()
    return _block(os.getpid(), 2) + _block(sum(map(ord, host)) + len(host) + 36, 2)


def _cuid1() -> str:
    random = secrets.randbelow(36**8)
    return "c" + _block(milliseconds(), 8) + _block(next(_calls), 4) + _fingerprint() + _block(random, 8)


def _cuid2() -> str:
    seed = f"{milliseconds()}{secrets.token_hex(16)}{next(_calls)}{_fingerprint()}"
    number = int.from_bytes(hashlib.sha3_512(seed.encode()).digest(), "big")
    return secrets.choice(string.ascii_lowercase) + _block(number, 23)


def _versions(kind: str, makers: Mapping[int, Callable[[], str]]) -> Callable[[object], str]:
    def make(version: object) -> str:
        maker = makers.get(version) if isinstance(version, int) else None
        if maker is None:
            raise PlanError(f"{kind} has no version {version!r}; known are {', '.join(map(str, makers))}")
        return maker()

    return make


cuid: Final = _versions("cuid", {1: _cuid1, 2: _cuid2})
"""Return a collision-resistant id of version 1 (25 characters from `c`) or 2 (24 characters from a letter)."""


def ulid() -> str:
    """Return 48 bits of time and 80 random bits as 26 characters that sort by time."""
    return _encode(milliseconds() << 80 | secrets.randbits(80), _CROCKFORD).rjust(26, "0")


def nanoid(length: object = 21) -> str:
    """Return random characters that are safe in a URL. Errors: PlanError unless `length` is from 2 to 255."""
    if not isinstance(length, int) or not 2 <= length <= _LARGEST_NANOID:
        raise PlanError(f"nanoid has 2 to {_LARGEST_NANOID} characters, not {length!r}")
    return "".join(_URL_SAFE[byte & 63] for byte in os.urandom(length))


def product(left: object, right: object) -> list[list[object]]:
    """Pair every item of the left with every item of the right; what is no list counts as a list of one."""
    return [list(pair) for pair in itertools.product(_items(left), _items(right))]


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


GENERATORS: Final[Mapping[str, Callable[..., object]]] = {
    "uuid": _versions("uuid", {4: uuid4, 7: uuid7}),
    "cuid": cuid,
    "ulid": ulid,
    "nanoid": nanoid,
    "product": product,
}
"""The generators that a plan can call, but for `now`, which belongs to the run."""

SEVERAL: Final[Mapping[tuple[Hashable, ...], Callable[[int], list[str]]]] = {
    ("uuid", 4): uuid4s,
    ("uuid", 7): uuid7.take,
}
"""What makes many values at once, by a generator's name and its arguments, where that is quicker."""
