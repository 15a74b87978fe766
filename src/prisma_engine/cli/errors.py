"""What stops a command before it has done its work."""

from __future__ import annotations

__all__ = ["CommandError", "HelpAskedError", "UsageError"]


class CommandError(Exception):
    """What keeps a command from doing its work, in one message for a person; the process ends with status 1."""


class UsageError(Exception):
    """Arguments that the command does not take; it is printed above the command's help."""

    def __init__(self, message: str, help_text: str) -> None:
        super().__init__(message)
        self.help_text = help_text


class HelpAskedError(Exception):
    """`--help` is among the arguments; the command's help is the answer."""

    def __init__(self, help_text: str) -> None:
        super().__init__()
        self.help_text = help_text
