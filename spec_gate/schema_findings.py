"""Findings in schemas: walks the schemas of one side, proves each difference, and names it by a rule."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import replace
from typing import Any

from chat_contract.errors import Pointer
from spec_gate.differ.annotations import AnnotationChange, AnnotationKind, annotation_changes
from spec_gate.differ.changes import ChangeKind, Comparison, PartKind, SchemaUse
from spec_gate.differ.differences import Difference
from spec_gate.differ.groups import GROUPS, KeywordGroup
from spec_gate.differ.hybrids import Hybrids
from spec_gate.differ.pairs import SAME_VALUE, NodePair, Root
from spec_gate.differ.surface import FORMS
from spec_gate.differ.walk import Walk, no_common_type
from spec_gate.discriminated import with_witnesses
from spec_gate.findings import Finding, Note, NoteKind, ProofKind
from spec_gate.places import Located, Places
from spec_gate.prove.differences import DifferenceProver, ProvedDifference
from spec_gate.prove.proof import OUT_OF_TIME, Outcome, Proof
from spec_gate.prove.prover import Prover
from spec_gate.prove.wire import FORM, in_header, sendable
from spec_gate.prove.witnesses import (
    DocumentRole,
    Messages,
    Rejection,
    RejectionKind,
    Witness,
    WitnessKind,
)
from spec_gate.rules.annotations import ANNOTATION_RULES, NOT_PROVED
from spec_gate.rules.rule import Level, Rule
from spec_gate.rules.schemas import rule_for, scope_of
from spec_gate.schemas.keywords import is_barred
from spec_gate.schemas.names import declared
from spec_gate.schemas.node import Schema, SchemaNode, Side, number_of
from spec_gate.schemas.pair import SchemaPair
from spec_gate.schemas.values import canonical_text, type_of
from spec_gate.search.sampler import Sampler

_JUDGED: dict[Outcome, tuple[Level, ProofKind]] = {
    Outcome.INCLUDED: (Level.INFO, ProofKind.INCLUSION),
    Outcome.WITNESS: (Level.BREAKING, ProofKind.WITNESS),
    Outcome.REFUSED: (Level.BREAKING, ProofKind.DECISION),
    Outcome.UNPROVED: (Level.WARNING, ProofKind.NONE),
}
_MANY_DEFINITIONS = 50
"""From how many definitions on schemas are all alike in the order of proofs."""

_BOUNDS = frozenset({KeywordGroup.LOWER_BOUND, KeywordGroup.UPPER_BOUND})
_OF_PROPERTY = frozenset({KeywordGroup.REQUIRED, KeywordGroup.PROPERTIES, AnnotationKind.PROPERTY_UNDECLARED})
"""Topics whose differences say that a property is new, required, optional or gone."""
_NAMED = frozenset({KeywordGroup.REQUIRED, KeywordGroup.PROPERTIES})
"""Groups whose differences are about a property of the value."""


class SchemaFindings:
    """Finds and judges all differences in the schemas of one side."""

    def __init__(
        self,
        schemas: SchemaPair,
        comparison: Comparison,
        messages: Messages,
        sampler: Sampler,
    ) -> None:
        self.schemas = schemas
        self.messages = messages
        self.places = Places(schemas)
        self.walk = Walk(schemas)
        self.proofs = DifferenceProver(Prover(schemas, sampler, Hybrids(self.walk)))
        for use in comparison.uses:
            if use.side is schemas.side:
                self.walk.add(self._root(use))
        self._proved: dict[NodePair, list[ProvedDifference]] = {}

    def prove(self, seconds: float) -> None:
        """Prove what is not decided yet, the simplest first; no pair of schemas takes more than some seconds."""
        for pair in sorted(self.walk.pairs, key=self._definitions):
            if not _is_barred(pair) and _is_open(self._proved.get(pair)):
                self._proved[pair] = self.proofs.proved(pair, seconds)

    def _definitions(self, pair: NodePair) -> int:
        return sum(self.schemas.definitions_of(one, _MANY_DEFINITIONS) for one in (pair.base, pair.revision))

    def _root(self, use: SchemaUse) -> Root:
        base, revision = use.base_schema, use.revision_schema
        return Root(
            True if base is None else self.schemas.read_base(base),
            True if revision is None else self.schemas.read_revision(revision),
            True if base is None else self.schemas.original(base, of_base=True),
            True if revision is None else self.schemas.original(revision, of_base=False),
            use,
            self._limits(use),
        )

    def _limits(self, use: SchemaUse) -> Schema:
        if use.part.media.startswith(FORMS):
            return FORM
        if use.sent_as is None or use.sent_as.media:
            return True
        sender = use.pairing.base if self.schemas.side is Side.REQUEST else use.pairing.revision
        return sendable(use.sent_as, sender.path)

    def findings(self) -> Iterator[Finding]:
        """Return the findings of each pair of schemas, in the order of the walk; :meth:`prove` comes first."""
        found = [(pair, finding) for pair in self.walk.pairs for finding in self._of(pair)]
        found += [(pair, one) for pair in self.walk.quiet_pairs() for one in self._annotations(pair, set())]
        return with_witnesses(found)

    def _of(self, pair: NodePair) -> Iterator[Finding]:
        undeclared = self._undeclared(pair)
        for proved in self._proved.get(pair, ()):
            if not _is_undeclared(proved, undeclared) and not _keeps_types(pair, proved):
                yield self._finding(pair, proved, undeclared)
        yield from self._annotations(pair, undeclared)

    def _annotations(self, pair: NodePair, undeclared: set[str]) -> Iterator[Finding]:
        use = pair.first_root().use
        side = _side_of_annotations(use)
        for change in annotation_changes(pair, undeclared, side, self.schemas.followed):
            if _is_without_effect(change, pair):
                continue
            yield self._annotation_finding(pair, change, ANNOTATION_RULES[side, change.kind], use)

    def _undeclared(self, pair: NodePair) -> set[str]:
        """Return the properties that the base declares for a value and the revision declares nowhere."""
        path = pair.path()
        if (path and path[-1][1][0] in SAME_VALUE) or no_common_type(pair.base, pair.revision):
            return set()
        kept = self.walk.without_removed_branches(pair)
        return declared(self.schemas.applied((kept,))) - declared(self.schemas.applied((pair.revision,)))

    # Findings ---------------------------------------------------------------------------------------------------------

    def _finding(self, pair: NodePair, proved: ProvedDifference, undeclared: set[str]) -> Finding:
        proof = proved.proof
        root = proof.root or pair.first_root()
        scope = scope_of(root.use)
        difference, located = self._as_written(pair, proved.difference)
        scale, group = self.schemas.scale, difference.group
        before, after = scale.as_written(group, difference.before), scale.as_written(group, difference.after)
        if group is KeywordGroup.PROPERTIES:
            before, after = self.places.properties_as_written(located, difference.name, before, after)
        rule = rule_for(scope, difference.group, difference.before, difference.after)
        level, kind = _JUDGED[proof.outcome]
        path: Pointer = pair.data_path()
        is_gone = difference.group is KeywordGroup.REQUIRED and not difference.after and difference.name in undeclared
        return Finding(
            rule=NOT_PROVED if proof.outcome is Outcome.UNPROVED else rule,
            level=level,
            kind=ChangeKind.SCHEMA,
            operations=_operations(pair),
            name=difference.name,
            path=(*path, difference.name) if difference.group in _NAMED else path,
            base=located.base,
            revision=located.revision,
            before=before,
            after=after,
            proof=kind,
            witness=self._witness(proof, root) if proof.outcome is Outcome.WITNESS else None,
            note=_note(proved, rule),
            part=root.use.part,
            status=root.use.part.status,
            topic=difference.group,
            edit=_edit(difference.group, difference.name, located, difference.before, difference.after),
            schema=self._key(pair),
            holders=located.holders,
            folded=(f"{scope}-property-removed",) if is_gone else (),
        )

    def _key(self, pair: NodePair) -> Hashable:
        return self.schemas.side, number_of(pair.base), number_of(pair.revision)

    def _as_written(self, pair: NodePair, difference: Difference) -> tuple[Difference, Located]:
        """Return a difference with its places; a bound that follows from an integer format is one of the format."""
        if difference.group is KeywordGroup.TYPE:
            before, after = _stated_types(pair, difference)
            difference = replace(difference, before=before, after=after)
        located = self.places.located(pair, _keywords(difference.group), difference.name)
        if difference.group not in _BOUNDS:
            return difference, located
        if located.is_written:
            ours, theirs = located.holders
            before, after = (difference.before if ours else None), (difference.after if theirs else None)
            return replace(difference, before=before, after=after), located
        as_format = self.places.located(pair, ("format",))
        if not as_format.is_written:
            return difference, located
        ours, theirs = as_format.holders
        before, after = self.places.format_of(ours, of_base=True), self.places.format_of(theirs, of_base=False)
        return replace(difference, group=KeywordGroup.FORMAT, before=before, after=after), as_format

    def _annotation_finding(self, pair: NodePair, change: AnnotationChange, rule: Rule, use: SchemaUse) -> Finding:
        path = pair.data_path()
        located = self.places.located(pair, (change.keyword,), change.name)
        before, after = (self.schemas.scale.as_written(change.keyword, one) for one in (change.before, change.after))
        if change.kind is AnnotationKind.PROPERTY_UNDECLARED:
            before, after = self.places.properties_as_written(located, change.name, before, after)
        return Finding(
            rule=rule,
            level=rule.level,
            kind=ChangeKind.ANNOTATION,
            operations=_operations(pair),
            name=change.value or change.name or change.keyword,
            path=(*path, change.name) if change.name else path,
            base=located.base,
            revision=located.revision,
            before=before,
            after=after,
            proof=ProofKind.RULE,
            part=use.part,
            status=use.part.status,
            topic=change.kind,
            schema=self._key(pair),
            edit=_edit(change.kind, change.value or change.name, located, change.before, change.after),
            holders=located.holders,
        )

    def _witness(self, proof: Proof, root: Root) -> Witness:
        return replace(self._message(proof, root), abridged=proof.abridged)

    def _message(self, proof: Proof, root: Root) -> Witness:
        use, part = root.use, root.use.part
        operation = use.pairing.base
        rejection = Rejection(RejectionKind.SCHEMA, proof.why)
        if part.kind is PartKind.PARAMETER and self.schemas.side is Side.REQUEST:
            return self.messages.request(operation, rejection, parameter=use.sent_as, value=proof.value)
        if part.kind is PartKind.RESPONSE_HEADER:
            assert use.sent_as is not None
            headers = {part.name: in_header(use.sent_as, proof.value)}
            return self.messages.response(operation, part.status, rejection, headers=headers, value=proof.value)
        if self.schemas.side is Side.REQUEST and not operation.outgoing:
            return self.messages.request(operation, rejection, body=proof.value, media=part.media)
        found = self.messages.response(operation, part.status or "200", rejection, media=part.media, body=proof.value)
        if not operation.outgoing:
            return found
        roles = (DocumentRole.REVISION, DocumentRole.BASE)
        allowed, rejected = roles if self.schemas.side is Side.RESPONSE else roles[::-1]
        return replace(found, kind=WitnessKind.CALL, allowed_by=allowed, rejected_by=rejected, line=operation.label)


def _is_open(proved: list[ProvedDifference] | None) -> bool:
    """Return whether there was no time yet to decide all differences of a pair."""
    return proved is None or any(one.proof is OUT_OF_TIME for one in proved)


def _is_barred(pair: NodePair) -> bool:
    """Return whether this side sends the value in at most one of the documents."""
    return is_barred(pair.base) or is_barred(pair.revision)


def _side_of_annotations(use: SchemaUse) -> Side:
    if use.part.kind is PartKind.PARAMETER:
        return Side.REQUEST
    return Side.RESPONSE if use.part.kind is PartKind.RESPONSE_HEADER else use.side


def _operations(pair: NodePair) -> tuple[str, ...]:
    return tuple(dict.fromkeys(root.use.label for root in pair.roots()))


def _stated_types(pair: NodePair, difference: Difference) -> tuple[Any, Any]:
    """Return the types before and after; listed values state theirs."""
    return difference.before or _listed_types(pair.base), difference.after or _listed_types(pair.revision)


def _listed_types(schema: Schema) -> list[str] | None:
    """Return the types of the values that a schema lists, which need no type of their own."""
    values = schema.get("enum") if isinstance(schema, SchemaNode) else None
    return sorted(set(map(type_of, values))) if values else None


def _keywords(group: KeywordGroup) -> tuple[str, ...]:
    return ("enum", "const") if group is KeywordGroup.ENUM else GROUPS[group]


def _edit(topic: KeywordGroup | AnnotationKind, name: str, located: Located, before: Any, after: Any) -> Hashable:
    """Identify an edit: what is said about one property in one schema is one edit, whatever keywords it takes."""
    if topic in _OF_PROPERTY:
        return "property", name, located.holders
    values = [before, after] if isinstance(topic, AnnotationKind) else []
    return topic, name, located.holders, canonical_text(values)


def _keeps_types(pair: NodePair, proved: ProvedDifference) -> bool:
    """Return whether a safe difference of types is one of form: listed values of the same type need no type."""
    if proved.difference.group is not KeywordGroup.TYPE or proved.proof.outcome is not Outcome.INCLUDED:
        return False
    before, after = ([one] if isinstance(one, str) else one for one in _stated_types(pair, proved.difference))
    return bool(before) and bool(after) and set(before) == set(after)


def _is_without_effect(change: AnnotationChange, pair: NodePair) -> bool:
    """Return whether an annotation of a whole parameter means nothing: access, XML, or a default that never applies."""
    if pair.parents or any(root.use.part.kind is not PartKind.PARAMETER for root in pair.own_roots):
        return False
    if change.kind is AnnotationKind.DEFAULT:
        return all(root.use.required for root in pair.own_roots)
    if change.kind is AnnotationKind.UNJUDGED:
        return change.keyword == "xml" and all(root.is_text for root in pair.own_roots)
    return change.kind in {AnnotationKind.READ_ONLY, AnnotationKind.WRITE_ONLY}


def _is_undeclared(proved: ProvedDifference, undeclared: set[str]) -> bool:
    """Return whether the difference is a harmless removal that an annotation finding reports."""
    one = proved.difference
    removed = one.group is KeywordGroup.PROPERTIES and one.after is None
    return removed and proved.proof.outcome is Outcome.INCLUDED and one.name in undeclared


def _note(proved: ProvedDifference, rule: Rule) -> Note | None:
    if not proved.separate:
        return Note(NoteKind.NOT_SEPARATE)
    outcome = proved.proof.outcome
    if outcome is Outcome.UNPROVED:
        return Note(NoteKind.NOT_PROVED, rule.id, proved.proof.reason)
    if outcome is Outcome.REFUSED:
        return Note(NoteKind.NO_WITNESS)
    if outcome is Outcome.INCLUDED and rule.level is Level.BREAKING:
        return Note(NoteKind.HARMLESS_HERE)
    return None
