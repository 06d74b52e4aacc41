"""Rules for changes that no value can show: operations, parameters, media types, statuses, headers, credentials.

Each row applies to changes of its kinds and its action. The first row whose condition holds names the change.
"""

from __future__ import annotations

from spec_gate.differ.changes import Action, Change, ChangeKind
from spec_gate.rules import witnesses
from spec_gate.rules.rule import Level, StructureRule
from spec_gate.schemas.node import Side

_ADDED, _REMOVED, _CHANGED = Action.ADDED, Action.REMOVED, Action.CHANGED
_BREAKING, _WARNING, _INFO = Level.BREAKING, Level.WARNING, Level.INFO
_K = ChangeKind

_NO_ACTION = "No action needed."
_KEEP_OPERATION = (
    "Keep the old operation next to the new one, mark it deprecated with an x-sunset date, and remove it after that "
    "date."
)
_KEEP_FLOW = "Keep the old flow next to the new one until every client has changed."
_KEEP_SENDING = "Keep sending it until no client relies on it."
_STATE_SUNSET = "Add an x-sunset date."
_MAKE_OPTIONAL = "Make it optional and document what its absence means."


def _required(change: Change) -> bool:
    return change.required


def _now_true(change: Change) -> bool:
    return change.after is True


def _now_false(change: Change) -> bool:
    return change.after is False


def _earlier(change: Change) -> bool:
    return change.before is not None and change.after is not None and bool(change.after < change.before)


def _written_differently(change: Change) -> bool:
    return not change.same_on_the_wire


def _reserved_forbidden(change: Change) -> bool:
    return change.after is False and not change.same_on_the_wire


def _rewritten_in_request(change: Change) -> bool:
    return change.side is Side.REQUEST and not change.same_on_the_wire


def _outgoing(change: Change) -> bool:
    return change.outgoing


def _outgoing_required(change: Change) -> bool:
    return change.outgoing and change.required


def _outgoing_now_false(change: Change) -> bool:
    return change.outgoing and change.after is False


def _outgoing_success(change: Change) -> bool:
    return change.outgoing and _success(change)


def _success(change: Change) -> bool:
    return change.name[0] in "23"


def _success_removed(change: Change) -> bool:
    return (_success(change) or change.alone) and not change.covered


def _success_added(change: Change) -> bool:
    return _success(change) and not change.covered


def _past_sunset(change: Change) -> bool:
    return change.is_past_sunset


def _takes_requests(change: Change) -> bool:
    return bool(change.taken)


def _requested(change: Change) -> bool:
    return bool(change.requested_by)


_R = StructureRule
STRUCTURE_RULES: tuple[StructureRule, ...] = (
    _R("operation-removed-after-sunset", _INFO, "Operation removed after its sunset date",
       "Clients had the announced time to change.", _NO_ACTION, (_K.OPERATION,), _REMOVED, _past_sunset),
    _R("operation-removed", _BREAKING, "Operation removed", "Requests of existing clients fail.", _KEEP_OPERATION,
       (_K.OPERATION,), _REMOVED, witness=witnesses.removed_operation),
    _R("operation-moved", _BREAKING, "Operation moved to another path", "Requests to the old path fail.",
       _KEEP_OPERATION, (_K.OPERATION,), _CHANGED, witness=witnesses.removed_operation),
    _R("operation-takes-requests", _WARNING, "Operation added that takes requests of another path",
       "A path matches before one with variables: requests with this value now reach the new operation.",
       "Choose a path that the other one does not match, or restrict the values of its variable.",
       (_K.OPERATION,), _ADDED, _takes_requests),
    _R("operation-added", _INFO, "Operation added", "Existing clients do not call the operation.", _NO_ACTION,
       (_K.OPERATION,), _ADDED),
    _R("webhook-removed", _WARNING, "Webhook or callback removed", "Clients that rely on the call no longer get it.",
       _KEEP_SENDING, (_K.WEBHOOK, _K.CALLBACK), _REMOVED),
    _R("webhook-added", _INFO, "Webhook or callback added", "Existing clients do not handle the call.", _NO_ACTION,
       (_K.WEBHOOK, _K.CALLBACK), _ADDED),
    _R("operation-id-changed", _WARNING, "operationId changed",
       "Code generators name client methods after the operationId.", "Keep the old operationId.",
       (_K.OPERATION_ID,), _CHANGED),
    _R("operation-deprecated", _INFO, "Operation deprecated",
       "The operation still works, but clients should stop using it.", _STATE_SUNSET,
       (_K.DEPRECATION,), _CHANGED, _now_true),
    _R("operation-no-longer-deprecated", _INFO, "Operation no longer deprecated",
       "Clients can keep using the operation.", _NO_ACTION, (_K.DEPRECATION,), _CHANGED, _now_false),
    _R("sunset-moved-earlier", _WARNING, "Sunset date of an operation moved earlier",
       "Clients rely on the announced date.", "Keep the announced date, or agree on the new one with every client.",
       (_K.SUNSET,), _CHANGED, _earlier),
    _R("sunset-changed", _INFO, "Sunset date of an operation changed",
       "The new date gives clients at least as much time.", _NO_ACTION, (_K.SUNSET,), _CHANGED),
    _R("operation-stability-lowered", _WARNING, "Stability of an operation lowered",
       "Later changes to the operation may break clients without a finding.", "Keep the stability level.",
       (_K.STABILITY,), _CHANGED),
    _R("server-removed", _BREAKING, "Server URL removed", "Clients that are configured with this URL fail.",
       "Keep the old server in the list as long as any client uses it.", (_K.SERVER,), _REMOVED,
       witness=witnesses.removed_server),
    _R("server-added", _INFO, "Server URL added", "Clients can keep using the existing URLs.", _NO_ACTION,
       (_K.SERVER,), _ADDED),
    _R("credentials-no-longer-enough", _BREAKING, "Credentials that were sufficient before are no longer accepted",
       "Requests with these credentials are rejected.",
       "Add the new scheme or scope as an alternative, and remove the old one after every client has changed.",
       (_K.CREDENTIALS,), _REMOVED, witness=witnesses.old_credentials),
    _R("credentials-added", _INFO, "Alternative credentials accepted", "The old credentials are still accepted.",
       _NO_ACTION, (_K.CREDENTIALS,), _ADDED),
    _R("credentials-flow-removed", _BREAKING, "OAuth flow removed", "Clients that use this flow cannot get a token.",
       _KEEP_FLOW, (_K.TOKEN_FLOW,), _REMOVED),
    _R("credentials-flow-changed", _WARNING, "URL of an OAuth flow changed",
       "Clients that are configured with the old URL cannot get a token.",
       "Keep the old URL working, or redirect it to the new one.", (_K.TOKEN_FLOW,), _CHANGED),
    _R("credentials-scope-withdrawn", _WARNING, "Scope of an OAuth flow removed",
       "Clients that request the scope may get no token.", "Keep granting the scope.", (_K.TOKEN_SCOPES,), _CHANGED),
    _R("webhook-content-added", _INFO, "Webhook or callback sends another parameter or a body",
       "Clients ignore what they do not know.", _NO_ACTION, (_K.PARAMETER, _K.REQUEST_BODY), _ADDED, _outgoing),
    _R("webhook-required-content-removed", _BREAKING, "Webhook or callback no longer sends a required part",
       "Clients that read the parameter or body do not find it.", _KEEP_SENDING,
       (_K.PARAMETER, _K.REQUEST_BODY), _REMOVED, _outgoing_required),
    _R("webhook-content-removed", _WARNING, "Webhook or callback no longer sends an optional part",
       "Clients that use the parameter or body no longer get it.", _KEEP_SENDING,
       (_K.PARAMETER, _K.REQUEST_BODY), _REMOVED, _outgoing),
    _R("webhook-content-became-optional", _BREAKING, "Part of a webhook or callback became optional",
       "Clients that read the parameter or body may not find it.", "Send it in every call.",
       (_K.PARAMETER_REQUIRED, _K.REQUEST_BODY_REQUIRED), _CHANGED, _outgoing_now_false),
    _R("webhook-content-became-required", _INFO, "Part of a webhook or callback became required",
       "Clients can rely on the part.", _NO_ACTION,
       (_K.PARAMETER_REQUIRED, _K.REQUEST_BODY_REQUIRED), _CHANGED, _outgoing),
    _R("webhook-status-removed", _BREAKING, "Success status of a webhook or callback removed",
       "Clients answer the call with this status.", "Keep accepting the status.",
       (_K.STATUS,), _REMOVED, _outgoing_success),
    _R("webhook-status-added", _INFO, "Webhook or callback accepts another status",
       "Clients can keep answering with the old statuses.", _NO_ACTION, (_K.STATUS,), _ADDED, _outgoing),
    _R("request-parameter-required-added", _BREAKING, "Required parameter added",
       "Requests of existing clients do not contain the parameter and are rejected.", _MAKE_OPTIONAL,
       (_K.PARAMETER,), _ADDED, _required, witnesses.without_parameter),
    _R("request-parameter-added", _INFO, "Optional parameter added",
       "Existing clients do not need to send the parameter.", _NO_ACTION, (_K.PARAMETER,), _ADDED),
    _R("request-parameter-removed", _WARNING, "Parameter removed",
       "Requests that contain the parameter remain valid, but the server ignores it.",
       "Keep it and mark it deprecated, or tell the clients that send it.", (_K.PARAMETER,), _REMOVED),
    _R("request-parameter-became-required", _BREAKING, "Parameter became required",
       "Requests without the parameter are rejected.", _MAKE_OPTIONAL,
       (_K.PARAMETER_REQUIRED,), _CHANGED, _now_true, witnesses.without_parameter),
    _R("request-parameter-became-optional", _INFO, "Parameter became optional",
       "Clients can keep sending the parameter.", _NO_ACTION, (_K.PARAMETER_REQUIRED,), _CHANGED, _now_false),
    _R("request-parameter-style-changed", _BREAKING, "Serialization of a parameter changed",
       "The server misreads lists and objects that clients write in the old style.",
       "Add another parameter with the new style.",
       (_K.PARAMETER_STYLE, _K.PARAMETER_EXPLODE), _CHANGED, _written_differently, witnesses.with_parameter),
    _R("request-parameter-media-type-changed", _BREAKING, "Media type of a parameter changed",
       "Clients write the value in the old media type.", "Add another parameter with the new media type.",
       (_K.PARAMETER_MEDIA_TYPE,), _CHANGED, _written_differently, witnesses.with_parameter),
    _R("request-parameter-reserved-forbidden", _WARNING, "allowReserved removed from a parameter",
       "The server may misread reserved characters that clients do not escape.", "Keep allowReserved: true.",
       (_K.PARAMETER_ALLOW_RESERVED,), _CHANGED, _reserved_forbidden),
    _R("request-parameter-empty-forbidden", _BREAKING, "allowEmptyValue removed from a parameter",
       "Requests that send the parameter without a value are rejected.", "Keep allowEmptyValue: true.",
       (_K.PARAMETER_ALLOW_EMPTY,), _CHANGED, _now_false, witnesses.with_parameter),
    _R("request-parameter-deprecated", _INFO, "Parameter deprecated",
       "The parameter still works, but clients should stop sending it.", _STATE_SUNSET,
       (_K.PARAMETER_DEPRECATED,), _CHANGED, _now_true),
    _R("request-body-became-required", _BREAKING, "Request body became required",
       "Requests without a body are rejected.", _MAKE_OPTIONAL,
       (_K.REQUEST_BODY_REQUIRED,), _CHANGED, _now_true, witnesses.without_body),
    _R("request-body-became-optional", _INFO, "Request body became optional",
       "Clients can keep sending the body.", _NO_ACTION, (_K.REQUEST_BODY_REQUIRED,), _CHANGED, _now_false),
    _R("request-body-required-added", _BREAKING, "Required request body added",
       "Requests of existing clients have no body and are rejected.",
       "Make the body optional, or add another operation.", (_K.REQUEST_BODY,), _ADDED, _required,
       witnesses.without_body),
    _R("request-body-added", _INFO, "Optional request body added",
       "Existing clients do not need to send the body.", _NO_ACTION, (_K.REQUEST_BODY,), _ADDED),
    _R("request-body-removed", _BREAKING, "Request body removed",
       "The server rejects or ignores the body that clients send.", "Keep accepting the body.",
       (_K.REQUEST_BODY,), _REMOVED, witness=witnesses.old_body),
    _R("request-media-type-removed", _BREAKING, "Media type of a request removed",
       "Requests with this media type are rejected with status 415.",
       "Keep accepting the old media type next to the new one.",
       (_K.REQUEST_MEDIA_TYPE,), _REMOVED, witness=witnesses.old_media_type),
    _R("request-media-type-added", _INFO, "Media type of a request added", "The old media types are still accepted.",
       _NO_ACTION, (_K.REQUEST_MEDIA_TYPE,), _ADDED),
    _R("request-encoding-changed", _BREAKING, "Serialization of a form field changed",
       "The server misreads fields that clients write in the old style.", "Add another field with the new style.",
       (_K.ENCODING_STYLE, _K.ENCODING_EXPLODE), _CHANGED, _rewritten_in_request),
    _R("encoding-changed", _WARNING, "Encoding of a form field or multipart part changed",
       "Clients may still write, or expect, the old encoding.", "Keep supporting the old encoding.",
       (_K.ENCODING_CONTENT_TYPE, _K.ENCODING_STYLE, _K.ENCODING_EXPLODE, _K.ENCODING_ALLOW_RESERVED), _CHANGED,
       _written_differently),
    _R("response-success-status-removed", _BREAKING, "Success status removed",
       "Clients recognize success by this status.", "Keep the status. Use another status only in a new operation.",
       (_K.STATUS,), _REMOVED, _success_removed, witnesses.other_status),
    _R("response-error-status-removed", _INFO, "Error status removed", "Clients no longer need to handle the status.",
       _NO_ACTION, (_K.STATUS,), _REMOVED),
    _R("response-success-status-added", _WARNING, "Success status added",
       "Clients that know only the old status may treat the new one as an error.",
       "Send it only to clients that request the new behaviour.", (_K.STATUS,), _ADDED, _success_added),
    _R("response-status-added", _INFO, "Response status added",
       "Clients handle an unknown status by its class, such as 4xx.", _NO_ACTION, (_K.STATUS,), _ADDED),
    _R("response-media-type-removed", _BREAKING, "Media type of a response removed",
       "Clients that accept only this media type cannot read the response.",
       "Keep sending the media type to clients that accept it.",
       (_K.RESPONSE_MEDIA_TYPE,), _REMOVED, witness=witnesses.other_media_type),
    _R("response-media-type-added", _INFO, "Media type of a response added", "The old media types are still available.",
       _NO_ACTION, (_K.RESPONSE_MEDIA_TYPE,), _ADDED),
    _R("response-required-header-removed", _BREAKING, "Required response header removed",
       "Clients that read the header do not find it.", "Keep sending the header.",
       (_K.RESPONSE_HEADER,), _REMOVED, _required, witnesses.without_header),
    _R("response-header-removed", _WARNING, "Optional response header removed",
       "Clients that use the header no longer get it.", "Keep sending the header.",
       (_K.RESPONSE_HEADER,), _REMOVED),
    _R("response-header-became-optional", _BREAKING, "Response header became optional",
       "Clients that read the header may not find it.", "Send the header in every response.",
       (_K.RESPONSE_HEADER_REQUIRED,), _CHANGED, _now_false, witnesses.without_header),
    _R("response-header-became-required", _INFO, "Response header became required",
       "Clients can rely on the header.", _NO_ACTION, (_K.RESPONSE_HEADER_REQUIRED,), _CHANGED, _now_true),
    _R("response-header-added", _INFO, "Response header added", "Clients ignore unknown headers.", _NO_ACTION,
       (_K.RESPONSE_HEADER,), _ADDED),
    _R("server-variable-default-changed", _WARNING, "Default of a server variable changed",
       "Clients that keep the default, such as generated ones, send their requests to another URL.",
       "Keep the default, and make sure that both URLs work.", (_K.SERVER_DEFAULT,), _CHANGED),
    _R("not-judged", _WARNING, "Changed, but not judged",
       "The gate does not know what this part of the document means for clients.", "Review the change.",
       (_K.UNJUDGED,), _CHANGED),
    _R("example-removed", _WARNING, "Example removed although a fixture or consumer requests it",
       "Requests to the mock server for this example fail.", "Keep the example, or change the fixture or consumer.",
       (_K.EXAMPLE,), _REMOVED, _requested),
)  # fmt: skip

_BY_CHANGE: dict[tuple[ChangeKind, Action], list[StructureRule]] = {}
for _rule in STRUCTURE_RULES:
    for _kind in _rule.kinds:
        _BY_CHANGE.setdefault((_kind, _rule.action), []).append(_rule)


def rule_for(change: Change) -> StructureRule | None:
    """Return the rule that names a change; None if the change does not affect clients."""
    candidates = _BY_CHANGE.get((change.kind, change.action), ())
    return next((rule for rule in candidates if rule.when(change)), None)
