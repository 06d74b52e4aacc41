"""The work of ``chat-contract record``: serve the recorder, or record the exchanges of an HTTP archive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chat_contract.errors import UsageError
from kit_cli.credentials import key_headers
from kit_cli.exit_codes import ExitCode
from kit_http.har import HarLimits
from kit_http.tokens import TokenCommand
from kit_http.transport import Transport
from mock_server.loading.options import make_access, read_options
from mock_server.mask_options import masks_of
from mock_server.recorder.serve import Plan, import_har
from mock_server.recorder.serve import record as serve_recorder
from mock_server.respond.upstream import Limits
from mock_server.server.limits import limits_of
from mock_server.server.serve import Listening


def record(given: Mapping[str, Any]) -> ExitCode:
    """Record until the command is stopped, or record the whole archive. ``given`` has the options by name."""
    if (given["out"] is None) is not given["preview"]:
        raise UsageError("--out DIR and --preview exclude each other, and one is required. Give one of them.")
    options = read_options({name: given[name] for name in ("cors_origin", "allowed_host")})
    plan = Plan(
        upstream=given["upstream"],
        out=given["out"],
        masks=masks_of(given),
        headers=key_headers(given),
        tokens=None if given["token_command"] is None else TokenCommand(given["token_command"]),
        spec=given["spec"],
        overlays=given["overlay"],
        access=make_access(given["host"].lower(), options.allowed_hosts, options.cors_origins),
        forward_all=given["forward_all"],
        max_body=given["max_body"],
        transport=Transport(
            given["ca_bundle"], given["cert"], given["key"], given["proxy"], insecure=given["insecure"]
        ),
        limits=Limits(given["timeout"], given["upstream_max_body"]),
    )
    if given["from_har"] is not None:
        import_har(given["from_har"], plan, HarLimits(given["max_archive_bytes"], given["max_archive_entries"]))
        return ExitCode.OK
    serve_recorder(plan, Listening(given["host"], given["port"], limits=limits_of(given)))
    return ExitCode.OK
