"""Prisma's codes, messages and meta for errors of the driver."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from typing import Any

import asyncpg
import pytest

from prisma_engine.errors import TransactionError, UserFacingError
from prisma_engine.postgres.faults import (
    CONDITIONS,
    KINDS,
    TROUBLES,
    as_raw,
    fault,
    invalid_input,
    invalid_isolation,
    out_of_range,
    recognise,
    translate,
    translated,
    unreachable,
)
from prisma_engine.postgres.url import parse

_MIGRATE = "Apply the migrations that the database lacks: `prisma migrate deploy`."
_CHECK = ": check that it is running and that the network lets you through"
_SETTINGS = parse("postgresql://alice:hidden@db:5433/shop")


def _server_error(state: str, message: str, **fields: str) -> asyncpg.PostgresError:
    """An error as asyncpg builds it from the server's answer."""
    letters = {"detail": "D", "hint": "H", "column": "c", "table": "t", "constraint": "n"}
    answer = {"S": "ERROR", "V": "ERROR", "C": state, "M": message}
    return asyncpg.PostgresError.new({**answer, **{letters[name]: value for name, value in fields.items()}})


def _cause(error: UserFacingError) -> dict[str, Any]:
    report = error.meta["driverAdapterError"]
    assert isinstance(report, dict)
    assert report["name"] == "DriverAdapterError"
    cause = report["cause"]
    assert isinstance(cause, dict)
    return cause


_SERVER_ERRORS = [
    (
        _server_error("22000", "data exception"),
        "P2007",
        "Invalid input value: data exception",
        {"kind": "InvalidInputValue"},
    ),
    (
        _server_error("22001", "value too long for type character varying(3)"),
        "P2000",
        "The provided value for the column is too long for the column's type. Column: (not available)",
        {"kind": "LengthMismatch", "column": None},
    ),
    (
        _server_error("22003", "integer out of range"),
        "P2020",
        "Value out of range for the type: integer out of range",
        {"kind": "ValueOutOfRange", "cause": "integer out of range"},
    ),
    (
        _server_error("22P02", 'invalid input syntax for type uuid: "x"', hint="never shown"),
        "P2007",
        'Invalid input value: invalid input syntax for type uuid: "x"',
        {"kind": "InvalidInputValue", "message": 'invalid input syntax for type uuid: "x"'},
    ),
    (
        _server_error("22P05", "unsupported Unicode escape sequence"),
        "P2007",
        "Invalid input value: unsupported Unicode escape sequence",
        {"kind": "InvalidInputValue"},
    ),
    (
        _server_error("22021", 'invalid byte sequence for encoding "UTF8": 0x00'),
        "P2007",
        'Invalid input value: invalid byte sequence for encoding "UTF8": 0x00',
        {"kind": "InvalidInputValue"},
    ),
    (
        _server_error("23001", "restricted", constraint="a_b_fkey", table="a"),
        "P2003",
        "Foreign key constraint violated on the constraint: `a_b_fkey`",
        {"kind": "RestrictViolation", "constraint": {"index": "a_b_fkey"}},
    ),
    (
        _server_error(
            "23502", 'null value in column "name" violates …', column="name", detail="Failing row contains (1)."
        ),
        "P2011",
        "Null constraint violation on the fields: (`name`)",
        {"kind": "NullConstraintViolation", "constraint": {"fields": ["name"]}},
    ),
    (
        _server_error("23502", "null value"),
        "P2011",
        "Null constraint violation on the (not available)",
        {"kind": "NullConstraintViolation", "constraint": None},
    ),
    (
        _server_error("23503", "violates foreign key", constraint="a_b_fkey", detail="Key (b)=(1) is not present."),
        "P2003",
        "Foreign key constraint violated on the constraint: `a_b_fkey`",
        {"kind": "ForeignKeyConstraintViolation", "constraint": {"index": "a_b_fkey"}},
    ),
    (
        _server_error("23503", "violates foreign key", column="b"),
        "P2003",
        "Foreign key constraint violated on the fields: (`b`)",
        {"kind": "ForeignKeyConstraintViolation", "constraint": {"fields": ["b"]}},
    ),
    (
        _server_error("23503", "violates foreign key"),
        "P2003",
        "Foreign key constraint violated on the (not available)",
        {"kind": "ForeignKeyConstraintViolation", "constraint": None},
    ),
    (
        _server_error(
            "23505", "duplicate key", constraint="User_email_key", table="User", detail="Key (email)=(a) exists."
        ),
        "P2002",
        "Unique constraint failed on the constraint: `User_email_key`",
        {"kind": "UniqueConstraintViolation", "constraint": {"index": "User_email_key"}, "table": "User"},
    ),
    (
        _server_error("23505", "duplicate key", detail="Key (a, b)=(1, 2) already exists."),
        "P2002",
        "Unique constraint failed on the fields: (`a`, `b`)",
        {"kind": "UniqueConstraintViolation", "constraint": {"fields": ["a", "b"]}},
    ),
    (
        _server_error("08P01", "no more connections allowed"),
        "P1017",
        "Server has closed the connection: no more connections allowed",
        {"kind": "ConnectionRefused", "reason": "no more connections allowed"},
    ),
    (
        _server_error("25006", "cannot execute INSERT in a read-only transaction"),
        "P2039",
        "Database error. Code: `25006`. Message: `cannot execute INSERT in a read-only transaction`. The database takes"
        " no writes now: it is a standby, or `default_transaction_read_only` is on; connect to a primary"
        " (`target_session_attrs=read-write`)",
        {"kind": "ReadOnly"},
    ),
    (
        _server_error("28000", 'no pg_hba.conf entry for host "10.0.0.1"'),
        "P1010",
        'User was denied access on the database `shop`: no pg_hba.conf entry for host "10.0.0.1"; allow it in the'
        " server's pg_hba.conf, or connect in the way that it asks for (`sslmode=require`, a client certificate)",
        {"kind": "DatabaseAccessDenied", "db": "shop"},
    ),
    (
        _server_error("28P01", 'password authentication failed for user "alice"'),
        "P1000",
        "Authentication failed against the database server, the provided database credentials for `alice` are not"
        " valid: correct the user or the password in the database URL",
        {"kind": "AuthenticationFailed", "user": "alice"},
    ),
    (
        _server_error("3D000", 'database "other" does not exist'),
        "P1003",
        "Database `other` does not exist on the database server: create it, or correct the database URL",
        {"kind": "DatabaseDoesNotExist", "db": "other"},
    ),
    (
        _server_error("40001", "could not serialize access"),
        "P2034",
        "Transaction failed due to a write conflict or a deadlock. Please retry your transaction",
        {"kind": "TransactionWriteConflict"},
    ),
    (
        _server_error("40P01", "deadlock detected"),
        "P2034",
        "Transaction failed due to a write conflict or a deadlock. Please retry your transaction",
        {"kind": "TransactionWriteConflict"},
    ),
    (
        _server_error("42703", "column t.nome does not exist"),
        "P2022",
        "The column `t.nome` does not exist in the current database. " + _MIGRATE,
        {"kind": "ColumnNotFound", "column": "t.nome"},
    ),
    (
        _server_error("42703", 'column "nome" of relation "User" does not exist'),
        "P2022",
        "The column `nome` does not exist in the current database. " + _MIGRATE,
        {"kind": "ColumnNotFound", "column": "nome"},
    ),
    (
        _server_error("42703", "Spalte gibt es nicht"),
        "P2022",
        "The column `(not available)` does not exist in the current database. " + _MIGRATE,
        {"kind": "ColumnNotFound", "column": None},
    ),
    (
        _server_error("42P01", 'relation "public.User" does not exist'),
        "P2021",
        "The table `public.User` does not exist in the current database. " + _MIGRATE,
        {"kind": "TableDoesNotExist", "table": "public.User"},
    ),
    (
        _server_error("42P04", 'database "shop2" already exists'),
        "P1009",
        "Database `shop2` already exists on the database server",
        {"kind": "DatabaseAlreadyExists", "db": "shop2"},
    ),
    (
        _server_error("53300", "sorry, too many clients already"),
        "P2037",
        "Too many database connections opened: sorry, too many clients already",
        {"kind": "TooManyConnections", "cause": "sorry, too many clients already"},
    ),
    (
        _server_error("57P01", "terminating connection due to administrator command"),
        "P1017",
        "Server has closed the connection.",
        {"kind": "ConnectionClosed"},
    ),
    (
        _server_error("57P02", "terminating connection because of crash"),
        "P1017",
        "Server has closed the connection.",
        {"kind": "ConnectionClosed"},
    ),
    (
        _server_error("57P03", "the database system is starting up"),
        "P1001",
        "Can't reach database server at db:5433" + _CHECK,
        {"kind": "DatabaseNotReachable", "host": "db", "port": 5433},
    ),
    (
        _server_error("08006", "connection failure"),
        "P1017",
        "Server has closed the connection.",
        {"kind": "ConnectionClosed"},
    ),
    (
        _server_error("25P02", "current transaction is aborted", hint="h", detail="d"),
        "P2039",
        "Database error. Code: `25P02`. Message: `current transaction is aborted`",
        {"kind": "postgres", "code": "25P02", "severity": "ERROR", "hint": "h", "detail": "d", "column": None},
    ),
    (
        _server_error("XYZZY", "a state nobody knows {0}"),
        "P2039",
        "Database error. Code: `XYZZY`. Message: `a state nobody knows {0}`",
        {"kind": "postgres", "code": "XYZZY"},
    ),
]


@pytest.mark.parametrize(("error", "code", "message", "cause"), _SERVER_ERRORS)
def test_a_server_error_gets_prismas_code_message_and_meta(
    error: asyncpg.PostgresError, code: str, message: str, cause: dict[str, Any]
) -> None:
    known = translate(error, _SETTINGS)
    assert (known.code, known.message) == (code, message)
    expected = {**cause, "originalCode": error.sqlstate, "originalMessage": error.message}
    actual = _cause(known)
    assert {name: actual.get(name) for name in expected} == expected


def test_every_sqlstate_of_the_table_has_a_case() -> None:
    assert {error.sqlstate for error, *_ in _SERVER_ERRORS} >= CONDITIONS.keys()


def test_every_kind_of_the_tables_has_a_message() -> None:
    assert {kind for kind, _ in CONDITIONS.values()} | {kind for _, kind in TROUBLES} <= KINDS.keys()


def test_messages_end_without_a_space() -> None:
    assert [kind for kind in KINDS.values() if kind.message != kind.message.strip()] == []


@pytest.mark.parametrize(
    ("detail", "target"),
    [
        ("Key (email)=(a) already exists.", ["email"]),
        ('Key ("userId", "a""b", plain)=(1, 2, 3) already exists.', ["userId", 'a"b', "plain"]),
        ('Key ("a, b")=(1) already exists.', ["a, b"]),
        ("Key (lower(email))=(a) already exists.", ["lower(email)"]),
        ("Schlüssel »(email)=(a)« existiert bereits.", ["email"]),
    ],
)
def test_a_unique_violation_names_its_columns_as_the_target(detail: str, target: list[str]) -> None:
    known = translate(_server_error("23505", "duplicate key", constraint="k", table="User", detail=detail))
    assert (known.meta["target"], known.meta["table"]) == (target, "User")


def test_a_unique_violation_without_detail_has_no_target() -> None:
    known = translate(_server_error("23505", "duplicate key", constraint="k"))
    assert known.meta.keys() == {"driverAdapterError"}


def test_a_null_violation_names_its_column() -> None:
    assert translate(_server_error("23502", "null value", column="name")).meta["constraint"] == ["name"]


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (ConnectionRefusedError(111, "refused"), "P1001", "Can't reach database server at db:5433" + _CHECK),
        (socket.gaierror(-2, "Name or service not known"), "P1001", "Can't reach database server at db:5433" + _CHECK),
        (OSError("Multiple exceptions: …"), "P1001", "Can't reach database server at db:5433" + _CHECK),
        (ConnectionResetError(104, "reset"), "P1017", "Server has closed the connection."),
        (BrokenPipeError(32, "pipe"), "P1017", "Server has closed the connection."),
        (asyncpg.ConnectionDoesNotExistError("closed"), "P1017", "Server has closed the connection."),
        (asyncio.TimeoutError(), "P1008", "Operation has timed out"),
        (TimeoutError(110, "timed out"), "P1008", "Operation has timed out"),
        (ssl.SSLError(1, "bad"), "P1011", "Error opening a TLS connection: bad"),
        (
            ConnectionError("rejected SSL upgrade"),
            "P1011",
            "Error opening a TLS connection: rejected SSL upgrade; switch TLS on at the server, or do without it"
            " (`sslmode=disable`)",
        ),
        (asyncpg.DataError("invalid input"), "P2007", "Invalid input value: invalid input"),
        (asyncpg.InterfaceError("misuse", hint="h"), "P2039", "Database error. Code: `N/A`. Message: `misuse`"),
        (asyncpg.InternalClientError("oops"), "P1017", "Server has closed the connection."),
        (ValueError("year -43 is out of range"), "P2023", "Inconsistent column data: year -43 is out of range"),
        (OverflowError("date value out of range"), "P2023", "Inconsistent column data: date value out of range"),
        (ValueError(), "P2023", "Inconsistent column data: ValueError"),
    ],
)
def test_an_error_without_sqlstate_is_known_by_its_class(error: Exception, code: str, message: str) -> None:
    known = translate(error, _SETTINGS)
    assert (known.code, known.message) == (code, message)


def test_without_settings_the_address_is_left_out() -> None:
    assert translate(ConnectionRefusedError()).message == "Can't reach database server" + _CHECK


def test_an_exception_of_somebody_else_is_not_translated() -> None:
    with pytest.raises(TypeError, match="KeyError is not an error of the database driver"):
        translate(KeyError("x"))


def test_the_original_error_stays_as_the_cause() -> None:
    original = ConnectionRefusedError()
    with pytest.raises(UserFacingError) as caught, translated(_SETTINGS):
        raise original
    assert caught.value.__cause__ is original


@pytest.mark.parametrize("error", [asyncio.CancelledError(), KeyboardInterrupt(), KeyError("a bug")])
def test_cancellation_and_bugs_pass_untranslated(error: BaseException) -> None:
    with pytest.raises(type(error)) as caught, translated(raw=True):
        raise error
    assert caught.value is error


def test_an_error_that_is_translated_already_passes() -> None:
    known = out_of_range("value")
    with pytest.raises(UserFacingError) as caught, translated():
        raise known
    assert caught.value is known


def test_any_error_of_a_raw_statement_is_p2010_with_the_servers_words() -> None:
    original = _server_error("42P01", 'relation "nope" does not exist', hint="h")
    with pytest.raises(UserFacingError) as caught, translated(raw=True):
        raise original
    assert caught.value.code == "P2010"
    assert caught.value.message == 'Raw query failed. Code: `42P01`. Message: `relation "nope" does not exist`'
    assert (caught.value.meta["code"], caught.value.meta["message"]) == ("42P01", 'relation "nope" does not exist')
    assert _cause(caught.value)["kind"] == "TableDoesNotExist"


def test_an_encoding_error_of_a_raw_statement_is_p2010_too() -> None:
    with pytest.raises(UserFacingError) as caught, translated(raw=True):
        raise invalid_input("no number")
    assert (caught.value.code, caught.value.meta["code"]) == ("P2010", "22P02")


def test_a_raw_error_is_not_wrapped_twice() -> None:
    known = as_raw(fault("UnsupportedNativeDataType", {"type": "record"}))
    with pytest.raises(UserFacingError) as caught, translated(raw=True):
        raise known
    assert caught.value is known
    assert known.message.startswith(
        "Raw query failed. Code: `N/A`. Message: `Failed to deserialize column of type 'record'."
    )


def test_a_raw_error_without_report_keeps_its_message() -> None:
    known = as_raw(UserFacingError("P2007", "not JSON"))
    assert known.message == "Raw query failed. Code: `N/A`. Message: `not JSON`"


@pytest.mark.parametrize("code", ["P1008", "P1017", "P2024"])
def test_an_error_that_is_none_of_the_statement_stays_what_it_is(code: str) -> None:
    error = UserFacingError(code, "words")
    assert as_raw(error) is error
    assert recognise(error, raw=True) is None


def test_nobody_at_the_address_is_p1001() -> None:
    known = unreachable(_SETTINGS)
    assert (known.code, known.message) == ("P1001", "Can't reach database server at db:5433" + _CHECK)


def test_snapshot_isolation_is_a_transaction_error() -> None:
    error = invalid_isolation("Snapshot")
    assert isinstance(error, TransactionError)
    assert (error.code, error.message) == ("P2028", "Transaction API error: Invalid isolation level: SNAPSHOT")
    assert error.meta == {"isolationLevel": "SNAPSHOT"}


def test_an_unknown_isolation_word_is_p2023() -> None:
    error = invalid_isolation("Chaos")
    assert error.code == "P2023"
    assert error.message == "Inconsistent column data: Conversion failed: Invalid isolation level `Chaos`"
    assert error.meta == {"providedIsolationLevel": "Chaos"}


def test_templates_use_only_fields_in_braces_that_their_kind_has() -> None:
    words = {word for kind in KINDS.values() for word in re.findall(r"{(\w+)}", kind.message)}
    assert words == {
        "user", "address", "db", "reason", "column", "constraint", "message", "type", "cause", "table", "code",
    }  # fmt: skip
