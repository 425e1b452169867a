"""What sentences are made of: blocked words, sentences around them, innocent words that hold one, ordinary words."""

from pathlib import Path

TUNING_BAD = (
    "fuck",
    "shit",
    "bitch",
    "asshole",
    "cunt",
    "bastard",
    "whore",
    "dickhead",
    "motherfucker",
    "bullshit",
    "wanker",
    "faggot",
)
SEEN_TOO_BAD = """fucker bullshitter cock dickface wank cunts bitching shithead nigga faggots jizz
    spic""".split()  # noqa: SIM905
HELD_OUT_BAD = """arseholes motherfuckers shitting sluts whores wankers dipshit cumshot blowjobs bellend niggers
    titties""".split()  # noqa: SIM905
SEEN_BAD = (
    "fucking",
    "shitty",
    "bitches",
    "arsehole",
    "slut",
    "twat",
    "nigger",
    "bollocks",
    "cocksucker",
    "dumbass",
    "retard",
    "pussy",
)

CARRIERS = (
    "you are such a {}",
    "{} this game",
    "well {} me sideways",
    "what a {} he is",
    "oh {}, not again",
    "I hate that {} so much",
    "get lost, {}!",
    "stop being a {} and help us",
)
HELD_OUT_CARRIERS = (
    "no way, {} said so",
    "we do not need more {} here",
    "{}? never heard of it",
    "she wrote {} on the wall",
    "that was {} of you",
    "my {} brother",
    "2 more {} please",
    "lol {} lol",
)
SEEN_TOO_CARRIERS = (
    "why would you {} about it",
    "I said {} and I meant it",
    "such a {}, honestly",
    "hey {}: go home",
    "they called me {} at school",
    "all of you {} are the same",
    "10/10 {} moment",
    "[{}]",
)
SEEN_CARRIERS = (
    "nobody asked you, {}",
    "this is {} and you know it",
    "({}) said the man",
    "look at the {} over there",
    '"{}" is all I can say',
    "that {} took my seat",
    "who invited the {}?",
    "{}",
)

_HERE = Path(__file__).parent
INNOCENT = (_HERE / "innocent.txt").read_text("utf-8").split()
INNOCENT_HELD_OUT = (_HERE / "innocent_held_out.txt").read_text("utf-8").split()
INNOCENT_SEEN_TOO = (_HERE / "innocent_seen_too.txt").read_text("utf-8").split()
INNOCENT_SEEN = (_HERE / "innocent_seen.txt").read_text("utf-8").split()

SUBJECTS = (
    "The teacher",
    "My neighbour",
    "Our new manager",
    "The committee",
    "A friend of mine",
    "The engineer",
    "Her sister",
    "The old captain",
    "The nurse on duty",
    "Everyone in the room",
    "The whole team",
    "Nobody here",
    "The tall man",
    "My cousin from Leeds",
    "The bus driver",
    "That dog",
    "The choir",
    "His lawyer",
    "The young analyst",
    "Their customer",
)
VERBS = (
    "finished",
    "forgot about",
    "talked about",
    "could not find",
    "asked for",
    "described",
    "really liked",
    "paid for",
    "brought",
    "looked at",
    "wrote about",
    "repaired",
    "measured",
    "lost",
    "opened",
    "sold",
    "drew a picture of",
    "was thinking of",
    "had a question on",
    "took a photo of",
)
OBJECTS = (
    "the report",
    "a cup of tea",
    "the broken window",
    "his bike",
    "the second chapter",
    "those old maps",
    "a list of names",
    "the garden hoe",
    "the last train",
    "our invoice",
    "the blue jacket",
    "that song",
    "the shiny kettle",
    "a box of matches",
    "the weekly backup",
    "the parking fine",
    "the kitchen sink",
    "two tickets",
    "the green door",
    "an unusual bird",
    "the database index",
    "a bowl of soup",
    "the church tower",
    "her passport",
    "the release notes",
    "a spare key",
    "the chess club",
    "the analysis of the data",
    "the cocktail menu",
    "the class photo",
)
ENDINGS = (
    ".",
    ", as usual.",
    " before lunch.",
    " and then it rained!",
    " (again).",
    ", didn't they?",
    " at 10:45.",
    " on page 37.",
    " in the U.K.",
    " for $15 or so.",
    " — so what?",
    " & went home.",
    " after the 3-2 win.",
    " with a smile :)",
    " #monday",
    "... I think.",
    " in v2.1.0.",
    " by e-mail.",
    "; see you at 8.",
    " because it's free.",
)
