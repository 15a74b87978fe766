"""Where the placeholders of a raw statement are; what they mean is compared with PostgreSQL's own PREPARE elsewhere."""

from __future__ import annotations

from time import thread_time

import pytest

from prisma_engine.postgres.raw_sql import RawSql

LONG = 100_000


@pytest.mark.parametrize("escapes", [False, True])
@pytest.mark.parametrize(
    "text",
    [
        "'" + "a''" * LONG,
        "E'" + r"a\'''" * LONG,
        "E'a'" + "\n-- -- 'a'" * LONG,
        "E'a' " * LONG,
        "E'a'" + " " * LONG,
        "E'a'\n" * LONG + "x",
        "E'" + "\\" * (2 * LONG + 1),
        '"' + 'a""' * LONG,
        "/*" * LONG,
        "--" * LONG,
        " ".join(f"$a{number}$" for number in range(LONG)),
        "$$ $" * LONG,
        "$a$ $b" * LONG,
    ],
    ids=lambda text: text[:12],
)
def test_a_long_text_is_read_in_one_pass(text: str, *, escapes: bool) -> None:
    began = thread_time()
    assert RawSql(f"SELECT $1, {text}", escapes=escapes).parameters == 1
    assert thread_time() - began < 5
