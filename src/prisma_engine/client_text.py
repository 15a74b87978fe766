"""Puts right what the templates of Prisma Client Python make of some schemas; what they write of others stays.

Names that hide each other, comments that end the quotes around them, values of enums that are words of Python. And a
client has its engine from its first byte on: there is no moment at which a program could find it without.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Iterable, Mapping
from keyword import iskeyword
from typing import Any, Final

from prisma_engine.binding import BINDING
from prisma_engine.client_import import PREPARATION
from prisma_engine.collisions import apart, as_members
from prisma_engine.errors import UserFacingError

__all__ = ["check_names", "corrected", "quotable"]

_CLIENT_METHODS: Final = frozenset({"batch_", "connect", "execute_raw", "query_first", "query_raw", "tx"})
"""Methods of a client that cannot have a model in their place: no program could do without them."""

_CONFIG: Final = "model_config"
_COMMIT: Final = "commit"
_IMPORTS: Final = "from . import types, models, errors, actions\n"
_OF_TYPES: Final = "from .types import DatasourceOverride, HttpConfig, MetricsFormat\n"


def corrected(name: str, text: str, parameters: Mapping[str, Any]) -> str:
    """The text of a generated file, with what is wrong in it put right; most often the text itself."""
    correct = _CORRECTIONS.get(name)
    return text if correct is None else correct(text, parameters)


def check_names(models: Iterable[Any]) -> None:
    """Refuse names that the client has no place for, as its own generator refuses others. Errors: UserFacingError."""
    for model in models:
        if iskeyword(model.instance_name):
            raise UserFacingError(
                None,
                f'Model name "{model.name}" results in a client property "{model.instance_name}", which is a Python'
                " keyword; use a different instance_name.",
            )
        if model.instance_name in _CLIENT_METHODS:
            raise UserFacingError(
                None,
                f'Model name "{model.name}" results in a client property that shadows a method of the client; use a'
                f" different model name with '@@map(\"{model.name}\")', or name the property in a comment above the"
                f' model: /// @Python(instance_name: "{model.instance_name}_model")',
            )
        if any(field.name == _CONFIG for field in model.all_fields):
            raise UserFacingError(
                None,
                f'Field name "{_CONFIG}" shadows a BaseModel attribute;'
                f" use a different field name with '@map(\"{_CONFIG}\")'.",
            )


def quotable(documentation: str | None) -> str | None:
    """A comment of the schema as it can stand between three quotes of either kind."""
    if documentation is None or _is_quotable(documentation):
        return documentation
    escaped = documentation.replace("\\", "\\\\")
    return escaped.replace('"', '\\"').replace("'", "\\'")


def _is_quotable(documentation: str) -> bool:
    """Whether the templates' quotes hold the comment; before the second kind there is always another line."""
    return _is_text(f"'''{documentation}'''") and _is_text(f'"""{documentation}\n"""')


def _is_text(source: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an escape that Python does not know stays what it is
        try:
            return isinstance(ast.literal_eval(source), str)
        except (SyntaxError, ValueError):
            return False


def _client(text: str, parameters: Mapping[str, Any]) -> str:
    """Run on the engine, let the types wait until they are asked for, and any folder be the schema's."""
    for path in (parameters["schema_path"], parameters["datasources"][0].source_file_path):
        if path is not None:
            text = text.replace(f"'{path.as_posix()}'", repr(path.as_posix()))
    if any(model.instance_name == _COMMIT for model in parameters["dmmf"].datamodel.models):
        text = text.replace("self.commit()", "Batch.commit(self)")
    text = text.replace(_OF_TYPES, _OF_TYPES.replace(".types", "._types"))
    return apart(text.replace(_IMPORTS, PREPARATION + _IMPORTS)) + BINDING


def _enums(text: str, parameters: Mapping[str, Any]) -> str:
    for enum in parameters["dmmf"].datamodel.enums:
        names = as_members([value.name for value in enum.values])
        head = f"class {enum.name}(StrEnum):\n"
        written = "".join(f"    {value} = '{value}'\n" for value in names)
        text = text.replace(
            head + written, head + "".join(f"    {name} = '{value}'\n" for value, name in names.items())
        )
    return apart(text)


def _bases(text: str, _: Mapping[str, Any]) -> str:
    """Let a field begin with `model_` without a warning of pydantic's."""
    last = "            populate_by_name=True,\n"
    return apart(text.replace(last, f"{last}            protected_namespaces=(),\n"))


_CORRECTIONS: Final[Mapping[str, Callable[[str, Mapping[str, Any]], str]]] = {
    "bases.py": _bases,
    "client.py": _client,
    "enums.py": _enums,
    "models.py": lambda text, _: apart(text),
    "partials.py": lambda text, _: apart(text),
}
