"""The database as a command names it."""

from __future__ import annotations

import pytest

from prisma_engine.cli.target import Target


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://u:p@db.example:6543/shop?schema=sales", ' "shop", schema "sales" at "db.example:6543"'),
        ("postgres://u@localhost/", ' "postgres", schema "public" at "localhost"'),
        ("postgresql://u:p%40ss@localhost:5432/shop", ' "shop", schema "public" at "localhost:5432"'),
        ("postgresql://u@%2Fvar%2Frun%2Fpostgresql/shop", ' "shop", schema "public" at "unix:/var/run/postgresql"'),
        ("nonsense", ""),
        ("postgresql://[half/shop", ""),
        ("postgresql://u:se/cret@localhost:5432/shop", ""),
        ("postgresql://u:12/cret@localhost:5432/shop", ""),
        ("postgresql://u:se#cret@localhost:5432/shop", ""),
        ("postgresql://u:12?cret@localhost:5432/shop", ""),
        ("postgresql://u:se@cr/et@localhost:5432/shop", ""),
        ("postgresql://u:p@one:5432,two:5433/shop", ' "shop", schema "public" at "one:5432,two:5433"'),
    ],
)
def test_a_target_is_named_without_its_password(url: str, words: str) -> None:
    assert str(Target.of("db", url, ())) == f'Datasource "db": PostgreSQL database{words}'


def test_several_schemas_are_named_instead_of_the_urls_own() -> None:
    target = Target.of("db", "postgresql://u:p@localhost:5432/shop?schema=one", ("one", "two"))

    assert str(target) == 'Datasource "db": PostgreSQL database "shop", schemas "one, two" at "localhost:5432"'
    assert target.to_reset == 'We need to reset the following schemas: "one, two" at "localhost:5432"'
    assert target.was_reset == (
        'The PostgreSQL database "shop" schemas "one, two" at "localhost:5432" were successfully reset.'
    )
