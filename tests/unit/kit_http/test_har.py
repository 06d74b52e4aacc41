"""Reading HTTP archives, as different recorders write them."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from chat_contract import DocumentError
from kit_http import har
from kit_http.har import HarLimits, is_har, read_har

SECRET = "s3cr3t-k3y"


def entry(**changes: Any) -> dict[str, Any]:
    request = {
        "method": "POST",
        "url": "https://api.example.com/v1/chat",
        "headers": [{"name": "Content-Type", "value": "application/json"}],
        "bodySize": 17,
        "postData": {"mimeType": "application/json", "text": '{"message":"Hi"}'},
        **changes.pop("request", {}),
    }
    response = {
        "status": 200,
        "headers": [{"name": "content-type", "value": "application/json"}],
        "content": {"size": 2, "mimeType": "application/json", "text": "{}"},
        **changes.pop("response", {}),
    }
    return {
        "startedDateTime": "2026-06-01T10:00:00.000Z",
        "time": 250,
        "request": request,
        "response": response,
        **changes,
    }


def archive(*entries: Any) -> dict[str, Any]:
    return {"log": {"version": "1.2", "creator": {"name": "test", "version": "1"}, "entries": list(entries)}}


def written(folder: Path, value: Any) -> Path:
    path = folder / "traffic.har"
    path.write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode())
    return path


def test_entry_holds_request_and_response(tmp_path: Path) -> None:
    (read,) = read_har(written(tmp_path, archive(entry(comment="first"))))
    assert (read.method, read.url, read.request_body) == (
        "POST",
        "https://api.example.com/v1/chat",
        b'{"message":"Hi"}',
    )
    assert (read.status, read.response_body, read.seconds, read.comment) == (200, b"{}", 0.25, "first")
    assert read.request_headers == (("Content-Type", "application/json"),)


def test_base64_bodies_are_decoded(tmp_path: Path) -> None:
    text = base64.b64encode(b"\xff\x00").decode()
    (read,) = read_har(
        written(
            tmp_path,
            archive(
                entry(
                    request={"postData": {"mimeType": "", "text": text, "comment": "base64"}},
                    response={"content": {"size": 2, "mimeType": "", "text": text, "encoding": "base64"}},
                )
            ),
        )
    )
    assert read.request_body == read.response_body == b"\xff\x00"


@pytest.mark.parametrize(
    ("response", "body"),
    [
        ({"content": {"size": 20, "mimeType": "application/json"}}, None),
        ({"content": {"size": -1, "mimeType": "application/json"}}, None),
        ({"content": {}}, None),
        ({"content": {"size": 0, "mimeType": ""}}, b""),
        ({"content": {"size": 0, "mimeType": "", "text": ""}}, b""),
        ({"content": {"size": 3, "mimeType": "", "text": "\ud800"}}, None),
    ],
)
def test_missing_response_body_is_not_an_empty_one(
    tmp_path: Path, response: dict[str, Any], body: bytes | None
) -> None:
    (read,) = read_har(written(tmp_path, archive(entry(response=response))))
    assert read.response_body == body


@pytest.mark.parametrize(
    ("request_part", "body"),
    [
        ({"bodySize": 0}, b""),
        ({"bodySize": -1}, None),
        ({"bodySize": 40}, None),
        ({"bodySize": -1, "headers": [{"name": "content-length", "value": "0"}]}, b""),
        ({"bodySize": -1, "method": "GET"}, b""),
    ],
)
def test_missing_request_body_is_not_an_empty_one(
    tmp_path: Path, request_part: dict[str, Any], body: bytes | None
) -> None:
    one = entry(request=request_part)
    del one["request"]["postData"]
    (read,) = read_har(written(tmp_path, archive(one)))
    assert read.request_body == body


def test_body_over_the_limit_counts_as_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(har, "MAX_BODY_BYTES", 1)
    (read,) = read_har(written(tmp_path, archive(entry())))
    assert read.response_body is None


def test_attached_bodies_are_read_only_from_the_folder_of_the_archive(tmp_path: Path) -> None:
    (tmp_path / "outside.json").write_text("secret")
    folder = tmp_path / "inside"
    folder.mkdir()
    (folder / "body.json").write_text("{}")
    files = ["body.json", "../outside.json", str(tmp_path / "outside.json"), "missing.json"]
    contents = [entry(response={"content": {"size": 2, "_file": name}}) for name in files]
    read = read_har(written(folder, archive(*contents)))
    assert [one.response_body for one in read] == [b"{}", None, None, None]


def test_pseudo_headers_of_http_2_are_left_out(tmp_path: Path) -> None:
    headers = [{"name": ":authority", "value": "api.example.com"}, {"name": "accept", "value": "*/*"}]
    (read,) = read_har(written(tmp_path, archive(entry(request={"headers": headers}))))
    assert read.request_headers == (("accept", "*/*"),)


def test_entries_are_sorted_by_time_if_all_have_one(tmp_path: Path) -> None:
    late = entry(startedDateTime="2026-06-01T12:00:05+02:00", comment="late")
    early = entry(comment="early")
    assert [one.comment for one in read_har(written(tmp_path, archive(late, early)))] == ["early", "late"]
    early["startedDateTime"] = "yesterday"
    assert [one.comment for one in read_har(written(tmp_path, archive(late, early)))] == ["late", "early"]


def test_byte_order_mark_is_accepted(tmp_path: Path) -> None:
    assert read_har(written(tmp_path, b"\xef\xbb\xbf" + json.dumps(archive()).encode())) == ()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (b"", r"traffic\.har:1: not JSON: .*\n  hint:  The file is empty"),
        (b'{"log": {"entries": [', r"traffic\.har:1: not JSON: .*\n  hint:  The file may be cut off"),
        (b"<html>", r"not JSON: .*\n  hint:  Export the archive again, for example"),
        (b"PK\x03\x04", r"a ZIP file\n  hint:  Unpack it"),
        (b"\xff\xfe{", r"not UTF-8"),
        (b"[" * 100_000, r"too deep"),
        ([], r"not an HTTP archive: expected an object, got an array"),
        ({}, r'not an HTTP archive: "log" is missing'),
        ({"log": {}}, r'\(/log\): not an HTTP archive: "entries" is missing'),
        (archive(7), r"\(/log/entries/0\): expected an object, got an integer"),
        (archive({}), r'\(/log/entries/0\): "request" is missing'),
        (archive(entry(response={"status": "200"})), r"\(/log/entries/0/response/status\): expected an integer"),
        (archive(entry(response={"status": True})), r"/status\): expected an integer, got a boolean"),
        (
            archive(entry(request={"headers": {"Authorization": SECRET}})),
            r"\(/log/entries/0/request/headers\): expected an array, got an object",
        ),
        (
            archive(entry(response={"content": {"size": 3, "text": "a", "encoding": "base64"}})),
            r"\(/log/entries/0/response/content/text\): invalid base64",
        ),
    ],
)
def test_damaged_archive_is_rejected_with_the_place(tmp_path: Path, value: Any, message: str) -> None:
    with pytest.raises(DocumentError, match=message) as rejected:
        read_har(written(tmp_path, value))
    assert SECRET not in str(rejected.value)


def test_limits_are_enforced(tmp_path: Path) -> None:
    path = written(tmp_path, archive(entry(), entry()))
    assert len(read_har(path, HarLimits(entries=2))) == 2
    with pytest.raises(DocumentError, match=r"\(/log/entries\): more than 1 entries"):
        read_har(path, HarLimits(entries=1))
    with pytest.raises(DocumentError, match="the document is larger than 0 MiB"):
        read_har(path, HarLimits(size=100))


@pytest.mark.parametrize(
    ("value", "expected"), [(archive(), True), ({"log": {}}, False), ({"log": []}, False), ([], False), (None, False)]
)
def test_archives_are_recognised(value: Any, *, expected: bool) -> None:
    assert is_har(value) is expected
