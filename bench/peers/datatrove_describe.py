"""datatrove 0.10.1 on the describe task: InferenceRunner, request cache on, an endpoint server.

datatrove's client for local plain-HTTP endpoints retries a broken connection but no 429 and no
500. `--retries` adds what its user would write: a loop in the rollout function. That client
drops the response headers, so the loop cannot honour Retry-After.
"""

import argparse
import asyncio
import base64
import json
import random
from pathlib import Path

from datatrove.data import Document
from datatrove.executor.local import LocalPipelineExecutor
from datatrove.pipeline.inference.run_inference import InferenceConfig, InferenceRunner
from datatrove.pipeline.inference.types import InferenceError, ServerError
from datatrove.pipeline.writers.jsonl import JsonlWriter


def main() -> None:
    args = parse_arguments()
    if not args.rows:  # a warm-up: the imports above are done
        return
    runner = InferenceRunner(
        rollout_fn=describe_with_retries(args.retries) if args.retries else describe,
        config=InferenceConfig(
            server_type="endpoint",
            endpoint_url=args.base_url.removesuffix("/v1"),
            model_name_or_path="writer-model",
            max_concurrent_generations=args.concurrency,
        ),
        output_writer=JsonlWriter(f"{args.out}/results", "${rank}_${chunk_index}.jsonl", compression=None),
        checkpoints_local_dir=f"{args.out}/checkpoints",
    )
    LocalPipelineExecutor([read_rows(args.rows), runner], tasks=1, logging_dir=f"{args.out}/logs").run()


def read_rows(rows: Path) -> list[Document]:
    lines = [json.loads(line) for line in rows.read_text().splitlines()]
    return [Document(text="", id=str(line["row"]), metadata={"image": str(rows.parent / line["image"])}) for line in lines]


async def describe(document, generate):
    picture = base64.b64encode(Path(document.metadata["image"]).read_bytes()).decode()
    return await generate({"messages": [{"role": "user", "content": [
        {"type": "text", "text": f"Row {document.id}. Describe this picture."},
        {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{picture}"}},
    ]}]})


def describe_with_retries(retries: int):
    async def attempt(document, generate):
        for number in range(retries):
            try:
                return await describe(document, generate)
            except (InferenceError, ServerError):
                await asyncio.sleep(min(2.0, 0.5 * 2.0**number) * random.uniform(0.5, 1.0))
        return await describe(document, generate)

    return attempt


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=Path)
    parser.add_argument("--base-url")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--retries", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
