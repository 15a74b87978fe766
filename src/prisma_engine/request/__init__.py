"""Client calls as JSON-protocol requests: the values leave as parameters, so equal shapes make equal texts.

The text of a request is both what the compiler gets and the key under which its plan is kept.
"""

from .builder import Request, RequestBuilder
from .call import ACTIONS, READS, Call
from .inputs import InputTable, table_from_dmmf
from .shapes import Shapes
from .values import OF_THE_DRIVER, Values, readable_json

__all__ = [
    "ACTIONS",
    "OF_THE_DRIVER",
    "READS",
    "Call",
    "InputTable",
    "Request",
    "RequestBuilder",
    "Shapes",
    "Values",
    "readable_json",
    "table_from_dmmf",
]
