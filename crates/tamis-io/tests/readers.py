"""Opens an export of the test dataset with the library that people would use: readers.py READER DIRECTORY."""

import io
import json
import sys
from pathlib import Path

from PIL import Image

# What tests/common/mod.rs writes: for record i a picture of 40x30, a crop of 8x8 and one of 16x4 in the conversation.
QUESTION = "<image>\nHow does it compare to\n<image>\n?"


def answer(i):
    return f"Record {i}: naïve “quotes”\nand lines"


def opened(root, path):
    with Image.open(root / path) as picture:
        picture.load()
        return picture.size


def load(root):
    """As the card says, features and all."""
    import datasets

    return datasets.load_dataset(str(root), split="train")


def read_parquet(root):
    import datasets

    rows = load(root)
    assert rows.features["image"] == datasets.Image(), rows.features
    assert rows.features["crops"] == datasets.List(datasets.Image()), rows.features
    assert rows.features["regions"].feature["box"] == datasets.List(datasets.Value("float64")), rows.features
    for i, row in enumerate(rows):
        assert isinstance(row["image"], Image.Image) and row["image"].size == (40, 30), row["image"]
        assert row["image"].convert("RGB").getpixel((0, 0)) == (i, 0, i)
        assert [crop.size for crop in row["crops"]] == [(8, 8)]
        assert row["captions"] == ["one", f"two of {i}"]
        region = row["regions"][0]
        assert (region["label"], region["box"]) == ("a dog", [1.0, 2.0, 11.5, 22.25])
        polygon = [[1.0, 2.0], [11.5, 2.0], [1.0, 22.25]] if i % 2 == 0 else None
        assert region["polygon"] == polygon and region["mask"] is None, region
        assert row["turns"] == [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": answer(i)}]
        assert row["turns_images"] == ["image", "turns_media[0]"]
        assert [picture.size for picture in row["turns_media"]] == [(16, 4)]
        assert row["score"] == (None if i % 3 == 0 else i / 8)
        assert (row["kind"], row["steps"], row["ok"]) == ("ab"[i % 2], i, i % 2 == 1)
        assert json.loads(row["facts"]) == {"deep": [1, {"x": None}], "n": i}
        assert row["tags"] == [{"key": "x", "value": i}, {"key": "y", "value": 2}]
        assert row["answers"][1] == {"question": "who?", "box": None}
    return len(rows)


def read_parquet_chat(root):
    rows = load(root)
    for row in rows:
        assert [picture.size for picture in row["images"]] == [(40, 30), (16, 4)]
        assert row["turns"][0]["content"].count("<image>") == 2
    return len(rows)


def read_jsonl(root):
    rows = load(root)
    for i, row in enumerate(rows):
        assert opened(root, row["image"]) == (40, 30)
        assert row["captions"] == ["one", f"two of {i}"]
        assert row["regions"][0]["box"] == [1.0, 2.0, 11.5, 22.25]
        question = row["turns"][0]["content"]
        assert [part["type"] for part in question] == ["image", "text", "image", "text"], question
        assert opened(root, question[2]["image"]) == (16, 4)
    return len(rows)


def read_llava(root):
    rows = load(root)
    plain = json.loads((root / "data.json").read_text(encoding="utf-8"))
    assert len(plain) == len(rows)
    for i, row in enumerate(plain):
        assert [opened(root, path) for path in row["image"]] == [(40, 30), (16, 4)]
        assert row["conversations"][0] == {"from": "human", "value": QUESTION}
        assert row["conversations"][1] == {"from": "gpt", "value": answer(i)}
        assert row["kind"] == "ab"[i % 2]
    return len(plain)


def read_sharegpt(root):
    """The checks of LLaMA-Factory's loader and aligner for the sharegpt format."""
    import datasets

    (info,) = json.loads((root / "dataset_info.json").read_text(encoding="utf-8")).values()
    assert info["formatting"] == "sharegpt"
    rows = datasets.load_dataset("json", data_files=str(root / info["file_name"]), split="train")
    tags, columns = info["tags"], info["columns"]
    for i, row in enumerate(rows):
        turns = row[columns["messages"]]
        roles = [turn[tags["role_tag"]] for turn in turns]
        assert roles == [tags["user_tag"], tags["assistant_tag"]]
        text = "".join(turn[tags["content_tag"]] for turn in turns)
        images = row[columns["images"]]
        assert text.count("<image>") == len(images) == 2
        assert opened(root, images[1]) == (16, 4)
    return len(rows)


def read_webdataset(root):
    import webdataset

    shards = sorted(str(path) for path in root.glob("*.tar"))
    rows = list(webdataset.WebDataset(shards, shardshuffle=False).decode("pil"))
    for i, row in enumerate(rows):
        assert row["__key__"] == f"{i:09}"
        assert row["png"].size == (40, 30) and row["crops.png"].size == (8, 8) and row["turns.png"].size == (16, 4)
        assert row["json"]["image"] == f"{i:09}.png" and row["json"]["steps"] == i
    streamed = load(root)
    assert len(streamed) == len(rows) and streamed[0]["png"].size == (40, 30)
    return len(rows)


def read_coco(root):
    from pycocotools.coco import COCO

    instances = COCO(str(root / "annotations/instances.json"))
    captions = COCO(str(root / "annotations/captions.json"))
    assert [c["name"] for c in instances.loadCats(instances.getCatIds())] == ["a dog"]
    for i, image in enumerate(instances.loadImgs(instances.getImgIds())):
        assert opened(root, Path("images") / image["file_name"]) == (image["width"], image["height"]) == (40, 30)
        (box,) = instances.loadAnns(instances.getAnnIds(imgIds=image["id"]))
        assert box["bbox"] == [1.0, 2.0, 10.5, 20.25]
        if i % 2 == 0:
            mask = instances.annToMask(box)
            assert mask.shape == (30, 40) and abs(mask.sum() - box["area"]) < 15
        texts = [a["caption"] for a in captions.loadAnns(captions.getAnnIds(imgIds=image["id"]))]
        assert texts == ["one", f"two of {i}"]
    return len(instances.getImgIds())


def read_swift(root):
    """Lines as ms-swift's custom dataset wants them: as many pictures as tokens, roles it knows."""
    rows = [json.loads(line) for line in (root / "data.jsonl").read_text(encoding="utf-8").splitlines()]
    for i, row in enumerate(rows):
        assert row["messages"] == [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": answer(i)}]
        assert [opened(root, path) for path in row["images"]] == [(40, 30), (16, 4)]
        assert row.get("rejected_response") == (f"worse {i}" if "rejected_response" in row else None)
    return len(rows)


def read_internvl(root):
    (meta,) = json.loads((root / "meta.json").read_text(encoding="utf-8")).values()
    annotation = root / meta["root"] / meta["annotation"]
    rows = [json.loads(line) for line in annotation.read_text(encoding="utf-8").splitlines()]
    assert meta["length"] == len(rows)
    for i, row in enumerate(rows):
        sizes = list(zip(row["width_list"], row["height_list"]))
        assert [opened(root, path) for path in row["image"]] == sizes == [(40, 30), (16, 4)]
        assert row["conversations"][0] == {"from": "human", "value": QUESTION}
        assert row["conversations"][1] == {"from": "gpt", "value": answer(i)}
    return len(rows)


def read_dpo(root):
    """What TRL's DPOTrainer asks of a vision preference dataset."""
    rows = load(root)
    for i, row in enumerate(rows):
        (asked,) = row["prompt"]
        assert asked["role"] == "user"
        assert [part["type"] for part in asked["content"]] == ["image", "text"], asked
        assert asked["content"][1]["text"] == f"question {i}" and asked["content"][0]["text"] is None
        for side, word in (("chosen", "better"), ("rejected", "worse")):
            assert row[side] == [{"role": "assistant", "content": [{"type": "text", "text": f"{word} {i}"}]}], row[side]
        assert [picture.size for picture in row["images"]] == [(40, 30)]
        assert row["steps"] == i
    return len(rows)


def read_interleaved(root):
    rows = load(root)
    for i, row in enumerate(rows):
        texts = [None, "How does it compare to", None, "?", answer(i)]
        assert row["texts"] == texts, row["texts"]
        assert [picture and picture.size for picture in row["images"]] == [(40, 30), None, (16, 4), None, None]
        assert row["speakers"] == ["user"] * 4 + ["assistant"]
    return len(rows)


def read_yolo(root):
    """Labels as Ultralytics checks them: known classes, shares between 0 and 1."""
    names = [line for line in (root / "data.yaml").read_text(encoding="utf-8").splitlines() if line.startswith("  ")]
    assert names == ['  0: "a dog"'], names
    labels = sorted((root / "labels").glob("*.txt"))
    polygons = 0
    for label in labels:
        (picture,) = (root / "images").glob(label.stem + ".*")
        assert opened(root, picture.relative_to(root)) == (40, 30)
        (line,) = label.read_text(encoding="utf-8").splitlines()
        name, *numbers = line.split()
        numbers = [float(number) for number in numbers]
        assert name == "0" and all(0 <= number <= 1 for number in numbers)
        if len(numbers) == 4:
            assert [round(number, 5) for number in numbers] == [0.15625, 0.40417, 0.2625, 0.675], numbers
        else:
            polygons += 1
            assert [round(number, 5) for number in numbers[:2]] == [0.025, 0.06667]
    assert polygons == (len(labels) + 1) // 2
    return len(labels)


if __name__ == "__main__":
    reader, directory = sys.argv[1:]
    count = globals()["read_" + reader](Path(directory))
    print(f"read {count}")
