"""Rules for annotations: every message stays valid, but the change affects clients."""

from __future__ import annotations

from spec_gate.differ.annotations import AnnotationKind
from spec_gate.rules.rule import Level, Rule
from spec_gate.schemas.node import Side

_REQUEST, _RESPONSE = Side.REQUEST, Side.RESPONSE
_BREAKING, _WARNING, _INFO = Level.BREAKING, Level.WARNING, Level.INFO
_K = AnnotationKind

_NO_ACTION = "No action needed."
_NEW_PROPERTY = "Add another property instead."
_KEEP_DEFAULT = "Keep the default, or let clients request the new one."
_STATE_SUNSET = "Add an x-sunset date."
_USE_PATTERN = "Add a pattern that states which strings are valid."
_UNREADABLE = "The gate cannot compile the pattern, so it compared only the text."
_ORDINARY_PATTERN = "Write a simpler pattern in ECMA-262 syntax, or review the change."
_NOT_KNOWN = "The gate does not know what this keyword means for clients."
_REVIEW = "Review the change."
_STATE_VALUES = "State the value of each alternative with const or enum."
_NEW_VALUE = "Give the new alternative a discriminator value of its own."

NOT_PROVED = Rule(
    "not-proved", _WARNING, "Compatibility not proved",
    "The search found no value that breaks clients, and the decision procedure could not prove that none exists.",
    "Review the change. --strict counts it as breaking.",
)  # fmt: skip

_SUNSET_EARLIER = Rule(
    "property-sunset-moved-earlier", _WARNING, "Sunset date of a property moved earlier",
    "Clients rely on the announced date.", "Keep the announced date, or agree on the new one with every client.",
)  # fmt: skip

ANNOTATION_RULES: dict[tuple[Side, AnnotationKind], Rule] = {
    (_REQUEST, _K.SUNSET_EARLIER): _SUNSET_EARLIER,
    (_RESPONSE, _K.SUNSET_EARLIER): _SUNSET_EARLIER,
    (_REQUEST, _K.DEFAULT): Rule(
        "request-default-changed", _WARNING, "Default changed in a request",
        "Clients that omit the value get different results.", _KEEP_DEFAULT),
    (_RESPONSE, _K.DEFAULT): Rule(
        "response-default-changed", _WARNING, "Default changed in a response",
        "Clients that apply the default to a missing value still apply the old one.",
        "Send the value in every response."),
    (_REQUEST, _K.PROPERTY_UNDECLARED): Rule(
        "request-property-undeclared", _WARNING, "Request property no longer declared",
        "Requests that contain the property remain valid, but the server ignores it.",
        "Keep it and mark it deprecated, or tell the clients that send it."),
    (_RESPONSE, _K.PROPERTY_UNDECLARED): Rule(
        "response-optional-property-removed", _WARNING, "Optional response property removed",
        "Clients that use the property no longer get it.", "Keep sending it and mark it deprecated."),
    (_REQUEST, _K.READ_ONLY): Rule(
        "request-read-only-changed", _WARNING, "readOnly changed in a request",
        "The server starts or stops ignoring the value.", _NEW_PROPERTY),
    (_RESPONSE, _K.READ_ONLY): Rule(
        "response-read-only-changed", _WARNING, "readOnly changed in a response",
        "The server treats the value differently when a client sends it back.", _NEW_PROPERTY),
    (_REQUEST, _K.WRITE_ONLY): Rule(
        "request-write-only-changed", _WARNING, "writeOnly changed in a request",
        "Clients may not find the value in responses.", _NEW_PROPERTY),
    (_RESPONSE, _K.WRITE_ONLY): Rule(
        "response-write-only-changed", _WARNING, "writeOnly changed in a response",
        "Clients that read the value may not find it.", "Keep sending it."),
    (_REQUEST, _K.OPAQUE_PATTERN): Rule(
        "request-pattern-not-judged", _WARNING, "Pattern changed in a request, effect unknown",
        _UNREADABLE, _ORDINARY_PATTERN),
    (_RESPONSE, _K.OPAQUE_PATTERN): Rule(
        "response-pattern-not-judged", _WARNING, "Pattern changed in a response, effect unknown",
        _UNREADABLE, _ORDINARY_PATTERN),
    (_REQUEST, _K.FORMAT_LABEL): Rule(
        "request-format-label-changed", _WARNING, "Custom format changed in a request",
        "The server may interpret the value differently. Validators do not check this format.", _USE_PATTERN),
    (_RESPONSE, _K.FORMAT_LABEL): Rule(
        "response-format-label-changed", _WARNING, "Custom format changed in a response",
        "Clients may interpret the value differently. Validators do not check this format.", _USE_PATTERN),
    (_REQUEST, _K.CONTENT_LABEL): Rule(
        "request-content-label-changed", _WARNING, "Content type or encoding of a string changed in a request",
        "The server decodes the string differently.", _NEW_PROPERTY),
    (_RESPONSE, _K.CONTENT_LABEL): Rule(
        "response-content-label-changed", _WARNING, "Content type or encoding of a string changed in a response",
        "Clients must decode the string differently.", _NEW_PROPERTY),
    (_REQUEST, _K.DISCRIMINATOR): Rule(
        "request-discriminator-changed", _BREAKING, "Discriminator property changed in a request",
        "Clients select the alternative by the old property.", "Keep the discriminator property."),
    (_RESPONSE, _K.DISCRIMINATOR): Rule(
        "response-discriminator-changed", _BREAKING, "Discriminator property changed in a response",
        "Clients select the alternative by the old property.", "Keep the discriminator property."),
    (_REQUEST, _K.UNJUDGED): Rule(
        "request-keyword-not-judged", _WARNING, "Keyword changed in a request, but not judged", _NOT_KNOWN, _REVIEW),
    (_RESPONSE, _K.UNJUDGED): Rule(
        "response-keyword-not-judged", _WARNING, "Keyword changed in a response, but not judged", _NOT_KNOWN, _REVIEW),
    (_REQUEST, _K.DISCRIMINATOR_ADDED): Rule(
        "request-discriminator-added", _WARNING, "Discriminator added in a request",
        "The server may reject requests whose discriminator value selects no alternative.", _STATE_VALUES),
    (_REQUEST, _K.DISCRIMINATOR_REMOVED): Rule(
        "request-discriminator-removed", _WARNING, "Discriminator removed in a request",
        "The server may read a request as another alternative.", "Keep the discriminator."),
    (_RESPONSE, _K.DISCRIMINATOR_ADDED): Rule(
        "response-discriminator-added", _WARNING, "Discriminator added in a response",
        "Clients that do not know the discriminator select the alternative in another way.", _STATE_VALUES),
    (_RESPONSE, _K.DISCRIMINATOR_REMOVED): Rule(
        "response-discriminator-removed", _WARNING, "Discriminator removed in a response",
        "Clients may not find the value that selects the alternative.", "Keep the discriminator."),
    (_REQUEST, _K.DISCRIMINATOR_VALUE_REMOVED): Rule(
        "request-discriminator-value-removed", _BREAKING, "Discriminator value removed in a request",
        "The server does not recognize requests with this value.", "Keep the value in the mapping."),
    (_REQUEST, _K.DISCRIMINATOR_VALUE_CHANGED): Rule(
        "request-discriminator-value-changed", _BREAKING, "Discriminator value selects another schema in a request",
        "The server reads requests with this value as another alternative.", _NEW_VALUE),
    (_REQUEST, _K.DISCRIMINATOR_VALUE_ADDED): Rule(
        "request-discriminator-value-added", _INFO, "Discriminator value added in a request",
        "Existing clients do not need to send the value.", _NO_ACTION),
    (_RESPONSE, _K.DISCRIMINATOR_VALUE_REMOVED): Rule(
        "response-discriminator-value-removed", _INFO, "Discriminator value removed in a response",
        "Clients no longer get the value.", _NO_ACTION),
    (_RESPONSE, _K.DISCRIMINATOR_VALUE_CHANGED): Rule(
        "response-discriminator-value-changed", _BREAKING, "Discriminator value selects another schema in a response",
        "Clients read responses with this value as the old alternative.", _NEW_VALUE),
    (_RESPONSE, _K.DISCRIMINATOR_VALUE_ADDED): Rule(
        "response-discriminator-value-added", _WARNING, "Discriminator value added in a response",
        "Existing clients do not know the new alternative.", "Send it only to clients that request it."),
    (_REQUEST, _K.EXTENSIBLE_VALUE_REMOVED): Rule(
        "request-extensible-value-removed", _WARNING, "Value of an extensible enum removed in a request",
        "The server may not recognize the value.", "Keep accepting the value."),
    (_REQUEST, _K.EXTENSIBLE_VALUE_ADDED): Rule(
        "request-extensible-value-added", _INFO, "Value of an extensible enum added in a request",
        "Existing clients do not need to send the value.", _NO_ACTION),
    (_RESPONSE, _K.EXTENSIBLE_VALUE_REMOVED): Rule(
        "response-extensible-value-removed", _INFO, "Value of an extensible enum removed in a response",
        "Clients no longer get the value.", _NO_ACTION),
    (_RESPONSE, _K.EXTENSIBLE_VALUE_ADDED): Rule(
        "response-extensible-value-added", _INFO, "Value of an extensible enum added in a response",
        "Clients of an extensible enum handle values that they do not know.", _NO_ACTION),
    (_REQUEST, _K.DEPRECATED): Rule(
        "request-deprecated", _INFO, "Part of a request deprecated", "The part still works.", _STATE_SUNSET),
    (_RESPONSE, _K.DEPRECATED): Rule(
        "response-deprecated", _INFO, "Part of a response deprecated", "The server still sends the part.",
        _STATE_SUNSET),
}  # fmt: skip
