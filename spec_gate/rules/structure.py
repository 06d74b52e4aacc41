"""Rules on what no body can show: operations, parameters, media types, statuses, headers, credentials, servers.

The first rule of the table that applies to a change names it.
"""

from __future__ import annotations

from spec_gate.differ.changes import Change
from spec_gate.rules.rule import FactRule

_KEEP_BESIDE = (
    "Keep the old one beside the new one, mark it deprecated with a day in x-sunset, and remove it after that day."
)


def operation_removed(change: Change) -> bool:
    return change.about == "operation" and change.action == "removed"


def operation_added(change: Change) -> bool:
    return change.about == "operation" and change.action == "added"


def webhook_removed(change: Change) -> bool:
    return change.about in {"webhook", "callback"} and change.action == "removed"


def webhook_added(change: Change) -> bool:
    return change.about in {"webhook", "callback"} and change.action == "added"


def operation_id_changed(change: Change) -> bool:
    return change.about == "operation id"


def operation_deprecated(change: Change) -> bool:
    return change.about == "deprecation" and change.after is True


def operation_no_longer_deprecated(change: Change) -> bool:
    return change.about == "deprecation" and change.after is False


def sunset_moved_earlier(change: Change) -> bool:
    return (
        change.about == "sunset"
        and change.before is not None
        and change.after is not None
        and change.after < change.before
    )


def sunset_changed(change: Change) -> bool:
    return change.about == "sunset"


def server_removed(change: Change) -> bool:
    return change.about == "server" and change.action == "removed"


def server_added(change: Change) -> bool:
    return change.about == "server" and change.action == "added"


def credentials_no_longer_enough(change: Change) -> bool:
    return change.about == "credentials" and change.action == "removed"


def credentials_added(change: Change) -> bool:
    return change.about == "credentials" and change.action == "added"


def flow_removed(change: Change) -> bool:
    return change.about == "flow" and change.action == "removed"


def flow_changed(change: Change) -> bool:
    return change.about == "flow" and change.action == "changed"


def required_parameter_added(change: Change) -> bool:
    return change.about == "parameter" and change.action == "added" and bool(change.facts["required"])


def optional_parameter_added(change: Change) -> bool:
    return change.about == "parameter" and change.action == "added"


def parameter_removed(change: Change) -> bool:
    return change.about == "parameter" and change.action == "removed"


def parameter_became_required(change: Change) -> bool:
    return change.about == "parameter required" and change.after is True


def parameter_became_optional(change: Change) -> bool:
    return change.about == "parameter required" and change.after is False


def parameter_style_changed(change: Change) -> bool:
    return change.about in {"parameter style", "parameter explode"} and bool(change.facts.get("felt", True))


def parameter_media_type_changed(change: Change) -> bool:
    return change.about == "parameter media"


def parameter_reserved_forbidden(change: Change) -> bool:
    return change.about == "parameter allow reserved" and change.after is False


def parameter_empty_forbidden(change: Change) -> bool:
    return change.about == "parameter allow empty" and change.after is False


def parameter_deprecated(change: Change) -> bool:
    return change.about == "parameter deprecated" and change.after is True


def request_body_became_required(change: Change) -> bool:
    return change.about == "request body required" and change.after is True


def request_body_became_optional(change: Change) -> bool:
    return change.about == "request body required" and change.after is False


def required_request_body_added(change: Change) -> bool:
    return change.about == "request body" and change.action == "added" and bool(change.facts["required"])


def optional_request_body_added(change: Change) -> bool:
    return change.about == "request body" and change.action == "added"


def request_body_removed(change: Change) -> bool:
    return change.about == "request body" and change.action == "removed"


def request_media_type_removed(change: Change) -> bool:
    return change.about == "request media type" and change.action == "removed"


def request_media_type_added(change: Change) -> bool:
    return change.about == "request media type" and change.action == "added"


def encoding_changed(change: Change) -> bool:
    return change.about in {"encoding style", "encoding explode"} and change.facts["side"] == "request"


def encoding_content_type_changed(change: Change) -> bool:
    return change.about.startswith("encoding ")


def success_status_removed(change: Change) -> bool:
    gone = change.about == "status" and change.action == "removed"
    return gone and (change.name[0] in "23" or bool(change.facts["alone"])) and not change.facts["narrowed"]


def error_status_removed(change: Change) -> bool:
    return change.about == "status" and change.action == "removed"


def success_status_added(change: Change) -> bool:
    return (
        change.about == "status" and change.action == "added" and change.name[0] in "23" and not change.facts["known"]
    )


def other_status_added(change: Change) -> bool:
    return change.about == "status" and change.action == "added"


def response_media_type_removed(change: Change) -> bool:
    return change.about == "response media type" and change.action == "removed"


def response_media_type_added(change: Change) -> bool:
    return change.about == "response media type" and change.action == "added"


def required_response_header_removed(change: Change) -> bool:
    return change.about == "response header" and change.action == "removed" and bool(change.facts["required"])


def optional_response_header_removed(change: Change) -> bool:
    return change.about == "response header" and change.action == "removed"


def response_header_became_optional(change: Change) -> bool:
    return change.about == "response header required" and change.after is False


def response_header_became_required(change: Change) -> bool:
    return change.about == "response header required" and change.after is True


def response_header_added(change: Change) -> bool:
    return change.about == "response header" and change.action == "added"


def example_removed(change: Change) -> bool:
    return change.about == "example" and bool(change.facts.get("given by"))


_R = FactRule
RULES: tuple[FactRule, ...] = (
    _R("operation-removed", "breaking", "An operation is gone.", "Clients that call it get no answer any more.",
       _KEEP_BESIDE, operation_removed),
    _R("operation-added", "info", "An operation is new.", "Nobody calls it yet.", "Nothing to do.", operation_added),
    _R("webhook-removed", "warning", "A call to the client is gone.", "Clients that wait for it wait for ever.",
       "Go on calling until nobody listens any more.", webhook_removed),
    _R("webhook-added", "info", "A call to the client is new.", "Clients that do not listen miss it.", "Nothing to do.",
       webhook_added),
    _R("operation-id-changed", "warning", "The operationId is another one.",
       "Generated clients call the operation by a method of that name.", "Keep the old operationId.",
       operation_id_changed),
    _R("operation-deprecated", "info", "An operation is deprecated.", "It works still; clients should move on.",
       "Say in x-sunset until when.", operation_deprecated),
    _R("operation-no-longer-deprecated", "info", "An operation is not deprecated any more.", "Clients may stay.",
       "Nothing to do.", operation_no_longer_deprecated),
    _R("sunset-moved-earlier", "warning", "The day of the sunset has come nearer.",
       "Clients have planned by the day that was promised.", "Keep the day, or agree with every client.",
       sunset_moved_earlier),
    _R("sunset-changed", "info", "The day of the sunset is another one.", "Clients have time, or more time.",
       "Nothing to do.", sunset_changed),
    _R("server-removed", "breaking", "A server's URL is gone.", "Clients that are configured with it reach nobody.",
       "Keep the old server in the list as long as anybody uses it.", server_removed),
    _R("server-added", "info", "A server's URL is new.", "The old ones are there still.", "Nothing to do.",
       server_added),
    _R("credentials-no-longer-enough", "breaking", "Credentials that opened the door do not open it any more.",
       "Clients that send what was enough are refused.",
       "Add the new scheme or scope as an alternative, and remove the old one once every client has changed.",
       credentials_no_longer_enough),
    _R("credentials-added", "info", "Other credentials open the door too.", "The old ones do still.", "Nothing to do.",
       credentials_added),
    _R("credentials-flow-removed", "breaking", "A way to get a token is gone.",
       "Clients that get their token this way have none.", _KEEP_BESIDE, flow_removed),
    _R("credentials-flow-changed", "warning", "A token comes from another URL.",
       "Clients that are configured with the old URL get no token.", "Let the old URL redirect or answer still.",
       flow_changed),
    _R("request-parameter-required-added", "breaking", "A parameter is new, and required.",
       "Clients that do not know it are refused.", "Make it optional and say what its absence means.",
       required_parameter_added),
    _R("request-parameter-added", "info", "An optional parameter is new.", "Clients need not send it.",
       "Nothing to do.", optional_parameter_added),
    _R("request-parameter-removed", "warning", "A parameter is gone.",
       "Clients that send it are not refused by this document, but what they ask for is not heard.",
       "Keep it, deprecated, or tell those who send it.", parameter_removed),
    _R("request-parameter-became-required", "breaking", "A parameter became required.",
       "Clients that leave it out are refused.", "Leave it optional and say what its absence means.",
       parameter_became_required),
    _R("request-parameter-became-optional", "info", "A parameter became optional.", "Who sends it goes on.",
       "Nothing to do.", parameter_became_optional),
    _R("request-parameter-style-changed", "breaking", "A parameter is written in another way.",
       "Clients write lists and objects in the old way, which is read as something else.",
       "Add another parameter in the new style.", parameter_style_changed),
    _R("request-parameter-media-type-changed", "breaking", "A parameter is of another media type.",
       "Clients write it in the old one.", "Add another parameter.", parameter_media_type_changed),
    _R("request-parameter-reserved-forbidden", "warning", "Reserved characters must be escaped now.",
       "Clients that send them as they are may be misread.", "Keep allowReserved.", parameter_reserved_forbidden),
    _R("request-parameter-empty-forbidden", "breaking", "A parameter may not be empty any more.",
       "Clients that send its name alone are refused.", "Keep allowEmptyValue.", parameter_empty_forbidden),
    _R("request-parameter-deprecated", "info", "A parameter is deprecated.", "It works still.", "Say until when.",
       parameter_deprecated),
    _R("request-body-became-required", "breaking", "The body became required.", "Clients that send none are refused.",
       "Leave it optional and say what its absence means.", request_body_became_required),
    _R("request-body-became-optional", "info", "The body became optional.", "Who sends it goes on.", "Nothing to do.",
       request_body_became_optional),
    _R("request-body-required-added", "breaking", "A body is wanted where none was.", "Clients send none.",
       "Make it optional, or add another operation.", required_request_body_added),
    _R("request-body-added", "info", "An optional body is new.", "Clients need not send it.", "Nothing to do.",
       optional_request_body_added),
    _R("request-body-removed", "breaking", "The body is not taken any more.",
       "What clients send is refused, or not heard.", "Go on taking it.", request_body_removed),
    _R("request-media-type-removed", "breaking", "A media type is not taken any more.",
       "Clients that send it are refused with 415.", "Go on taking it beside the new one.", request_media_type_removed),
    _R("request-media-type-added", "info", "Another media type is taken.", "The old ones are taken still.",
       "Nothing to do.", request_media_type_added),
    _R("request-encoding-changed", "breaking", "A part of a form is written in another way.",
       "Clients write it in the old way.", "Add another field in the new style.", encoding_changed),
    _R("encoding-changed", "warning", "A part of a form or of a multipart body is of another kind.",
       "Clients may write, or read, it in the old one.", "Keep the old one beside the new one.",
       encoding_content_type_changed),
    _R("response-success-status-removed", "breaking", "A status of success is gone.",
       "Clients wait for it to know that all went well.", "Keep the status; add a new operation for another one.",
       success_status_removed),
    _R("response-error-status-removed", "info", "A status of failure is gone.", "Clients that handle it need not.",
       "Nothing to do.", error_status_removed),
    _R("response-success-status-added", "warning", "A status of success is new.",
       "Clients that know only the old one may take it for a failure.", "Answer with it only to who asked for it.",
       success_status_added),
    _R("response-status-added", "info", "A status is new.", "Clients handle unknown failures by their class.",
       "Nothing to do.", other_status_added),
    _R("response-media-type-removed", "breaking", "A media type is not sent any more.",
       "Clients that ask for it, and read it, get something else.", "Go on sending it to who asks for it.",
       response_media_type_removed),
    _R("response-media-type-added", "info", "Another media type is sent to who asks for it.",
       "The old ones are sent still.", "Nothing to do.", response_media_type_added),
    _R("response-required-header-removed", "breaking", "A header that was always there is gone.",
       "Clients that read it find nothing.", "Go on sending it.", required_response_header_removed),
    _R("response-header-removed", "warning", "A header that came now and then is gone.",
       "Clients that use it where it is there do without.", "Go on sending it.", optional_response_header_removed),
    _R("response-header-became-optional", "breaking", "A header that was always there may be absent.",
       "Clients that read it may find nothing.", "Go on sending it always.", response_header_became_optional),
    _R("response-header-became-required", "info", "A header is always there now.", "Clients may count on it.",
       "Nothing to do.", response_header_became_required),
    _R("response-header-added", "info", "A header is new.", "Clients ignore what they do not know.", "Nothing to do.",
       response_header_added),
    _R("example-removed", "warning", "An example is gone whose name a fixture gives.",
       "What asks the mock for it by name finds nothing.", "Keep the example, or change the fixture.", example_removed),
)  # fmt: skip


def rule_for(change: Change) -> FactRule | None:
    """Return the rule that names a change; None where it is not felt."""
    return next((rule for rule in RULES if rule.applies(change)), None)
