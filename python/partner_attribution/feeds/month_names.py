"""Month names of declared languages; a date format itself knows the English ones only."""

from collections.abc import Mapping

from partner_attribution.feeds.names import sql_text

_ENGLISH = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
            "October", "November", "December")  # fmt: skip
_NAMES: Mapping[str, str] = {
    "de": "januar|jänner|jan februar|feber|feb märz|mär|mrz april|apr mai juni|jun juli|jul"
    " august|aug september|sept|sep oktober|okt november|nov dezember|dez",
    "fr": "janvier|janv février|févr|fév mars avril|avr mai juin juillet|juil"
    " août septembre|sept octobre|oct novembre|nov décembre|déc",
    "es": "enero|ene febrero|feb marzo|mar abril|abr mayo|may junio|jun julio|jul agosto|ago"
    " septiembre|setiembre|sept|sep octubre|oct noviembre|nov diciembre|dic",
}
"""Language -> its months in order, each with the names that it has, whole and cut."""
LANGUAGES = tuple(_NAMES)


def in_english(text: str, language: str) -> str:
    """SQL of a date with the whole English name in place of the language's, whole or cut."""
    months = zip(_ENGLISH, _NAMES[language].split(), strict=True)
    meanings = {name: english for english, names in months for name in names.split("|")}
    text = f"nfc_normalize({text})"
    word = f"regexp_extract({text}, '(?i)\\b({'|'.join(meanings)})\\b')"
    cases = " ".join(f"when {sql_text(k)} then {sql_text(v)}" for k, v in meanings.items())
    return f"replace({text}, {word}, coalesce(case lower({word}) {cases} end, ''))"
