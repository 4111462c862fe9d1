"""datatrove 0.10.1 on the deduplication race: its four MinHash stages with two workers each."""

import sys

from datatrove.executor.local import LocalPipelineExecutor
from datatrove.pipeline.dedup import MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
)
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers.jsonl import JsonlWriter
from datatrove.utils.hashing import HashConfig


def main() -> None:
    captions, out = sys.argv[1:]
    folder, name = captions.rsplit("/", 1)
    config = MinhashConfig(hash_config=HashConfig(precision=64), n_grams=3, num_buckets=14, hashes_per_bucket=8)

    def read():
        return JsonlReader(folder, glob_pattern=name)

    def stage(number: int, pipeline: list, tasks: int) -> None:
        LocalPipelineExecutor(pipeline, tasks=tasks, workers=min(tasks, 2), logging_dir=f"{out}/logs-{number}").run()

    stage(1, [read(), MinhashDedupSignature(output_folder=f"{out}/signatures", config=config)], 1)
    stage(2, [MinhashDedupBuckets(f"{out}/signatures", f"{out}/buckets", config=config)], config.num_buckets)
    stage(3, [MinhashDedupCluster(f"{out}/buckets", f"{out}/remove", config=config)], 1)
    stage(4, [read(), MinhashDedupFilter(f"{out}/remove"), JsonlWriter(f"{out}/kept", compression=None)], 1)


if __name__ == "__main__":
    main()
