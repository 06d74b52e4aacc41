"""The web pages: the console, and Swagger UI for the contract. They are static files of this package.

The pages contain no data of the mock. They fetch their data from the control API, which checks who may use it. A
Content-Security-Policy restricts what they may load and run.
"""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable

from flask import Blueprint as Routes
from flask import Response, request
from pydantic_core import to_json

from mock_server.http.messages import JSON
from mock_server.respond.service import ChatService

_SAME_ORIGIN = "default-src 'none'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
# Trusted types keep text from becoming HTML, whatever the script does.
_CONSOLE = (
    f"{_SAME_ORIGIN}; script-src 'self'; style-src 'self'; img-src 'self'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
# Swagger UI sets inline styles and loads icons from data: URLs.
_DOCS = f"{_SAME_ORIGIN}; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"

_HEADERS = {
    "Cache-Control": "no-cache",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_PAGES = {"": ("index.html", _CONSOLE), "docs/": ("docs.html", _DOCS)}
_OURS = ("console.css", "console.js", "docs.css", "docs.js", "icon.svg")
_SWAGGER_UI = ("swagger-ui.css", "swagger-ui-bundle.js")


def page_routes(service: ChatService, prefix: str) -> Routes:
    """Return the routes of the pages and their resources."""
    routes = Routes("pages", "mock_server.control.pages")
    ours = files("mock_server.control") / "console"
    swagger_ui = files("flask_swagger_ui") / "dist"
    for path, (name, policy) in _PAGES.items():
        _add(routes, f"{prefix}/{path}", ours / name, {**_HEADERS, "Content-Security-Policy": policy})
        _redirect(routes, f"{prefix}/{path}".rstrip("/"))
    for folder, names in ((ours, _OURS), (swagger_ui, _SWAGGER_UI)):
        for name in names:
            _add(routes, f"{prefix}/files/{name}", folder / name, _HEADERS)

    def contract() -> Response:
        """Return the contract with this mock as its only server, so that requests from the page go nowhere else."""
        snapshot = service.snapshot
        # Swagger UI warns about this key even if it holds the default of OpenAPI 3.1.
        document = {key: value for key, value in snapshot.document_elsewhere.items() if key != "jsonSchemaDialect"}
        url = request.script_root + (snapshot.contract.operation.base_path or "/")
        servers = [{"url": url, "description": "This mock"}]
        return Response(to_json({**document, "servers": servers}), mimetype=JSON, headers=_HEADERS)

    routes.add_url_rule(f"{prefix}/docs/openapi.json", "contract for Swagger UI", contract, methods=["GET"])
    return routes


def _add(routes: Routes, path: str, file: Traversable, headers: dict[str, str]) -> None:
    def view() -> Response:
        return Response(file.read_bytes(), mimetype=_TYPES[file.name.rpartition(".")[2]], headers=headers)

    routes.add_url_rule(path, f"file {path}".replace(".", " "), view, methods=["GET"], strict_slashes=True)


def _redirect(routes: Routes, path: str) -> None:
    def view() -> Response:
        # A relative URL works behind proxies.
        return Response(status=308, headers={"Location": f"{request.script_root}{path}/"})

    routes.add_url_rule(path, f"to {path}/", view, methods=["GET"], strict_slashes=True)
