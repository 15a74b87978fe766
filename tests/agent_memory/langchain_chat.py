"""Run with LangChain: a chat remembers in the database all that went through it, with and without async."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final

from langchain_core.chat_history import BaseChatMessageHistory
from langchain_core.language_models.fake_chat_models import FakeMessagesListChatModel
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
    message_to_dict,
)
from langchain_core.runnables.history import RunnableWithMessageHistory
from readme import block

from agent_memory.langchain_history import DatabaseChatHistory
from database import DatabaseService

CALL: Final[Any] = {"name": "weather", "args": {"city": "Ulm", "days": 1.5}, "id": "call_1", "type": "tool_call"}
MESSAGES: Final[list[BaseMessage]] = [
    HumanMessage("plain"),
    AIMessage("plain, too"),
    SystemMessage("Be brief."),
    HumanMessage("\0 \ud800", name="Ada"),
    HumanMessage(
        [
            {"type": "text", "text": "What is this?"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
            "and that",
        ],
        additional_kwargs={"from": {"phone": True}},
        id="of the caller",
    ),
    AIMessage(
        "",
        tool_calls=[CALL],
        invalid_tool_calls=[{"name": "x", "args": "{", "id": "call_2", "error": "?", "type": "invalid_tool_call"}],
        additional_kwargs={"reasoning": "Hm."},
        response_metadata={"model": "m", "logprobs": [-0.1, 1e-9]},
        usage_metadata={"input_tokens": 2**40, "output_tokens": 1, "total_tokens": 2**40 + 1},
    ),
    ToolMessage("rain", tool_call_id="call_1", artifact={"raw": [1, None]}, status="error", name="weather"),
    FunctionMessage(content="sun", name="weather"),
    ChatMessage(content="as a critic", role="critic"),
    AIMessageChunk(content="in pieces", tool_call_chunks=[{"name": "a", "args": "{}", "id": "1", "index": 0}]),
]
READ: Final = [
    ("user", "plain"),
    ("assistant", "plain, too"),
    ("system", "Be brief."),
    ("user", "\ufffd \ufffd"),
    ("user", "What is this?and that"),
    ("assistant", ""),
    ("tool", "rain"),
    ("tool", "sun"),
    ("user", "as a critic"),
    ("assistant", "in pieces"),
]
"""What a person reads of them."""


def written(messages: list[BaseMessage]) -> list[str]:
    return [json.dumps(message_to_dict(message), sort_keys=True) for message in messages]


async def every_message_comes_back_as_it_was(db: DatabaseService) -> None:
    history = DatabaseChatHistory("async", db)
    assert isinstance(history, BaseChatMessageHistory)
    assert await history.aget_messages() == []
    await history.aadd_messages([])
    await history.aadd_messages(MESSAGES)
    found = await history.aget_messages()
    assert found == MESSAGES
    assert [type(message) for message in found] == [type(message) for message in MESSAGES]
    assert written(found) == written(MESSAGES)
    stored = await db.messages.get_messages_by_session_id("async")
    assert [(message.role, message.content) for message in stored] == READ
    assert [message.data is None for message in stored] == [True] * 3 + [False] * (len(MESSAGES) - 3)
    try:
        await history.aadd_messages([HumanMessage("a"), ToolMessage("b", tool_call_id="c", artifact=object())])
    except TypeError as error:
        assert "not JSON serializable" in str(error)  # noqa: PT017  # a program of its own
    assert await history.aget_messages() == MESSAGES
    await history.aclear()
    assert await history.aget_messages() == []


def the_same_without_async() -> None:
    history = DatabaseChatHistory("sync")
    history.add_messages(MESSAGES)
    history.add_user_message("Hello!")
    history.add_ai_message("Hi.")
    assert history.messages == [*MESSAGES, HumanMessage("Hello!"), AIMessage("Hi.")]
    assert str(history).endswith("Human: Hello!\nAI: Hi.")
    history.clear()
    assert history.messages == []


async def what_others_store_is_in_the_memory(db: DatabaseService) -> None:
    await db.sessions.create_session(id="others")
    for role in ("user", "assistant", "tool", "developer"):
        await db.messages.create_message(content=role, role=role, session_id="others")
    expected = [HumanMessage("user"), AIMessage("assistant"), SystemMessage("developer")]
    assert await DatabaseChatHistory("others", db).aget_messages() == expected


def chain(*answers: BaseMessage) -> Any:
    return RunnableWithMessageHistory(FakeMessagesListChatModel(responses=list(answers)), DatabaseChatHistory)


async def a_chain_remembers() -> None:
    called, told = AIMessage("", tool_calls=[CALL], id="1"), AIMessage("Rain.", id="2")
    config: Any = {"configurable": {"session_id": "chain"}}
    result = ToolMessage("rain", tool_call_id="call_1")
    talking = chain(called, told, told)
    await talking.ainvoke([HumanMessage("How is the weather?")], config)
    await talking.ainvoke([result], config)
    await asyncio.to_thread(talking.invoke, [HumanMessage("And now?")], config)
    found = await DatabaseChatHistory("chain").aget_messages()
    assert found == [HumanMessage("How is the weather?"), called, result, told, HumanMessage("And now?"), told]


async def the_readme_is_true() -> None:
    found: dict[str, Any] = {"model": FakeMessagesListChatModel(responses=[AIMessage("Rain.")])}
    exec(block("LangChain"), found)  # a page of the project's own
    await found["talk"]("readme")
    assert [message.text for message in await DatabaseChatHistory("readme").aget_messages()] == ["Hello!", "Rain."]


async def main() -> None:
    async with DatabaseService.get_instance() as db:
        await every_message_comes_back_as_it_was(db)
        await what_others_store_is_in_the_memory(db)
        await a_chain_remembers()
        await the_readme_is_true()


the_same_without_async()
asyncio.run(main())
