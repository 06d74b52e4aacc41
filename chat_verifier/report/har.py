"""Every exchange as an HTTP archive, for the network panel of a browser."""

from __future__ import annotations

import datetime as dt
import io

from harfile import Content, Creator, HarFile, PostData, Record, Request, Response, Timings

from chat_verifier.report.evidence import Document


def as_har(document: Document) -> str:
    """Return the archive. An answer that did not come has the status 0, as browsers write it."""
    began = dt.datetime.fromisoformat(document["started"])
    name, _, version = document["tool"].partition("/")
    written = io.StringIO()
    with HarFile.open(written, creator=Creator(name=name, version=version)) as archive:
        for exchange in document["exchanges"]:
            milliseconds = exchange["seconds"] * 1000
            archive.add_entry(
                startedDateTime=began + dt.timedelta(seconds=exchange["at"]),
                time=milliseconds,
                request=_request(document["base_url"], exchange["request"]),
                response=_response(exchange),
                timings=Timings(send=0, wait=milliseconds, receive=0),
                comment=exchange["label"],
            )
    return written.getvalue().encode("utf-8", "backslashreplace").decode() + "\n"


def _request(base_url: str, request: Document) -> Request:
    body = request["body"]
    text, comment = (body, None) if isinstance(body, str) else (body["base64"], "base64")
    kind = next((value for name, value in request["headers"].items() if name.lower() == "content-type"), "")
    return Request(
        method=request["method"],
        url=base_url.rstrip("/") + request["path"],
        httpVersion="HTTP/1.1",
        headers=[Record(name, value) for name, value in request["headers"].items()],
        postData=PostData(mimeType=kind, text=text, comment=comment) if text else None,
    )


def _response(exchange: Document) -> Response:
    response = exchange["response"]
    if response is None:
        breakdown = exchange["breakdown"]
        return Response(
            status=0,
            statusText=breakdown["kind"],
            httpVersion="HTTP/1.1",
            redirectURL="",
            content=Content(size=0, mimeType="x-unknown"),
            comment=breakdown["detail"],
        )
    body = response["body"]
    headers = {name.lower(): value for name, value in response["headers"].items()}
    text, encoding = (body, None) if isinstance(body, str) else (body["base64"], "base64")
    return Response(
        status=response["status"],
        statusText="",
        httpVersion="HTTP/1.1",
        headers=[Record(name, value) for name, value in response["headers"].items()],
        redirectURL=headers.get("location", ""),
        content=Content(
            size=len(text.encode("utf-8", "surrogatepass")),
            mimeType=headers.get("content-type", "x-unknown"),
            text=text,
            encoding=encoding,
        ),
    )
