"""bespokelabs-curator 0.1.31 on the describe task: the `openai` backend, local images by path.

Two methods of the backend are replaced because they need the internet or disturb the count:
the tiktoken encoding, which is downloaded in the constructor, and the probe for rate-limit
headers, a request without messages that the server would count as an answer.
"""

import argparse
from pathlib import Path

from bespokelabs import curator
from bespokelabs.curator.request_processor.online.openai_online_request_processor import OpenAIOnlineRequestProcessor
from datasets import load_dataset


class FourCharactersPerToken:
    def encode(self, text: str, **_) -> range:
        return range(len(text) // 4)


OpenAIOnlineRequestProcessor.get_token_encoding = lambda self: FourCharactersPerToken()
OpenAIOnlineRequestProcessor.get_header_based_rate_limits = lambda self: (0, 0)


class Describer(curator.LLM):
    def prompt(self, row: dict):
        return f"Row {row['row']}. Describe this picture.", curator.types.Image(url=row["image"])

    def parse(self, row: dict, response: str) -> dict:
        return {"row": row["row"], "description": response}


def main() -> None:
    args = parse_arguments()
    if not args.rows:  # a warm-up: the imports above are done
        return
    rows = load_dataset("json", data_files=str(args.rows), split="train", cache_dir=str(args.out / "datasets"))
    folder = args.rows.parent
    rows = rows.map(lambda row: {"image": str(folder / row["image"])})
    describer = Describer(
        model_name="writer-model",
        backend="openai",
        backend_params={
            "base_url": args.base_url,
            "api_key": "local",
            "max_concurrent_requests": args.concurrency,
            "max_requests_per_minute": 1_000_000,
            "max_tokens_per_minute": 1_000_000_000,
        },
    )
    response = describer(rows, working_dir=str(args.out / "cache"))
    response.dataset.to_json(str(args.out / "final.jsonl"))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=Path)
    parser.add_argument("--base-url")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--concurrency", type=int, default=64)
    return parser.parse_args()


if __name__ == "__main__":
    main()
