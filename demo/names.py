"""Word lists for fictional companies and people; nobody here exists."""

from __future__ import annotations

import re
import unicodedata

STEMS = (
    "Aldermoor", "Anchorgate", "Arborline", "Ashcombe", "Auroville", "Baywater", "Beaconsfield",
    "Birchwold", "Bluecrest", "Bolderwick", "Brambleton", "Brightwell", "Calderon", "Cascadia",
    "Cedarholm", "Cinderford", "Clearbrook", "Cobaltine", "Copperfield", "Corvana", "Dalehurst",
    "Deltamark", "Dunmere", "Eastgrove", "Eaglecliff", "Elmsworth", "Emberly", "Everholt",
    "Fairhaven", "Falconridge", "Fernbank", "Flintlock", "Foxmere", "Glenrowan", "Goldcrest",
    "Granitevale", "Greyfriar", "Halcyon", "Harbourne", "Hartwell", "Hawksmoor", "Hazelbrook",
    "Highmark", "Hollowell", "Inglemoor", "Ironbridge", "Ivoryton", "Jasperline", "Juniperry",
    "Keystone", "Kingsferry", "Lakemont", "Larkspur", "Linden", "Lodestar", "Longacre",
    "Lumenfield", "Maplecroft", "Marlowe", "Meadowgate", "Millbrook", "Mistral", "Moorland",
    "Nettleton", "Northgate", "Oakhurst", "Obsidian", "Orchardly", "Osprey", "Palisade",
    "Pemberley", "Pinecrest", "Quarryton", "Quillmark", "Ravenhill", "Redwater", "Ridgeway",
    "Riverton", "Rosewarne", "Rowanberry", "Sablewood", "Saltmarsh", "Silverline", "Skyhaven",
    "Starling", "Stonebridge", "Sundale", "Tamarack", "Thornbury", "Tidewell", "Umberland",
    "Valecrest", "Vantage", "Verdant", "Westering", "Whitlock", "Wildmere", "Willowbank",
    "Windermark", "Yarrowdale", "Zephyrine",
)  # fmt: skip

SECTORS: dict[str, tuple[str, ...]] = {
    "Manufacturing": ("Industries", "Machinery", "Components", "Werke"),
    "Financial Services": ("Capital", "Insurance", "Bank", "Finance"),
    "Healthcare": ("Health", "Biotech", "Clinics", "Medical"),
    "Retail": ("Retail", "Stores", "Foods", "Outfitters"),
    "Logistics": ("Logistics", "Freight", "Shipping", "Cargo"),
    "Energy": ("Energy", "Power", "Grid", "Solar"),
    "Technology": ("Software", "Networks", "Analytics", "Cloud"),
    "Professional Services": ("Consulting", "Partners", "Advisory", "Engineering"),
}

# country code -> (as CRMs spell it, cities, legal form, the same form spelled otherwise)
COUNTRIES: dict[str, tuple[str, tuple[str, ...], str, tuple[str, ...]]] = {
    "US": (
        "United States",
        ("New York", "Boston", "Austin", "Chicago", "Atlanta", "Denver"),
        "Inc",
        ("Inc.", "Incorporated", "LLC"),
    ),
    "CA": ("Canada", ("Toronto", "Montréal", "Calgary"), "Inc", ("Inc.", "Incorporated")),
    "GB": (
        "United Kingdom",
        ("London", "Leeds", "Bristol", "Edinburgh"),
        "Ltd",
        ("Limited", "Ltd."),
    ),
    "IE": ("Ireland", ("Dublin", "Cork"), "Ltd", ("Limited", "Ltd.")),
    "DE": ("Germany", ("Berlin", "München", "Hamburg", "Köln"), "GmbH", ("AG", "GmbH & Co. KG")),
    "FR": ("France", ("Paris", "Lyon", "Nantes"), "SA", ("S.A.", "SAS")),
    "NL": ("Netherlands", ("Amsterdam", "Utrecht"), "BV", ("B.V.", "NV")),
    "PL": ("Poland", ("Warszawa", "Kraków", "Łódź"), "Sp. z o.o.", ("sp. z o.o.", "S.A.")),
    "SE": ("Sweden", ("Stockholm", "Göteborg"), "AB", ("AB (publ)",)),
    "JP": ("Japan", ("Tokyo", "Osaka"), "KK", ("K.K.",)),
}
COUNTRY_SPELLINGS: dict[str, tuple[str, ...]] = {
    "US": ("United States", "USA", "US"),
    "GB": ("United Kingdom", "UK", "Great Britain", "GB"),
    "DE": ("Germany", "Deutschland", "DE"),
    "NL": ("Netherlands", "The Netherlands"),
}

FIRST_NAMES = (
    "Alice", "Amara", "Andre", "Anna", "Beatrice", "Ben", "Carla", "Chloe", "Daniel", "David",
    "Elena", "Emma", "Eric", "Fatima", "Felix", "Grace", "Hannah", "Hugo", "Ingrid", "Isaac",
    "Jack", "Jasmine", "Jonas", "Julia", "Karim", "Katherine", "Laura", "Leo", "Lena", "Liam",
    "Lucas", "Maria", "Marcus", "Maya", "Michael", "Mila", "Nadia", "Nathan", "Nora", "Oliver",
    "Olivia", "Omar", "Oscar", "Paula", "Peter", "Priya", "Rachel", "Rosa", "Ruben", "Samuel",
    "Sara", "Simon", "Sofia", "Stefan", "Tara", "Thomas", "Tobias", "Victor", "Wendy", "Yusuf",
    "Zoe",
)  # fmt: skip
_PLAIN_LAST_NAMES = (
    "Abbott", "Adeyemi", "Albrecht", "Anders", "Archer", "Banerjee", "Barlow", "Becker",
    "Bennett", "Berg", "Blake", "Brandt", "Carver", "Castillo", "Clarke", "Collins", "Cruz",
    "Dawson", "Delgado", "Diaz", "Eklund", "Ellis", "Engel", "Farrell", "Ferreira", "Fischer",
    "Fletcher", "Garcia", "Gallagher", "Graf", "Grant", "Haas", "Hayes", "Hoffmann", "Holm",
    "Hughes", "Ibrahim", "Iyer", "Jansen", "Keller", "Khan", "Kowal", "Krause", "Lambert",
    "Larsen", "Lindqvist", "Lopez", "Marsh", "Mercer", "Meyer", "Morgan", "Nair", "Novak",
    "Okafor", "Ortiz", "Osborne", "Park", "Patel", "Petit", "Quinn", "Ramos", "Reid", "Richter",
    "Rossi", "Sato", "Schmitt", "Shaw", "Silva", "Sorensen", "Tanaka", "Torres", "Vance", "Vogel",
    "Walsh", "Weber", "Winter",
)  # fmt: skip
_ACCENTED_LAST_NAMES = (
    "Müller",
    "Söderström",
    "Łukasiewicz",
    "Lefèvre",
    "Núñez",
    "O'Brien",
    "Żak",
    "Größe",
)

LAST_NAMES = _PLAIN_LAST_NAMES + _ACCENTED_LAST_NAMES
TITLES = (
    "Chief Information Officer", "VP Data", "Head of Analytics", "IT Director",
    "Procurement Manager", "Data Platform Lead", "Operations Director", "Finance Director",
    "Enterprise Architect", "Product Owner",
)  # fmt: skip
FREE_MAIL = ("gmail.com", "outlook.com", "gmx.de", "yahoo.com")

_TRANSLITERATIONS = str.maketrans(
    {
        "ä": "ae",
        "ö": "oe",
        "ü": "ue",
        "ß": "ss",
        "ł": "l",
        "Ł": "L",
        "Ä": "Ae",
        "Ö": "Oe",
        "Ü": "Ue",
    }
)


def ascii_name(text: str) -> str:
    """Spell `text` as on a plain keyboard: Müller -> Mueller, Énergie -> Energie."""
    plain = unicodedata.normalize("NFKD", text.translate(_TRANSLITERATIONS))
    return "".join(char for char in plain if not unicodedata.combining(char))


def slug(text: str, separator: str = "") -> str:
    """Lower-case letters and digits of `text`, words joined by `separator`."""
    return separator.join(re.findall(r"[a-z0-9]+", ascii_name(text).lower()))
