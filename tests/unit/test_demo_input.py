"""What the demo accepts as a conversation and a character, and the sentence it has for everything else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from demo_input import DEEPEST, InputError, Turn, read_character, read_transcript
from steps import PROJECT

EXAMPLES = PROJECT / "examples"
HELLO = '{"role": "user", "content": "hello"}'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A place for a file."""
    return tmp_path / "input.json"


def transcript_failure(file: Path, content: str | bytes) -> str:
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError) as failure:
        read_transcript(file)
    return str(failure.value)


def character_failure(file: Path, content: str) -> str:
    file.write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as failure:
        read_character(file)
    return str(failure.value)


@pytest.mark.parametrize(("name", "count"), [("conversation.json", 47), ("journey.jsonl", 27)])
def test_every_example_conversation_is_read_whole(name: str, count: int) -> None:
    transcript = read_transcript(EXAMPLES / name)
    assert len(transcript.turns) == count
    assert {turn.role for turn in transcript.turns} == {"user", "assistant"}
    assert transcript.unused == []


def test_a_json_list_and_json_lines_of_the_same_messages_read_the_same(file: Path) -> None:
    messages = json.loads((EXAMPLES / "conversation.json").read_text(encoding="utf-8"))
    file.write_text("\n".join(json.dumps(message) for message in messages), encoding="utf-8")
    assert read_transcript(file) == read_transcript(EXAMPLES / "conversation.json")


def test_the_example_character_is_read_whole() -> None:
    path = EXAMPLES / "character.json"
    assert read_character(path) == json.loads(path.read_text(encoding="utf-8"))


def test_a_byte_order_mark_is_accepted(file: Path) -> None:
    file.write_text(f"[{HELLO}]", encoding="utf-8-sig")
    assert read_transcript(file).turns == [Turn("user", "hello")]


def test_blank_lines_and_windows_line_ends_are_accepted_in_json_lines(file: Path) -> None:
    file.write_bytes(f"\r\n{HELLO}\r\n\r\n{HELLO}\r\n".encode())
    assert read_transcript(file).turns == [Turn("user", "hello")] * 2


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85"])
def test_an_exotic_line_separator_inside_a_text_does_not_end_a_line_of_json_lines(file: Path, separator: str) -> None:
    file.write_text(f'{{"role": "user", "content": "a{separator}b"}}\n{HELLO}\n', encoding="utf-8")
    assert read_transcript(file).turns[0] == Turn("user", f"a{separator}b")


def test_a_pair_of_escaped_surrogates_is_one_character(file: Path) -> None:
    file.write_text(r'[{"role": "user", "content": "\ud83e\ude9c"}]', encoding="utf-8")
    assert read_transcript(file).turns == [Turn("user", "🪜")]


def test_brackets_quotes_and_the_names_of_fields_inside_a_text_do_not_confuse_the_reader(file: Path) -> None:
    content = 'say "role": [{ \\ }] NaN "content" \\'
    message = json.dumps({"role": "user", "content": content})
    file.write_text(f"[{message}, {HELLO}]", encoding="utf-8")
    assert [turn.content for turn in read_transcript(file).turns] == [content, "hello"]


def test_an_empty_message_is_a_message(file: Path) -> None:
    file.write_text('[{"role": "assistant", "content": ""}]', encoding="utf-8")
    assert read_transcript(file).turns == [Turn("assistant", "")]


def test_fields_that_a_message_has_no_place_for_are_named(file: Path) -> None:
    file.write_text('[{"role": "user", "name": "A", "content": "x", "refusal": null}]', encoding="utf-8")
    assert read_transcript(file).unused == ["name", "refusal"]


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        ("", 1, "the file is empty"),
        (" \n\t\n", 1, "the file is empty"),
        (b"\xef\xbb\xbf", 1, "the file is empty"),
        ("[]", 1, "the transcript holds no messages"),
        (b"\xff\xfe[\x00]\x00", 1, "the file is not UTF-8 text (invalid start byte)"),
        (b'[\n{"role": "user",\n"content": "caf\xe9"}]', 3, "the file is not UTF-8 text (invalid continuation byte)"),
        ("hello", 1, "this is not JSON (Expecting value, column 1)"),
        (f"[{HELLO}\n,\n", 3, "this is not JSON (Expecting value, column 1)"),
        ('[\n{"role": "user",\n"content": "never ends]\n', 3, None),
        (f'{HELLO}\n\n{{"role": "user", "content": "x"\n', 3, None),
        ('"hello"', 1, "a transcript is a list of messages, not a text"),
        ('{\n"messages": []\n}', 1, "a transcript is a list of messages, not an object"),
        (f"[{HELLO},\n\n7]", 3, "a message is an object with role and content, not a number"),
        (f"{HELLO}\nnull", 2, "a message is an object with role and content, not null"),
        (f'[{HELLO},\n{{"content": "x"}}]', 2, 'the message has no "role"'),
        (f'[{HELLO},\n{{"role": "user"}}]', 2, 'the message has no "content"'),
        ('[{"role": "user",\n"content": null}]', 2, 'the "content" of a message is a text, not null'),
        ('[{"role": "user",\n"content": ["x"]}]', 2, 'the "content" of a message is a text, not a list'),
        ('[{"content": "x",\n"role": true}]', 2, 'the "role" of a message is a text, not a boolean'),
        ('[{"role": "user",\n"content": "\\u0000"}]', 2, "a text holds U+0000, which PostgreSQL cannot store"),
        (f'{HELLO}\n{{"role": "user", "content": "\\ud83e!"}}', 2, None),
        ('[{"role": "user", "content": "x",\n"score": NaN}]', 2, "NaN is not a number that JSON can hold"),
        ("[" * 200_000, 1, f"lists and objects are nested more than {DEEPEST} deep"),
    ],
)
def test_a_broken_transcript_is_refused_with_file_and_line(
    file: Path, content: str | bytes, line: int, problem: str | None
) -> None:
    failure = transcript_failure(file, content)
    assert failure.startswith(f"{file}, line {line}: ")
    assert "\n" not in failure
    if problem is not None:
        assert failure == f"{file}, line {line}: {problem}"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ('[\n  {\n    "role": "system",\n    "content": "Be kind."\n  }\n]', 3),
        (f'[{HELLO},\n\n{{"content": "role",\n"role": "system"}}]', 4),
        (f'[{HELLO},\n{{"meta": {{"role": "user"}},\n"content": "x",\n"role": "system"}}]', 4),
        (f'{HELLO}\n{{"role": "system", "content": "Be kind."}}\n{HELLO}', 2),
    ],
)
def test_a_role_that_is_not_supported_is_shown_with_the_line_it_stands_in(file: Path, content: str, line: int) -> None:
    failure = transcript_failure(file, content)
    assert failure == f'{file}, line {line}: the role "system" is not supported, only "user" and "assistant" are'


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        ("[]", 1, "a character file is an object, not a list"),
        ("null", 1, "a character file is an object, not null"),
        ('{"name": "A",\n"bio": [}', 2, "this is not JSON (Expecting value, column 9)"),
        ('{"a": 1}\n{"b": 2}', 2, "this is not JSON (Extra data, column 1)"),
        ('{"a": {\n"b": -Infinity}}', 2, "-Infinity is not a number that JSON can hold"),
        ('{"a": [1,\n1e999]}', 2, "1e999 is not a number that JSON can hold"),
        ('{"a": 1,\n\n"b": ' + "9" * 5000 + "}", 3, "a number has more than 4000 digits"),
        ('{"lore": ["fine",\n"\\u0000"]}', 2, "a text holds U+0000, which PostgreSQL cannot store"),
        ('{"lore":\n{"\\udc00": 1}}', 2, "a text holds U+DC00, which PostgreSQL cannot store"),
        ('{"a":\n' * 101 + "1" + "}" * 101, 101, f"lists and objects are nested more than {DEEPEST} deep"),
    ],
)
def test_a_broken_character_is_refused_with_file_and_line(file: Path, content: str, line: int, problem: str) -> None:
    assert character_failure(file, content) == f"{file}, line {line}: {problem}"


def test_an_integer_beyond_the_range_of_floats_is_a_number(file: Path) -> None:
    file.write_text(f'{{"big": {10**400}}}', encoding="utf-8")
    assert read_character(file) == {"big": 10**400}


def test_a_cut_off_file_full_of_escaped_quotes_is_refused(file: Path) -> None:
    """A reader that starts over at every quote would need minutes for it."""
    failure = transcript_failure(file, '[{"role": "user", "content": "' + '\\"' * 300_000)
    assert failure.startswith(f"{file}, line 1: this is not JSON (Unterminated string")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent\.json cannot be read: No such file or directory"):
        read_transcript(tmp_path / "absent.json")
