"""What Prisma's modules import to ask, change and make JavaScript's values, done on Python's."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from prisma_engine.wasm.values import (
    ITERATOR,
    UNDEFINED,
    BigInt,
    Date,
    JsError,
    Map,
    get,
    is_nothing,
    is_number,
    kind_of,
    to_number,
    to_text,
)

__all__ = ["GLOBAL", "VALUE_FUNCTIONS"]

_ADDRESS: Final = 0xFFFF_FFFF  # indexes are unsigned, but arrive as signed 32-bit integers
_LARGEST_SAFE: Final = 2**53 - 1
_NOT_A_BOOLEAN: Final = 0xFFFFFF


def _has(value: Any, key: object) -> bool:
    if kind_of(value) not in ("object", "function") or value is None:
        raise JsError(f"Cannot use 'in' operator to search for '{to_text(key)}' in {to_text(value)}", name="TypeError")
    return get(value, key) is not UNDEFINED or (isinstance(value, dict) and key in value)


def _set(target: Any, key: Any, value: object) -> bool:
    """Set a property; false where the target takes none."""
    if isinstance(target, JsError):
        target.properties[key] = value
    elif isinstance(target, dict):
        target[key] = value
    elif isinstance(target, list) and is_number(key):
        _set_item(target, int(key), value)
    else:
        return False
    return True


def _set_property(target: Any, key: Any, value: object) -> None:
    _set(target, key, value)


def _set_item(array: list[object], index: int, value: object) -> None:
    index &= _ADDRESS
    array.extend([UNDEFINED] * (index + 1 - len(array)))
    array[index] = value


def _set_entry(target: Map, key: object, value: object) -> Map:
    target[key] = value
    return target


def _item(array: Any, index: int) -> object:
    index &= _ADDRESS
    return array[index] if index < len(array) else UNDEFINED


def _push(array: list[object], value: object) -> int:
    array.append(value)
    return len(array)


def _entries(value: Any) -> list[object]:
    return [list(entry) for entry in value.items()] if isinstance(value, dict) else []


def _boolean_get(value: object) -> int:
    return int(value) if isinstance(value, bool) else _NOT_A_BOOLEAN


def _is_safe_integer(value: Any) -> bool:
    return is_number(value) and abs(value) <= _LARGEST_SAFE and float(value).is_integer()


def _is_true(value: object) -> bool:
    return not is_nothing(value) and (kind_of(value) in ("object", "function", "symbol") or bool(value))


def _strictly_equal(left: object, right: object) -> bool:
    kind = kind_of(left)
    if kind != kind_of(right):
        return False
    return left is right if kind in ("object", "function") else left == right


def _loosely_equal(left: object, right: object) -> bool:
    if is_nothing(left) or is_nothing(right):
        return is_nothing(left) and is_nothing(right)
    kinds = {kind_of(left), kind_of(right)}
    if len(kinds) == 1 or kinds & {"object", "function", "symbol"}:
        return _strictly_equal(left, right)
    return to_number(left) == to_number(right)


def _fill_at_random(_crypto: object, view: bytearray | memoryview) -> None:
    view[:] = secrets.token_bytes(len(view))


def _unsupported(what: str) -> Callable[..., Any]:
    def refuse(*_arguments: object) -> object:
        raise JsError(f"{what} cannot be used here", name="TypeError")

    return refuse


GLOBAL: Final[Mapping[str, object]] = {
    "crypto": {},  # an object, so that random bytes are asked of it and not of Node
    "performance": {},
    "queueMicrotask": _unsupported("`queueMicrotask` as a value"),  # its presence is what is asked for
}
"""The properties of `globalThis` that the modules look at."""


VALUE_FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    # what a value is
    "__wbg_isArray_96e0af9891d0945d": lambda value: isinstance(value, list),
    "__wbg_isSafeInteger_d216eda7911dde36": _is_safe_integer,
    "__wbg___wbindgen_is_bigint_cb320707dcd35f0b": lambda value: isinstance(value, BigInt),
    "__wbg___wbindgen_is_function_ee8a6c5833c90377": lambda value: kind_of(value) == "function",
    "__wbg___wbindgen_is_object_c818261d21f283a4": lambda value: value is not None and kind_of(value) == "object",
    "__wbg___wbindgen_is_string_fbb76cb2940daafd": lambda value: isinstance(value, str),
    "__wbg___wbindgen_is_undefined_2d472862bd29a478": lambda value: value is UNDEFINED,
    "__wbg___wbindgen_jsval_eq_6b13ab83478b1c50": _strictly_equal,
    "__wbg___wbindgen_jsval_loose_eq_b664b38a2f582147": _loosely_equal,
    "__wbg___wbindgen_in_bb933bd9e1b3bc0f": lambda key, value: _has(value, key),
    "__wbg_has_787fafc980c3ccdb": _has,
    "__wbg_instanceof_ArrayBuffer_70beb1189ca63b38": lambda _value: False,  # buffers are never seen without a view
    "__wbg_instanceof_Map_8579b5e2ab5437c7": lambda value: isinstance(value, Map),
    "__wbg_instanceof_Uint8Array_20c8e73002f7af98": lambda value: isinstance(value, (bytearray, memoryview)),
    # a value taken apart
    "__wbg_Number_bb48ca12f395cd08": to_number,
    "__wbg___wbindgen_boolean_get_6d5a1ee65bab5f68": _boolean_get,
    "__wbg_valueOf_9eee4828c11458ca": _is_true,  # of a Boolean
    "__wbg_entries_e171b586f8f6bdbf": _entries,
    "__wbg_get_7bed016f185add81": _item,
    "__wbg_get_ece95cf6585650d9": get,
    "__wbg_get_efcb449f58ec27c2": get,  # Reflect.get
    "__wbg_get_with_ref_key_1dc361bd10053bfe": get,
    "__wbg_getTime_14776bfb48a1bff9": lambda date: date.milliseconds,
    "__wbg_iterator_e5822695327a3c39": lambda: ITERATOR,
    "__wbg_next_2c826fe5dfec6b6a": lambda iterator: get(iterator, "next"),
    "__wbg_next_020810e0ae8ebcb0": lambda iterator: get(iterator, "next")(),
    "__wbg_done_2042aa2670fb1db1": lambda result: _is_true(get(result, "done")),
    "__wbg_value_692627309814bb8c": lambda result: get(result, "value"),
    "__wbg_length_69bca3cb64fc8748": len,  # of bytes
    "__wbg_length_cdd215e10d9dd507": len,  # of an array
    "__wbg_subarray_480600f3d6a9f26c": lambda data, start, end: memoryview(data)[start & _ADDRESS : end & _ADDRESS],
    # a value made or changed
    "__wbg_new_1acc0b6eea89d040": dict,
    "__wbg_new_e17d9f43105b08be": list,
    "__wbg_new_68651c719dcda04e": Map,
    "__wbg_new_0_f9740686d739025c": lambda: Date(float(time.time_ns() // 10**6)),
    "__wbg_new_5a79be3ab53b8aa5": bytearray,  # Uint8Array of a buffer
    "__wbg_new_with_length_01aa0dc35aa13543": lambda length: bytearray(length & _ADDRESS),
    "__wbg_push_df81a39d04db858c": _push,
    "__wbg_set_3f1d0b984ed272ed": _set_property,
    "__wbg_set_c213c871859d6500": _set_item,
    "__wbg_set_c2abbebe8b9ebee1": _set,  # Reflect.set
    "__wbg_set_907fb406c34a251d": _set_entry,
    "__wbindgen_cast_d6cd19b81560fd6e": lambda number: int(number) if number.is_integer() else number,
    "__wbindgen_cast_9ae0607507abb057": BigInt,
    "__wbindgen_cast_4625c577ab2ec9ee": lambda number: BigInt(number & (2**64 - 1)),
    # the surroundings
    "__wbg_now_7fd00a794a07d388": lambda _performance: time.perf_counter() * 1000,
    "__wbg_now_793306c526e2e3b6": lambda: float(time.time_ns() // 10**6),
    "__wbg_crypto_805be4ce92f1e370": lambda scope: get(scope, "crypto"),
    "__wbg_getRandomValues_f6a868620c8bab49": _fill_at_random,
    "__wbg_randomFillSync_d3c85af7e31cf1f8": _fill_at_random,
    "__wbg_msCrypto_2ac4d17c4748234a": lambda scope: get(scope, "msCrypto"),
    "__wbg_process_5cff2739921be718": lambda scope: get(scope, "process"),
    "__wbg_versions_a8e5a362e1f16442": lambda process: get(process, "versions"),
    "__wbg_node_ecc8306b9857f33d": lambda versions: get(versions, "node"),
    "__wbg_require_0c566c6f2eef6c79": _unsupported("Node's `require`"),
    "__wbg_queueMicrotask_5a8a9131f3f0b37b": lambda scope: get(scope, "queueMicrotask"),
    "__wbg_new_no_args_ee98eee5275000a4": _unsupported("`new Function`"),
    "__wbg_new_23fa8b12a239f036": _unsupported("regular expressions"),
    "__wbg_exec_fdeec61d47617356": _unsupported("regular expressions"),
}
"""The imports that need nothing of the instance that calls them, by the full name, which changes with every build."""
