"""The contract of POST /chat: documents, request classes, and the oracle that judges an exchange.

The package is pure: no socket, no clock, no web framework, no test tool.
Names are imported on first use (PEP 562), so ``import chat_contract.version`` loads nothing else.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # Type checkers read it as true; importing it from typing takes 10 ms.

if TYPE_CHECKING:
    from chat_contract.body import Body, SyntaxFault, read_body
    from chat_contract.classification import Classification, Fault, RequestClass, classify
    from chat_contract.conformance import Violation, judge
    from chat_contract.contract import Clause, Contract, Operation
    from chat_contract.document.source import Source, read_source
    from chat_contract.errors import DocumentError, DocumentsError, KitError, UsageError
    from chat_contract.exchange import Breakdown, Exchange, Request, Response
    from chat_contract.history import History
    from chat_contract.loading import load_contract
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

_MODULES = {
    "Body": "body",
    "Breakdown": "exchange",
    "Classification": "classification",
    "Clause": "contract",
    "Contract": "contract",
    "DocumentError": "errors",
    "DocumentsError": "errors",
    "Exchange": "exchange",
    "Fault": "classification",
    "History": "history",
    "KitError": "errors",
    "Operation": "contract",
    "Question": "open_questions",
    "Request": "exchange",
    "RequestClass": "classification",
    "Response": "exchange",
    "Source": "document.source",
    "SyntaxFault": "body",
    "UsageError": "errors",
    "Violation": "conformance",
    "__version__": "version",
    "classify": "classification",
    "judge": "conformance",
    "load_contract": "loading",
    "read_body": "body",
    "read_source": "document.source",
}


def __getattr__(name: str) -> object:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value
