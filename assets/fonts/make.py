#!/usr/bin/env python3
"""Makes the fonts of this folder from packages, and with them manifest.json and the crate's table.

Needs apt-get and dpkg (Debian 12), npm, cargo, and the Python packages fonttools 4.68.0, kanji-lists 0.2.0 and
blake3 1.0.11. Type `python3 make.py WORK`: WORK is a folder for packages; what lies there already is not fetched again.

To add a family: a line in FAMILIES, its package in PACKAGES, run, read the diff of manifest.json.
A font whose licence reserves its name is either left as it came ("keep") or given another.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

from blake3 import blake3
from fontTools import subset
from fontTools.ttLib import TTFont
from kanji_lists import JOYO

HERE = Path(__file__).resolve().parent
CRATE = HERE.parent.parent / "crates" / "tamis-fonts"

# What each package is called where, and its version.
PACKAGES = {
    "fonts-comic-neue": ("debian", "2.51-4"),
    "fonts-crosextra-carlito": ("debian", "20220224-1"),
    "fonts-dejavu-core": ("debian", "2.37-6"),
    "fonts-dejavu-extra": ("debian", "2.37-6"),
    "fonts-lxgw-wenkai": ("debian", "1.250+repack-1"),
    "fonts-noto-cjk": ("debian", "1:20220127+repack1-1"),
    "fonts-noto-core": ("debian", "20201225-1"),
    "fonts-roboto-unhinted": ("debian", "2:0~20170802-3"),
    "@expo-google-fonts/arimo": ("npm", "0.4.3"),
    "@expo-google-fonts/caveat": ("npm", "0.4.2"),
    "@expo-google-fonts/cousine": ("npm", "0.4.3"),
    "@expo-google-fonts/kalam": ("npm", "0.4.1"),
    "@expo-google-fonts/lato": ("npm", "0.4.1"),
    "@expo-google-fonts/noto-emoji": ("npm", "0.4.7"),
    "@expo-google-fonts/open-sans": ("npm", "0.4.2"),
    "@expo-google-fonts/patrick-hand": ("npm", "0.4.1"),
    "@expo-google-fonts/playfair-display": ("npm", "0.4.2"),
    "@expo-google-fonts/tinos": ("npm", "0.4.2"),
    "typst-assets": ("crates.io", "0.14.0"),
}


def legacy(codec, first, last):
    """The characters of the rows `first` to `last` of an old two-byte character set."""
    pairs = (bytes([row, cell]) for row in range(first, last + 1) for cell in range(0xA1, 0xFF))
    return {ord(c) for pair in pairs for c in pair.decode(codec, "ignore")}


def spans(*pairs):
    return {c for first, last in pairs for c in range(first, last + 1)}


LATIN = spans((0x20, 0x7E), (0xA0, 0x17F), (0x192, 0x192), (0x1CD, 0x1DC), (0x1E6, 0x1E7), (0x1FA, 0x1FF),
              (0x218, 0x21B), (0x237, 0x237), (0x2BB, 0x2BD), (0x2C6, 0x2DD), (0x300, 0x30C), (0x323, 0x328),
              (0x1E80, 0x1E85), (0x1E9E, 0x1E9E), (0x1EA0, 0x1EF9), (0xFB00, 0xFB04), (0xFFFD, 0xFFFD))
GREEK = spans((0x384, 0x3CE), (0x3D1, 0x3D6), (0x3F0, 0x3F5))
CYRILLIC = spans((0x400, 0x45F), (0x490, 0x4A3), (0x4AE, 0x4B3), (0x4BA, 0x4BB), (0x4D8, 0x4E9))
MARKS = spans((0x2010, 0x2027), (0x202F, 0x203A), (0x2044, 0x2044), (0x2070, 0x209C), (0x20A0, 0x20C0),
              (0x2100, 0x2126), (0x212A, 0x212E), (0x2150, 0x215E), (0x2190, 0x2199), (0x21D0, 0x21D4),
              (0x2200, 0x222B), (0x2234, 0x2237), (0x223C, 0x223C), (0x2245, 0x224C), (0x2260, 0x226B),
              (0x2282, 0x228B), (0x2295, 0x2299), (0x22A2, 0x22A5), (0x22C0, 0x22C5), (0x2308, 0x230B),
              (0x25A0, 0x25CF), (0x2605, 0x2606), (0x2610, 0x2612), (0x2660, 0x2667), (0x2713, 0x2717))
BOXES = spans((0x2500, 0x259F))
TEXT = LATIN | GREEK | CYRILLIC | MARKS
# What the fall-back face knows besides.
WIDE = TEXT | BOXES | spans((0xA0, 0x24F), (0x250, 0x36F), (0x370, 0x52F), (0x5D0, 0x5EA), (0x1E00, 0x1EFF),
                            (0x2000, 0x22FF), (0x2300, 0x23FF), (0x2460, 0x24FF), (0x25A0, 0x27EF), (0x2A00, 0x2AFF))
HANZI = legacy("gb2312", 0xB0, 0xD7)
KANA = spans((0x3000, 0x30FF), (0x31F0, 0x31FF), (0xFF01, 0xFFEE))
EAST = spans((0x20, 0x7E), (0xA0, 0xFF), (0x2010, 0x2027), (0x2030, 0x203B), (0x2460, 0x2473)) | KANA | HANZI
CJK = EAST | {ord(kanji) for kanji in JOYO.HEISEI22} | legacy("euc_kr", 0xB0, 0xC8)
MATHS = spans((0x20, 0x7E), (0xA0, 0xFF), (0x131, 0x131), (0x237, 0x237), (0x2C6, 0x2DD), (0x300, 0x338),
              (0x391, 0x3F6), (0x2010, 0x2057), (0x20D0, 0x20F0), (0x2100, 0x214F), (0x2190, 0x22FF), (0x2300, 0x230F),
              (0x231C, 0x231F), (0x2329, 0x232A), (0x239B, 0x23B7), (0x23DC, 0x23E1), (0x25A0, 0x25FF),
              (0x27C0, 0x27FF), (0x2900, 0x2AFF), (0x1D400, 0x1D7FF))

SUBSETS = {
    "text": (TEXT, "Latin, Greek, Cyrillic, punctuation, currency, common mathematical signs"),
    "wide": (WIDE, "Latin, Greek, Cyrillic, Hebrew, punctuation, currency, mathematical signs, boxes, symbols"),
    "boxes": (TEXT | BOXES, "Latin, Greek, Cyrillic, punctuation, currency, common mathematical signs, boxes"),
    "cjk": (CJK, "GB 2312 level 1, Joyo kanji of 2010, kana, KS X 1001 hangul, full-width forms, Latin-1"),
    "hans": (EAST, "GB 2312 level 1, kana, full-width forms, Latin-1"),
    "math": (MATHS, "Latin-1, Greek, mathematical alphabets, operators, arrows, fences"),
    "all": (None, "all characters"),
}

DEJAVU, NOTO, EXPO = "fonts-dejavu-core", "fonts-noto-core", "@expo-google-fonts/"
R, B, I, BI = (400, False), (700, False), (400, True), (700, True)


def styles(pattern, regular="Regular", bold="Bold", italic="Italic", both="BoldItalic"):
    return {R: pattern.format(regular), B: pattern.format(bold), I: pattern.format(italic), BI: pattern.format(both)}


def upright(pattern, regular="Regular", bold="Bold"):
    return {R: pattern.format(regular), B: pattern.format(bold)}


def expo(name, *also):
    """Files of a package of @expo-google-fonts, which are the static instances of Google Fonts."""
    every = {R: "400Regular", B: "700Bold", I: "400Regular_Italic", BI: "700Bold_Italic"}
    return {style: f"{every[style]}/{name}_{every[style]}.ttf" for style in (R, *also)}


# family, kind, package, files by (weight, italic), subset or "keep", licence, and the reserved name if there is one.
FAMILIES = [
    ("DejaVu Sans", "Sans", DEJAVU, {R: "DejaVuSans.ttf"}, "wide", "Bitstream-Vera"),
    ("DejaVu Sans", "Sans", DEJAVU, {
        B: "DejaVuSans-Bold.ttf", I: "fonts-dejavu-extra:DejaVuSans-Oblique.ttf",
        BI: "fonts-dejavu-extra:DejaVuSans-BoldOblique.ttf"}, "boxes", "Bitstream-Vera"),
    ("DejaVu Serif", "Serif", DEJAVU, upright("DejaVuSerif{}.ttf", "", "-Bold"), "text", "Bitstream-Vera"),
    ("DejaVu Sans Mono", "Mono", DEJAVU, upright("DejaVuSansMono{}.ttf", "", "-Bold"), "boxes", "Bitstream-Vera"),
    ("Arimo", "Sans", EXPO + "arimo", expo("Arimo", B, I, BI), "text", "OFL-1.1"),
    ("Tinos", "Serif", EXPO + "tinos", expo("Tinos", B, I, BI), "text", "OFL-1.1"),
    ("Cousine", "Mono", EXPO + "cousine", expo("Cousine", B), "boxes", "OFL-1.1"),
    ("Open Sans", "Sans", EXPO + "open-sans", expo("OpenSans", B, I, BI), "text", "OFL-1.1"),
    ("Roboto", "Sans", "fonts-roboto-unhinted", styles("Roboto-{}.ttf"), "text", "Apache-2.0"),
    ("Lato", "Sans", EXPO + "lato", expo("Lato", B, I, BI), "keep", "OFL-1.1", "Lato"),
    ("Tamis Humanist", "Sans", "fonts-crosextra-carlito", styles("Carlito-{}.ttf"), "text", "OFL-1.1", "Carlito"),
    ("Noto Sans", "Sans", NOTO, upright("NotoSans-{}.ttf"), "text", "OFL-1.1"),
    ("Noto Serif", "Serif", NOTO, styles("NotoSerif-{}.ttf"), "text", "OFL-1.1"),
    ("Libertinus Serif", "Serif", "typst-assets", styles("LibertinusSerif-{}.otf"), "text", "OFL-1.1",
     "Linux Libertine, Biolinum, STIX Fonts"),
    ("Tamis Computer Modern", "Serif", "typst-assets", styles("NewCM10-{}.otf"), "text", "LPPL-1.3c",
     "NewComputerModern"),
    ("Tamis Computer Modern Math", "Math", "typst-assets", {R: "NewCMMath-Regular.otf"}, "math", "LPPL-1.3c",
     "NewComputerModern"),
    ("Playfair Display", "Display", EXPO + "playfair-display", expo("PlayfairDisplay", B), "keep", "OFL-1.1",
     "Playfair Display"),
    ("Comic Neue", "Hand", "fonts-comic-neue", upright("ComicNeue-{}.otf"), "text", "OFL-1.1"),
    ("Caveat", "Hand", EXPO + "caveat", expo("Caveat"), "text", "OFL-1.1"),
    ("Patrick Hand", "Hand", EXPO + "patrick-hand", expo("PatrickHand"), "text", "OFL-1.1"),
    ("Kalam", "Hand", EXPO + "kalam", expo("Kalam"), "all", "OFL-1.1"),
    ("Noto Naskh Arabic", "Serif", NOTO, upright("NotoNaskhArabic-{}.ttf"), "all", "OFL-1.1"),
    ("Noto Sans Devanagari", "Sans", NOTO, upright("NotoSansDevanagari-{}.ttf"), "all", "OFL-1.1"),
    ("Noto Sans CJK SC", "Sans", "fonts-noto-cjk", upright("NotoSansCJK-{}.ttc"), "cjk", "OFL-1.1"),
    ("Noto Serif CJK SC", "Serif", "fonts-noto-cjk", {R: "NotoSerifCJK-Regular.ttc"}, "hans", "OFL-1.1"),
    ("Tamis WenKai", "Hand", "fonts-lxgw-wenkai", {R: "LXGWWenKai-Regular.ttf"}, "hans", "OFL-1.1", "霞鹜, LXGW"),
    ("Noto Emoji", "Symbol", EXPO + "noto-emoji", expo("NotoEmoji"), "all", "OFL-1.1"),
]

# Bitmaps and colours; a font with any of them is refused or freed of them.
PICTURES = ["SVG ", "COLR", "CPAL", "CBDT", "CBLC", "EBDT", "EBLC", "EBSC", "sbix"]
# Tables that no shaper or drawer of outlines reads.
DROPPED = PICTURES + ["DSIG", "FFTM", "LTSH", "VDMX", "hdmx", "PCLT", "meta", "STAT"]
# All layout features stay but in two kinds of fonts, which hold thousands of alternative glyphs.
EAST_FEATURES = ["vert", "vrt2", "kern", "vkrn", "palt", "halt", "ccmp", "calt", "liga"]
FEATURES = {"cjk": EAST_FEATURES, "hans": EAST_FEATURES, "math": ["ssty", "dtls", "flac", "ccmp", "kern", "liga", "calt"]}
STYLE_NAMES = {R: "Regular", B: "Bold", I: "Italic", BI: "Bold Italic"}


def main():
    work = Path(sys.argv[1]).resolve()
    samples = json.loads((HERE / "scripts.json").read_text("utf-8"))
    manifest = []
    for folder in [folder for folder in HERE.iterdir() if folder.is_dir()]:
        shutil.rmtree(folder)
    for family, kind, package, files, how, licence, *reserved in FAMILIES:
        folder = HERE / family.replace(" ", "")
        folder.mkdir(exist_ok=True)
        notices = []
        for style, name in sorted(files.items(), key=lambda item: (item[0][1], item[0][0])):
            owner, name = name.split(":") if ":" in name else (package, name)
            source = find(work, owner, name)
            font, done = cut(source, family, style, how, reserved)
            suffix = ".otf" if "CFF " in font else ".ttf"
            target = folder / f"{family.replace(' ', '')}-{STYLE_NAMES[style].replace(' ', '')}{suffix}"
            if done is None:
                target.write_bytes(source.read_bytes())
            else:
                font.save(target)
            check(target, family, style)
            data = target.read_bytes()
            known = TTFont(target).getBestCmap()
            notices.append(font["name"].getDebugName(0) or "")
            manifest.append({
                "file": target.relative_to(HERE).as_posix(),
                "family": family,
                "style": STYLE_NAMES[style],
                "weight": style[0],
                "italic": style[1],
                "kind": kind,
                "scripts": [code for code, text in samples.items() if all(ord(c) in known for c in text)],
                "licence": licence,
                "licence_file": f"{folder.name}/LICENCE.txt",
                "upstream": upstream(source),
                "package": " ".join((*PACKAGES[owner][:1], owner, PACKAGES[owner][1])),
                "source": source.name,
                "done": done or "nothing",
                "blake3": blake3(data).hexdigest(),
                "bytes": len(data),
            })
        (folder / "LICENCE.txt").write_text(licence_text(work, family, licence, notices, reserved), "utf-8")
        print(f"{family:30}{sum(face['bytes'] for face in manifest if face['family'] == family):9}")
    print(f"{'':30}{sum(face['bytes'] for face in manifest):9}")
    text = ",\n".join("  " + json.dumps(face, ensure_ascii=False) for face in manifest)
    (HERE / "manifest.json").write_text(f"[\n{text}\n]\n", "utf-8")
    (CRATE / "src" / "faces.rs").write_text(table(manifest), "utf-8")
    readme = (HERE / "README.md").read_text("utf-8")
    readme = re.sub(r"(?<=\|---\|---\|---\|---\|---\|\n).*?(?=\n\n)", overview(manifest), readme, count=1, flags=re.S)
    (HERE / "README.md").write_text(readme, "utf-8")


def cut(source, family, style, how, reserved):
    """The font and what was done to it; None for the latter when the file is to be taken as it is."""
    number = -1
    if source.suffix == ".ttc":
        number = next(n for n in range(10) if TTFont(source, fontNumber=n)["name"].getDebugName(1) == family)
    font = TTFont(source, fontNumber=number, recalcTimestamp=False)
    if how == "keep":
        return font, None
    characters, described = SUBSETS[how]
    options = subset.Options()
    options.hinting = False
    options.notdef_outline = True
    options.legacy_kern = True
    options.layout_features = FEATURES.get(how, ["*"])
    options.drop_tables += DROPPED
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 7, 13, 14, 16, 17]
    options.name_languages = [0x409]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=characters or font.getBestCmap().keys())
    subsetter.subset(font)
    done = [f"subset to {described}", "hinting dropped"]
    if "kern" in font and "GPOS" in font and any(
            record.FeatureTag == "kern" for record in font["GPOS"].table.FeatureList.FeatureRecord):
        del font["kern"]  # shapers read it only where GPOS does not kern
    if number >= 0:
        done.insert(0, f"face {number} of the collection")
    if how in ("cjk", "hans"):
        done.append("forms of other regions dropped")
    if reserved and family not in ("Libertinus Serif",):
        rename(font, family, style)
        done.append(f"renamed, as “{reserved[0]}” is reserved")
    if font["OS/2"].usWeightClass != style[0]:
        font["OS/2"].usWeightClass = style[0]
        done.append("weight class set")
    return font, "; ".join(done)


def rename(font, family, style):
    names, styled = font["name"], STYLE_NAMES[style]
    postscript = f"{family.replace(' ', '')}-{styled.replace(' ', '')}"
    kept = {n: names.getDebugName(n) for n in (0, 5, 13, 14)}
    names.names = []
    full = family if styled == "Regular" else f"{family} {styled}"
    for number, text in {**kept, 1: family, 2: styled, 3: f"Tamis: {full}", 4: full, 6: postscript}.items():
        if text:
            names.setName(text, number, 3, 1, 0x409)
    if "CFF " in font:
        cff = font["CFF "].cff
        cff.fontNames = [postscript]
        top = cff.topDictIndex[0]
        top.FullName, top.FamilyName = full, family


def check(path, family, style):
    font = TTFont(path)
    names = font["name"]
    found = names.getDebugName(16) or names.getDebugName(1)
    assert found == family, f"{path.name}: the family is {found!r}, not {family!r}"
    assert "fvar" not in font, f"{path.name}: variable"
    assert not set(PICTURES) & set(font.keys()), f"{path.name}: colours or bitmaps"
    assert "glyf" in font or "CFF " in font, f"{path.name}: no outlines"
    weight = font["OS/2"].usWeightClass
    assert weight == style[0], f"{path.name}: the weight is {weight}"
    italic = bool(font["OS/2"].fsSelection & 0x201 or font["head"].macStyle & 2)
    assert italic == style[1], f"{path.name}: italic is {italic}"


def upstream(source):
    version = TTFont(source, fontNumber=0)["name"].getDebugName(5) or ""
    return re.split(r";(?! *\d{4}\b)", version)[0].strip()


def licence_text(work, family, licence, notices, reserved):
    if licence == "Apache-2.0":
        return "\n".join(dict.fromkeys(notices)) + "\n\n" + Path("/usr/share/common-licenses/Apache-2.0").read_text()
    notice = find(work, "typst-assets", "NOTICE").read_text("utf-8")
    if licence == "Bitstream-Vera":
        text = notice[notice.index("Fonts are (c) Bitstream"):]
        return text[:text.index("=" * 80)]
    if licence == "LPPL-1.3c":
        gust = re.search(r"% This is version 1\.0.*?2006/05/20 or later\.\n", notice, re.S).group(0)
        head = "(C) 2019-2024 Antonis Tsolomitis: New Computer Modern. This is a subset under another name, as the\n" \
               "licence requests.\n"
        return f"{head}\n{gust}"
    copyright = "\n".join(dict.fromkeys(notices))
    if reserved and "reserved font name" not in copyright.lower():
        copyright = copyright.rstrip(".") + f"\nwith Reserved Font Name {reserved[0]}."
    body = re.search(r"-+\nSIL OPEN FONT LICENSE.*?DEALINGS IN THE FONT SOFTWARE\.\n", notice, re.S)
    copyright = copyright.replace(". Licensed under the SIL Open Font License, Version 1.1.", ".")
    head = "This Font Software is licensed under the SIL Open Font License, Version 1.1."
    return f"{copyright}\n\n{head}\n\n{body.group(0)}"


def table(manifest):
    rows = "".join(
        "    Face {\n"
        f"        family: {json.dumps(face['family'])},\n"
        f"        weight: {face['weight']},\n"
        f"        italic: {str(face['italic']).lower()},\n"
        f"        kind: Kind::{face['kind']},\n"
        f"        scripts: &[{', '.join(json.dumps(code) for code in face['scripts'])}],\n"
        f"        licence: {json.dumps(face['licence'])},\n"
        f"        data: include_bytes!(\"../../../assets/fonts/{face['file']}\"),\n"
        "    },\n" for face in manifest)
    return "// Written by assets/fonts/make.py.\n\nuse crate::{Face, Kind};\n\n" \
           f"pub(crate) static FACES: &[Face] = &[\n{rows}];\n"


def overview(manifest):
    rows = []
    for family in dict.fromkeys(face["family"] for face in manifest):
        faces = [face for face in manifest if face["family"] == family]
        styles = " ".join("".join(word[0] for word in face["style"].split()) for face in faces)
        scripts = ", ".join(faces[0]["scripts"])
        rows.append(f"| {family} | {faces[0]['kind']} | {styles} | {scripts} | {faces[0]['licence']} |")
    return "\n".join(rows)


def find(work, package, name):
    found = sorted(unpacked(work, package).rglob(Path(name).name))
    found = [path for path in found if path.as_posix().endswith("/" + name)]
    assert len(found) == 1, f"{package}: {len(found)} files are called {name}"
    return found[0]


def unpacked(work, package):
    """Where a package lies unpacked; fetches it if it does not."""
    where, version = PACKAGES[package]
    folder = work / re.sub(r"[@/]+", "_", package).strip("_")
    if folder.exists():
        return folder
    work.mkdir(parents=True, exist_ok=True)
    if where == "debian":
        subprocess.run(["apt-get", "download", f"{package}={version}"], cwd=work, check=True)
        subprocess.run(["dpkg", "-x", next(work.glob(f"{package}_*.deb")), folder], check=True)
    elif where == "npm":
        packed = subprocess.run(["npm", "pack", "--silent", f"{package}@{version}"], cwd=work, check=True,
                                capture_output=True, text=True).stdout.split()[-1]
        folder.mkdir()
        subprocess.run(["tar", "-xzf", work / packed, "-C", folder], check=True)
    else:
        user = folder / "user"
        (user / "src").mkdir(parents=True)
        (user / "src" / "lib.rs").touch()
        (user / "Cargo.toml").write_text(f'[package]\nname = "user"\nedition = "2024"\n\n'
                                         f'[dependencies]\n{package} = "={version}"\n\n[workspace]\n')
        subprocess.run(["cargo", "vendor", "--quiet", "vendor"], cwd=user, check=True, stdout=subprocess.DEVNULL)
    return folder


if __name__ == "__main__":
    main()
