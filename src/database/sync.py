"""The module without async: the same names, and no `await`; for scripts, Flask, Celery, Streamlit, Jupyter, threads.

Each call runs on the event loop of all threads of the process, in the thread of its caller unless another one runs it.
A forked process has a loop of its own. What a method does, and which errors it has, is told by the one it runs.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from datetime import timedelta
from functools import partial, wraps
from types import TracebackType
from typing import Any, Concatenate, Final, ParamSpec, TypeVar, cast

from typing_extensions import Self

from database import repositories, service, transaction
from database.client import once
from prisma_engine.credentials import Password
from prisma_engine.shared_loop import close_at_exit, run

__all__ = [
    "CharacterFileRepository",
    "DatabaseService",
    "MessageRepository",
    "SessionRepository",
    "Transaction",
    "TransactionAttempt",
    "TransactionBlock",
]

_Inner = TypeVar("_Inner")
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
_Arguments = ParamSpec("_Arguments")

_END: Final = object()


def _blocking(
    method: Callable[Concatenate[_Inner, _Arguments], Coroutine[Any, Any, _Result]],
) -> Callable[Concatenate[Any, _Arguments], _Result]:
    """The method that runs the given one on the loop and waits for it."""

    @wraps(method)
    def call(self: Any, /, *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result:
        return run(partial(method, self._inner, *args, **kwargs))

    return call


def _items(
    method: Callable[Concatenate[_Inner, _Arguments], AsyncIterator[_Item]],
) -> Callable[Concatenate[Any, _Arguments], Iterator[_Item]]:
    """The method that gives what the given one gives, in `for` in place of `async for`."""

    @wraps(method)
    def call(self: Any, /, *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> Iterator[_Item]:
        return _each(method(self._inner, *args, **kwargs))

    return call


def _each(items: AsyncIterator[_Item]) -> Iterator[_Item]:
    async def next_one() -> object:
        return await anext(items, _END)

    while (item := run(next_one)) is not _END:
        yield cast("_Item", item)


class SessionRepository:
    """Creates, reads, lists and deletes sessions."""

    def __init__(self, inner: repositories.SessionRepository | None = None) -> None:
        self._inner = inner or repositories.SessionRepository()

    create_session = _blocking(repositories.SessionRepository.create_session)
    get_or_create_session = _blocking(repositories.SessionRepository.get_or_create_session)
    copy_session = _blocking(repositories.SessionRepository.copy_session)
    get_session_by_id = _blocking(repositories.SessionRepository.get_session_by_id)
    get_session_with_messages = _blocking(repositories.SessionRepository.get_session_with_messages)
    get_session_with_character_file = _blocking(repositories.SessionRepository.get_session_with_character_file)
    get_complete_session = _blocking(repositories.SessionRepository.get_complete_session)
    list_sessions = _blocking(repositories.SessionRepository.list_sessions)
    delete_session = _blocking(repositories.SessionRepository.delete_session)
    delete_sessions_before = _blocking(repositories.SessionRepository.delete_sessions_before)


class MessageRepository:
    """Creates, reads, searches, edits and deletes messages."""

    def __init__(self, inner: repositories.MessageRepository | None = None) -> None:
        self._inner = inner or repositories.MessageRepository()

    create_message = _blocking(repositories.MessageRepository.create_message)
    create_messages = _blocking(repositories.MessageRepository.create_messages)
    get_message_by_id = _blocking(repositories.MessageRepository.get_message_by_id)
    get_messages_by_session_id = _blocking(repositories.MessageRepository.get_messages_by_session_id)
    get_last_messages = _blocking(repositories.MessageRepository.get_last_messages)
    iter_messages = _items(repositories.MessageRepository.iter_messages)
    search_messages = _blocking(repositories.MessageRepository.search_messages)
    word_index_sql = _blocking(repositories.MessageRepository.word_index_sql)
    replace_content = _blocking(repositories.MessageRepository.replace_content)
    delete_messages_after = _blocking(repositories.MessageRepository.delete_messages_after)
    delete_message = _blocking(repositories.MessageRepository.delete_message)
    delete_messages_by_session_id = _blocking(repositories.MessageRepository.delete_messages_by_session_id)


class CharacterFileRepository:
    """Creates, replaces, reads and deletes character files."""

    def __init__(self, inner: repositories.CharacterFileRepository | None = None) -> None:
        self._inner = inner or repositories.CharacterFileRepository()

    create_character_file = _blocking(repositories.CharacterFileRepository.create_character_file)
    get_character_file_by_id = _blocking(repositories.CharacterFileRepository.get_character_file_by_id)
    get_character_file_by_session_id = _blocking(repositories.CharacterFileRepository.get_character_file_by_session_id)
    delete_character_file = _blocking(repositories.CharacterFileRepository.delete_character_file)
    delete_character_file_by_session_id = _blocking(
        repositories.CharacterFileRepository.delete_character_file_by_session_id
    )


class Transaction:
    """The repositories inside an open transaction."""

    def __init__(self, inner: transaction.Transaction) -> None:
        self.sessions = SessionRepository(inner.sessions)
        self.messages = MessageRepository(inner.messages)
        self.character_files = CharacterFileRepository(inner.character_files)


class _Block:
    """What opens a transaction for a `with`."""

    def __init__(self, inner: transaction.TransactionBlock | transaction.TransactionAttempt) -> None:
        self._inner: Any = inner

    def __enter__(self) -> Transaction:
        return Transaction(run(self._inner.__aenter__))

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        return bool(run(partial(self._inner.__aexit__, exc_type, exc, traceback)))


class TransactionAttempt(_Block):
    """One run of a transaction: `with` commits at the end of the block, and rolls back on any error."""


class TransactionBlock(_Block):
    """What `DatabaseService.transaction` returns: `with` runs it once, `for` again after a conflict."""

    def __iter__(self) -> Iterator[TransactionAttempt]:
        return map(TransactionAttempt, _each(self._inner.__aiter__()))


class DatabaseService:
    """A database with its repositories `sessions`, `messages` and `character_files`, as `database.DatabaseService`.

    `inner` is an asynchronous one to work on. `with` connects and disconnects; any number of threads may be inside. It
    has no `client`, which would be asynchronous: generate one with `interface = "sync"`.
    Errors: ConfigurationError when no database URL can be found; RuntimeError inside a call (`password`).
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        replica_url: str | None = None,
        password: Password | None = None,
        inner: service.DatabaseService | None = None,
    ) -> None:
        self._inner = inner = inner or service.DatabaseService(url, replica_url=replica_url, password=password)
        self.sessions = SessionRepository(inner.sessions)
        self.messages = MessageRepository(inner.messages)
        self.character_files = CharacterFileRepository(inner.character_files)
        close_at_exit(self)

    @staticmethod
    @once
    def get_instance() -> DatabaseService:
        """The process-wide instance; it shares its client with the one of `database`."""
        return DatabaseService(inner=service.DatabaseService.get_instance())

    connect = _blocking(service.DatabaseService.connect)
    disconnect = _blocking(service.DatabaseService.disconnect)
    health = _blocking(service.DatabaseService.health)

    async def aclose(self) -> None:
        """Close every connection, when the program ends."""
        await self._inner.disconnect()

    def transaction(
        self,
        *,
        isolation: transaction.Isolation | None = None,
        timeout: timedelta = timedelta(seconds=5),
        retries: int = 3,
    ) -> TransactionBlock:
        """Open a transaction: all of it is stored, or nothing.

        `with db.transaction() as tx`, or, to run it again after a conflict, `for attempt in db.transaction():` and,
        inside, `with attempt as tx:`. Arguments and errors are those of `database.DatabaseService.transaction`.
        """
        return TransactionBlock(self._inner.transaction(isolation=isolation, timeout=timeout, retries=retries))

    def __enter__(self) -> Self:
        run(self._inner.__aenter__)
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        run(partial(self._inner.__aexit__, exc_type, exc, traceback))

    def __repr__(self) -> str:
        return repr(self._inner)
