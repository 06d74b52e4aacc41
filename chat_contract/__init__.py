"""Reads the contract of POST /chat and judges one interaction by it.

Pure: no socket, no clock, no web framework, no test tool. The mock and the suite both build on it.
"""

from chat_contract.body import Body, SyntaxFault, read_body
from chat_contract.classification import Classification, Fault, RequestClass, classify
from chat_contract.conformance import Violation, judge
from chat_contract.contract import Clause, Contract, Operation, load_contract
from chat_contract.document.source import Source, read_source
from chat_contract.errors import DocumentError, DocumentsError, KitError, UsageError
from chat_contract.exchange import Breakdown, Exchange, Request, Response
from chat_contract.history import History
from chat_contract.open_questions import Question
from chat_contract.version import __version__

__all__ = [
    "Body",
    "Breakdown",
    "Classification",
    "Clause",
    "Contract",
    "DocumentError",
    "DocumentsError",
    "Exchange",
    "Fault",
    "History",
    "KitError",
    "Operation",
    "Question",
    "Request",
    "RequestClass",
    "Response",
    "Source",
    "SyntaxFault",
    "UsageError",
    "Violation",
    "__version__",
    "classify",
    "judge",
    "load_contract",
    "read_body",
    "read_source",
]
