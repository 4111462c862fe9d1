"""The input of the deduplication race: captions made of word lists from a seed, and near-copies of some of them.

A caption has five or six sentences, about 320 bytes. A copy has one to three small edits: two neighbouring words swapped,
a word left out or put in, other case or punctuation. truth.json says which caption each row is a copy of.
"""

import json
import os
import random
from pathlib import Path

UNIQUE, COPIES = 35_000, 15_000

WHO = """man woman boy girl child cyclist runner painter fisherman waiter dancer farmer nurse sailor drummer juggler baker
guard tourist shepherd violinist carpenter gardener climber skater surfer mechanic teacher soldier photographer welder
dog cat horse goat heron pigeon donkey squirrel parrot cow sheep fox swan calf pony""".split()
THING = """bicycle umbrella basket ladder bench kite suitcase lantern guitar barrel wheelbarrow camera bucket rope
helmet newspaper telescope vase blanket teapot map whistle trumpet hammer candle mirror pillow saddle anchor compass
broom bottle carpet drum feather globe hose jacket kettle lamp mug net oar plate quilt ribbon scarf tray violin wallet
boot chessboard cushion easel flute hat jar key locket notebook paddle racket sled tent wreath""".split()
HOW = """red blue green yellow white black brown grey orange purple striped spotted wooden rusty shiny faded torn empty
heavy tiny tall narrow wide round crooked wet dusty painted broken folded polished woven patched plain carved
transparent golden silver crimson pale dark bright ragged muddy frosted checkered dented curved hollow slender""".split()
WHERE = """harbour market bridge meadow station rooftop courtyard riverbank library kitchen workshop stadium vineyard
beach forest alley church garage greenhouse lighthouse museum orchard park pier quarry ranch street theatre tunnel
village warehouse yard zoo airport bakery canal desert embassy fairground gallery hillside island jetty lagoon
monastery nursery observatory plaza railway shipyard terrace valley waterfall""".split()
DOES = """carries holds lifts drops paints repairs watches follows drags pushes cleans hides shows sells throws catches
guards photographs measures wraps unfolds balances polishes sketches inspects borrows returns counts sorts decorates
hangs empties fills ties shakes rolls stacks weighs tips opens""".split()
NEAR = "behind beside below above opposite against along past under inside outside around near across beyond".split()
WHEN = """at dawn|at dusk|in heavy rain|under a clear sky|in thick fog|on a windy afternoon|after the first snow|during a
parade|late at night|in the midday sun|before a thunderstorm|early in the morning|on market day|at low tide""".replace(
    "\n", " ").split("|")
NUMBER = "two three four five six seven eight nine ten eleven twelve".split()


def make_captions(folder: Path, seed: int = 1, unique: int = UNIQUE, copies: int = COPIES) -> Path:
    """Writes captions.jsonl (id, text) and truth.json into `folder` once; returns the path of the captions."""
    table = folder / "captions.jsonl"
    if table.exists():
        return table
    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(seed)
    texts = [caption(rng) for _ in range(unique)]
    rows = [(number, text) for number, text in enumerate(texts)]
    for _ in range(copies):
        number = rng.randrange(unique)
        rows.append((number, edited(rng, texts[number])))
    rng.shuffle(rows)
    (folder / "truth.json").write_text(json.dumps({"unique": unique, "family": [number for number, _ in rows]}))
    partial = folder / "captions.partial"
    with partial.open("w") as file:
        for row, (_, text) in enumerate(rows):
            file.write(json.dumps({"id": row, "text": text}) + "\n")
    os.replace(partial, table)
    return table


def caption(rng: random.Random) -> str:
    return " ".join(sentence(rng) for _ in range(rng.choice((5, 5, 6))))


def sentence(rng: random.Random) -> str:
    pick = rng.choice
    text = pick((
        lambda: f"A {pick(HOW)} {pick(WHO)} {pick(DOES)} the {pick(HOW)} {pick(THING)} {pick(NEAR)} the {pick(WHERE)}",
        lambda: f"{pick(NUMBER)} {pick(HOW)} {pick(THING)}s lie {pick(NEAR)} a {pick(HOW)} {pick(THING)} {pick(WHEN)}",
        lambda: f"{pick(NEAR)} the {pick(HOW)} {pick(WHERE)} a {pick(WHO)} {pick(DOES)} {pick(NUMBER)} {pick(THING)}s",
        lambda: f"The {pick(WHO)} with the {pick(HOW)} {pick(THING)} {pick(DOES)} another {pick(THING)} {pick(WHEN)}",
        lambda: f"Someone left a {pick(HOW)} {pick(THING)} and {pick(NUMBER)} {pick(THING)}s {pick(NEAR)} the {pick(WHO)}",
    ))()
    return text[0].upper() + text[1:] + "."


def edited(rng: random.Random, text: str) -> str:
    words = text.split()
    for _ in range(rng.choice((1, 2, 3))):
        at = rng.randrange(len(words) - 1)
        match rng.randrange(4):
            case 0:
                words[at], words[at + 1] = words[at + 1], words[at]
            case 1:
                del words[at]
            case 2:
                words.insert(at, rng.choice(HOW))
            case _:
                words[at] = rng.choice((words[at].upper(), words[at].rstrip(".,") + ",", words[at].lower()))
    return " ".join(words)
