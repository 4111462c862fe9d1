//! The live line of a run: counts, rate, money, time to go.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tamis_engine::Progress;
use tamis_models::Meter;

use crate::human;

/// How often the line is drawn on a terminal.
const FRAME: Duration = Duration::from_millis(120);
/// How often a line is written where there is no terminal.
const LOG: Duration = Duration::from_secs(30);

/// A thread that draws until it is finished.
pub struct Display {
    done: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Display {
    /// Begins to draw on standard error; draws nothing when `quiet`.
    pub fn start(progress: Arc<Progress>, meter: Arc<Meter>, quiet: bool) -> Display {
        let done = Arc::new(AtomicBool::new(false));
        if quiet {
            return Display { done, thread: None };
        }
        let finished = done.clone();
        let thread = std::thread::spawn(move || draw(&progress, &meter, &finished));
        Display { done, thread: Some(thread) }
    }

    /// Stops drawing and clears the line.
    pub fn finish(mut self) {
        self.stop();
    }

    fn stop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        self.stop();
    }
}

fn draw(progress: &Progress, meter: &Meter, done: &AtomicBool) {
    let terminal = std::io::stderr().is_terminal();
    let bar = if terminal { bar() } else { ProgressBar::hidden() };
    let mut rate = Rate::new();
    let mut logged = Instant::now();
    while !done.load(Ordering::Relaxed) {
        std::thread::park_timeout(FRAME);
        let now = progress.snapshot();
        let speed = rate.of(now.done);
        if terminal {
            bar.set_length(now.expected.max(now.done));
            bar.set_position(now.done);
            bar.set_message(line(progress, meter, speed));
        } else if logged.elapsed() > LOG {
            logged = Instant::now();
            eprintln!("{} of {}  {}", now.done, now.expected, line(progress, meter, speed));
        }
    }
    bar.finish_and_clear();
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{spinner:.cyan} [{bar:24.cyan/blue}] {pos}/{len} {msg}");
    if let Ok(style) = style {
        bar.set_style(style.progress_chars("━╸─"));
    }
    bar
}

fn line(progress: &Progress, meter: &Meter, speed: f64) -> String {
    let now = progress.snapshot();
    let calls = meter.snapshot();
    let mut text = format!("{speed:.1}/s");
    if now.expected > now.done && speed > 0.0 {
        text += &format!("  {} to go", human::duration((now.expected - now.done) as f64 / speed));
    }
    text += &format!("  accepted {}  rejected {}", human::count(now.accepted), human::count(now.rejected));
    if now.failed > 0 {
        text += &human::red(&format!("  failed {}", human::count(now.failed)));
    }
    if calls.requests + calls.cached > 0 {
        text += &format!("  calls {} ({} in flight of {})", human::count(calls.answered), calls.in_flight, calls.limit);
        if calls.refused > 0 {
            text += &format!("  refused {}", human::count(calls.refused));
        }
        if calls.batches > 0 {
            let (done, requests) = (human::count(calls.batch_done), human::count(calls.batch_requests));
            text += &format!("  batches {} ({done} of {requests} requests)", calls.batches);
        }
        text += &format!("  {}", human::money(calls.usd));
    }
    text
}

/// Records a second over the last few seconds.
struct Rate {
    points: std::collections::VecDeque<(Instant, u64)>,
}

impl Rate {
    fn new() -> Rate {
        Rate { points: std::collections::VecDeque::new() }
    }

    fn of(&mut self, done: u64) -> f64 {
        let now = Instant::now();
        if self.points.back().is_some_and(|(_, before)| *before > done) {
            // A new stage begins to count anew.
            self.points.clear();
        }
        self.points.push_back((now, done));
        while self.points.len() > 2 && now - self.points[0].0 > Duration::from_secs(10) {
            self.points.pop_front();
        }
        let (then, before) = self.points[0];
        let seconds = (now - then).as_secs_f64();
        if seconds > 0.0 { done.saturating_sub(before) as f64 / seconds } else { 0.0 }
    }
}
