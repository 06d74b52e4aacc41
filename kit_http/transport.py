"""How a server is reached: certificates and proxies."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import requests
import urllib3

from chat_contract import UsageError


@dataclass(frozen=True)
class Transport:
    """What the user says of the way to the server; nothing is taken from the environment.

    ``ca_bundle``: certificates to trust instead of the usual ones; ``insecure``: trust anyone; ``cert`` and ``key``:
    our own certificate; ``proxy``: the URL of an HTTP proxy.
    """

    ca_bundle: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    proxy: str | None = None
    insecure: bool = False

    def check(self) -> None:
        """Raise :class:`UsageError` for what cannot work, before anything is sent."""
        if self.insecure and self.ca_bundle:
            raise UsageError("--insecure trusts anyone, so --ca-bundle would mean nothing; leave one of them out")
        if self.key and not self.cert:
            raise UsageError("--key is the key of a certificate; add --cert FILE")
        context = ssl.create_default_context()
        if self.ca_bundle:
            _try("--ca-bundle", self.ca_bundle, lambda: context.load_verify_locations(str(self.ca_bundle)))
        if self.cert:
            # An encrypted key would be asked for on the terminal, and there may be none.
            _try(
                "--cert",
                self.cert,
                lambda: context.load_cert_chain(str(self.cert), str(self.key or self.cert), password=lambda: ""),
            )
        check_proxy(self.proxy)

    def equip(self, session: requests.Session) -> None:
        """Make a session use all this."""
        session.verify = False if self.insecure else str(self.ca_bundle) if self.ca_bundle else True
        if self.cert:
            session.cert = (str(self.cert), str(self.key)) if self.key else str(self.cert)
        if self.proxy:
            session.proxies = {"http": self.proxy, "https": self.proxy}
        if self.insecure:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)


def _try(option: str, path: Path, load: Callable[[], None]) -> None:
    try:
        load()
    except ssl.SSLError as error:
        why = (error.reason or "no PEM").replace("_", " ").lower()
        raise UsageError(f"{option} {path}: holds no such thing in PEM form ({why}); name another file") from None
    except OSError as error:
        raise UsageError(f"{option} {path}: cannot be read ({error.strerror}); name another file") from None


def check_proxy(url: str | None) -> None:
    """Raise :class:`UsageError` for what is no URL of a proxy, without showing it: it may hold a password."""
    if url is None:
        return
    try:
        parts = urlsplit(url)
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fine = False
    if not fine:
        raise UsageError("--proxy: is no URL of an HTTP proxy; write it as http://127.0.0.1:3128")
