"""daft 0.7.26 on the filter by size: its metadata expression, which reads headers."""

import json
import sys

import daft
from daft.functions import image_file, image_file_metadata


def main() -> None:
    folder, kept = sys.argv[1:]
    about = image_file_metadata(image_file(daft.col("path")))
    pictures = daft.from_glob_path(f"{folder}/*.jpg").with_column("about", about)
    large = (daft.col("about")["width"] >= 700) & (daft.col("about")["height"] >= 450)
    paths = pictures.where(large).select("path").to_pydict()["path"]
    with open(kept, "w") as file:
        file.writelines(json.dumps({"image": path}) + "\n" for path in paths)


if __name__ == "__main__":
    main()
