"""One form for all the ways to write a letter: case, width, accents, lookalikes of other scripts, invisible characters.

What comes out is ASCII: letters `a`-`z`, digits and signs as they were, `FOREIGN` for a letter that resembles none of
ours, and a space for whatever does not belong to a word.
"""

import re
import unicodedata
from dataclasses import dataclass

FOREIGN = "\x7f"
_MOST_CACHED = 20_000
_CASELESS = frozenset(("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "THAI", "LAO", "KHMER", "MYANMAR", "BOPOMOFO", "YI"))
_INVISIBLE = frozenset("\u115f\u1160\u3164\uffa0\u17b4\u17b5")
_NAMED_LETTER = re.compile(
    r"\b(?:LETTER|SYMBOL LETTER)(?: SMALL CAPITAL| SMALL| CAPITAL| DOTLESS| SCRIPT| OPEN| LONG| TURNED| REVERSED"
    r"| INSULAR| BARRED| BLACKLETTER| SIDEWAYS| TAILLESS| STRETCHED)* ([A-Z])(?: WITH | ROTUNDA|$)"
)

# By what they look like: Cyrillic, Greek (capitals apart: they resemble other letters), Armenian, Cherokee, signs.
_PAIRS = (
    "аa вb сc ԁd еe ёe эe єe ғf ԍg һh нh іi їi ӏl јj кk қk ќk мm нh пn ոn оo рp ԛq гr яr ѕs тt цu ѵv ԝw шw щw хx ҳx"
    " уy ўy үy ьb ъb бb зe дd лn иu йu чh ћh ђh"
    " αa βb γy δd εe ζz ηn θo ιi κk λl μu νv οo πn ρp σo ςs τt υu χx ωw ϲc ϳj ϝf φo ψw ξe"
    " ΑA ΒB ΕE ΖZ ΗH ΙI ΚK ΛA ΜM ΝN ΟO ΡP ΣS ΤT ΥY ΧX ΩO ΔA ΓR ΘO ΠN"
    " սu օo հh ցg յj զq ղn ւi ժd"
    " ᎪA ᏴB ᏟC ᎠD ᎬE ᏀG ᎻH ᎥI ᎫJ ᏦK ᏞL ᎷM ᏢP ᎡR ᏚS ᎢT ᏙV ᏔW ᏃZ ᏌU ᎾO"
    " €e £l ¢c ¥y ₵c ₴s ₦n ₤l ©c ®r †t ‡t ∫s ∂d ∩n ∪u ×x ¡i ǃi ı" + "i ƒf ɑa ɩi ɪi ʟl ʀr ɴn ꞁl ɡg ʋu ʊu ɛe ɜe ɔc"
    " ᴋk ᴄc ᴜu ꜰf ꜱs ѡw ꭓx ⲟo ⲥc ⲣp ⲕk ∈e ∀a ⊂c ℮e ⅼl ǀl ∣l ｜l"
)
_LOOKALIKES = {pair[0]: pair[1].lower() for pair in _PAIRS.split()}


@dataclass(frozen=True, slots=True)
class Folded:
    """A text in its one form. `where[i]` is where character i came from; None: from i itself."""

    text: str
    where: list[int] | None
    length: int

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The part of the original that became this, with what is invisible at its end."""
        if self.where is None:
            return start, end
        if end < len(self.where):
            # The next letter may have come from the same character as our last one.
            return self.where[start], max(self.where[end], self.where[end - 1] + 1)
        return self.where[start], self.length


def fold(text: str) -> Folded:
    """The text in its one form, in a time that grows with its length."""
    if text.isascii():
        return Folded(text.lower(), None, len(text))
    chars: list[str] = []
    where: list[int] = []
    for index, char in enumerate(text):
        folded = _known.get(char)
        if folded is None:
            folded = _learn(char)
        if folded:
            chars.append(folded)
            where += (index,) if len(folded) == 1 else [index] * len(folded)
    return Folded("".join(chars), where, len(text))


_known: dict[str, str] = {chr(code): chr(code).lower() for code in range(128)}


def _learn(char: str) -> str:
    folded = _fold_char(char)
    if len(_known) < _MOST_CACHED:
        _known[char] = folded
    return folded


def _fold_char(char: str) -> str:
    if char in _LOOKALIKES:
        return _LOOKALIKES[char]
    category = unicodedata.category(char)
    if category in ("Mn", "Me", "Cf") or char in _INVISIBLE:
        return ""
    folded = "".join(_fold_part(part) for part in unicodedata.normalize("NFKD", char))
    letters = "".join(part for part in folded if part.isalnum())
    # Parenthesised and numbered letters bring their signs with them.
    return letters or folded[:1]


def _fold_part(part: str) -> str:
    if part.isascii():
        return part.lower()
    if unicodedata.category(part) in ("Mn", "Me", "Cf"):
        return ""
    for form in (part, part.casefold()):
        if form in _LOOKALIKES:
            return _LOOKALIKES[form]
    if part.casefold().isascii():
        return part.casefold()
    return _fold_by_name(part)


def _fold_by_name(part: str) -> str:
    name = unicodedata.name(part, "")
    if named := _NAMED_LETTER.search(name):
        return named[1].lower()
    if (digit := unicodedata.digit(part, None)) is not None:
        return str(digit)
    if unicodedata.category(part)[0] in "LM" and name.split(" ")[0] not in _CASELESS:
        return FOREIGN
    return " "
