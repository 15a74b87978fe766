"""What Prisma Client Python's own files have to say otherwise, with today's Pythons, mypy and httpx.

The client is frozen upstream, so each mend is a text of its files and what stands there instead. A mended file needs
nothing of this package.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from prisma_engine.package_file import has_rewritten

__all__ = ["FILES", "installed", "mend", "mended", "undo", "unmended"]

_Texts = tuple[tuple[str, str], ...]

_HTTP: Final[_Texts] = (
    ("from typing import Any\n", "from typing import TYPE_CHECKING, Any\n"),
    ("override\n\nimport httpx\n\nfrom .", "override\n\n\nfrom ."),
    (
        "\n__all__ = ('HTTP',",
        "\nif TYPE_CHECKING:  # nothing sends HTTP, and httpx 1.0 has other names\n"
        "    import httpx\n\n__all__ = ('HTTP',",
    ),
    ("class Response(AbstractResponse[httpx.Response]):", "class Response(AbstractResponse['httpx.Response']):"),
    ("-> httpx.Headers:", "-> 'httpx.Headers':"),
    ("    def open(self) -> None:\n", "    def open(self) -> None:\n        import httpx\n\n"),
    ("(**self.session_kwargs)", "(**{**default_config(), **self.session_kwargs})"),
    ("import AbstractHTTP, AbstractResponse\n", "import AbstractHTTP, AbstractResponse, default_config\n"),
)

FILES: Final[dict[str, _Texts]] = {
    "_compat.py": (
        (
            """\
        from pydantic.v1 import Extra as Extra
        from pydantic.v1.typing import (
            get_args as get_args,
            is_union as is_union,
            get_origin as get_origin,
            is_typeddict as is_typeddict,
            is_literal_type as is_literal_type,
        )
    else:
""",
            """\
        # pydantic.v1 warns on Python 3.14, and pydantic 3 may have none
        from types import UnionType
        from typing import Union, Literal
        from typing_extensions import get_args, get_origin, is_typeddict

        def is_union(tp: Any) -> bool:
            return tp is Union or tp is UnionType

        def is_literal_type(type_: Any) -> bool:
            return get_origin(type_) is Literal
    else:
""",
        ),
    ),
    "validator.py": (
        ("from ._compat import PYDANTIC_V2, Extra, is_typeddict", "from ._compat import PYDANTIC_V2, is_typeddict"),
        ("    extra: Extra = Extra.forbid\n", "    extra: str = 'forbid'\n"),
    ),
    "utils.py": (
        ("asyncio.iscoroutinefunction(obj)", "inspect.iscoroutinefunction(obj)"),  # Python 3.16 has the second only
    ),
    # what few programs need is imported where it is used
    "_config.py": (
        ("override\n\nimport tomlkit\nimport pydantic\n", "override\n\nimport pydantic\n"),
        ("            config = tomlkit.", "            import tomlkit\n\n            config = tomlkit."),
    ),
    "generator/_dsl_parser/__init__.py": (
        (
            "from .parser import parse_schema_dsl as parse_schema_dsl\n",
            """\
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .parser import ParseResult


def parse_schema_dsl(text: str) -> 'ParseResult':
    from .parser import parse_schema_dsl

    return parse_schema_dsl(text)
""",
        ),
    ),
    "generator/generator.py": (
        ("from typing import Any,", "from typing import TYPE_CHECKING, Any,"),
        ("from pathlib import Path\n", "from pathlib import Path\nfrom functools import lru_cache\n"),
        (
            "from jinja2 import Environment, StrictUndefined, FileSystemLoader\nfrom pydantic import BaseModel, V",
            "from pydantic import BaseModel, V",
        ),
        (
            """\
DEFAULT_ENV = Environment(
    trim_blocks=True,
    lstrip_blocks=True,
    loader=FileSystemLoader(Path(__file__).parent / 'templates'),
    undefined=StrictUndefined,
)

# the type: ignore is required because Jinja2 filters are not typed
# and Pyright infers the type from the default builtin filters which
# results in an overly restrictive type
DEFAULT_ENV.filters['quote'] = quote  # pyright: ignore
""",
            """\
if TYPE_CHECKING:
    from jinja2 import Environment

    DEFAULT_ENV: Environment
else:

    def __getattr__(name: str) -> Any:
        if name == 'DEFAULT_ENV':
            return default_env()
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')


@lru_cache(maxsize=None)
def default_env() -> 'Environment':
    from jinja2 import Environment, StrictUndefined, FileSystemLoader

    env = Environment(
        trim_blocks=True,
        lstrip_blocks=True,
        loader=FileSystemLoader(Path(__file__).parent / 'templates'),
        undefined=StrictUndefined,
    )

    # the type: ignore is required because Jinja2 filters are not typed
    # and Pyright infers the type from the default builtin filters which
    # results in an overly restrictive type
    env.filters['quote'] = quote  # pyright: ignore
    return env

""",
        ),
        ("in DEFAULT_ENV.list_templates()", "in default_env().list_templates()"),
        ("env=DEFAULT_ENV)", "env=default_env())"),
        ("        env = DEFAULT_ENV\n", "        env = default_env()\n"),
        ("Optional[Environment]", "Optional['Environment']"),
    ),
    "_types.py": (
        ("from typing import Any, Type,", "from typing import TYPE_CHECKING, Any, Type,"),
        ("import httpx\nfrom pydantic import BaseModel\n", "from pydantic import BaseModel\n"),
        ("\nMethod = Literal[", "\nif TYPE_CHECKING:\n    import httpx\n\nMethod = Literal["),
    ),
    "http_abstract.py": (
        ("from typing import (\n", "from typing import (\n    TYPE_CHECKING,\n"),
        ("override\n\nfrom httpx import Limits, Headers, Timeout\n\nfrom .", "override\n\nfrom ."),
        (
            "\nSession = TypeVar('Session')",
            "\nif TYPE_CHECKING:\n    from httpx import Headers\n\nSession = TypeVar('Session')",
        ),
        (
            """\
DEFAULT_CONFIG: Dict[str, Any] = {
    'limits': Limits(max_connections=1000),
    'timeout': Timeout(30),
}
""",
            """\
def default_config() -> Dict[str, Any]:
    # made when a session is opened: httpx takes a fifth of the client's import, and nothing sends HTTP
    try:
        from httpx import Limits, Timeout
    except ImportError:  # httpx 1.0 has none of them
        return {}
    return {'limits': Limits(max_connections=1000), 'timeout': Timeout(30)}


if TYPE_CHECKING:
    DEFAULT_CONFIG: Dict[str, Any]
else:

    def __getattr__(name: str) -> Any:
        if name == 'DEFAULT_CONFIG':
            return default_config()
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
""",
        ),
        (
            """\
        self.session_kwargs = {
            **DEFAULT_CONFIG,
            **kwargs,
        }
""",
            "        self.session_kwargs = kwargs\n",
        ),
        ("def headers(self) -> Headers: ...", "def headers(self) -> 'Headers': ..."),
    ),
    "_async_http.py": (
        *_HTTP,
        ("    session: httpx.AsyncClient\n", "    session: 'httpx.AsyncClient'\n"),
        ("AbstractHTTP[httpx.AsyncClient, httpx.Response]", "AbstractHTTP['httpx.AsyncClient', 'httpx.Response']"),
    ),
    "_sync_http.py": (
        *_HTTP,
        ("    session: httpx.Client\n", "    session: 'httpx.Client'\n"),
        ("AbstractHTTP[httpx.Client, httpx.Response]", "AbstractHTTP['httpx.Client', 'httpx.Response']"),
    ),
    "engine/_http.py": (
        ("from typing import Any, NoReturn\n", "from typing import TYPE_CHECKING, Any, NoReturn\n"),
        ("import httpx\n\nfrom . import", "from . import"),
        ("\nlog: logging.Logger", "\nif TYPE_CHECKING:\n    import httpx\n\nlog: logging.Logger"),
    ),
    # what mypy has compiled cannot be copied with `copy.copy`
    "mypy.py": (
        ("import re\nimport copy\n", "import re\n"),
        (
            """\
        # this whole mess with copying is so that the modified field is not leaked
        new = node.copy()
        new.node = copy.copy(new.node)
        assert isinstance(new.node, Var)
        new.node.type = node.node.type.items[0]

        if (
            isinstance(value, dict)
            and 'include' in value
            and isinstance(new.node.type, Instance)
            and isinstance(new.node.type.args[0], Instance)
        ):
            model = self.modify_model_from_include(new.node.type.args[0], value['include'])
            new.node.type.args = (model, *new.node.type.args)

        return new
""",
            """\
        # the field is made anew, so that what is modified is not leaked
        typ = node.node.type.items[0]
        if (
            isinstance(value, dict)
            and 'include' in value
            and isinstance(typ, Instance)
            and isinstance(typ.args[0], Instance)
        ):
            model = self.modify_model_from_include(typ.args[0], value['include'])
            typ = typ.copy_modified(args=[model])

        field = Var(node.node.name, typ)
        field.info = node.node.info
        field._fullname = node.node.fullname
        field.is_ready = True
        field.is_initialized_in_class = node.node.is_initialized_in_class
        return SymbolTableNode(node.kind, field)
""",
        ),
        (
            """\
        new = copy.copy(instance)
        new.type = TypeInfo(names, new.type.defn, new.type.module_name)
        new.type.mro = [new.type, *instance.type.mro]
        new.type.bases = instance.type.bases
        new.type.metaclass_type = instance.type.metaclass_type
        return new
""",
            """\
        info = TypeInfo(names, instance.type.defn, instance.type.module_name)
        info.mro = [info, *instance.type.mro]
        info.bases = instance.type.bases
        info.metaclass_type = instance.type.metaclass_type
        return Instance(info, instance.args)
""",
        ),
        (
            """\
        new = copy.copy(original)
        new.items = new.items.copy()
        new.items[0] = typ
        return new
""",
            "        return UnionType([typ, *original.items[1:]])\n",
        ),
    ),
}
"""The texts of each file, and what stands there instead: each as often as the other, so that it can be put back."""


def mended(text: str, changes: Iterable[tuple[str, str]]) -> str:
    """The text with all changes; the text itself where it is not the client's own, or mended already."""
    after = text
    for old, new in changes:
        if old not in after:
            return text
        after = after.replace(old, new)
    return after


def unmended(text: str, changes: Iterable[tuple[str, str]]) -> str:
    """The text as it was before `mended`; the text itself where it was not mended."""
    before = text
    for old, new in reversed(tuple(changes)):
        before = before.replace(new, old)
    return before if mended(before, changes) == text else text


def mend(package: Path) -> list[Path]:
    """Mend the files of a client's package; those that cannot be written are returned, and stay as they are."""
    return _rewrite(package, {name: partial(mended, changes=changes) for name, changes in FILES.items()})


def undo(package: Path) -> list[Path]:
    """Undo `mend`, to the byte; the files that could not be written are returned."""
    return _rewrite(package, {name: partial(unmended, changes=changes) for name, changes in FILES.items()})


def _rewrite(package: Path, changes: Mapping[str, Callable[[str], str]]) -> list[Path]:
    return [package / name for name, change in changes.items() if not has_rewritten(package / name, change)]


def installed() -> Iterator[Path]:
    """The folder of the package `prisma`, which is looked for and not imported."""
    spec = find_spec("prisma")
    if spec is not None and spec.origin is not None:
        yield Path(spec.origin).parent
