"""TLS and proxy options of a connection to a server."""

from __future__ import annotations

import shlex
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chat_contract.errors import UsageError
from kit_http.urls import check_proxy

if TYPE_CHECKING:
    import requests


@dataclass(frozen=True)
class Transport:
    """TLS and proxy options. Environment variables have no effect.

    ``ca_bundle``: certificates to trust instead of the default ones; ``insecure``: accept every certificate; ``cert``
    and ``key``: the client certificate and its key; ``proxy``: the URL of an HTTP proxy.
    """

    ca_bundle: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    proxy: str | None = None
    insecure: bool = False

    def check(self) -> None:
        """Raise :class:`UsageError` for options that contradict each other or files that cannot be used."""
        if self.insecure and self.ca_bundle:
            raise UsageError("--insecure accepts every certificate, so --ca-bundle has no effect. Remove one of them.")
        if self.key and not self.cert:
            raise UsageError("--key is the key of a certificate. Add --cert FILE.")
        check_certificates(self.ca_bundle, self.cert, self.key, mark="--")
        check_proxy(self.proxy)

    def curl_options(self, hide: Callable[[str], str]) -> list[str]:
        """Return the options of curl for the same connection, quoted for a shell; ``hide`` replaces secrets."""
        files = (("--cacert", self.ca_bundle), ("--cert", self.cert), ("--key", self.key))
        options = ["--insecure"] if self.insecure else []
        options += [part for option, file in files if file is not None for part in (option, shlex.quote(str(file)))]
        if self.proxy is not None:
            hidden = hide(self.proxy)
            # In double quotes, a shell fills in the variable that stands for the password.
            options += ["--proxy", shlex.quote(hidden) if hidden == self.proxy else f'"{hidden}"']
        return options

    def equip(self, session: requests.Session) -> None:
        """Apply the options to a session."""
        session.verify = False if self.insecure else str(self.ca_bundle) if self.ca_bundle else True
        if self.cert:
            session.cert = (str(self.cert), str(self.key)) if self.key else str(self.cert)
        if self.proxy:
            session.proxies = {"http": self.proxy, "https": self.proxy}
        if self.insecure:
            import urllib3  # noqa: PLC0415 - help texts do without it

            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)


def check_certificates(ca_bundle: Path | None, cert: Path | None, key: Path | None, mark: str) -> None:
    """Raise :class:`UsageError` for a file that cannot be used; ``mark`` precedes the name of its option."""
    context = ssl.create_default_context()
    if ca_bundle:
        _try(f"{mark}ca-bundle", ca_bundle, lambda: context.load_verify_locations(str(ca_bundle)))
    if cert:
        # The empty password keeps OpenSSL from asking for one on the terminal.
        _try(f"{mark}cert", cert, lambda: context.load_cert_chain(str(cert), str(key or cert), password=lambda: ""))


def _try(option: str, path: Path, load: Callable[[], None]) -> None:
    try:
        load()
    except ssl.SSLError as error:
        reason = (error.reason or "not PEM").replace("_", " ").lower()
        raise UsageError(f"{option} {path}: invalid PEM data ({reason}). Name another file.") from None
    except OSError as error:
        raise UsageError(f"{option} {path}: cannot read the file ({error.strerror}). Name another file.") from None
