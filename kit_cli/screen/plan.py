"""Render what a run would send, for ``verify --plan``."""

from __future__ import annotations

from chat_verifier.report.summary import cases_name, cases_of
from chat_verifier.report.texts import HEADINGS, Heading
from chat_verifier.verify import Preview


def render_preview(preview: Preview, base_url: str, cost_per_call: float | None) -> str:
    """Return the requests of a run by group, its expected duration, and its cost if a call has a price."""
    lines = [f"Plan for {base_url} (probe answered in {preview.latency:.2f} s):"]
    lines += [f"  {count:>5}  {cases_name(count, group)}" for group, count in preview.groups.items()]
    lines.append(f"  {preview.requests:>5}  requests in total, about {_duration(preview.seconds)}")
    rejected = preview.requests - preview.accepted
    lines.append(f"  {preview.accepted:>5}  accepted by a lenient server, {rejected} rejected by every correct server")
    limits = f"requests at most, {preview.most_accepted} of them accepted, including confirmations of findings"
    lines.append(f"  {preview.at_most:>5}  {limits}")
    if preview.left_out:
        left = ", ".join(cases_of(count, group) for group, count in preview.left_out.items())
        lines.append(f"  {HEADINGS[Heading.NOT_PLANNED]}: {left}")
    if cost_per_call is not None:
        cost = preview.accepted * cost_per_call
        lines.append(f"  Cost: about {cost:.2f} at {cost_per_call:g} per accepted request")
    return "\n".join(lines)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s" if seconds >= 1 else f"{seconds:.1f} s"
