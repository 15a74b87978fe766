"""Turns errors of the driver, the server and the network into Prisma's codes, messages and meta."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import asyncpg

from prisma_engine.errors import SchemaChangedError, TransactionError, UserFacingError
from prisma_engine.postgres.url import Settings

__all__ = [
    "CONDITIONS",
    "KINDS",
    "TROUBLES",
    "as_raw",
    "closed",
    "fault",
    "invalid_input",
    "invalid_isolation",
    "out_of_range",
    "recognise",
    "too_many_parameters",
    "translate",
    "translated",
    "unreachable",
    "wrong_count",
]

Cause = dict[str, object]
Fields = Callable[[asyncpg.PostgresError, Settings], Cause]

_UNKNOWN_PLACE: Final = Settings(hosts=(), ports=(), database="")
_NEVER_RAW: Final = frozenset(
    {"P1000", "P1001", "P1003", "P1008", "P1010", "P1011", "P1016", "P1017", "P2024", "P2035", "P2037"}
)
"""Codes that say nothing of the statement's own SQL: they are the same for what the user wrote."""
_ABSENT: Final = "(not available)"
_DETAIL_KEY: Final = re.compile(r"\((.*?)\)=\(", re.DOTALL)  # the words around the key follow the server's language
_QUOTED: Final = re.compile(r'"((?:[^"]|"")*)"')
_COLUMN: Final = re.compile(r"column (.+?)(?: of relation .+)? does not exist", re.DOTALL)
_KEY_COLUMN: Final = re.compile(r'"((?:[^"]|"")+)"|([^,"()]+)')
_MIGRATE: Final = "Apply the migrations that the database lacks: `prisma migrate deploy`."


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of error in Prisma's words: its code and its message, with the cause's fields in braces."""

    code: str
    message: str


KINDS: Final[Mapping[str, Kind]] = {
    "AuthenticationFailed": Kind(
        "P1000",
        "Authentication failed against the database server, the provided database credentials for `{user}` are not"
        " valid: correct the user or the password in the database URL",
    ),
    "DatabaseNotReachable": Kind(
        "P1001", "Can't reach database server{address}: check that it is running and that the network lets you through"
    ),
    "DatabaseDoesNotExist": Kind(
        "P1003", "Database `{db}` does not exist on the database server: create it, or correct the database URL"
    ),
    "SocketTimeout": Kind("P1008", "Operation has timed out"),
    "DatabaseAlreadyExists": Kind("P1009", "Database `{db}` already exists on the database server"),
    "DatabaseAccessDenied": Kind(
        "P1010",
        "User was denied access on the database `{db}`: {reason}; allow it in the server's pg_hba.conf, or connect in"
        " the way that it asks for (`sslmode=require`, a client certificate)",
    ),
    "TlsConnectionError": Kind("P1011", "Error opening a TLS connection: {reason}"),
    "ConnectionClosed": Kind("P1017", "Server has closed the connection."),
    "ConnectionRefused": Kind("P1017", "Server has closed the connection: {reason}"),
    "LengthMismatch": Kind(
        "P2000", "The provided value for the column is too long for the column's type. Column: {column}"
    ),
    "UniqueConstraintViolation": Kind("P2002", "Unique constraint failed on the {constraint}"),
    "ForeignKeyConstraintViolation": Kind("P2003", "Foreign key constraint violated on the {constraint}"),
    "RestrictViolation": Kind("P2003", "Foreign key constraint violated on the {constraint}"),
    "InvalidInputValue": Kind("P2007", "Invalid input value: {message}"),
    "UnsupportedNativeDataType": Kind(
        "P2010",
        "Failed to deserialize column of type '{type}'. If you're using $queryRaw and this column is explicitly marked"
        " as `Unsupported` in your Prisma schema, try casting this column to any supported Prisma type such as"
        " `String`.",
    ),
    "NullConstraintViolation": Kind("P2011", "Null constraint violation on the {constraint}"),
    "ValueOutOfRange": Kind("P2020", "Value out of range for the type: {cause}"),
    "TableDoesNotExist": Kind("P2021", f"The table `{{table}}` does not exist in the current database. {_MIGRATE}"),
    "ColumnNotFound": Kind("P2022", f"The column `{{column}}` does not exist in the current database. {_MIGRATE}"),
    "InconsistentColumnData": Kind("P2023", "Inconsistent column data: {cause}"),
    "TransactionWriteConflict": Kind(
        "P2034", "Transaction failed due to a write conflict or a deadlock. Please retry your transaction"
    ),
    "TooManyConnections": Kind("P2037", "Too many database connections opened: {cause}"),
    "ReadOnly": Kind(
        "P2039",
        "Database error. Code: `25006`. Message: `{message}`. The database takes no writes now: it is a standby, or"
        " `default_transaction_read_only` is on; connect to a primary (`target_session_attrs=read-write`)",
    ),
    "postgres": Kind("P2039", "Database error. Code: `{code}`. Message: `{message}`"),
}
"""Prisma's kinds of driver errors."""


def _none(_error: asyncpg.PostgresError, _settings: Settings) -> Cause:
    return {}


def _text_as(field: str) -> Fields:
    return lambda error, _settings: {field: _said(error)}


def _user(error: asyncpg.PostgresError, settings: Settings) -> Cause:
    return {"user": settings.user or _quoted(error)}


def _denied(error: asyncpg.PostgresError, settings: Settings) -> Cause:
    return {"db": settings.database or _quoted(error), "reason": _said(error)}


def _named_database(error: asyncpg.PostgresError, settings: Settings) -> Cause:
    return {"db": _quoted(error) or settings.database or None}


def _table(error: asyncpg.PostgresError, _settings: Settings) -> Cause:
    return {"table": _quoted(error)}


def _missing_column(error: asyncpg.PostgresError, _settings: Settings) -> Cause:
    match = _COLUMN.search(_said(error))
    return {"column": match[1].replace('"', "") if match else _quoted(error)}


def _length(error: asyncpg.PostgresError, _settings: Settings) -> Cause:
    return {"column": error.column_name}


def _unique(error: asyncpg.PostgresError, _settings: Settings) -> Cause:
    if error.constraint_name:
        return {"constraint": {"index": error.constraint_name}, "table": error.table_name}
    return {"constraint": _fields(_key_columns(error)), "table": error.table_name}


def _not_null(error: asyncpg.PostgresError, _settings: Settings) -> Cause:
    # the server names the column in a field of its own; Prisma looks in the detail only and never finds it
    return {"constraint": _fields([error.column_name] if error.column_name else _key_columns(error))}


def _foreign_key(error: asyncpg.PostgresError, _settings: Settings) -> Cause:
    if error.column_name:
        return {"constraint": _fields([error.column_name])}
    return {"constraint": {"index": error.constraint_name} if error.constraint_name else None}


def _server_fields(error: asyncpg.PostgresError, _settings: Settings) -> Cause:
    return {
        "code": error.sqlstate,
        "severity": error.severity,
        "message": _said(error),
        "detail": error.detail,
        "column": error.column_name,
        "hint": error.hint,
    }


def _not_reachable(_error: asyncpg.PostgresError, settings: Settings) -> Cause:
    return _place(settings)


CONDITIONS: Final[Mapping[str, tuple[str, Fields]]] = {
    "08P01": ("ConnectionRefused", _text_as("reason")),  # most of what PgBouncer has to say
    "22000": ("InvalidInputValue", _text_as("message")),  # the driver's own, for values that it cannot encode
    "22001": ("LengthMismatch", _length),
    "22003": ("ValueOutOfRange", _text_as("cause")),
    "22P02": ("InvalidInputValue", _text_as("message")),
    "22P05": ("InvalidInputValue", _text_as("message")),  # \u0000 in jsonb, or a character that the encoding lacks
    "22021": ("InvalidInputValue", _text_as("message")),  # bytes that are no text in the database's encoding
    "23001": ("RestrictViolation", _foreign_key),
    "23502": ("NullConstraintViolation", _not_null),
    "23503": ("ForeignKeyConstraintViolation", _foreign_key),
    "23505": ("UniqueConstraintViolation", _unique),
    "25006": ("ReadOnly", _text_as("message")),
    "28000": ("DatabaseAccessDenied", _denied),
    "28P01": ("AuthenticationFailed", _user),
    "3D000": ("DatabaseDoesNotExist", _named_database),
    "40001": ("TransactionWriteConflict", _none),
    "40P01": ("TransactionWriteConflict", _none),
    "42703": ("ColumnNotFound", _missing_column),
    "42P01": ("TableDoesNotExist", _table),
    "42P04": ("DatabaseAlreadyExists", _named_database),
    "53300": ("TooManyConnections", _text_as("cause")),
    "57P01": ("ConnectionClosed", _none),
    "57P02": ("ConnectionClosed", _none),
    "57P03": ("DatabaseNotReachable", _not_reachable),  # it is starting up or shutting down
}
"""SQLSTATE -> kind and what the cause tells; class 08 is ConnectionClosed, every other state `postgres`."""

TROUBLES: Final[tuple[tuple[type[BaseException], str], ...]] = (
    (ssl.SSLError, "TlsConnectionError"),
    (asyncio.TimeoutError, "SocketTimeout"),
    (TimeoutError, "SocketTimeout"),  # another class than asyncio's before Python 3.11
    (ConnectionRefusedError, "DatabaseNotReachable"),
    (socket.gaierror, "DatabaseNotReachable"),
    (ConnectionResetError, "ConnectionClosed"),
    (BrokenPipeError, "ConnectionClosed"),
    (ConnectionError, "TlsConnectionError"),  # asyncpg raises the bare class while it asks for TLS, and only there
    (OSError, "DatabaseNotReachable"),
    (asyncpg.InterfaceError, "postgres"),
    (asyncpg.TargetServerAttributeNotMatched, "DatabaseNotReachable"),  # no host is what `target_session_attrs` wants
    (asyncpg.InternalClientError, "ConnectionClosed"),  # such as a goodbye of the server before a statement
    (ValueError, "InconsistentColumnData"),  # a date before Christ, 24:00:00: Python has no such values
    (OverflowError, "InconsistentColumnData"),
    (RecursionError, "InvalidInputValue"),  # a list in a list in a list …
)
"""Exceptions that carry no SQLSTATE -> kind, the first that fits; whatever is in neither table is a bug and passes."""

_CAUGHT: Final[tuple[type[BaseException], ...]] = (asyncpg.PostgresError, *(kind for kind, _ in TROUBLES))


@contextmanager
def translated(settings: Settings = _UNKNOWN_PLACE, *, raw: bool = False) -> Iterator[None]:
    """Re-raise what the driver raises as UserFacingError, keeping the original as `__cause__`; cancellation passes.

    `raw` is for statements that the user wrote: each of their errors is P2010.
    """
    try:
        yield
    except Exception as error:
        known = recognise(error, settings, raw=raw)
        if known is None:
            raise
        raise known from error


def recognise(
    error: BaseException, settings: Settings = _UNKNOWN_PLACE, *, raw: bool = False
) -> UserFacingError | None:
    """The UserFacingError to raise in place of this exception; None if the exception should pass as it is."""
    if isinstance(error, _CAUGHT):
        known = translate(error, settings)
        return as_raw(known) if raw else known
    if raw and isinstance(error, UserFacingError) and not _is_final(error):
        return as_raw(error)
    return None


def _is_final(error: UserFacingError) -> bool:
    return error.code == "P2010" or error.code in _NEVER_RAW or isinstance(error, SchemaChangedError)


def translate(error: BaseException, settings: Settings = _UNKNOWN_PLACE) -> UserFacingError:
    """The UserFacingError that stands for an exception of the driver.

    Errors: TypeError for an exception that is none of the driver's.
    """
    if isinstance(error, asyncpg.PostgresError):
        return _from_server(error, settings)
    for exception, kind in TROUBLES:
        if isinstance(error, exception):
            return _from_driver(error, "DatabaseNotReachable" if _hung_up(error) else kind, settings)
    message = f"{type(error).__name__} is not an error of the database driver"
    raise TypeError(message)


def _from_server(error: asyncpg.PostgresError, settings: Settings) -> UserFacingError:
    state = error.sqlstate or ""
    closed = ("ConnectionClosed", _none) if state.startswith("08") else None
    kind, fields = CONDITIONS.get(state) or closed or ("postgres", _server_fields)
    known = fault(kind, fields(error, settings), code=state, message=_said(error))
    known.meta.update(_older_meta(kind, error))
    return known


def _older_meta(kind: str, error: asyncpg.PostgresError) -> Cause:
    """What Prisma's older engines put beside the cause, which programs still read."""
    if kind == "UniqueConstraintViolation":
        columns = _key_columns(error)
        found: Cause = {"table": error.table_name, "target": columns}
        return {name: value for name, value in found.items() if value}
    if kind == "NullConstraintViolation" and error.column_name:
        return {"constraint": [error.column_name]}
    return {}


def _from_driver(error: BaseException, kind: str, settings: Settings) -> UserFacingError:
    text = _text(error)
    fields: dict[str, Cause] = {
        "TlsConnectionError": {"reason": _tls_trouble(error)},
        "DatabaseNotReachable": _place(settings),
        "InconsistentColumnData": {"cause": text},
        "InvalidInputValue": {"message": text},
        "postgres": {"code": "N/A", "message": text},
    }
    return fault(kind, fields.get(kind, {}), message=text)


def _hung_up(error: BaseException) -> bool:
    """Whether the server went away when asked for TLS, which asyncpg tells by the class that also stands for its no."""
    return type(error) is ConnectionError and "connection_lost" in str(error)


def _tls_trouble(error: BaseException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"{error.verify_message}; name the file of the server's certificate authority in `sslrootcert`, and connect"
            " by a name that the certificate has"
        )
    if isinstance(error, ssl.SSLError):
        return _text(error)
    return f"{_text(error)}; switch TLS on at the server, or do without it (`sslmode=disable`)"


def _text(error: BaseException) -> str:
    # asyncpg's own errors keep the plain sentence in args; their str() appends hints
    first = error.args[0] if isinstance(error, asyncpg.InterfaceError) and error.args else None
    return str(first or error) or type(error).__name__


def _place(settings: Settings) -> Cause:
    if not settings.hosts:
        return {"address": ""}
    return {"host": settings.hosts[0], "port": settings.ports[0], "address": f" at {settings.address}"}


def fault(kind: str, fields: Cause, *, code: str | None = None, message: str | None = None) -> UserFacingError:
    """Build the UserFacingError of a kind; `code` and `message` are what the server itself said."""
    known = KINDS[kind]
    shown = {name: _shown(value) for name, value in fields.items()}
    text = known.message.format_map(shown)
    cause = {
        "kind": kind,
        **{name: value for name, value in fields.items() if name != "address"},
        "originalCode": code or "N/A",
        "originalMessage": text if message is None else message,
    }
    return UserFacingError(known.code, text, {"driverAdapterError": {"name": "DriverAdapterError", "cause": cause}})


def unreachable(settings: Settings, remark: str = "") -> UserFacingError:
    """P1001: nobody answered at the database's address."""
    error = fault("DatabaseNotReachable", _place(settings))
    return UserFacingError(error.code, f"{error.message}{remark and '.'}{remark}", error.meta)


def as_raw(error: UserFacingError) -> UserFacingError:
    """The P2010 that Prisma gives for what the server says of a statement that the user wrote."""
    if error.code in _NEVER_RAW:
        return error
    report = error.meta.get("driverAdapterError")
    cause = report["cause"] if isinstance(report, dict) else {}
    code = str(cause.get("originalCode", "N/A"))
    message = str(cause.get("originalMessage", error.message))
    text = f"Raw query failed. Code: `{code}`. Message: `{message}`"
    return UserFacingError("P2010", text, {**error.meta, "code": code, "message": message})


def wrong_count(expected: int, actual: int) -> UserFacingError:
    """P1016: a statement that the user wrote has other parameters than were given."""
    message = f"Incorrect number of parameters. Expected: {expected}, actual: {actual}"
    return UserFacingError("P1016", message, {"expected": expected, "actual": actual})


def too_many_parameters(limit: int, actual: int) -> UserFacingError:
    """P2035: more parameters than the protocol can count."""
    error = f"too many bind variables in prepared statement, expected maximum of {limit}, received {actual}"
    return UserFacingError("P2035", f"Assertion violation on the database: `{error}`", {"database_error": error})


def invalid_input(message: str, *, code: str = "22P02") -> UserFacingError:
    """P2007: a value that cannot be read as the parameter's type, in the server's words."""
    return fault("InvalidInputValue", {"message": message}, code=code, message=message)


def out_of_range(message: str, *, code: str = "22003") -> UserFacingError:
    """P2020: a value outside the parameter's type, in the server's words."""
    return fault("ValueOutOfRange", {"cause": message}, code=code, message=message)


def closed() -> UserFacingError:
    """The error for using a client, or a transaction of it, that has been disconnected."""
    return UserFacingError(None, "The database connections have been closed; open a new client to go on.")


def invalid_isolation(word: str) -> UserFacingError:
    """The error for an isolation level that PostgreSQL does not have: P2028 for Snapshot, P2023 for any other word."""
    if word == "Snapshot":
        return TransactionError("Invalid isolation level: SNAPSHOT", {"isolationLevel": "SNAPSHOT"})
    text = f"Inconsistent column data: Conversion failed: Invalid isolation level `{word}`"
    return UserFacingError("P2023", text, {"providedIsolationLevel": word})


def _said(error: asyncpg.PostgresError) -> str:
    # str(error) would add DETAIL and HINT; errors that the driver itself raises have their text in args only
    return error.message or str(error.args[0])


def _quoted(error: asyncpg.PostgresError) -> str | None:
    match = _QUOTED.search(_said(error))
    return match[1].replace('""', '"') if match else None


def _key_columns(error: asyncpg.PostgresError) -> list[str]:
    match = _DETAIL_KEY.search(error.detail or "")
    if match is None:
        return []
    if "(" in match[1]:  # an index over an expression
        return [match[1]]
    found = _KEY_COLUMN.findall(match[1])
    return [quoted.replace('""', '"') or plain.strip() for quoted, plain in found if quoted or plain.strip()]


def _fields(names: list[str]) -> Cause | None:
    return {"fields": names} if names else None


def _shown(value: object) -> str:
    if value is None:
        return _ABSENT
    if isinstance(value, dict):
        return _constraint(value)
    return str(value)


def _constraint(constraint: dict[str, object]) -> str:
    fields = constraint.get("fields")
    if isinstance(fields, list):
        return "fields: ({})".format(", ".join(f"`{name}`" for name in fields))
    return f"constraint: `{constraint['index']}`"
