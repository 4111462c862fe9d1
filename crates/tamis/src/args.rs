//! The arguments of every command.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use tamis_core::media::Keeping;
use tamis_engine::Shard;

/// Turns a written recipe into a multimodal training set.
#[derive(Debug, Parser)]
#[command(
    name = "tamis",
    version,
    about = "Turns a written recipe into a multimodal training set: checked before it costs anything, fast, resumable, \
             with proof for every sample.",
    after_help = "Examples:\n  \
        tamis list                                            what the cookbook holds\n  \
        tamis run qwen-vl-grounding --input examples/coco     grounding data, no model needed\n  \
        tamis plan llava --input photos/ --models models.yaml what a run would cost; spends nothing\n  \
        tamis run llava --input photos/ --models http://localhost:8000/v1\n  \
        tamis stats out/llava                                 what came out, what was rejected and why\n  \
        tamis export out/llava --to llava --out data/llava    for the trainer\n\n\
        Exit codes: 0 done; 1 ran, but something failed; 2 refused before running."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the recipes of the cookbook
    List(ListArgs),
    /// Show a recipe (`show llava`), or the story of one record of a run (`show out/llava 3f2a`)
    Show(ShowArgs),
    /// List the operators, or print the manual page of one
    Ops(OpsArgs),
    /// Check a recipe: types, fields, roles, prompts, files. Runs nothing
    Check(CheckArgs),
    /// Show the stages and what a run would cost: calls, tokens, price. Makes no call
    Plan(PlanArgs),
    /// Run a recipe; the same line again takes up a run that was stopped
    Run(RunArgs),
    /// Take up a run that was stopped, with the arguments it was begun with
    Resume(ResumeArgs),
    /// Prove that nothing vanished: sums, digests, lineage and media of a run
    Verify(VerifyArgs),
    /// Draw a contact sheet of a run's pictures
    Sheet(SheetArgs),
    /// Show what came out of a run: counts, rejects by reason, distributions, cost, digest
    Stats(StatsArgs),
    /// Write the samples of a run in a format that trainers read
    Export(ExportArgs),
    /// Begin a recipe of your own, as a copy of one of the cookbook
    New(NewArgs),
    /// Run a recipe's fixtures with scripted replies and compare with its snapshot
    Test(TestArgs),
    /// Print the JSON schema of recipes, for editors
    Schema,
    /// Play a model server on this machine: answers deterministically, with faults on request
    Sim(SimArgs),
}

/// Arguments of `list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Machine-readable
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `show`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tamis show llava\n  tamis show out/llava 3f2a9c\n  tamis show out/llava cat.jpg")]
pub struct ShowArgs {
    /// A recipe of the cookbook, or a run directory or its URL
    pub what: String,
    /// Where the run is.
    #[command(flatten)]
    pub work: WorkArgs,
    /// The id of a record (its first digits do), or the name of an input row
    pub id: Option<String>,
    /// Machine-readable
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `ops`.
#[derive(Debug, Args)]
pub struct OpsArgs {
    /// An operator, such as chat.ask
    pub name: Option<String>,
    /// Machine-readable
    #[arg(long)]
    pub json: bool,
}

/// How a recipe is named and changed.
#[derive(Debug, Args, Clone, Default)]
pub struct RecipeArgs {
    /// A recipe of the cookbook, a recipe folder, or a recipe.yaml
    pub recipe: String,
    /// Set a parameter of the recipe
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub set: Vec<String>,
}

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The recipe.
    #[command(flatten)]
    pub recipe: RecipeArgs,
    /// Also check that these models bind every role: a models.yaml, a server's URL, or `sim`
    #[arg(long, value_name = "FILE|URL|sim")]
    pub models: Option<String>,
    /// Machine-readable
    #[arg(long)]
    pub json: bool,
}

/// Where the input is.
#[derive(Debug, Args, Clone, Default)]
pub struct InputArgs {
    /// A file, folder or URL (s3://, gs://, az://, https://): images, jsonl, json, coco, llava, sharegpt, csv, parquet, webdataset
    #[arg(long, value_name = "PATH")]
    pub input: Option<PathBuf>,
    /// The input's format, when it is not plain from the path
    #[arg(long, value_name = "NAME")]
    pub format: Option<String>,
    /// Which column of the input a field of the recipe comes from
    #[arg(long = "map", value_name = "FIELD=COLUMN")]
    pub map: Vec<String>,
    /// Where a table of the recipe is: a file or folder in any format that --input takes
    #[arg(long = "table", value_name = "NAME=PATH")]
    pub table: Vec<String>,
}

/// Arguments of `plan`.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// The recipe.
    #[command(flatten)]
    pub recipe: RecipeArgs,
    /// The input.
    #[command(flatten)]
    pub input: InputArgs,
    /// Who plays the roles: a models.yaml, a server's URL, or `sim`
    #[arg(long, value_name = "FILE|URL|sim")]
    pub models: Option<String>,
    /// At most this many inputs
    #[arg(long, value_name = "N")]
    pub take: Option<u64>,
    /// How many inputs to render prompts from
    #[arg(long, value_name = "N", default_value_t = 32)]
    pub sample: u64,
    /// The seed
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Machine-readable
    #[arg(long)]
    pub json: bool,
}

/// Where a run in a bucket is worked on.
#[derive(Debug, Args, Clone, Default)]
pub struct WorkArgs {
    /// The working directory of a run in a bucket [default: in the user's cache directory]
    #[arg(long, value_name = "DIR")]
    pub work: Option<PathBuf>,
}

/// Arguments of `run`.
#[derive(Debug, Args, Clone, Default)]
#[command(after_help = "Examples:\n  \
    tamis run qwen-vl-grounding --input examples/coco --out out/first\n  \
    tamis run llava --input photos/ --models models.yaml --budget-usd 5\n  \
    tamis run bee-honeypipe --input data.jsonl --models sim --take 100     a dry run with the simulator\n  \
    tamis run llava --input coco/ --models m.yaml --shard 1/4              one of four processes on one directory\n  \
    tamis run llava --input photos/ --models m.yaml --media in-place       the photos stay where they are")]
pub struct RunArgs {
    /// The recipe.
    #[command(flatten)]
    pub recipe: RecipeArgs,
    /// The input.
    #[command(flatten)]
    pub input: InputArgs,
    /// Who plays the roles: a models.yaml, a server's URL, or `sim`
    #[arg(long, value_name = "FILE|URL|sim")]
    pub models: Option<String>,
    /// The run directory, or its URL in a bucket (s3://, gs://, az://) [default: out/RECIPE]
    #[arg(long, value_name = "DIR|URL")]
    pub out: Option<PathBuf>,
    /// Where the run is.
    #[command(flatten)]
    pub work: WorkArgs,
    /// What becomes of samples' pictures that lie in files: `copy` copies them into the run directory, `in-place` leaves
    /// them, and the run directory refers to them by path and hash
    #[arg(long, value_name = "copy|in-place", default_value_t)]
    pub media: Keeping,
    /// The first N inputs only
    #[arg(long, value_name = "N")]
    pub take: Option<u64>,
    /// Go on until N samples passed
    #[arg(long, value_name = "N")]
    pub accept: Option<u64>,
    /// The seed of all randomness
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Pieces of CPU work at a time [default: the number of cores]
    #[arg(long, value_name = "N")]
    pub jobs: Option<usize>,
    /// Records under way at a time; models bound their calls themselves [default: 256, with the batch API up to 10000]
    #[arg(long, value_name = "N")]
    pub in_flight: Option<usize>,
    /// Work on every n-th part only, beside the other shards on the same directory
    #[arg(long, value_name = "i/n")]
    pub shard: Option<Shard>,
    /// At a barrier, stop instead of waiting for the other shards
    #[arg(long)]
    pub no_wait: bool,
    /// Stop before more than this is spent by this process, in US dollars
    #[arg(long, value_name = "USD")]
    pub budget_usd: Option<f64>,
    /// Stop before this process has more tokens than this read and written
    #[arg(long, value_name = "N")]
    pub budget_tokens: Option<u64>,
    /// Stop before this process has paid for more answers than this
    #[arg(long, value_name = "N")]
    pub budget_requests: Option<u64>,
    /// Stop when more records than this have failed
    #[arg(long, value_name = "N")]
    pub max_failures: Option<u64>,
    /// Use the answers that were paid for in an earlier run
    #[arg(long, value_name = "DIR")]
    pub reuse: Vec<PathBuf>,
    /// The models that a step which handed its records over waited for
    #[arg(long, value_name = "STEP=FILE")]
    pub trained: Vec<String>,
    /// Machine-readable summary on standard output
    #[arg(long)]
    pub json: bool,
    /// No progress on standard error
    #[arg(long, short)]
    pub quiet: bool,
}

/// Arguments of `resume`.
#[derive(Debug, Args)]
pub struct ResumeArgs {
    /// The run directory, or its URL
    pub dir: PathBuf,
    /// Where the run is.
    #[command(flatten)]
    pub work: WorkArgs,
    /// Another budget than the run was begun with, in US dollars
    #[arg(long, value_name = "USD")]
    pub budget_usd: Option<f64>,
    /// Another budget of tokens
    #[arg(long, value_name = "N")]
    pub budget_tokens: Option<u64>,
    /// Another budget of answers
    #[arg(long, value_name = "N")]
    pub budget_requests: Option<u64>,
    /// The models that a step which handed its records over waited for
    #[arg(long, value_name = "STEP=FILE")]
    pub trained: Vec<String>,
    /// Where a table of the recipe is now, if it was moved
    #[arg(long = "table", value_name = "NAME=PATH")]
    pub table: Vec<String>,
    /// Machine-readable summary on standard output
    #[arg(long)]
    pub json: bool,
    /// No progress on standard error
    #[arg(long, short)]
    pub quiet: bool,
}

/// Arguments of `verify`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tamis verify out/llava\n  \
    tamis verify out/qianfan-vl --redraw      makes every sample again and compares it, pictures bit for bit")]
pub struct VerifyArgs {
    /// The run directory, or its URL
    pub dir: PathBuf,
    /// Where the run is.
    #[command(flatten)]
    pub work: WorkArgs,
    /// Only look media up instead of hashing every byte again
    #[arg(long)]
    pub fast: bool,
    /// Make every sample again from recipe, input, seed and the answers on file, and compare: no model is asked
    #[arg(long)]
    pub redraw: bool,
    /// Machine-readable
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `sheet`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tamis sheet out/qianfan-vl --out sheet.png\n  \
    tamis sheet out/qianfan-vl --out sheet.png --by chart_type --take 200 --columns 10\n  \
    tamis sheet out/qianfan-vl --out boxes.png --boxes elements --cell 600 --columns 2 --take 8")]
pub struct SheetArgs {
    /// The run directory, or its URL
    pub dir: PathBuf,
    /// Where the run is.
    #[command(flatten)]
    pub work: WorkArgs,
    /// The picture to write; its ending says the format: .png, .jpg or .webp
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// The image field to show [default: the first one of the samples]
    #[arg(long, value_name = "FIELD")]
    pub field: Option<String>,
    /// At most this many pictures, spread evenly over the run
    #[arg(long, value_name = "N", default_value_t = 60)]
    pub take: usize,
    /// Pictures side by side
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub columns: usize,
    /// Side of the square that each picture is fitted into, in pixels
    #[arg(long, value_name = "PIXELS", default_value_t = 240)]
    pub cell: u32,
    /// Fields whose values are written below each picture
    #[arg(long, value_name = "FIELD,FIELD", value_delimiter = ',')]
    pub by: Vec<String>,
    /// A field of boxes, regions or a list of either, drawn over each picture
    #[arg(long, value_name = "FIELD")]
    pub boxes: Option<String>,
    /// Machine-readable
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `stats`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tamis stats out/llava\n  tamis stats out/bee-honeypipe --by domain,cot_level")]
pub struct StatsArgs {
    /// The run directory, or its URL
    pub dir: PathBuf,
    /// Where the run is.
    #[command(flatten)]
    pub work: WorkArgs,
    /// Count the samples by the values of these fields together
    #[arg(long, value_name = "FIELD,FIELD", value_delimiter = ',')]
    pub by: Vec<String>,
    /// Machine-readable
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `export`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tamis export out/first --to parquet --out data/first     load_dataset(\"data/first\") has Image columns\n  \
    tamis export out/first --to llava --out data/llava\n  \
    tamis export --formats")]
pub struct ExportArgs {
    /// The run directory, or its URL
    #[arg(required_unless_present = "formats")]
    pub dir: Option<PathBuf>,
    /// Where the run is.
    #[command(flatten)]
    pub work: WorkArgs,
    /// The format
    #[arg(long, value_name = "FORMAT", required_unless_present = "formats")]
    pub to: Option<String>,
    /// The directory to write, new or empty, or a URL in a bucket
    #[arg(long, value_name = "DIR|URL", required_unless_present = "formats")]
    pub out: Option<PathBuf>,
    /// List the formats
    #[arg(long)]
    pub formats: bool,
    /// Export a run that is not complete, too
    #[arg(long)]
    pub incomplete: bool,
    /// Machine-readable
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `new`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tamis new my-captions --from llava\n  tamis check my-captions")]
pub struct NewArgs {
    /// The folder to make; its last part becomes the recipe's name
    pub name: PathBuf,
    /// The recipe of the cookbook to copy
    #[arg(long, value_name = "SLUG")]
    pub from: String,
}

/// Arguments of `test`.
#[derive(Debug, Args)]
pub struct TestArgs {
    /// Recipes of the cookbook or recipe folders [default: the whole cookbook]
    pub recipes: Vec<String>,
    /// Write the outcome as the new snapshot (recipe folders only)
    #[arg(long)]
    pub bless: bool,
}

/// Arguments of `sim`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tamis sim --port 8000\n  \
    tamis sim --latency-ms 200 --max-in-flight 16 --error-share 0.02     a server under load\n  \
    tamis run llava --input photos/ --models http://127.0.0.1:8000/v1\n\n\
    GET /stats tells what was asked and answered; POST /reset begins counting anew.")]
pub struct SimArgs {
    /// The port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 8000)]
    pub port: u16,
    /// Time to an answer
    #[arg(long, value_name = "MS", default_value_t = 0.0)]
    pub latency_ms: f64,
    /// Spread of the time, 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub latency_jitter: f64,
    /// Answer 429 to requests above this many at a time
    #[arg(long, value_name = "N")]
    pub max_in_flight: Option<u64>,
    /// The Retry-After of a 429; without it none is sent
    #[arg(long, value_name = "S")]
    pub retry_after_s: Option<f64>,
    /// Answer 429 to requests above this many a minute
    #[arg(long, value_name = "N")]
    pub requests_per_minute: Option<u32>,
    /// Share of requests answered 500
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub error_share: f64,
    /// Share of answers that are half a JSON
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub malformed_share: f64,
    /// Share of answers cut at the token limit
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub truncated_share: f64,
    /// Share of structured answers that do not fit their schema
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub wrong_schema_share: f64,
    /// Share of answers that refuse
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub refusal_share: f64,
    /// Share of answers that are an HTML page
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub html_share: f64,
    /// Share of requests that are never answered
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub stall_share: f64,
    /// Share of answers without choices
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub empty_share: f64,
    /// Share of answers that speak of what is not in the request
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub hallucination: f64,
    /// Time from the submission of a batch to its end
    #[arg(long, value_name = "MS", default_value_t = 0.0)]
    pub batch_time_ms: f64,
    /// Share of a batch's requests that end with an error
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub batch_line_error_share: f64,
    /// Share of batches that expire with a quarter of their requests undone
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub batch_expired_share: f64,
    /// Share of batches that fail validation
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub batch_failed_share: f64,
    /// Share of looks at a batch answered 500
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub batch_poll_error_share: f64,
    /// Share of submissions that are taken and answered 500
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub batch_lost_share: f64,
    /// Share of downloads that break off halfway, at most three of each file
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub batch_cut_share: f64,
    /// Answer every request with this status
    #[arg(long, value_name = "STATUS")]
    pub always_status: Option<u16>,
    /// The seed of answers and faults
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// The model's name
    #[arg(long, default_value = "tamis-sim")]
    pub model: String,
    /// How many numbers a vector has, where the request does not say
    #[arg(long, value_name = "N", default_value_t = 256)]
    pub embed_dimension: u32,
}
