"""Prisma Studio's server, where it needs no database: statements in a text, values in JSON."""

from __future__ import annotations

import json

import pytest

from prisma_engine.errors import UserFacingError
from prisma_engine.studio.statements import Statement, statements_in
from prisma_engine.studio.values import decoder_for, encoder_for, to_json


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 'a;b''c;'",
        "SELECT E'it\\'s;'",
        'SELECT 1 AS "a;""b;"',
        "SELECT 1 -- ;",
        "SELECT /* ; /* ; */ ; */ 1",
        "SELECT $$;$$, $q$ ; $$ ; $q$",
        "SELECT 'not ended;",
        'SELECT "not ended;',
        "SELECT /* not ended;",
        "SELECT $a$ not ended; $b$",
    ],
)
def test_a_semicolon_in_a_text_a_name_or_a_comment_ends_no_statement(sql: str) -> None:
    assert statements_in(f"  {sql}") == [Statement(sql, 2)]


def test_statements_know_where_they_begin() -> None:
    sql = "SELECT 1;; \n SELECT $1 -- a\n;SELECT a$b$c; "
    found = statements_in(sql)
    assert [statement.text for statement in found] == ["SELECT 1", "SELECT $1 -- a", "SELECT a$b$c"]
    assert all(sql[found_.start :].startswith(found_.text) for found_ in found)


@pytest.mark.parametrize("sql", ["", " \n", ";", " ; ;"])
def test_nothing_is_no_statement(sql: str) -> None:
    assert statements_in(sql) == []


def test_a_lone_surrogate_in_a_document_stays_valid_json() -> None:
    answer = to_json([None, [{"a": json.loads('"\\ud800é🪜"')}]])
    assert answer == '[null,[{"a":"\\ud800é🪜"}]]'.encode()


@pytest.mark.parametrize("depth", [10, 100_000])
def test_documents_of_any_depth_are_shown(depth: int) -> None:
    shown = decoder_for("jsonb")("[" * depth + "]" * depth)
    assert to_json(shown).count(b"[") == depth


@pytest.mark.parametrize("type_name", ["text", "jsonb", "text[]", "public.colour"])
def test_what_no_text_can_hold_is_refused(type_name: str) -> None:
    value = ["\ud800"] if type_name.endswith("[]") else "\ud800"
    with pytest.raises(UserFacingError, match="cannot store the lone surrogate"):
        encoder_for(type_name)(value)
