"""What Prisma's schema engine imports, by the full names of the pinned build."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Any, Final

from prisma_engine.wasm.guest import Guest
from prisma_engine.wasm.promises import Jobs, promise_functions
from prisma_engine.wasm.value_functions import GLOBAL, VALUE_FUNCTIONS
from prisma_engine.wasm.values import UNDEFINED, BigInt, JsError, describe, is_number, to_text

__all__ = ["host_functions"]

Function = Callable[..., Any]

_CAUGHT: Final[Mapping[str, object]] = {
    "__wbg_call_525440f72fbfc0ea": UNDEFINED,
    "__wbg_call_e762c39fa8ea36bf": UNDEFINED,
    "__wbg_getRandomValues_f6a868620c8bab49": None,
    "__wbg_get_ece95cf6585650d9": UNDEFINED,
    "__wbg_get_efcb449f58ec27c2": UNDEFINED,
    "__wbg_has_787fafc980c3ccdb": 0,
    "__wbg_next_020810e0ae8ebcb0": UNDEFINED,
    "__wbg_randomFillSync_d3c85af7e31cf1f8": None,
    "__wbg_require_0c566c6f2eef6c79": UNDEFINED,
    "__wbg_set_c2abbebe8b9ebee1": 0,
}
"""The imports whose exceptions the module catches, and what they give then."""


def host_functions(guest: Guest, jobs: Jobs) -> dict[str, Function]:
    """Every function that the module imports."""
    functions = {
        **VALUE_FUNCTIONS,
        **promise_functions(jobs, guest),
        **_memory_functions(guest),
        **_module_functions(guest),
    }
    for name, otherwise in _CAUGHT.items():
        functions[name] = _catching(guest, functions[name], otherwise)
    return functions


def _memory_functions(guest: Guest) -> dict[str, Function]:
    """Values that come out of the memory, or go there."""
    return {
        "__wbindgen_cast_2241b6af4c4b2941": guest.read_text,
        "__wbindgen_cast_cb9088102bce6b30": guest.view,
        "__wbg_new_from_slice_92f4d78ca282a2d2": lambda address, length: bytearray(guest.read(address, length)),
        "__wbg_prototypesetcall_2a6620b6922694b2": lambda address, _length, data: guest.write(address, bytes(data)),
        "__wbg_Error_e83987f665cf5504": lambda address, length: JsError(guest.read_text(address, length)),
        "__wbg_new_a7442b4b19c1a356": lambda address, length: JsError(guest.read_text(address, length)),
        "__wbg_set_name_d94846a29e626702": lambda error, address, length: _name(
            error, guest.read_text(address, length)
        ),
        "__wbg_String_8f0eb39a4a4c2f66": lambda address, value: guest.return_text(address, to_text(value)),
        "__wbg___wbindgen_debug_string_df47ffb5e35e6763": lambda address, value: guest.return_text(
            address, describe(value)
        ),
        "__wbg___wbindgen_string_get_e4f06c90489ad01b": lambda address, value: guest.return_text(
            address, value if isinstance(value, str) else None
        ),
        "__wbg___wbindgen_number_get_a20bf9b85341449d": lambda address, value: guest.return_number(
            address, value if is_number(value) else None
        ),
        "__wbg___wbindgen_bigint_get_as_i64_f3ebc5a755000afd": lambda address, value: guest.write(
            address, struct.pack("<i4xq", isinstance(value, BigInt), value if isinstance(value, BigInt) else 0)
        ),
    }


def _module_functions(guest: Guest) -> dict[str, Function]:
    """The module itself, and what surrounds it."""
    return {
        "__wbindgen_init_externref_table": lambda: _fill(guest),
        "__wbg___wbindgen_throw_b855445ff6a94295": guest.throw,
        "__wbg_set_message_f18c00fbf3b3e80e": guest.set_message,
        "__wbg_schemaengine_new": lambda pointer: pointer,
        "__wbg_call_e762c39fa8ea36bf": lambda function, _this: function(),
        "__wbg_call_525440f72fbfc0ea": lambda function, _this, value: function(value),
        "__wbg_static_accessor_GLOBAL_THIS_8b530f326a9e48ac": lambda: guest.keep(GLOBAL),
        "__wbg_static_accessor_GLOBAL_89e1d9ac6a1b250e": lambda: 0,
        "__wbg_static_accessor_SELF_6fdf4b64710cc91b": lambda: 0,
        "__wbg_static_accessor_WINDOW_b45bfc5a37f6cfa2": lambda: 0,
    }


def _name(error: JsError, name: str) -> None:
    error.properties["name"] = name


def _fill(guest: Guest) -> None:
    """Put the constants where the module expects them."""
    first = guest.references.grow(guest.store, 4, UNDEFINED)
    for slot, value in ((0, UNDEFINED), (first + 1, None), (first + 2, True), (first + 3, False)):
        guest.references.set(guest.store, slot, value)


def _catching(guest: Guest, function: Function, otherwise: object) -> Function:
    def call(*arguments: object) -> object:
        try:
            return function(*arguments)
        except JsError as error:
            thrown = error
        except Exception as error:  # noqa: BLE001  # whatever leaves through the module's frames is its end
            thrown = JsError(str(error), name=type(error).__name__)
        guest.run("__wbindgen_exn_store", guest.keep(thrown))
        return otherwise

    return call
