"""NeMo Data Designer 0.9.7 on the describe task: one llm-text column with an image context.

The start-up health check is skipped because its answer would be counted as a row's; the metrics
port is off so that nothing but the race listens. `--buffer-size` is the unit of resume.
"""

import argparse
from pathlib import Path

import data_designer.config as dd
import pandas
from data_designer.engine.storage.artifact_storage import ResumeMode
from data_designer.interface import DataDesigner


def main() -> None:
    args = parse_arguments()
    if not args.rows:  # a warm-up: the imports above are done
        return
    rows = pandas.read_json(args.rows, lines=True)
    rows["image"] = [str(args.rows.parent / image) for image in rows["image"]]
    designer = DataDesigner(
        artifact_path=args.out / "artifacts",
        model_providers=[dd.ModelProvider(name="local", endpoint=args.base_url, api_key="local")],
    )
    designer.set_run_config(dd.RunConfig(buffer_size=args.buffer_size, otel_metrics_port=None))
    results = designer.create(
        describe(rows, args.concurrency),
        num_records=len(rows),
        dataset_name="describe",
        resume=ResumeMode.IF_POSSIBLE,
    )
    results.export(args.out / "final.jsonl")


def describe(rows: pandas.DataFrame, concurrency: int) -> dd.DataDesignerConfigBuilder:
    model = dd.ModelConfig(
        alias="writer",
        model="writer-model",
        provider="local",
        skip_health_check=True,
        inference_parameters=dd.ChatCompletionInferenceParams(max_parallel_requests=concurrency),
    )
    builder = dd.DataDesignerConfigBuilder(model_configs=[model])
    builder.with_seed_dataset(dd.DataFrameSeedSource(df=rows))
    builder.add_column(dd.LLMTextColumnConfig(
        name="description",
        prompt="Row {{ row }}. Describe this picture.",
        model_alias="writer",
        multi_modal_context=[dd.ImageContext(column_name="image")],
    ))
    return builder


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=Path)
    parser.add_argument("--base-url")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--buffer-size", type=int, default=1000)
    return parser.parse_args()


if __name__ == "__main__":
    main()
