//! The simulated server with a few knobs, for measuring: `sim PORT LATENCY_MS [MAX_IN_FLIGHT ERROR_SHARE]`.

use tamis_models::sim::{self, Options};

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> std::io::Result<()> {
    let arguments: Vec<f64> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let argument = |i: usize| arguments.get(i).copied();
    let options = Options {
        port: argument(0).unwrap_or(8000.0) as u16,
        latency_ms: argument(1).unwrap_or(0.0),
        max_in_flight: argument(2).filter(|n| *n > 0.0).map(|n| n as u64),
        retry_after_s: argument(2).map(|_| 1.0),
        error_share: argument(3).unwrap_or(0.0),
        ..Options::default()
    };
    sim::run(options, |address| eprintln!("http://{address}/v1")).await
}
