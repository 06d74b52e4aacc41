"""Render every exchange as an HTTP archive (HAR 1.2) for the network panel of a browser."""

from __future__ import annotations

import datetime as dt
import io

from harfile import Content, Creator, HarFile, PostData, Record, Request, Response, Timings

from chat_verifier.report.model import (
    Body,
    BreakdownReport,
    ExchangeReport,
    RequestReport,
    ResponseReport,
    VerifyReport,
)


def render_har(report: VerifyReport) -> str:
    """Return the archive. A request without a complete response has status 0, as in browsers."""
    began = dt.datetime.fromisoformat(report.started)
    name, _, version = report.tool.partition("/")
    written = io.StringIO()
    with HarFile.open(written, creator=Creator(name=name, version=version)) as archive:
        for one in report.exchanges:
            milliseconds = one.seconds * 1000
            archive.add_entry(
                startedDateTime=began + dt.timedelta(seconds=one.at),
                time=milliseconds,
                request=_request(report.base_url, one.exchange.request),
                response=_outcome(one.exchange),
                timings=Timings(send=0, wait=milliseconds, receive=0),
                comment=one.label,
            )
    return written.getvalue() + "\n"


def _request(base_url: str, request: RequestReport) -> Request:
    text, encoding = _content(request.body)
    kind = next((value for name, value in request.headers.items() if name.lower() == "content-type"), "")
    return Request(
        method=request.method,
        url=base_url.rstrip("/") + request.path,
        httpVersion="HTTP/1.1",
        headers=[Record(name, value) for name, value in request.headers.items()],
        postData=PostData(mimeType=kind, text=text, comment=encoding) if text else None,
    )


def _content(body: Body) -> tuple[str, str | None]:
    """Return the text, and its encoding where it is not plain."""
    return (body, None) if isinstance(body, str) else (body.base64, "base64")


def _outcome(exchange: ExchangeReport) -> Response:
    if exchange.response is not None:
        return _response(exchange.response)
    assert exchange.breakdown is not None
    return _breakdown(exchange.breakdown)


def _breakdown(breakdown: BreakdownReport) -> Response:
    return Response(
        status=0,
        statusText=breakdown.kind,
        httpVersion="HTTP/1.1",
        redirectURL="",
        content=Content(size=0, mimeType="x-unknown"),
        comment=breakdown.detail,
    )


def _response(response: ResponseReport) -> Response:
    headers = {name.lower(): value for name, value in response.headers.items()}
    text, encoding = _content(response.body)
    return Response(
        status=response.status,
        statusText="",
        httpVersion="HTTP/1.1",
        headers=[Record(name, value) for name, value in response.headers.items()],
        redirectURL=headers.get("location", ""),
        content=Content(
            size=len(text.encode("utf-8")) + response.omitted,
            mimeType=headers.get("content-type", "x-unknown"),
            # A part of a body would look like a fault of the server.
            text=None if response.omitted else text,
            encoding=encoding,
        ),
    )
