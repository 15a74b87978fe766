"""What Prisma's query compiler imports to read JavaScript's values, done on Python's; `recorder` has the rest.

Arrays are lists, objects are dicts, null and undefined are both None: the compiler reads only its constructor's
parameters, where the two mean the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any, Final

from prisma_engine.wasm.guest import Guest
from prisma_engine.wasm.values import JsError

__all__ = ["host_functions"]

_ADDRESS: Final = 0xFFFF_FFFF  # addresses and lengths are unsigned, but arrive as signed 32-bit integers
_LARGEST_SAFE: Final = 2**53 - 1
_NOT_A_BOOLEAN: Final = 0xFFFFFF


def host_functions(guest: Guest) -> dict[str, Callable[..., Any]]:
    """Every function that the pinned build imports and the recorder has not, by the name it imports it under."""
    return {
        **VALUE_FUNCTIONS,
        "__wbindgen_cast_2241b6af4c4b2941": guest.read_text,  # text; the recorder asks for it
        "__wbg_Error_e83987f665cf5504": lambda address, length: JsError(guest.read_text(address, length)),
        "__wbg_String_8f0eb39a4a4c2f66": lambda address, value: guest.return_text(address, _to_text(value)),
        "__wbg___wbindgen_debug_string_df47ffb5e35e6763": lambda address, value: guest.return_text(
            address, _describe(value)
        ),
        "__wbg___wbindgen_number_get_a20bf9b85341449d": lambda address, value: guest.return_number(
            address, value if _is_number(value) else None
        ),
        "__wbg___wbindgen_string_get_e4f06c90489ad01b": lambda address, value: guest.return_text(
            address, value if isinstance(value, str) else None
        ),
        "__wbg___wbindgen_throw_b855445ff6a94295": guest.throw,
        "__wbg_prototypesetcall_2a6620b6922694b2": lambda address, _length, data: guest.write(address, data),
        "__wbg_set_message_82ae475bb413aa5c": guest.set_message,
    }


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_object(value: object) -> bool:
    return value is not None and not isinstance(value, (str, int, float))


def _is_safe_integer(value: object) -> bool:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return False
    return abs(value) <= _LARGEST_SAFE and float(value).is_integer()


def _boolean_get(value: object) -> int:
    return int(value) if isinstance(value, bool) else _NOT_A_BOOLEAN


def _get_index(array: list[object], index: int) -> object:
    index &= _ADDRESS
    return array[index] if index < len(array) else None


def _to_text(value: object) -> str:
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return str(int(value) if isinstance(value, float) and value.is_integer() else value)


def _describe(value: object) -> str:
    return json.dumps(value, default=str) if isinstance(value, (str, list, dict)) else _to_text(value)


VALUE_FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "__wbg_Number_bb48ca12f395cd08": float,
    "__wbg___wbindgen_boolean_get_6d5a1ee65bab5f68": _boolean_get,
    "__wbg___wbindgen_in_bb933bd9e1b3bc0f": lambda key, value: key in value,
    "__wbg___wbindgen_is_object_c818261d21f283a4": _is_object,
    "__wbg___wbindgen_is_string_fbb76cb2940daafd": lambda value: isinstance(value, str),  # likewise
    "__wbg___wbindgen_is_undefined_2d472862bd29a478": lambda value: value is None,
    "__wbg___wbindgen_jsval_loose_eq_b664b38a2f582147": lambda left, right: left == right,
    "__wbg_entries_e171b586f8f6bdbf": lambda value: [list(entry) for entry in value.items()],
    "__wbg_getTime_14776bfb48a1bff9": lambda moment: moment.timestamp() * 1000 // 1,
    "__wbg_get_7bed016f185add81": _get_index,
    "__wbg_get_with_ref_key_1dc361bd10053bfe": lambda value, key: value.get(key),
    "__wbg_instanceof_ArrayBuffer_70beb1189ca63b38": lambda _value: False,  # buffers are bytes, so arrays already
    "__wbg_instanceof_Uint8Array_20c8e73002f7af98": lambda value: isinstance(value, bytes),
    "__wbg_isSafeInteger_d216eda7911dde36": _is_safe_integer,
    "__wbg_length_69bca3cb64fc8748": len,  # of bytes
    "__wbg_length_cdd215e10d9dd507": len,  # of an array
    "__wbg_new_0_f9740686d739025c": lambda: datetime.now(timezone.utc),  # Date
    "__wbg_new_5a79be3ab53b8aa5": bytes,  # Uint8Array of a buffer
}
"""The part of the table that needs nothing of the calling instance."""
