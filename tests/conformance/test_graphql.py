"""GraphQL text of the client, put as requests of the JSON protocol."""

from __future__ import annotations

import pytest

from conformance.graphql import Datamodel, request

DATAMODEL = Datamodel.parse("""
model User {
  id    Int      @id
  born  DateTime
  notes Json?
  files Bytes[]
  posts Post[]
}
model Post {
  id     Int  @id
  author User @relation(fields: [id], references: [id])
}
""")


def test_values_are_tagged_by_the_type_of_the_field_that_they_stand_under() -> None:
    text = """
    query { result: findManyUser(
      where: { born: { in: ["2020-01-01T00:00:00Z"], not: null } posts: { some: { author: { notes: null } } } }
      orderBy: { born: asc }
    ) { id } }"""
    day = {"$type": "DateTime", "value": "2020-01-01T00:00:00Z"}
    notes = {"$type": "Enum", "value": "DbNull"}
    assert request(text, DATAMODEL)["query"]["arguments"] == {
        "where": {"born": {"in": [day], "not": None}, "posts": {"some": {"author": {"notes": notes}}}},
        "orderBy": {"born": "asc"},
    }


def test_selected_relations_keep_their_arguments() -> None:
    text = 'mutation { result: createOneUser(data: {files: ["AA=="]}) { id posts(take: -1) { author { born } } } }'
    assert request(text, DATAMODEL) == {
        "modelName": "User",
        "action": "createOne",
        "query": {
            "arguments": {"data": {"files": [{"$type": "Bytes", "value": "AA=="}]}},
            "selection": {
                "id": True,
                "posts": {
                    "arguments": {"take": -1},
                    "selection": {"author": {"arguments": {}, "selection": {"born": True}}},
                },
            },
        },
    }


def test_strings_are_read_with_their_escapes_and_punctuation() -> None:
    text = r'query { result: findUniqueUserOrThrow(where: {name: "a\"}{\n\u00e9,"}) { id } }'
    found = request(text, DATAMODEL)
    assert found["action"] == "findUniqueOrThrow"
    assert found["query"]["arguments"] == {"where": {"name": 'a"}{\né,'}}


@pytest.mark.parametrize(
    "text",
    [
        "query { result: dropUser { id } }",
        "query { findManyUser { id } }",
        "query { result: findManyUser(a 1) { id } }",
    ],
)
def test_text_that_the_client_does_not_write_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"unknown operation|is missing"):
        request(text, DATAMODEL)
