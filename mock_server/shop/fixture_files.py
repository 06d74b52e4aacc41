"""Reads a folder of fixtures: the catalogue and the conversations.

Fixtures that are read can be served: items and replies conform to the contract, and every item id exists. Anything
else raises an error with file, line, pointer, value and hint.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from pydantic_core import to_json

from chat_contract.document.repository import top_of
from chat_contract.document.source import Source, read_source
from chat_contract.errors import DocumentError, DocumentsError, shorten
from chat_contract.fast_check import surely_conforms
from chat_contract.patterns import PatternError
from kit_reports.counting import count_of
from mock_server.http.source import Fault
from mock_server.overrides.delays import DelayError, read_delay
from mock_server.overrides.reading import read_headers
from mock_server.overrides.rules import OverrideError
from mock_server.shop.fitting import fit_items
from mock_server.shop.fixture_paths import (
    CONVERSATIONS,
    catalogue_file,
    conversation_files,
    conversation_name,
    conversation_paths,
    mark_of,
)
from mock_server.shop.fixture_schemas import CATALOGUE, CONVERSATION, HINT, RECORDED_CATALOGUE
from mock_server.shop.scenarios import Cue, CueKind, Outcome, Scenario, Stub
from mock_server.shop.words import words_of
from mock_server.validation.patterns import compile_pattern

if TYPE_CHECKING:
    from jsonschema import ValidationError

Pointer = tuple[str | int, ...]
_Schema = Mapping[str, Any]
_Read = TypeVar("_Read")
_MAX_MESSAGE = 200
_MAX_NAMED = 5
_MAX_ERRORS = 100
"""Errors of one file that are reported."""
_OK = 200
_STATUSES = range(200, 600)


class _Known(NamedTuple):
    """A conversation that was read, its file's mark before that, and the items that it uses."""

    mark: tuple[int, ...]
    scenario: Scenario
    items: Mapping[str, dict[str, Any]]


class KnownFiles:
    """The conversations that were read, by path: those whose files have not changed are not read again."""

    def __init__(self, response_schema: Mapping[str, Any]) -> None:
        self.response_schema = response_schema
        self._known: dict[str, _Known] = {}

    def find(
        self, path: str, mark: tuple[int, ...] | None, catalogue: Mapping[str, dict[str, Any]] | None
    ) -> Scenario | None:
        """Return the conversation if neither its file nor one of its items has changed."""
        known = self._known.get(path)
        if known is None or catalogue is None or known.mark != mark:
            return None
        return known.scenario if all(catalogue.get(key) == item for key, item in known.items.items()) else None

    def add(
        self, path: str, mark: tuple[int, ...] | None, catalogue: Mapping[str, dict[str, Any]] | None, read: Scenario
    ) -> None:
        """Add a conversation that was read without an error."""
        if mark is not None and catalogue is not None:
            items = {key: catalogue[key] for stub in read.stubs for key in stub.item_ids}
            self._known[path] = _Known(mark, read, items)


@dataclass(frozen=True)
class Fixtures:
    """The content of a folder of fixtures."""

    items: tuple[dict[str, Any], ...]
    scenarios: tuple[Scenario, ...]
    recorded: bool = False
    """The folder was recorded: conversations with the same opening take turns."""
    files: KnownFiles | None = field(default=None, repr=False, compare=False)
    """What was read, for :func:`read_fixtures` to read the folder again after a change."""

    @property
    def counts(self) -> str:
        """How much the folder contains, for people: ``15 conversations, 69 items``."""
        return f"{count_of(len(self.scenarios), 'conversation')}, {count_of(len(self.items), 'item')}"


def read_fixtures(
    folder: Path,
    response_schema: Mapping[str, Any],
    *,
    fit: bool = False,
    most: int | None = None,
    known: KnownFiles | None = None,
) -> Fixtures:
    """Read the catalogue and the conversations. ``response_schema`` is that of status 200.

    With ``fit``, items that do not conform are changed so that they do.
    ``most`` is the maximum number of conversations. ``known`` is what was read before.

    Raises :class:`DocumentError` for an error, :class:`DocumentsError` for several, of one file or of many.
    """
    if not folder.is_dir() or not catalogue_file(folder).exists():
        hint = "Name a folder that contains catalogue.yaml; chat-contract fixtures new NAME --fixtures DIR creates one."
        raise DocumentError("not a folder of fixtures", path=str(folder), hint=hint)
    errors: list[DocumentError] = []
    top = top_of(folder)
    catalogue = _collect(errors, lambda: read_source(catalogue_file(folder), top))
    items = None if catalogue is None else _collect(errors, lambda: _catalogue(catalogue, response_schema, fit=fit))
    by_id = None if items is None else {item["item_id"]: item for item in items}
    before = known if known is not None and known.response_schema == response_schema else KnownFiles(response_schema)
    files = KnownFiles(response_schema)
    scenarios: dict[str, Scenario | None] = {}
    for path in _collect(errors, lambda: _conversation_files(folder, most)) or ():
        name = conversation_name(folder, path)
        if name in scenarios:
            hint = "Rename one of the files."
            errors.append(DocumentError("another file has the same name", path=str(path), hint=hint))
        mark = mark_of(str(path))
        scenario = before.find(str(path), mark, by_id)
        if scenario is None:
            scenario = _collect(errors, partial(_scenario, path, name, top, by_id, response_schema))
        if scenario is not None:
            files.add(str(path), mark, by_id, scenario)
        scenarios[name] = scenario
    _raise_all(errors)
    recorded = catalogue is not None and _is_recorded(catalogue)
    return Fixtures(tuple(items or ()), tuple(filter(None, scenarios.values())), recorded, files)


def _conversation_files(folder: Path, most: int | None) -> list[Path]:
    if most is not None and len(list(islice(conversation_paths(folder), most + 1))) > most:
        raise DocumentError(
            f"the folder has more than {most} conversations",
            path=str(folder / CONVERSATIONS),
            hint="Remove files, or raise --max-fixture-files. Reading 10,000 files takes about 3 s of CPU time.",
        )
    return conversation_files(folder)


def _is_recorded(catalogue: Source) -> bool:
    return isinstance(catalogue.value, dict) and catalogue.value.get("recorded") is True


def _raise_all(errors: Sequence[DocumentError]) -> None:
    if errors:
        raise errors[0] if len(errors) == 1 else DocumentsError(tuple(errors))


def read_items(source: Source, response_schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the items of a catalogue. Raise :class:`DocumentError` for the first error."""
    return _catalogue(source, response_schema)


def _collect(errors: list[DocumentError], read: Callable[[], _Read]) -> _Read | None:
    """Return what ``read`` returns, or add its errors to ``errors``, so that everything is checked."""
    try:
        return read()
    except DocumentError as error:
        errors.append(error)
    except DocumentsError as several:
        errors.extend(several.errors)
    return None


def _catalogue(source: Source, response: _Schema, *, fit: bool = False) -> list[dict[str, Any]]:
    _check_shape(source, RECORDED_CATALOGUE if _is_recorded(source) else CATALOGUE)
    items: list[dict[str, Any]] = source.value["items"]
    first: dict[str, int] = {}
    errors: list[DocumentError] = []
    for index, item in enumerate(items):
        pointer: Pointer = ("items", index, "item_id")
        if item["item_id"] in first:
            line = source.line(("items", first[item["item_id"]], "item_id"))
            errors.append(
                source.error(
                    f"duplicate item_id, first used on line {line}",
                    pointer=pointer,
                    value=item["item_id"],
                    hint="Give each item its own id.",
                )
            )
        first.setdefault(item["item_id"], index)
    _raise_all(errors)
    if fit:
        items = fit_items(items, response)
    _check_reply(source, response, items=items, message="x", places={}, whole=())
    return items


def _scenario(
    path: Path, name: str, top: Path, catalogue: Mapping[str, dict[str, Any]] | None, response: _Schema
) -> Scenario:
    """Read a conversation. If the catalogue itself has errors (None), item ids are not checked."""
    if path.suffix == ".yml":
        raise DocumentError("expected the file extension .yaml", path=str(path), hint=f"Rename it to {path.stem}.yaml.")
    if path.exists() and not path.is_file():
        # Reading a pipe would block forever.
        raise DocumentError("not a file", path=str(path), hint="Replace it with a file, or remove it.")
    if not name.isascii() and any("\ud800" <= character <= "\udfff" for character in name):
        raise DocumentError(
            "the file name is not UTF-8",
            path=os.fsencode(path).decode("utf-8", "backslashreplace"),
            hint="Rename the file.",
        )
    source = read_source(path, top)
    _check_shape(source, CONVERSATION)
    errors: list[DocumentError] = []
    stubs = [
        _collect(errors, partial(_stub, source, ("turns", index), turn, catalogue, response))
        for index, turn in enumerate(source.value["turns"])
    ]
    _raise_all(errors)
    return Scenario(name, tuple(filter(None, stubs)), source.value.get("about", ""))


def _stub(
    source: Source,
    pointer: Pointer,
    turn: Mapping[str, Any],
    catalogue: Mapping[str, dict[str, Any]] | None,
    response: _Schema,
) -> Stub:
    item_ids: list[str] = turn.get("items", [])
    errors = [
        source.error(
            "unknown item_id",
            pointer=(*pointer, "items", index),
            value=item_id,
            hint="Use an item_id of catalogue.yaml, or add the item there.",
        )
        for index, item_id in enumerate(item_ids)
        if catalogue is not None and item_id not in catalogue
    ]
    cue = _collect(errors, lambda: _cue(source, (*pointer, "shopper"), turn["shopper"]))
    outcome = _collect(errors, lambda: _outcome(source, pointer, turn))
    _raise_all(sorted(errors, key=lambda error: error.line or 0))
    places: dict[str, Pointer] = {"message": (*pointer, "reply"), "items": (*pointer, "items")}
    items = [catalogue[item_id] for item_id in item_ids] if catalogue is not None else []
    reply = turn.get("reply", "")
    _check_reply(source, response, items=items, message=reply, places=places, whole=pointer)
    return Stub(cue or Cue(), reply, tuple(item_ids), outcome)


def _outcome(source: Source, pointer: Pointer, turn: Mapping[str, Any]) -> Outcome | None:
    status, delay, fault = turn.get("status", _OK), turn.get("delay"), turn.get("fault")
    if status not in _STATUSES:
        hint = "Write a status from 200 to 599."
        raise source.error("unknown status", pointer=(*pointer, "status"), value=status, hint=hint)
    if status == _OK and "reply" not in turn:
        hint = "Add a reply, or the status of the response."
        raise source.error('"reply" is missing', pointer=pointer, value=turn, hint=hint)
    if fault is not None and fault not in set(Fault):
        hint = f"Use one of {', '.join(Fault)}."
        raise source.error("unknown fault", pointer=(*pointer, "fault"), value=fault, hint=hint)
    try:
        read = None if delay is None else read_delay(delay)
    except DelayError as error:
        raise source.error("invalid delay", pointer=(*pointer, "delay"), value=delay, hint=error.expected) from None
    headers = turn.get("headers")
    if headers is not None:
        _check_headers(source, (*pointer, "headers"), headers)
    if status == _OK and "body" in turn:
        hint = "Remove body, or add the status of the response."
        problem = '"body" is not allowed in a reply with status 200'
        raise source.error(problem, pointer=(*pointer, "body"), value=turn, hint=hint)
    if status == _OK and read is None and fault is None and headers is None:
        return None
    return Outcome(
        status=None if status == _OK else status,
        delay=read,
        fault=None if fault is None else Fault(fault),
        headers=headers,
        body=to_json(turn["body"]) if "body" in turn else None,
    )


def _check_headers(source: Source, pointer: Pointer, headers: Mapping[str, Any]) -> None:
    try:
        read_headers(headers)
    except OverrideError as error:
        hint = "Use names and values that are valid in HTTP headers. The mock sets the headers of the connection."
        raise source.error(str(error), pointer=pointer, value=headers, hint=hint) from None


def _cue(source: Source, pointer: Pointer, cue: Mapping[str, Any]) -> Cue:
    for kind in (CueKind.WORDS, CueKind.PHRASES):
        for index, words in enumerate(cue.get(kind, [])):
            if not words_of(words):
                raise source.error(
                    "no letter or digit, so no message can match",
                    pointer=(*pointer, kind, index),
                    value=words,
                    hint="Write a word, or use pattern to match punctuation.",
                )
    if CueKind.PATTERN in cue:
        try:
            compile_pattern(cue["pattern"])
        except PatternError as error:
            raise source.error(
                f"invalid pattern: {error}",
                pointer=(*pointer, "pattern"),
                value=cue["pattern"],
                hint="Correct the pattern. Look-around and back-references are not supported.",
            ) from None
    return Cue(tuple(cue.get("words", ())), tuple(cue.get("phrases", ())), cue.get("pattern", ""))


def _check_shape(source: Source, schema: Mapping[str, Any]) -> None:
    if surely_conforms(source.value, schema):
        return
    errors = _errors(schema, source.value)
    _raise_placed(source, ((error, tuple(error.absolute_path)) for error in errors))


def _check_reply(
    source: Source,
    response: _Schema,
    *,
    items: list[dict[str, Any]],
    message: str,
    places: Mapping[str, Pointer],
    whole: Pointer,
) -> None:
    """Check that the reply conforms to the response schema. ``places`` maps the reply's fields to the file."""
    body = {"conversation_id": "x", "message": message, "items": items}
    if surely_conforms(body, response):
        return

    def placed() -> Iterator[tuple[ValidationError, Pointer]]:
        for error in _errors(response, body):
            path = tuple(error.absolute_path)
            head = str(path[0]) if path else ""
            yield error, (*places[head], *path[1:]) if head in places else path or whole

    _raise_placed(source, placed(), hint="Change the value so that the reply conforms to the response schema.")


def _errors(schema: _Schema, value: Any) -> Iterator[ValidationError]:
    from chat_contract.json_schema import validator_for  # noqa: PLC0415 - imports jsonschema, and only errors need it

    return validator_for(schema).iter_errors(value)


def _raise_placed(
    source: Source, errors: Iterable[tuple[ValidationError, Pointer]], *, hint: str = "Correct the value."
) -> None:
    """Raise the errors in the order of the file, if there are any."""
    found = sorted(errors, key=lambda entry: (source.line(entry[1]), repr(entry[1])))
    _raise_all(
        [
            source.error(
                _problem(error),
                pointer=pointer,
                value=error.instance,
                hint=error.schema.get(HINT, hint) if isinstance(error.schema, Mapping) else hint,
            )
            for error, pointer in found[:_MAX_ERRORS]
        ]
    )


def _problem(error: ValidationError) -> str:
    """Return what is wrong. Unknown and missing keys are described as in the other documents of the kit."""
    if error.validator == "additionalProperties" and isinstance(error.schema, Mapping):
        value: Any = error.instance
        unknown = [shorten(name, 60) for name in value if name not in error.schema.get("properties", {})]
        return f"unknown {'key' if len(unknown) == 1 else 'keys'} {', '.join(unknown[:_MAX_NAMED])}"
    if error.validator == "required":
        return f'"{error.message.removesuffix(" is a required property")[1:-1]}" is missing'
    return error.message if len(error.message) < _MAX_MESSAGE else f'violates the keyword "{error.validator}"'
