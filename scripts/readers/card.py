"""Character cards V1, V2 and V3, as SillyTavern and others export them, as JSON or inside a PNG picture.

V1 {"name", "description", "personality", "scenario", "first_mes", "mes_example"}; V2 and V3 {"spec": "chara_card_v2" |
"chara_card_v3", "data": {…}}. A PNG has it as Base64 in a text chunk, `ccv3` (V3) or `chara`.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator
from typing import Final

from readers.reading import Json, Reading

PNG: Final = b"\x89PNG\r\n\x1a\n"
_KEYWORDS: Final = ("ccv3", "chara")  # the newer one first
_LONGEST: Final = 64_000_000  # bytes of a card; a compressed chunk could grow without end


def recognises(value: Json) -> bool:
    """Whether this is a character card."""
    if not isinstance(value, dict):
        return False
    if str(value.get("spec")).startswith("chara_card_") and isinstance(value.get("data"), dict):
        return True
    return {"name", "description", "first_mes"} <= value.keys()


def read(value: Json) -> Reading:
    """The card, whole and unchanged."""
    return Reading(character=value)


def card_of(picture: bytes) -> bytes | None:
    """The JSON of the card in a PNG, or None. Errors: ValueError for a chunk that cannot be read."""
    texts = dict(_texts(picture))
    for keyword in _KEYWORDS:
        if keyword in texts:
            try:
                return base64.b64decode(texts[keyword])
            except ValueError:
                raise ValueError(f"the card in the chunk {keyword} is not Base64") from None
    return None


def _texts(picture: bytes) -> Iterator[tuple[str, bytes]]:
    """The texts in a PNG, by their keywords in lower case."""
    for kind, data in _chunks(picture):
        name, _, text = data.partition(b"\0")
        keyword = name.decode("latin-1").lower()
        if kind in (b"tEXt", b"zTXt", b"iTXt") and keyword in _KEYWORDS:
            yield keyword, _text(kind, text)


def _chunks(picture: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The chunks of a PNG: the length of the data, four letters, the data, and a checksum."""
    position = len(PNG)
    while position + 8 <= len(picture):
        length = int.from_bytes(picture[position : position + 4], "big")
        if position + 8 + length > len(picture):
            raise ValueError("the picture ends too early")
        yield picture[position + 4 : position + 8], picture[position + 8 : position + 8 + length]
        position += 12 + length


def _text(kind: bytes, data: bytes) -> bytes:
    if kind == b"tEXt":
        return data
    if kind == b"zTXt":
        return _inflated(data[1:])
    compressed, (_, _, text) = data[:1] == b"\1", (*data[2:].split(b"\0", 2), b"", b"", b"")[:3]
    return _inflated(text) if compressed else text


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, _LONGEST)
    except zlib.error:
        raise ValueError("the card in the picture cannot be decompressed") from None
