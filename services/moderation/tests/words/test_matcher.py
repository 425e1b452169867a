"""What is found, what is let be, and what masking leaves."""

from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.moderation.words import terms
from services.moderation.words.exempt import Exempt
from services.moderation.words.folding import fold
from services.moderation.words.matcher import Matcher, find, mask

MATCHER = Matcher(terms.blocked(), terms.allowed())

FOUND = """
fuck|FUCK|fucking|motherfucker|fuuuuck|fffuuuccckkk|f*ck|f**k|f#ck|fvck|phuck|fcuk|kcuf|f.u.c.k|f-u-c-k|f_u_c_k
f u c k|f  u  c  k|f . u . c . k|f*u*c*k|f/u/c/k|f'u'c'k|fu ck|f uck|f-ck|fu©k|fück|fúçk|ƒuck|ꜰᴜᴄᴋ|ｆｕｃｋ|𝐟𝐮𝐜𝐤|ⓕⓤⓒⓚ
🅵🆄🅲🅺|🇫🇺🇨🇰|fυсk|fuсk|f\u200bu\u200bc\u200bk|fu\u00adck|f\u0301u\u0308c\u0327k\u0336|f😀u😀c😀k|sh1t|$hit|5h!t|sh!+
b!tch|b1tch|a$$hole|@ss|a$$|pu55y|n1gg3r|niqqer|c0ck|d1ck|d!ckhead|shlt|dlck|w4nker|s.h.i.t|b i t c h|ass123|a s s
bullshiiiit|son of a bitch|blow job|you f.a.g|bastards|arseholes|kill yourself|F U C K|fuck's|"fuck"|(fuck)|*fuck*
"""
INNOCENT = """
Scunthorpe|Penistone|assassin|class|pass it|as s|cocktail|Hancock|Matsushita|Yamashita|snigger|Niger|Nigeria|shiitake
Moby Dick|Dick Van Dyke|chink in the armour|magna cum laude|spick and span|Maine coon|cock-a-doodle|pussy willow
god|gay|kill|strip|pawn|foobar|len|vagina|lesbian|breast|sexual|hell|damn|drunk|heroin|murder|nazi|stupid
http://fuck.com/shit|www.shit.example|`fuck`|```a fuck b```|ass@example.com|c l a s s|U S A S S R|the A55 road|rapper
He assessed it|who re-enter|4 5 5|5 * 2 * 3|a*b*c|**bold**|e.g. this|f(x)|x = y.s|that's it|SALT|бок о бок|рассказ
"""


def each(lines: str) -> list[str]:
    return [
        text.encode().decode("unicode_escape") if "\\u" in text else text
        for text in lines.strip().replace("\n", "|").split("|")
    ]


@pytest.mark.parametrize("number", range(len(each(FOUND))))
def test_disguises_are_seen_through(number: int) -> None:
    word = each(FOUND)[number]
    text = f"well, {word} then"
    assert find([MATCHER], text), word
    masked = mask([MATCHER], text)
    assert len(masked) == len(text)
    assert masked.startswith("well, ") and masked.endswith(" then")
    assert "*" in masked
    assert not find([MATCHER], masked)


@pytest.mark.parametrize("number", range(len(each(INNOCENT))))
def test_innocent_words_are_let_be(number: int) -> None:
    text = f"well, {each(INNOCENT)[number]} then"
    assert mask([MATCHER], text) == text


def test_masking_covers_the_word_and_nothing_else() -> None:
    assert mask([MATCHER], "What the FUCK! F.U.C.K; (b!tch) ok") == "What the ****! *******; (*****) ok"
    assert mask([MATCHER], "é fu\u0301ck\u0336 é") == "é ****** é"
    assert mask([MATCHER], "see `fuck` and fuck") == "see `fuck` and ****"


def test_words_of_others_in_every_script() -> None:
    own, literals = terms.custom(["Xyzzy", "*plugh*", "хуй", "他妈的", "co-op", "🍆", "buy now", "1488", "naïve"])
    matcher = Matcher(own, (), literals)
    for text in (
        "X Y Z Z Y",
        "xyzzzzy",
        "unplughed",
        "ХУЙ!",
        "我他妈的累",
        "the Co-Op",
        "a🍆b",
        "buy  now",
        "1488",
        "naive",
    ):
        assert matcher.find(text), text
    for text in ("подхуйный", "co-operate", "buy it now", "xyz", "14881", "mexyzzy"):
        assert not matcher.find(text), text


def test_what_is_exempt() -> None:
    exempt = Exempt(["shit", "big fuck up", "cunts"])
    text = "shit, sh1t, a big fuck up, cunts, cunt, fuck"
    assert mask([MATCHER], text, [exempt]) == "shit, sh1t, a big fuck up, cunts, ****, ****"


TEXTS = st.one_of(
    st.text(),
    st.text(alphabet="fuckshitas .*-_@$!1'`\u0301\u200bсυ𝐟ﬀß🇫~\x00", max_size=60),
    st.lists(st.sampled_from(each(FOUND) + each(INNOCENT) + [" ", "  ", "`", "\n", "ﬁ", "İ"]), max_size=12).map(
        " ".join
    ),
    st.lists(st.sampled_from([*"fuckshit", "ass", "a", " ", ".", "ﬀ", "1", "``"]), max_size=30).map("".join),
)


@settings(max_examples=400, deadline=None)
@given(TEXTS)
@example("ﬀuck ﬁ")
@example("f u c k a s s")
@example("p a k i t i t s")
@example("\ud800fuck")
def test_masking_never_crashes_keeps_what_is_not_found_and_is_stable(text: str) -> None:
    hits = MATCHER.find(text)
    assert all(0 <= start < end <= len(text) for start, end, _ in hits)
    assert all(one[1] <= other[0] for one, other in pairwise(hits))
    masked = mask([MATCHER], text)
    assert len(masked) == len(text)
    assert all(new in (old, "*") for old, new in zip(text, masked, strict=True))
    if not hits:
        assert masked == text
    assert mask([MATCHER], masked) == masked


@settings(max_examples=300, deadline=None)
@given(st.text())
def test_folding_knows_where_everything_came_from(text: str) -> None:
    folded = fold(text)
    assert folded.text.isascii()
    if folded.where is not None:
        assert len(folded.where) == len(folded.text)
        assert folded.where == sorted(folded.where)
    for start in range(len(folded.text)):
        begin, end = folded.span(start, start + 1)
        assert 0 <= begin < end <= len(text)
