//! Asks a server about the pictures of a folder, to measure what a request costs: `race DIR URL ROWS [CEILING [JOURNAL]]`.
//!
//! Start `cargo run --release -p tamis-models --example sim -- ...` or any server of OpenAI's protocol first.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use tamis_core::RecordId;
use tamis_core::media::{Media, MediaKind, MemoryStore};
use tamis_core::model::{CallSite, ChatRequest, Message, Part, Request, RoleKind, Speaker};
use tamis_models::{Bindings, Journal, Services};

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, url, rows, ..] = arguments.as_slice() else {
        return Err("race DIR URL ROWS [CEILING [JOURNAL]]".into());
    };
    let ceiling = arguments.get(3).map_or("64", String::as_str);
    let mut pictures: Vec<_> = std::fs::read_dir(folder)?.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?;
    pictures.sort();
    let yaml = format!(
        "roles: {{ writer: m }}\nmodels:\n  m: {{ backend: openai, url: \"{url}\", limits: {{ concurrency: {ceiling} }} }}"
    );
    let own = std::env::temp_dir().join(format!("tamis-race-{}", std::process::id()));
    let journal = arguments.get(4).map_or(own.clone(), PathBuf::from);
    let services = Services { journal: Some(Arc::new(Journal::open(&journal)?)), ..Services::default() };
    let meter = services.meter.clone();
    let roles = [("writer".into(), RoleKind::Chat)];
    let model = Bindings::parse("race", &yaml)?.connect(&roles, services).await?.remove("writer").ok_or("no writer")?;
    let (start, before) = (Instant::now(), cpu_seconds());
    let rows: u64 = rows.parse()?;
    let calls = (0..rows).map(|row| {
        let (model, picture) = (model.clone(), pictures[row as usize % pictures.len()].clone());
        tokio::spawn(async move {
            let image = Arc::new(Media::file(MediaKind::Image, picture));
            let parts = vec![Part::Image(image), Part::Text("Describe the picture in two sentences.".into())];
            let messages = vec![Message { speaker: Speaker::User, parts }];
            let chat = ChatRequest { messages, n: 1, seed: row, ..ChatRequest::default() };
            let store = MemoryStore::new();
            let site = CallSite { record: RecordId::input(&row.to_string()), step: "ask", media: &store };
            model.call(Request::Chat(chat), &site).await.map(|_| ())
        })
    });
    let results = futures::future::join_all(calls.collect::<Vec<_>>()).await;
    let failed = results.iter().filter(|result| !matches!(result, Ok(Ok(())))).count();
    let (seconds, cpu) = (start.elapsed().as_secs_f64(), cpu_seconds() - before);
    println!(
        "{rows} rows, {failed} failed, {seconds:.3} s, CPU {:.0} us a request, {:.0} requests a CPU second, peak memory {}",
        cpu / rows as f64 * 1e6,
        rows as f64 / cpu,
        peak_memory(),
    );
    println!("{:?}", meter.snapshot());
    if journal == own {
        std::fs::remove_dir_all(own)?;
    }
    Ok(())
}

/// User and system time of this process, in seconds.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<f64> = stat.split(' ').filter_map(|field| field.parse().ok()).collect();
    // Fields 14 and 15 of the file, in hundredths; the name and the state are no numbers.
    fields.get(11).zip(fields.get(12)).map_or(0.0, |(user, system)| (user + system) / 100.0)
}

fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or("unknown".into(), |value| value.trim().to_string())
}
