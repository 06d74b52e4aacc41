"""Builds and runs servers in other languages with the compilers and libraries that Debian packages."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

SOURCES = Path(__file__).parent / "other"
CATALOGUE = Path(__file__).parent / "catalogue.json"
BUILD_SECONDS = 900
_JAVA = "/usr/share/java"
_JACKSON = ":".join(f"{_JAVA}/jackson-{part}.jar" for part in ("databind", "core", "annotations"))


@dataclass(frozen=True)
class Toolchain:
    """How a server is built and started.

    In commands, {source}, {out}, {cache}, {port} and {catalogue} stand for paths and the port. ``out`` is a folder that
    is kept between runs, in the folder for temporary files, under a name that depends on the source. ``cache`` is the
    folder above it.
    """

    source: str
    packages: str
    """The Debian packages that contain the programs and files."""
    programs: tuple[str, ...]
    run: tuple[str, ...]
    build: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    """Files that the packages install."""
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        return SOURCES / self.source

    def lacking(self) -> list[str]:
        """Return the programs and files that this machine lacks, with the packages."""
        programs = [name for name in self.programs if shutil.which(name) is None]
        files = [name for name in self.files if not Path(name).exists()]
        return [f"{', '.join(programs + files)} (Debian packages {self.packages})"] if programs or files else []

    def command(self, port: int) -> list[str]:
        """Return the command that starts the server, after building it."""
        out = built(self)
        return [word.format(source=self.path, out=out, port=port, catalogue=CATALOGUE) for word in self.run]

    def build_in(self, out: Path) -> None:
        """Build the server. A folder of sources is copied first, since tools write beside them."""
        source = Path(shutil.copytree(self.path, out / "source")) if self.path.is_dir() else self.path
        command = [word.format(source=source, out=out) for word in self.build]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=BUILD_SECONDS, env=self.variables(), check=False
        )
        if done.returncode:
            raise RuntimeError(f"{self.source} cannot be built:\n{done.stderr or done.stdout}")

    def variables(self) -> dict[str, str]:
        """Return the environment of the build and of the server."""
        added = {name: value.format(cache=_cache(), catalogue=CATALOGUE) for name, value in self.environment.items()}
        return {**os.environ, **added}


def _cache() -> Path:
    return Path(tempfile.gettempdir()) / f"chat-contract-servers-{os.getuid()}"


def built(toolchain: Toolchain) -> Path:
    """Return the folder with what the build makes; build if the source has changed since."""
    out = _cache() / f"{toolchain.path.stem}-{_digest(toolchain)}"
    if out.exists():
        return out
    _cache().mkdir(mode=0o700, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_cache()) as folder:
        fresh = Path(folder, "out")
        fresh.mkdir()
        if toolchain.build:
            toolchain.build_in(fresh)
        try:
            fresh.rename(out)
        except OSError:
            if not out.exists():  # Another process was not faster.
                raise
    return out


def _digest(toolchain: Toolchain) -> str:
    """Return a digest of the sources and of the command that builds them."""
    digest = hashlib.sha256(repr((toolchain.build, toolchain.environment)).encode())
    files = sorted(toolchain.path.rglob("*")) if toolchain.path.is_dir() else [toolchain.path]
    for file in files:
        if file.is_file():
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


GO = Toolchain(
    "chat.go",
    "golang-go",
    ("go",),
    build=("go", "build", "-o", "{out}/chat", "{source}"),
    run=("{out}/chat", "{port}", "{catalogue}"),
    environment={"GOCACHE": "{cache}/go", "GOFLAGS": "-mod=mod", "GOPROXY": "off"},
)
RUBY = Toolchain(
    "chat.rb",
    "ruby ruby-webrick",
    ("ruby",),
    files=("/usr/share/doc/ruby-webrick",),
    run=("ruby", "{source}", "{port}", "{catalogue}"),
)
PHP = Toolchain(
    "chat.php",
    "php-cli",
    ("php",),
    run=("php", "-d", "display_errors=0", "-S", "127.0.0.1:{port}", "{source}"),
    environment={"CATALOGUE": "{catalogue}", "PHP_CLI_SERVER_WORKERS": "4"},
)
JAVA = Toolchain(
    "Chat.java",
    "default-jdk-headless libjackson2-databind-java",
    ("javac", "java"),
    files=(f"{_JAVA}/jackson-databind.jar",),
    build=("javac", "-cp", _JACKSON, "-d", "{out}", "{source}"),
    run=("java", "-XX:TieredStopAtLevel=1", "-cp", f"{{out}}:{_JACKSON}", "Chat", "{port}", "{catalogue}"),
)
RUST = Toolchain(
    "rust",
    "cargo librust-serde-json-dev librust-tiny-http-dev",
    ("cargo",),
    files=("/usr/share/doc/librust-serde-json-dev", "/usr/share/doc/librust-tiny-http-dev"),
    build=(
        *("cargo", "build", "--offline", "--quiet", "--manifest-path", "{source}/Cargo.toml", "--target-dir", "{out}"),
        *("--config", 'source.crates-io.replace-with="debian"'),
        *("--config", 'source.debian.directory="/usr/share/cargo/registry"'),
    ),
    run=("{out}/debug/chat", "{port}", "{catalogue}"),
    environment={"CARGO_HOME": "{cache}/cargo"},
)
CPP = Toolchain(
    "chat.cpp",
    "g++ libcpp-httplib-dev nlohmann-json3-dev",
    ("g++",),
    files=("/usr/include/httplib.h", "/usr/include/nlohmann/json.hpp"),
    build=("g++", "-std=c++17", "-pthread", "-o", "{out}/chat", "{source}", "-lcpp-httplib"),
    run=("{out}/chat", "{port}", "{catalogue}"),
)
PERL = Toolchain(
    "chat.pl",
    "libmojolicious-perl",
    ("perl",),
    files=("/usr/share/perl5/Mojolicious.pm",),
    run=("perl", "{source}", "{port}"),
    environment={"CATALOGUE": "{catalogue}"},
)
CRYSTAL = Toolchain(
    "chat.cr",
    "crystal",
    ("crystal",),
    build=("crystal", "build", "--no-color", "-o", "{out}/chat", "{source}"),
    run=("{out}/chat", "{port}", "{catalogue}"),
    environment={"CRYSTAL_CACHE_DIR": "{cache}/crystal"},
)
CSHARP = Toolchain(
    "Chat.cs",
    "mono-mcs libmono-system-json4.0-cil",
    ("mcs", "mono"),
    files=("/usr/lib/mono/4.5/System.Json.dll",),
    build=("mcs", "-r:System.Json.dll", "-out:{out}/chat.exe", "{source}"),
    run=("mono", "{out}/chat.exe", "{port}", "{catalogue}"),
)
