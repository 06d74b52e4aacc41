"""Keys are found whatever their encoding, and ordinary texts are not taken for keys."""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import random
import string
import tracemalloc
import uuid
import zlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

import pytest

from kit_http.redaction.encodings import encoded_secrets
from kit_http.redaction.secrets import Secrets, secrets_of
from tests.support.paths import ROOT
from tests.support.waiting import at_most_cpu_seconds

KEYS = (
    "Sk-live-0123456789",
    "Ab+/c=d&e<g>'h%24$x`i12345",
    "8f7e6d5c-4b3a-4921-8abc-0123456789ab",
    "q" * 3 + "W9x7Lm2P",
)


def secrets(key: str) -> Secrets:
    return secrets_of((("X-API-Key", key),))


def b64(text: str | bytes) -> str:
    return base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()


def full_width(text: str) -> str:
    return "".join(chr(ord(character) + 0xFEE0) if "!" <= character <= "~" else character for character in text)


SPLITS: dict[str, Callable[[str], str]] = {
    "spaces": " ".join,
    "dots": ".".join,
    "dashes": "-".join,
    "zero-width spaces": "\u200b".join,
    "list of characters": lambda key: json.dumps(list(key)),
    "lines of three": lambda key: "\n> ".join(key[at : at + 3] for at in range(0, len(key), 3)),
    "escaped line breaks": lambda key: "\\r\\n\\t".join(key[at : at + 4] for at in range(0, len(key), 4)),
    "percent-encoded spaces": "%20".join,
    "HTML": "&nbsp;".join,
}
CODES: dict[str, Callable[[str], str]] = {
    "hex": lambda key: key.encode().hex(),
    "HEX": lambda key: key.encode().hex().upper(),
    "hex with colons": lambda key: key.encode().hex(":"),
    "hex list": lambda key: ", ".join(f"0x{byte:02X}" for byte in key.encode()),
    "hex escapes": lambda key: "".join(f"\\x{byte:02x}" for byte in key.encode()),
    "base32": lambda key: base64.b32encode(key.encode()).decode(),
    "base32 of more": lambda key: base64.b32encode(f"me:{key}:you".encode()).decode(),
    "base32 in lower case": lambda key: base64.b32encode(key.encode()).decode().lower(),
    "b85": lambda key: base64.b85encode(key.encode()).decode(),
    "a85": lambda key: base64.a85encode(key.encode()).decode(),
    "a85 in JSON in HTML": lambda key: html.escape(json.dumps(base64.a85encode(key.encode()).decode())),
    "base64": b64,
    "base64 of the header": lambda key: b64(f"Bearer {key}"),
    "base64 for URLs": lambda key: base64.urlsafe_b64encode(f"me:{key}:x".encode()).decode(),
    "base64 with escaped slashes": lambda key: b64(f"??>>{key}").replace("/", "\\/").replace("+", "%2B"),
    "base64 over base64": lambda key: b64(b64(key)),
    "base64 over base64 of more": lambda key: b64(f"x {b64(f'me:{key}')} y"),
    "base64 over base64 over base64": lambda key: b64(b64(b64(key))),
    "base64 over hex": lambda key: b64(f"{{{key.encode().hex()}}}"),
    "base64 of a body in upper case": lambda key: b64(json.dumps({"message": "x" * 50, "echo": key.upper()})),
    "base64 over gzip": lambda key: b64(gzip.compress(f"key={key}".encode())),
    "base64 over gzip, after a path": lambda key: f"/a/b_{b64(gzip.compress(f'key={key}'.encode()))}",
    "base64 over gzip over lines": lambda key: base64.encodebytes(
        gzip.compress(json.dumps([key, *map(str, range(500))]).encode())
    ).decode(),
    "base64 over zlib": lambda key: b64(zlib.compress(f"key={key}".encode())),
    "base64 over two members of gzip": lambda key: b64(gzip.compress(b"hello") + gzip.compress(f"key={key}".encode())),
    "base64 over zlib with a small window": lambda key: b64(zlib.compress(f"key={key}".encode(), wbits=9)),
    "base64 over gzip over base64": lambda key: b64(gzip.compress(b64(key).encode())),
    "URL": lambda key: quote(key, safe=""),
    "URL, all of it, twice": lambda key: quote("".join(f"%{byte:02x}" for byte in key.encode())),
    "JSON escapes": lambda key: "".join(f"\\u{ord(character):04X}" for character in key),
    "JSON in JSON": lambda key: json.dumps(json.dumps(key)),
    "HTML entities": lambda key: "".join(f"&#{ord(character)};" for character in key),
    "HTML hexadecimal entities": lambda key: "".join(f"&#x{ord(character):x};" for character in key),
    "full width": full_width,
    "full width in JSON": lambda key: json.dumps(full_width(key)),
    "upper case": str.upper,
    "lower case": str.lower,
}


@pytest.mark.parametrize(
    ("encoding", "key"),
    # The digits of a short key in base32 and base85 also encode bits of its neighbours.
    [
        (encoding, key)
        for encoding in (*CODES, *SPLITS)
        for key in KEYS
        if len(key) >= 12 or not encoding.startswith(("base32 of more", "b85", "a85"))
    ],
)
def test_encoded_key_is_masked_and_the_text_around_it_stays(encoding: str, key: str) -> None:
    text = f"before: {(CODES | SPLITS)[encoding](key)} !after"
    found = secrets(key)
    assert found.leaked(text)
    for hidden in (found.hide(text), found.masked(text)):
        assert not found.leaked(hidden)
        assert (hidden[:8], hidden[-7:]) == ("before: ", " !after")
    body = text.encode()
    masked = found.masked_bytes(body)
    assert (len(masked), found.leaked(masked.decode())) == (len(body), False)


@pytest.mark.parametrize("shift", range(5))
@pytest.mark.parametrize("encode", [base64.b64encode, base64.b32encode, base64.b85encode, base64.a85encode])
def test_run_of_twelve_characters_is_found_at_every_position(encode: Callable[[bytes], bytes], shift: int) -> None:
    key = "Sk-live-0123456789-QWERTYuiop"
    for start in range(len(key) - 11):
        part = key[start : start + 12]
        for text in (part, part.swapcase(), part.encode().hex(), full_width(part), html.escape(part)):
            assert secrets(key).leaked(f"got <{text}>"), text
        assert secrets(key).leaked(encode(b"." * shift + part.encode() + b"..").decode()), part


def test_twelve_letters_of_the_key_are_found_between_separators() -> None:
    key = "Sklive0123456789QWERTYuiop"
    assert all(secrets(key).leaked("_ ".join(key[start : start + 12])) for start in range(len(key) - 11))
    assert not any(secrets(key).leaked("_ ".join(key[start : start + 11])) for start in range(len(key) - 10))


def test_run_of_eleven_characters_is_not_the_key() -> None:
    key = "Sk-live-0123456789-QWERTYuiop"
    assert not secrets(key).leaked(f"got <{key[8:19]}>")
    assert secrets(key).hide(f"got <{key[8:18]}>") == f"got <{key[8:18]}>"


def test_separators_stay_so_that_documents_stay_readable() -> None:
    text = json.dumps({"echo": list(KEYS[0]), "n": 1})
    masked = json.loads(secrets(KEYS[0]).masked(text))
    assert (masked["n"], set("".join(masked["echo"]))) == (1, {"*", "-"})


def test_compressed_body_with_the_key_is_masked_as_a_whole() -> None:
    body = gzip.compress(json.dumps({"echo": KEYS[0]}).encode())
    masked = secrets(KEYS[0]).masked_bytes(body)
    assert (len(masked), masked.strip(b"*")) == (len(body), b"${CHAT_API_KEY}")


@lru_cache
def ordinary_texts() -> list[str]:
    """Return documents and sources of the kit, and random ids, digests and base64 data."""
    rng = random.Random(7)
    paths: list[Path] = [*ROOT.glob("*.md"), *ROOT.glob("openapi/*.yaml")]
    paths += [*ROOT.glob("kit_http/**/*.py"), ROOT / "constraints.txt"]
    texts = [path.read_text("utf-8") for path in paths]
    data = [rng.randbytes(rng.randrange(9, 400)) for _ in range(100)]
    texts += [str(uuid.UUID(int=rng.getrandbits(128), version=4)) for _ in range(100)]
    texts += [hashlib.sha256(each).hexdigest() for each in data]
    texts += [
        encode(each).decode() for each in data for encode in (base64.b64encode, base64.b32encode, base64.b85encode)
    ]
    texts += [b64(gzip.compress(each.hex().encode())) for each in data]
    texts += ["".join(rng.choices(string.ascii_lowercase + " ", k=2000)) for _ in range(50)]
    return [*texts, "0123456789" * 3, "Bearer sk-live- Sk-test-0123456 %20%41 &amp;&#83; \\u0053\\n"]


def test_ordinary_texts_are_unchanged() -> None:
    others = ("sk-proj-4f9dKx0TmZ", str(uuid.UUID(int=5 << 100 | 77)), hashlib.sha256(b"key").hexdigest(), "hunter22")
    found = secrets_of(tuple(("X-API-Key", key) for key in (*KEYS[:3], *others)))
    for text in ordinary_texts():
        assert found.hide(text) == text
        assert found.masked_bytes(text.encode()) == text.encode()
        assert not found.leaked(text)


@pytest.mark.parametrize(
    "unit",
    [
        "%41",
        "\\u0041",
        "&#65;",
        "\\",
        "Sk-live-012345",
        "H4sI",
        "ab/",
        "QUFB",
        "Ａ",
        '"a",',
        "SK.LIVE.0123456789 ",
        "\x00",
    ],
)
def test_long_text_is_searched_to_its_end(unit: str) -> None:
    text = unit * (400_000 // len(unit))
    hidden = secrets(KEYS[0]).hide(f"{text} | {KEYS[0].upper()}.")
    assert hidden.endswith(" | ${CHAT_API_KEY}***.")
    assert hidden.startswith(text) == (not unit.upper().startswith("SK"))


def test_small_text_with_much_compressed_data_costs_a_bounded_search() -> None:
    bomb = b64(gzip.compress(b"\0" * 20_000_000, 9))
    assert not secrets(KEYS[0]).leaked(f'{{"bomb": "{bomb}"}}')


def test_many_members_of_gzip_cost_a_bounded_search() -> None:
    text = b64(gzip.compress(b"") * 20_000)
    with at_most_cpu_seconds(2):
        assert not secrets(KEYS[0]).leaked(text)


@pytest.mark.parametrize("text", ["\ud800 x", b"\xff\xfe".decode("utf-8", "surrogateescape")])
def test_text_that_is_not_unicode_is_searched(text: str) -> None:
    hidden = secrets(KEYS[0]).hide(f"{text} {KEYS[0].upper()}")
    assert hidden == f"{text} ${{CHAT_API_KEY}}***"


@pytest.mark.parametrize(
    ("text", "contained"),
    [("the word abc1 here", True), ("ABC1", True), ("%61bc1", True), ("xabc12", False), ("abc 1", False)],
)
def test_short_key_is_contained_as_a_word_only(text: str, contained: bool) -> None:
    assert secrets("abc1").contained_in(text) is contained


def test_escape_at_the_boundary_of_two_chunks_is_undone() -> None:
    for before in range((1 << 18) - 120, (1 << 18) + 3, 11):
        text = "." * before + "".join(f"\\u{ord(character):04x}" for character in KEYS[0])
        assert secrets(KEYS[0]).masked(text) == "." * before + "${CHAT_API_KEY}".ljust(6 * len(KEYS[0]), "*")


@pytest.mark.parametrize("unit", ["a", "ab", "abcdefgh.", "0123456789abcdef-"])
def test_long_key_that_repeats_itself_is_found_in_bounded_time(unit: str) -> None:
    key = (unit * 20_000)[:20_000]
    text = f"{key}, {unit * 3}\n" * 20
    with at_most_cpu_seconds(30):
        assert secrets(key).leaked(text)
        assert key[:100] not in secrets(key).masked(text)


def test_search_for_a_long_key_takes_little_memory() -> None:
    key = hashlib.shake_128(b"key").hexdigest(4096)
    tracemalloc.start()
    try:
        assert secrets(key).leaked(b64(key[100:200]))
        assert tracemalloc.get_traced_memory()[1] < 4096 * len(key)
    finally:
        tracemalloc.stop()


def test_searches_for_the_long_keys_of_many_clients_are_not_kept() -> None:
    kept = [encoded_secrets((f"{number}" * 5000,)) for number in range(8)]
    assert encoded_secrets(("7" * 5000,)) is kept[7]
    assert encoded_secrets(("0" * 5000,)) is not kept[0]
