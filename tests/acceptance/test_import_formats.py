"""Other programs' exports are read as their users saw them, and grow with their files."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Final

import pytest

import import_conversations
import sources
from conversations import read_conversation
from database import DatabaseService
from demo_input import InputError
from export_conversations import Export
from import_conversations import Import
from json_elements import Elements
from sources import Line, files_of, lines_of
from steps import PROJECT
from times import iso_time

EXPORTS: Final = PROJECT / "tests" / "exports"
EXPECTED: Final = ".expected.json"
CASES: Final = sorted(path.name.removesuffix(EXPECTED) for path in EXPORTS.glob(f"*{EXPECTED}"))
NOON: Final = datetime(2024, 5, 6, 12, tzinfo=timezone.utc)


def lines(path: Path) -> list[Line]:
    return list(lines_of(files_of(str(path))))


def reading(line: Line) -> dict[str, Any]:
    """A conversation as the expected readings write it; the times that an import makes are its own."""
    conversation = read_conversation(line)
    found: dict[str, Any] = {
        "messages": [{"role": row["role"], "content": row["content"]} for row in conversation.messages],
        "left_out": sum(conversation.left_out.values()) - conversation.left_out["title"],
    }
    if conversation.character:
        found["characterFile"] = json.loads(str(conversation.character["content"]))
    return found


def as_read(expected: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: expected[name] for name in ("characterFile",) if name in expected}
    messages = [{"role": item["role"], "content": item["content"]} for item in expected["messages"]]
    return {**found, "messages": messages, "left_out": len(expected["left_out"])}


@pytest.mark.parametrize("name", CASES)
def test_an_export_is_read_as_its_user_saw_it(name: str) -> None:
    expected = json.loads((EXPORTS / f"{name}{EXPECTED}").read_text(encoding="utf-8"))
    found = [line for line in lines(EXPORTS / name) if not line.left_out]
    assert [reading(line) for line in found] == [as_read(conversation) for conversation in expected]
    for line, conversation in zip(found, expected, strict=True):
        read = read_conversation(line)
        assert bool(read.left_out["title"]) == bool(conversation["title"])  # the schema has no column for it
        if conversation["createdAt"]:
            assert read.session["createdAt"] == iso_time(conversation["createdAt"])
        for row, message in zip(read.messages, conversation["messages"], strict=True):
            assert message["createdAt"] is None or row["createdAt"] == iso_time(message["createdAt"])


def test_a_picture_without_a_character_is_told() -> None:
    assert [line.left_out for line in lines(EXPORTS / "card-none.png")] == ["picture without a character"]


def test_archives_are_read_and_what_is_no_conversation_in_them_is_told(tmp_path: Path) -> None:
    chats = (EXPORTS / "chatgpt-conversations.json").read_bytes()
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr("conversations.json", chats)
        archive.writestr("user.json", '{"id": "u", "email": "someone@example.invalid"}')
        archive.writestr("chat.html", "<html>")
    (tmp_path / "conversations.json.gz").write_bytes(gzip.compress(chats))
    whole = [reading(line) for line in lines(EXPORTS / "chatgpt-conversations.json")]
    zipped = lines(tmp_path / "export.zip")
    assert [reading(line) for line in zipped if not line.left_out] == whole
    assert [line.left_out for line in zipped if line.left_out] == [
        "file of an archive without conversations",
        "other file of an archive",
    ]
    assert [reading(line) for line in lines(tmp_path / "conversations.json.gz")] == whole


def test_an_archive_that_is_cut_off_is_one_problem(tmp_path: Path) -> None:
    data = gzip.compress((EXPORTS / "chatgpt-conversations.json").read_bytes())
    (tmp_path / "cut.json.gz").write_bytes(data[: len(data) // 2])
    (tmp_path / "cut.zip").write_bytes(b"PK\x03\x04 and no more")
    assert [line.problem is not None for line in lines(tmp_path)][-1]
    assert all(line.problem for line in lines(tmp_path / "cut.zip"))


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_elements_of_a_list_are_found_wherever_its_text_is_cut(size: int) -> None:
    values = [{"a": 'quote " and \\ and ]'}, ["[", {"b": "},{"}], 5, "x,y", None]
    data = json.dumps(values, indent=1).encode()
    chunks = [data[start : start + size] for start in range(0, len(data), size)]
    elements = Elements(chunks)
    assert [json.loads(element) for _, element in elements] == values
    assert elements.is_whole
    assert not list(Elements([b"[ ]"]))


TIMES: Final = [
    "2024-05-06T12:00:00Z",
    "20240506T120000Z",
    "2024-05-06t12:00z",
    "2024-05-06 12Z",
    "2024-05-06T17:30:00.000000000+05:30",
    "2024-05-06T14:00:00,0+02",
    "2024-05-06T0800-0400",
    "2024-W19-1T12:00Z",
    "2024-127T12:00Z",
    "2024-05-06T11:59:60Z",
]


@pytest.mark.parametrize("text", TIMES)
def test_every_form_of_iso_8601_is_the_same_time(text: str) -> None:
    assert iso_time(text) == NOON


@pytest.mark.parametrize(
    "text", ["now", "2024-13-01T00Z", "2023-366T00Z", "2024-05-06T25Z", "2024-05-06T12:60Z", "٢٠٢٤-05-06"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        iso_time(text)


def own(*messages: Mapping[str, object], **fields: object) -> Line:
    return Line(Path("chats.jsonl"), 1, json.dumps({**fields, "messages": messages}).encode())


def said(content: str, **fields: object) -> dict[str, object]:
    return {"role": "user", "content": content, **fields}


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z"])
def test_the_first_and_the_last_year_are_read(time: str) -> None:
    read = read_conversation(own(said("a"), said("b", createdAt=time), said("c"), createdAt=time))
    assert [row["content"] for row in read.messages] == ["a", "b", "c"]
    assert read.messages[1]["createdAt"] == iso_time(time)


def test_times_that_go_back_keep_the_order_of_the_file() -> None:
    times = ["2024-05-06T12:00:00Z", "2024-05-06T11:00:00Z", "2024-05-06T13:00:00Z"]
    read = read_conversation(own(*(said(time, createdAt=time) for time in times)))
    stored = [row["createdAt"] for row in read.messages]
    assert stored == sorted(set(stored))
    assert (stored[0], stored[2]) == (iso_time(times[0]), iso_time(times[2]))


ODD_PARTS: Final = [None, 5, "text", ["list"]]
"""What is no object, where messages are."""

CHATGPT: Final[Mapping[str, Any]] = {
    "id": "chat",
    "mapping": {
        "a": {"parent": None, "message": {"author": {"role": "user"}, "content": {"parts": ["Hello!"]}}},
        "b": {"parent": "a", "message": {"author": {"role": "assistant"}, "content": {"parts": ["Hi."]}}},
    },
}


def changed(value: Any, *path: str, to: object) -> Any:
    """A copy in which one part is another."""
    copy = json.loads(json.dumps(value))
    part = copy
    for name in path[:-1]:
        part = part[name]
    part[path[-1]] = to
    return copy


def one(value: object) -> Line:
    return Line(Path("export.json"), 1, json.dumps(value).encode())


WITH_ODD_PARTS: Final[Mapping[str, Any]] = {
    "claude": {"chat_messages": [{"sender": "human", "text": "Hello!"}, *ODD_PARTS]},
    "librechat": {"conversationId": "c", "messages": [{"isCreatedByUser": True, "text": "Hello!"}, *ODD_PARTS]},
    "ai-sdk": [{"role": "user", "parts": [{"type": "text", "text": "Hello!"}]}, *ODD_PARTS],
    "sharegpt": {"conversations": [{"from": "human", "value": "Hello!"}, *ODD_PARTS]},
    "aistudio": {"chunkedPrompt": {"chunks": [{"role": "user", "text": "Hello!"}, *ODD_PARTS]}},
    "sillytavern": [{"chat_metadata": {}}, {"is_user": True, "mes": "Hello!"}, *ODD_PARTS],
    "openai": {"messages": [{"role": "user", "content": "Hello!"}, *ODD_PARTS]},
    "chatgpt": {
        "mapping": {
            "a": {"message": {"author": {"role": "user"}, "content": {"parts": ["Hello!"]}}},
            **{str(number): part for number, part in enumerate(ODD_PARTS)},
        },
        "current_node": "a",
    },
    "openwebui": {
        "history": {
            "messages": {
                "a": {"role": "user", "content": "Hello!"},
                **{str(number): part for number, part in enumerate(ODD_PARTS)},
            },
            "currentId": "a",
        }
    },
}


@pytest.mark.parametrize("form", WITH_ODD_PARTS)
def test_what_is_no_message_where_one_should_be_is_counted(form: str) -> None:
    read = read_conversation(one(WITH_ODD_PARTS[form]), form)
    assert [row["content"] for row in read.messages] == ["Hello!"]
    assert read.left_out == {"entry that is no message": len(ODD_PARTS)}


@pytest.mark.parametrize("message", ["text", 5, ["list"]])
def test_a_node_of_chatgpt_whose_message_is_none_is_counted(message: object) -> None:
    read = read_conversation(one(changed(CHATGPT, "mapping", "a", "message", to=message)))
    assert [row["content"] for row in read.messages] == ["Hi."]
    assert read.left_out == {"entry that is no message": 1}


@pytest.mark.parametrize("author", [None, {}, {"role": None}, "user"])
def test_a_message_of_nobody_is_counted(author: object) -> None:
    read = read_conversation(one(changed(CHATGPT, "mapping", "a", "message", "author", to=author)))
    assert [row["content"] for row in read.messages] == ["Hi."]
    assert read.left_out == {"message without a role": 1}


@pytest.mark.parametrize("parent", [["a"], {"a": 1}, 5, True])
def test_a_parent_that_is_no_id_is_none(parent: object) -> None:
    trees = {
        "chatgpt": changed(CHATGPT, "mapping", "b", "parent", to=parent),
        "claude": {
            "chat_messages": [
                {"uuid": "a", "sender": "human", "text": "Hello!", "parent_message_uuid": "root"},
                {"uuid": "b", "sender": "assistant", "text": "Hi.", "parent_message_uuid": parent},
            ]
        },
        "librechat": {
            "conversationId": "c",
            "messages": [
                {"messageId": "a", "isCreatedByUser": True, "text": "Hello!", "parentMessageId": "root"},
                {"messageId": "b", "isCreatedByUser": False, "text": "Hi.", "parentMessageId": parent},
            ],
        },
        "openwebui": {
            "history": {
                "messages": {
                    "a": {"role": "user", "content": "Hello!"},
                    "b": {"role": "assistant", "content": "Hi.", "parentId": parent},
                }
            }
        },
    }
    for form, tree in trees.items():
        read = read_conversation(one(tree), form)
        assert [row["content"] for row in read.messages] == ["Hi."]
        assert read.left_out == {"message of another branch": 1}


def test_characters_that_cannot_be_stored_are_replaced_and_counted() -> None:
    parts = ["a\0b \ud800"]
    read = read_conversation(one(changed(CHATGPT, "mapping", "a", "message", "content", "parts", to=parts)))
    assert read.messages[0]["content"] == "a\N{REPLACEMENT CHARACTER}b \N{REPLACEMENT CHARACTER}"
    assert read.left_out == {"text with a character that PostgreSQL cannot store": 1}
    with pytest.raises(InputError, match=r"U\+0000, which PostgreSQL cannot store"):
        read_conversation(own(said("a\0b"), id="of the own format"))


@pytest.mark.parametrize("name", ["empty.json", "empty.jsonl"])
def test_an_empty_list_is_no_conversation(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(" [ ]\n", encoding="utf-8")
    assert [(line.left_out, line.problem) for line in lines(tmp_path / name)] == [("empty list", None)]


@pytest.mark.parametrize("name", ["one.json", "list.json", "lines.jsonl", "chat.jsonl"])
def test_a_conversation_without_end_is_not_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(sources, "LONGEST", 1_000)
    first = {"chat.jsonl": '{"chat_metadata": {}}\n' + '{"mes": "a"}\n' * 100}.get(
        name, "[" if name == "list.json" else ""
    )
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, first + '{"messages": [{"role": "user", "content": "' + "a" * 1_000_000)
        archive.writestr("good.json", '{"messages": []}')
    told = [line.problem for line in lines(tmp_path / "bomb.zip")]
    assert told == ["this cannot be read (a conversation has more than 1,000 bytes)", None]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_text_in_another_encoding_is_told_once_with_what_to_do(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "chats.jsonl"
    path.write_text('{"messages": []}\n' * 3, encoding=encoding)
    [line] = lines(path)
    assert f"this is {encoding.upper()} text: convert it to UTF-8" in str(line.problem)


# In the database


@pytest.fixture
def service(migrated_url: str) -> DatabaseService:
    """A service that each run opens and closes for itself."""
    return DatabaseService(migrated_url)


async def imported(service: DatabaseService, source: Path, *, is_dry: bool = False) -> dict[str, Any]:
    run = Import(service, keep_going=False, is_dry=is_dry)
    await run.run(lines_of([source]), lambda done, count: None)
    return run.figures()


async def test_a_conversation_that_has_grown_gets_its_new_messages(service: DatabaseService, tmp_path: Path) -> None:
    path = tmp_path / "conversations.json"
    [claude] = json.loads((EXPORTS / "claude-conversations.json").read_text(encoding="utf-8"))
    path.write_text(json.dumps([{**claude, "chat_messages": claude["chat_messages"][:2]}]), encoding="utf-8")
    assert (await imported(service, path))["messages"] == 2
    path.write_text(json.dumps([claude]), encoding="utf-8")
    dry = await imported(service, path, is_dry=True)
    assert (dry["grown"], dry["messages"]) == (1, 2)
    grown = await imported(service, path)
    assert (grown["stored"], grown["grown"], grown["messages"], grown["left out"]) == (0, 1, 2, {"title": 1})
    again = await imported(service, path)
    assert (again["skipped"], again["grown"], again["messages"]) == (1, 0, 0)
    async with service:
        messages = await service.messages.get_messages_by_session_id(claude["uuid"])
    texts = [message["text"] for message in claude["chat_messages"]]
    assert [message.content for message in messages] == texts


@pytest.mark.parametrize("batch", [1, 1_000_000])
async def test_a_dry_run_tells_what_a_run_does_of_what_comes_twice(
    service: DatabaseService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(import_conversations, "_BATCH", batch)
    [claude] = json.loads((EXPORTS / "claude-conversations.json").read_text(encoding="utf-8"))
    begun = {**claude, "chat_messages": claude["chat_messages"][:2]}
    path = tmp_path / "conversations.json"
    path.write_text(json.dumps([begun, begun, claude, claude]), encoding="utf-8")
    dry = await imported(service, path, is_dry=True)
    assert (dry["stored"], dry["grown"], dry["messages"], dry["skipped"]) == (1, 1, 4, 2)
    assert await imported(service, path) == dry


async def test_a_dry_run_stores_nothing(service: DatabaseService) -> None:
    figures = await imported(service, EXPORTS / "chatgpt-conversations.json", is_dry=True)
    assert (figures["stored"], figures["messages"]) == (2, 8)
    async with service:
        assert await service.sessions.list_sessions() == []


@pytest.mark.parametrize("form", ["openai", "sharegpt"])
async def test_lines_for_training_are_read_again(service: DatabaseService, tmp_path: Path, form: str) -> None:
    await imported(service, EXPORTS / "chatgpt-conversations.json")
    target = tmp_path / "training.jsonl"
    export = Export(service, None, form)
    await export.run(str(target))
    assert (export.written, export.messages) == (2, 8)
    found = [reading(line)["messages"] for line in lines(target)]
    stored = [reading(line)["messages"] for line in lines(EXPORTS / "chatgpt-conversations.json")]
    assert found == stored[::-1]
    assert "id" not in json.loads(target.read_text(encoding="utf-8").splitlines()[0]) or form == "sharegpt"
