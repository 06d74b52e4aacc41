"""Valid values in forms that careless parsers get wrong. Every server must accept them."""

from __future__ import annotations

TEXTS: tuple[tuple[str, str], ...] = (
    ("quotes", "Is there a 7\" shelf, a 'real' one, for my wife's books?"),
    ("punctuation", "100% oak {0} [steel] \\ brass / <b>glass</b> & $5 #1 @home; -- ${y} {{z}} %s %d"),
    ("accents", "Où est la façade déjà vue? Ein größerer Schreibtisch, señor, łódź, cafe\u0301 x\u0308"),
    ("non-latin-scripts", "机を探しています مكتب للأدوات стол γραφείο שולחן डेस्क โต๊ะ 책상"),
    ("emoji", "👩‍👩‍👧‍👦🛠️🎁 für 🇯🇵"),
    ("right-to-left-marks", "\u202eabc\u202c אבג 123"),
    ("markup", '</script><img src=x onerror=a()><!-- b --> ]]> &amp; &lt; {"a": 1} <?x?>'),
    ("code-and-escapes", "`ls` | a=b ^c ~d *e* +1 {% x %} ../.. %20 %00 \\u0041 \\n 1' OR '1'='1 -- union select"),
    ("typography", "“a” ‘b’ – — … € £ © ½ ² ﬁ Ａ ™ \u00a0b\u200bc\u00add\u2028e\u2029f\ufeffg\ufffdh"),
    ("characters-outside-the-basic-plane", "İstanbul ıß ſ 𠀀𝒳 👍🏽 👩🏿‍🔧 https://shop.example/a?b=c&d=1#e"),
    ("leading-and-trailing-spaces", "  two  blanks \\"),
)
"""The id of each kind of character, and a text with it."""

EVENT_TYPES = (
    "browse",
    "click",
    "purchase",
    "add_to_cart",
    "search",
    "View",
    "wish list",
    "x",
    "Überblick",
    "購入",
    "__class__",
    "constructor",
)

TIMES = (
    "2024-06-14T10:00:00Z",
    "2024-06-14T10:00:00+00:00",
    "2024-06-14T10:00:00-00:00",
    "2024-06-14T10:00:00+02:00",
    "2024-06-14T10:00:00-05:30",
    "2024-06-14T10:00:00+14:00",
    "2024-06-14T10:00:00-12:00",
    "2024-06-14T10:00:00.1Z",
    "2024-06-14T10:00:00.123Z",
    "2024-06-14T10:00:00.123456Z",
    "2024-06-14T10:00:00.500+05:45",
    "2024-02-29T23:59:59Z",
    "2024-12-31T00:00:00Z",
    "1970-01-01T00:00:00Z",
    "1600-01-01T00:00:00Z",
    "9998-12-31T23:59:59Z",
    "1969-12-31T23:59:59Z",
    "2038-01-19T03:14:08Z",
    "2000-02-29T12:00:00.12Z",
)

OTHER_TIMES = (
    "2024-06-14T10:00:00.000Z",
    "2024-06-14T10:00:00.1234Z",
    "2024-06-14T10:00:00.12345-03:30",
    "2024-06-14T10:00:00.999999+13:45",
    "2024-06-14T23:59:59.5-12:00",
    "1752-09-10T00:00:00Z",
    "1899-12-31T23:59:59+00:19",
    "2100-02-28T00:00:00Z",
)

ITEM_IDS = ("A", "ABC", "abc", "9", "a-", "_x", "a--b", "Z_9-y")
"""Item ids."""

IDS = (
    "3f0e7a52-9c1d-4b86-a7e4-60d2f1b8c935",
    "a",
    "ABC",
    "user_1",
    "7",
    "a-",
    "_x",
    "0042",
    "k" * 37,
    "Z",
    "-b",
    "abc",
    "AbC--9_z",
    "Q_4-" * 12,
    "9" * 63,
)
"""Ids of users and sessions."""

MESSAGES = (
    'for a shelf of 7"',
    "?!",
    "=1+1",
    "机",
    "Drop me a line; select a gift from the union of all",
    "12345",
    "Desks please ",
    "C:\\desks\\",
    "🎁",
    "a \\\\ b",
    '{"a": 1}',
    "<![CDATA[desk]]>",
    " desks",
    "\ue000 desk",
)
"""Short messages, each unusual in another way."""

LENGTHS = (101, 199, 256, 501, 513, 999)
"""Lengths of messages, each just above a common database or form limit."""

COUNTS = (3, 4, 5, 2, 15, 19, 6, 8, 12, 16, 7, 20, 10, 1, 0)
"""Numbers of events."""
