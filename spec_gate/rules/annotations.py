"""Rules on what schemas say beside validity: a client feels it, though every body stays what it was."""

from __future__ import annotations

from spec_gate.rules.rule import Rule

DEFAULT_CHANGED = "default-changed"

RULES = {
    rule.id: rule
    for rule in (
        Rule("request-default-changed", "warning", "What the absence of a value means is something else.",
             "Clients that leave it out get other answers.", "Keep the default, or let clients ask for the new one."),
        Rule("response-default-changed", "warning", "What the absence of a value means is something else.",
             "Clients that fill it in fill in the old one.", "Send the value where it matters."),
        Rule("request-property-undeclared", "warning", "An optional property of a request is not declared any more.",
             "Clients that send it are not refused, but what they say is not heard.",
             "Keep it, deprecated, or tell those who send it."),
        Rule("response-optional-property-removed", "warning", "An optional property of a response is gone.",
             "Clients that use it where it is there do without.", "Go on sending it, deprecated."),
        Rule("request-read-only-changed", "warning", "A property of a request is read-only, or is not any more.",
             "What clients send is ignored, or counts.", "Add another property."),
        Rule("response-read-only-changed", "warning", "A property of a response is read-only, or is not any more.",
             "What clients send back is ignored, or counts.", "Add another property."),
        Rule("request-write-only-changed", "warning", "A property of a request is write-only, or is not any more.",
             "Clients that read it back may find nothing.", "Add another property."),
        Rule("response-write-only-changed", "warning", "A property of a response is write-only, or is not any more.",
             "Clients that read it may find nothing.", "Go on sending it."),
        Rule("request-format-label-changed", "warning", "A format is another one that no validator knows.",
             "The receiver may read it otherwise.", "Say in a pattern what is meant."),
        Rule("response-format-label-changed", "warning", "A format is another one that no validator knows.",
             "Clients may read it otherwise.", "Say in a pattern what is meant."),
        Rule("request-content-label-changed", "warning", "A text holds content of another kind.",
             "The receiver reads it otherwise.", "Add another property."),
        Rule("response-content-label-changed", "warning", "A text holds content of another kind.",
             "Clients read it otherwise.", "Add another property."),
        Rule("request-discriminator-changed", "breaking", "The property that tells alternatives apart is another one.",
             "Clients name the alternative in the old property.", "Keep the property."),
        Rule("response-discriminator-changed", "breaking", "The property that tells alternatives apart is another one.",
             "Clients look for the alternative in the old property.", "Keep the property."),
        Rule("request-discriminator-value-removed", "breaking", "A value that names an alternative is gone.",
             "Clients that send it are not understood.", "Keep the value in the mapping."),
        Rule("request-discriminator-value-changed", "breaking", "A value names another alternative.",
             "Clients that send it are taken for something else.", "Give the new alternative a value of its own."),
        Rule("request-discriminator-value-added", "info", "A value that names an alternative is new.",
             "Clients need not send it.", "Nothing to do."),
        Rule("response-discriminator-value-removed", "info", "A value that names an alternative is gone.",
             "Clients need not wait for it.", "Nothing to do."),
        Rule("response-discriminator-value-changed", "breaking", "A value names another alternative.",
             "Clients read it as the old one.", "Give the new alternative a value of its own."),
        Rule("response-discriminator-value-added", "warning", "A value that names an alternative is new.",
             "Clients do not know the alternative that it names.", "Send it only to who asked for it."),
        Rule("request-deprecated", "info", "A part of a request is deprecated.", "It works still.", "Say until when."),
        Rule("response-deprecated", "info", "A part of a response is deprecated.", "It is sent still.",
             "Say until when."),
        Rule("property-sunset-moved-earlier", "warning", "The day when a part ends has come nearer.",
             "Clients have planned by the day that was promised.", "Keep the day, or agree with every client."),
        Rule("not-proved", "warning", "Neither safe nor breaking could be proved.",
             "No value was found that breaks, and inclusion could not be decided.",
             "Look at it yourself; --strict counts it as breaking."),
    )
}  # fmt: skip
