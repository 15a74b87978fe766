"""Names of migrations, as the Prisma CLI makes them; the values are its own."""

from __future__ import annotations

import pytest

from prisma_engine.migrate.names import slug


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("", ""),
        ("init", "init"),
        ("Add ExtraTable", "add_extra_table"),
        ("userIDs2Go HTMLParser", "user_ids2_go_html_parser"),
        ("Größe ändern & mehr", "groesse_aendern_and_mehr"),
        ("it's what users' don't want", "its_what_users_dont_want"),
        ("  __a--b__  ", "a_b"),
        ("Crème brûlée", "creme_brulee"),
        ("Łódź", "lodz"),
        ("привет мир", "privet_mir"),
        ("ОБЪЕКТ", "obyekt"),
        ("Θεσσαλονίκη", "t_hessaloniki"),
        ("عربي", "erby"),
        ("日本語", ""),
        ("🦄", "unicorn"),
        ("../../etc/passwd", "etc_passwd"),
    ],
)
def test_a_name_becomes_small_latin_letters_digits_and_underscores(name: str, expected: str) -> None:
    assert slug(name) == expected


def test_a_name_has_at_most_two_hundred_letters() -> None:
    assert slug("x" * 300) == "x" * 200
