"""TLS and proxy options: checks before the first request, and the session they produce."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
import requests
import urllib3

from chat_contract import UsageError
from kit_http.transport import Transport

KEYED = "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize(
    ("transport", "problem"),
    [
        (Transport(insecure=True, ca_bundle=Path("ca.pem")), "--insecure accepts every certificate"),
        (Transport(key=Path("key.pem")), "Add --cert FILE"),
        (Transport(ca_bundle=Path("/none/ca.pem")), "--ca-bundle /none/ca.pem: cannot read the file"),
        (Transport(cert=Path("/none/cert.pem")), "--cert /none/cert.pem: cannot read the file"),
        (Transport(proxy="ftp://proxy"), "--proxy: invalid URL"),
    ],
)
def test_options_that_cannot_work_are_refused(transport: Transport, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        transport.check()


@pytest.mark.parametrize("option", ["ca_bundle", "cert"])
def test_file_without_pem_data_is_refused(option: str, tmp_path: Path) -> None:
    file = tmp_path / "file.pem"
    file.write_text(KEYED)
    with pytest.raises(UsageError, match="invalid PEM data"):
        Transport(**{option: file}).check()  # type: ignore[arg-type]


def test_default_options_verify_certificates_and_use_no_proxy() -> None:
    Transport().check()
    session = requests.Session()
    Transport().equip(session)
    assert (session.verify, session.cert, session.proxies) == (True, None, {})


def test_session_gets_certificates_and_proxy() -> None:
    session = requests.Session()
    Transport(Path("ca"), Path("cert"), Path("key"), "http://127.0.0.1:3128").equip(session)
    assert (session.verify, session.cert) == ("ca", ("cert", "key"))
    assert session.proxies == {"http": "http://127.0.0.1:3128", "https": "http://127.0.0.1:3128"}
    Transport(cert=Path("both")).equip(session)
    assert session.cert == "both"


def test_insecure_session_warns_about_nothing() -> None:
    session = requests.Session()
    with warnings.catch_warnings(record=True) as caught:
        Transport(insecure=True).equip(session)
        warnings.warn("unverified", urllib3.exceptions.InsecureRequestWarning, stacklevel=1)
    assert session.verify is False
    assert caught == []
