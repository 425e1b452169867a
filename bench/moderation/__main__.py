"""`python -m bench.moderation`: recall, precision and speed of our matcher and of better-profanity, in one run."""

import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence

from better_profanity import profanity  # type: ignore[import-untyped]

from bench.moderation.data import Part, parts
from services.moderation.words import terms
from services.moderation.words.matcher import Matcher

Finds = Callable[[str], bool]
_THEIR_SENTENCES = 250  # so many of the clean ones, evenly taken, since it is slow: that favours its precision


def main() -> int:
    """Print the table; 1 when our own aims on the held-out part are missed."""
    matcher = Matcher(terms.blocked(), terms.allowed())
    profanity.load_censor_words()
    print(f"{'':<10} {'matcher':<18} evasions  clean  recall precision clean hit   us/100")
    reached = True
    for part in parts():
        recall, precision = show(part, "ours", lambda text: bool(matcher.find(text)))
        fewer = Part(part.name, part.evasions, part.clean[:: len(part.clean) // _THEIR_SENTENCES])
        show(fewer, "better-profanity", profanity.contains_profanity)
        reached = reached and recall >= 0.95 and precision >= 0.97
        if "-v" in sys.argv[1:]:
            explain(part, matcher)
    return 0 if reached else 1


def show(part: Part, name: str, finds: Finds) -> tuple[float, float]:
    """One line of the table; recall and precision."""
    hit = sum(finds(text) for _, text in part.evasions)
    spent, wrong = measured(finds, part.clean)
    recall, precision = hit / len(part.evasions), hit / (hit + wrong) if hit + wrong else 0.0
    figures = f"{len(part.evasions):>8} {len(part.clean):>6} {recall:>7.3f} {precision:>9.3f}"
    print(f"{part.name:<10} {name:<18} {figures} {wrong / len(part.clean):>9.4f} {spent:>8.1f}")
    return recall, precision


def measured(finds: Finds, texts: Sequence[str]) -> tuple[float, int]:
    """Microseconds of CPU for 100 characters of clean text, and how many texts were hit."""
    started = time.process_time()
    wrong = sum(finds(text) for text in texts)
    spent = time.process_time() - started
    return spent * 1e6 / sum(map(len, texts)) * 100, wrong


def explain(part: Part, matcher: Matcher) -> None:
    """What was missed, by disguise, and what was hit wrongly."""
    missed = [(name, text) for name, text in part.evasions if not matcher.find(text)]
    for name, number in Counter(name for name, _ in missed).most_common():
        print(f"  {number:>3} x {name}: {[text for each, text in missed if each == name][:8]}")
    for text in part.clean:
        if hits := matcher.find(text):
            print(f"  wrongly {[text[start:end] for start, end, _ in hits]}: {text}")


if __name__ == "__main__":
    sys.exit(main())
