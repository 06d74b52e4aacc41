"""The pytest plugin: the verifier as a unit test of an application.

It imports the verifier only when a test uses the fixture.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from chat_verifier.report.model import VerifyReport

VerifyApp = Callable[..., "VerifyReport"]


@pytest.fixture(scope="session")
def verify_chat_app() -> VerifyApp:
    """Return a function that verifies an ASGI or WSGI application and fails the test if it violates the contract."""
    return _verify_app


def _verify_app(
    app: Callable[..., Any],
    *,
    headers: Mapping[str, str] | None = None,
    expect_auth: bool = False,
    strict: bool = False,
    quick: bool = False,
    seed: int = 0,
    base_path: str | None = None,
) -> VerifyReport:
    """Serve the application, verify it, and return the report.

    ``headers`` are sent with every request. ``base_path`` is the path in front of the operation; None: that of the
    contract, or none. The other arguments are options of ``chat-contract verify``.
    """
    from chat_contract import load_contract  # noqa: PLC0415 - most test runs do not use the fixture
    from chat_verifier.findings.verdict import RunVerdict  # noqa: PLC0415
    from chat_verifier.options import Options  # noqa: PLC0415
    from chat_verifier.planning.tiers import Tier  # noqa: PLC0415
    from chat_verifier.report import RENDERERS  # noqa: PLC0415
    from chat_verifier.report.build import build_report  # noqa: PLC0415
    from chat_verifier.report.reproduce import Access  # noqa: PLC0415
    from chat_verifier.target.application import serve_application, usual_url  # noqa: PLC0415
    from chat_verifier.verify import run  # noqa: PLC0415
    from kit_http.redaction.secrets import secrets_of  # noqa: PLC0415

    contract = load_contract()
    sent = tuple((headers or {}).items())
    with serve_application(app, contract, base_path) as served:
        options = Options(
            base_url=served.base_url,
            headers=sent,
            expect_auth=expect_auth,
            strict=strict,
            seed=seed,
            tier=Tier.QUICK if quick else Tier.DEFAULT,
        )
        result = run(contract, options)
    report = build_report(result, Access(usual_url(served.base_url), sent, secrets_of(sent)))
    if report.verdict is not RunVerdict.CONFORMS:
        pytest.fail(RENDERERS["text"](report), pytrace=False)
    return report
