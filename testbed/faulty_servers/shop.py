"""The catalogue of the faulty servers: fourteen items, some with accents or in another script."""

from __future__ import annotations

from typing import Any

_ROWS = (
    ("ST678VG", "Itelio workshop desk", "Solid wood workshop desk for the discerning customer.", "999.99"),
    ("BK101AA", "Bergkamp folding bench", "Folds flat behind the door.", "149.00"),
    ("LT220QX", "Lumière desk lamp", "Warm light, dimmable, très légère.", "59.90"),
    ("CH310ZR", "Åre chair", "Oak chair with a woven seat.", "219.00"),
    ("TB402KD", "Toolbox Güstrow", "Steel, three drawers, for heavy tools.", "88.50"),
    ("VS513MN", "Vise No. 5", "Cast iron bench vise.", "74.25"),
    ("HM624PL", "Hammer set", "Four hammers in a roll.", "39.99"),
    ("TE735JP", "湯呑み", "Hand-thrown tea cup.", "24.00"),
    ("CL846RU", "Часы настенные", "Quiet wall clock.", "45.00"),
    ("RG957AR", "Rug 2 x 3 m", 'Wool, "as soft as moss".', "310.00"),
    ("SH068GB", "Shelf for heavy loads", "Holds 120 kg a board.", "129.00"),
    ("MK179CZ", "Mug 'Monday'", "Big, blue and patient.", "9.50"),
    ("PB280FR", "Plateau en bois", "Plateau à poignées, chêne massif.", "34.00"),
    ("AX391SE", "Axe", "Hand-forged in Sweden.", "119.00"),
)

ITEMS: list[dict[str, Any]] = [
    {"item_id": item_id, "title": title, "status": "active", "description": description, "price": price}
    for item_id, title, description, price in _ROWS
]

# What an implementation may say about an item beyond the example.
WORDY_EXTRAS: dict[str, Any] = {
    "price_currency": "EUR",
    "metadata": [{"key": "colour", "value": "oak"}],
    "rating": 4.5,
    "badge": None,
}
