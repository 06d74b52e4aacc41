"""From differences to findings: rules name them, proofs say how grave they are.

A rule never overrules a witness or a proof: what is proved safe is told as such, whatever its name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from chat_contract.errors import Pointer
from spec_gate.differ.annotations import AnnotationChange, annotation_changes
from spec_gate.differ.changes import Change, Comparison, SchemaUse, compare
from spec_gate.differ.pairing import GROUPS, IN_PLACE, Difference, Pair, Walk, other_kind
from spec_gate.differ.surface import Operation, read_surface
from spec_gate.prove.proof import Proof, Prover, Root
from spec_gate.prove.wire import readings
from spec_gate.prove.witnesses import Requests, Witness, reply
from spec_gate.rules import annotations as annotation_rules
from spec_gate.rules import schemas, structure
from spec_gate.rules.rule import Level, Rule
from spec_gate.schemas.names import declared
from spec_gate.schemas.normalise import Schema, Side
from spec_gate.schemas.pair import SchemaPair, worlds
from spec_gate.source.documents import Document, Place
from spec_gate.source.shape import check_shape

ProofKind = Literal["witness", "inclusion", "decision", "rule", "none"]


@dataclass(frozen=True)
class Finding:
    """One change, judged. ``proof`` says by what: a witness, inclusion, the decision alone, the rule, or nothing."""

    rule: Rule
    level: Level
    operations: tuple[str, ...]
    name: str
    path: Pointer
    base: Place | None
    revision: Place | None
    before: Any
    after: Any
    proof: ProofKind
    witness: Witness | None = None
    note: str = ""
    place: str = ""
    """Which part of the exchange: the request's body, the reply 200, the parameter."""


@dataclass
class Verdict:
    """All findings of a comparison."""

    comparison: Comparison
    findings: list[Finding]
    worlds: dict[Side, SchemaPair] = field(repr=False)


def judge(base: Document, revision: Document, given: Mapping[str, str] | None = None) -> Verdict:
    """Judge a change; ``given`` holds the names of examples that somebody asks for, each with who does.

    Raises :class:`chat_contract.errors.DocumentError` where a document cannot be read.
    """
    for document in (base, revision):
        check_shape(document)
    comparison = compare(read_surface(base), read_surface(revision))
    both = worlds(base, revision)
    for world in both.values():
        for surface, side in ((comparison.base, world.base), (comparison.revision, world.revision)):
            for place in surface.schemas:
                side.schemas.read(place)
    requests = Requests(both["request"])
    changes = [_asked_for(change, given or {}) for change in comparison.changes]
    findings = [finding for change in changes if (finding := _of_fact(change, requests, both["request"]))]
    for world in both.values():
        findings += _Schemas(world, comparison, requests).findings()
    return Verdict(comparison, sorted(findings, key=_grave), both)


_GRAVITY: dict[Level, int] = {"breaking": 0, "warning": 1, "info": 2}


def _grave(finding: Finding) -> int:
    return _GRAVITY[finding.level]


# Facts ----------------------------------------------------------------------------------------------------------------


def _asked_for(change: Change, given: Mapping[str, str]) -> Change:
    if change.about != "example" or change.name not in given:
        return change
    return replace(change, facts={**change.facts, "given by": given[change.name]})


def _of_fact(change: Change, requests: Requests, world: SchemaPair) -> Finding | None:
    if change.about in {"parameter style", "parameter explode"}:
        change = replace(change, facts={**change.facts, "felt": _style_is_felt(change, world)})
    rule = structure.rule_for(change)
    if rule is None:
        return None
    witness = _witness_of(change, requests) if rule.level == "breaking" else None
    note = f"given by {change.facts['given by']}" if "given by" in change.facts else ""
    return Finding(rule, rule.level, change.operations, change.name, (), change.base, change.revision, change.before,
                   change.after, "rule", witness, note)  # fmt: skip


def _style_is_felt(change: Change, world: SchemaPair) -> bool:
    """Say whether a value looks different in the new style: a plain one in a query does not."""
    parameter = change.facts["parameter"]
    if change.about == "parameter style" and parameter.where == "path":
        return True
    if parameter.schema is None:
        return True
    types = set()
    for schema in world.applied((world.read_base(parameter.schema),)):
        said = schema.get("type", [])
        types |= {said} if isinstance(said, str) else set(said)
    return not types or bool(types & {"array", "object"})


def _witness_of(change: Change, requests: Requests) -> Witness | None:
    """Return the request line or the head of a reply that shows what a breaking fact means."""
    if change.pairing is None:
        method, _, path = change.name.partition(" ")
        line = f"{method} {path}" if change.about == "operation" else ""
        why = "the revision has no such operation"
        return Witness("request", "base", "revision", why, line) if line else None
    operation = change.pairing.base
    parameter = change.facts.get("parameter")
    if change.about == "credentials":
        why = f"the revision wants {' or '.join(change.after)}"
        return requests.request(operation, why, credentials=change.facts["alternative"])
    if change.about == "server":
        found = requests.request(operation, f"{change.name} is no server of the revision")
        method, _, rest = found.line.partition(" ")
        return replace(found, line=f"{method} {change.name.rstrip('/')}{rest}")
    if change.about in {"parameter", "parameter required"}:
        return requests.request(operation, f"the revision requires the {change.name}")
    if change.about.startswith("parameter "):
        return requests.request(operation, f"the revision reads the {change.name} otherwise", with_optional=parameter)
    if change.about == "request body required" or (change.about == "request body" and change.action == "added"):
        return requests.request(operation, "the revision requires a body")
    if change.about in {"request media type", "request body"} and operation.body is not None:
        media = change.name if change.about == "request media type" else next(iter(operation.body.media), "")
        entry = operation.body.media.get(media)
        body = requests._some(entry.schema if entry else None, {})  # noqa: SLF001 - the same witness
        return requests.request(operation, f"the revision does not take {media or 'a body'}", body=body, media=media)
    if change.about == "status":
        others = [status for status in change.after if status[0].isdigit()] or ["DEFAULT"]
        return reply(others[0], f"the base never answers so in the place of {change.name}")
    if change.about == "response media type":
        now = change.after[0] if change.after else ""
        return reply(change.facts["status"], f"who asks for {change.name} gets something else", media=now)
    if change.about.startswith("response header"):
        return reply(change.facts["status"], f"the base promises the header {change.name}")
    return None


# Schemas --------------------------------------------------------------------------------------------------------------


class _Schemas:
    """Judges all that schemas of one world say."""

    def __init__(self, world: SchemaPair, comparison: Comparison, requests: Requests) -> None:
        self.world = world
        self.requests = requests
        self.walk = Walk(world)
        self.prover = Prover(world, self.walk)
        for exchange in comparison.exchanges:
            if exchange.side == world.side:
                self._add(exchange)

    def _add(self, exchange: SchemaUse) -> None:
        world = self.world
        base = True if exchange.base is None else world.read_base(exchange.base)
        revision = True if exchange.revision is None else world.read_revision(exchange.revision)
        original_base: Schema = True if exchange.base is None else world.original(exchange.base, of_base=True)
        original_revision: Schema = (
            True if exchange.revision is None else world.original(exchange.revision, of_base=False)
        )
        root = Root(base, revision, original_base, original_revision, exchange)
        if exchange.kind != "body" and not exchange.media:
            root = replace(root, reading=readings)
        self.walk.add(base, revision, root)

    def findings(self) -> Iterator[Finding]:
        for pair in self.walk.pairs.values():
            yield from self._of_pair(pair)
            yield from self._beside(pair)

    def _of_pair(self, pair: Pair) -> Iterator[Finding]:
        differences = self.walk.differences(pair)
        if not differences:
            return
        mixed = self.walk.mixed(pair)
        if self.prover.equivalent(pair, mixed):
            return
        gone = self._undeclared(pair)
        for difference, proof, note in self._proved(pair, differences, mixed):
            dropped = difference.group == "properties" and difference.after is None and proof.kind == "included"
            if not (dropped and difference.name in gone):
                yield self._finding(pair, difference, proof, note)

    def _proved(
        self, pair: Pair, differences: list[Difference], mixed: Schema
    ) -> Iterator[tuple[Difference, Proof, str]]:
        """Prove each difference by itself, and all together where none is shown by itself."""
        included = Proof("included")
        overall = self.prover.decide(pair.base, mixed)
        safe = differences if overall == "yes" else self._safe_at_once(pair, differences)
        proofs = [included if one in safe else self.prover.prove(pair, one) for one in differences]
        if overall == "yes":
            yield from ((one, included, "") for one in differences)
            return
        if not any(proof.kind == "witness" for proof in proofs):
            together = self._together(pair, mixed, overall)
            if together.kind == "included":
                yield from ((one, included, "") for one in differences)
                return
            open_ones = [one for one, proof in zip(differences, proofs, strict=True) if proof.kind != "included"]
            if len(open_ones) == 1 or together.kind != "witness":
                proofs = [proof if proof.kind == "included" else together for proof in proofs]
            else:
                yield Difference("whole", "", pair.base, pair.revision, mixed), together, ""
        for one, proof in zip(differences, proofs, strict=True):
            settled = any(proof.kind == "witness" for proof in proofs) or len(proofs) != len(differences)
            if proof.kind in {"included", "witness"} or not settled:
                yield one, proof, ""
            else:
                yield one, included, "not judged apart from the other changes here"

    def _safe_at_once(self, pair: Pair, differences: list[Difference]) -> list[Difference]:
        """Return differences about names that are decided to be safe together: one by one would take too long."""
        safe: list[Difference] = []
        for group in ("properties", "required"):
            about = [one for one in differences if one.group == group]
            for some in ([one for one in about if one.after], [one for one in about if not one.after]):
                if len(some) > 1 and self.prover.decide(pair.base, self.walk.together(pair, some)) == "yes":
                    safe += some
        return safe

    def _together(self, pair: Pair, mixed: Schema, overall: str) -> Proof:
        """Prove all differences of a pair at once: by its own schemas, then by the whole bodies that it is part of."""
        found = self.prover.prove_all(pair, mixed)
        if found.kind in {"witness", "included"}:
            return found
        roots: list[Root] = pair.all_roots()[:8]
        if all(root.reading is readings for root in roots):
            return Proof("included") if self.prover.text_is_included(pair, mixed) else Proof("unproved")
        if len(pair.all_roots()) <= len(roots) and all(self.prover.whole_is_included(root) for root in roots):
            return Proof("included")
        for root in roots[:2]:
            whole = self.prover.search_whole(root)
            if whole is not None:
                return whole
        certain = overall == "no" and any(self.prover.decide(root.base, root.revision) == "no" for root in roots)
        return Proof("refused" if certain else "unproved")

    # Telling ----------------------------------------------------------------------------------------------------------

    def _finding(self, pair: Pair, difference: Difference, proof: Proof, note: str) -> Finding:
        root: Root = proof.root if proof.root is not None else pair.root()
        exchange: SchemaUse = root.about
        rule = schemas.rule_for(_prefix(exchange), difference.group, difference.before, difference.after)
        kinds: dict[str, tuple[Level, ProofKind]] = {
            "included": ("info", "inclusion"),
            "witness": ("breaking", "witness"),
            "refused": ("breaking", "decision"),
            "unproved": ("warning", "none"),
        }
        level, kind = kinds[proof.kind]
        if proof.kind == "unproved":
            note = f"not proved: it is {rule.id}, and neither a witness nor inclusion was found"
            rule = annotation_rules.RULES["not-proved"]
        if proof.kind == "refused":
            note = "the decision refuses it, but no witness was found"
        if proof.kind == "included" and rule.level == "breaking" and not note:
            note = "proved to be harmless here"
        path = (
            (*pair.data_path(), difference.name) if difference.group in {"required", "properties"} else pair.data_path()
        )
        return Finding(
            rule, level, self._operations(pair), difference.name, path, self._place(pair, difference, of_base=True),
            self._place(pair, difference, of_base=False), difference.before, difference.after, kind,
            self._witness(proof, root) if proof.kind == "witness" else None, note, _part(exchange),
        )  # fmt: skip

    def _witness(self, proof: Proof, root: Root) -> Witness:
        exchange: SchemaUse = root.about
        operation: Operation = exchange.pairing.base
        if exchange.kind == "parameter" and self.world.side == "request":
            parameter = next(one for one in operation.parameters.values() if one.place == exchange.base_place)
            return self.requests.request(operation, proof.why, parameter=parameter, value=proof.value)
        if exchange.kind == "header":
            return reply(exchange.status, proof.why, headers={exchange.name: str(proof.value)}, value=proof.value)
        if self.world.side == "request" and not operation.outgoing:
            return self.requests.request(operation, proof.why, body=proof.value, media=exchange.media)
        told = reply(exchange.status or "200", proof.why, media=exchange.media, body=proof.value)
        if not operation.outgoing:
            return told
        sides = ("revision", "base") if self.world.side == "reply" else ("base", "revision")
        return replace(told, allowed_by=sides[0], refused_by=sides[1], line=operation.label, kind="call to the client")

    def _operations(self, pair: Pair) -> tuple[str, ...]:
        return tuple(dict.fromkeys(root.about.label for root in pair.all_roots()))

    def _place(self, pair: Pair, difference: Difference, *, of_base: bool) -> Place | None:
        """Return the place of a difference in one file: its keyword where it stands, or the schema around it."""
        schema = pair.base if of_base else pair.revision
        origin = self.world.origin(schema, of_base=of_base)
        if origin is None:
            exchange: SchemaUse = pair.root().about
            origin = exchange.base_place if of_base else exchange.revision_place
        document = (self.world.base if of_base else self.world.revision).schemas.document
        value = document.at(origin)
        while isinstance(value, dict) and "$ref" in value and len(value) == 1:
            origin = document.goal(origin / "$ref")
            value = document.at(origin)
        for part in _parts_of(difference):
            if isinstance(value, dict) and part in value:
                value, origin = value[part], origin / part
        return origin

    # Beside validity --------------------------------------------------------------------------------------------------

    def _undeclared(self, pair: Pair) -> set[str]:
        """Return the names that the base declares at a place and the revision does not, wherever they moved."""
        way = pair.way()
        if (way and way[-1][1][0] in IN_PLACE) or other_kind(pair.base, pair.revision):
            return set()
        return declared(self.world.applied((pair.base,))) - declared(self.world.applied((pair.revision,)))

    def _beside(self, pair: Pair) -> Iterator[Finding]:
        exchange: SchemaUse = pair.root().about
        prefix = {"parameter": "request", "header": "response"}.get(_prefix(exchange), _prefix(exchange))
        for said in annotation_changes(pair, self._undeclared(pair), prefix):
            yield self._said(pair, said, exchange)

    def _said(self, pair: Pair, said: AnnotationChange, exchange: SchemaUse) -> Finding:
        rule = annotation_rules.RULES[said.rule]
        place = Difference(said.keyword, said.name, said.before, said.after, True)
        path = (*pair.data_path(), said.name) if said.name else pair.data_path()
        return Finding(
            rule, rule.level, self._operations(pair), said.name or said.keyword, path,
            self._place(pair, place, of_base=True), self._place(pair, place, of_base=False), said.before, said.after,
            "rule", None, "", _part(exchange),
        )  # fmt: skip


def _prefix(exchange: SchemaUse) -> str:
    if exchange.kind == "body":
        return "request" if exchange.side == "request" else "response"
    return exchange.kind


def _part(exchange: SchemaUse) -> str:
    if exchange.kind == "parameter":
        return f"{exchange.where} parameter {exchange.name}"
    if exchange.kind == "header":
        return f"header {exchange.name} of {exchange.status}"
    return f"response {exchange.status}" if exchange.status else "request body"


def _parts_of(difference: Difference) -> tuple[str, ...]:
    keys = GROUPS.get(difference.group, (difference.group,))
    return (*keys[:1], difference.name) if difference.name and difference.group != "required" else keys[:1]
