//! The kill drill: a run against a faulty server is killed at random instants, taken up again each time, and has to end
//! with the digest of the undisturbed run.

mod input;
mod servers;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use servers::{Bucket, Server};

use crate::shell::{Done, root, tamis, target};

/// What is run, on how many rows, and whether its answers come in batches.
struct Subject {
    /// a recipe of the cookbook, or a folder of the repository
    recipe: &'static str,
    rows: u32,
    batches: bool,
}

/// No barrier; a barrier that needs every record; rounds; barriers that decide, in rounds too, with batches.
const SUBJECTS: [Subject; 4] = [
    Subject { recipe: "xtask/drill/select", rows: 300, batches: true },
    Subject { recipe: "mmevol", rows: 100, batches: false },
    Subject { recipe: "bee-honeypipe", rows: 600, batches: false },
    Subject { recipe: "llava", rows: 600, batches: false },
];

/// Kills `kills` times in all, over as many runs as it takes.
///
/// `remote`: the run directories are in a bucket on loopback, and every other time the run is taken up in a new working
/// directory, as on another machine.
pub fn run(kills: u32, remote: bool) -> Done {
    println!("\n── kill drill: {kills} kills{}", if remote { ", run directories in a bucket" } else { "" });
    let began = Instant::now();
    let dir = target().join("drill");
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    let input = input::write(&dir)?;
    let server = Server::start()?;
    let batches = models_with_batches(&dir, &server)?;
    let bucket = if remote { Some(Bucket::start(&dir)?) } else { None };
    let mut random = Random(u64::from(std::process::id()) ^ 0x9e37_79b9_7f4a_7c15);
    let (each, more) = (kills / SUBJECTS.len() as u32, kills % SUBJECTS.len() as u32);
    for (number, subject) in (0..).zip(&SUBJECTS) {
        let drill = Drill {
            server: &server,
            models: if subject.batches { batches.as_os_str() } else { server.url.as_ref() },
            input: &input,
            subject,
            dir: dir.join(subject.name()),
            bucket: bucket.as_ref(),
            works: Cell::new(0),
        };
        drill.run(each + u32::from(number < more), &mut random)?;
    }
    println!("── kill drill: good, {kills} kills, {:.1} s", began.elapsed().as_secs_f64());
    Ok(())
}

impl Subject {
    fn name(&self) -> &str {
        self.recipe.rsplit('/').next().unwrap_or(self.recipe)
    }
}

/// Binds the roles of `select` to the batch API of the simulator.
fn models_with_batches(dir: &Path, server: &Server) -> Result<PathBuf, String> {
    let path = dir.join("batches.yaml");
    let batch = "{ max_requests: 100, wait_s: 0.2, poll_s: 0.1, poll_max_s: 0.2 }";
    let model = format!("{{ backend: openai, url: \"{}\", model: tamis-sim, batch: {batch} }}", server.url);
    let text = format!("roles: {{ writer: m, judge: m }}\nmodels:\n  m: {model}\n");
    std::fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(path)
}

struct Drill<'a> {
    server: &'a Server,
    models: &'a std::ffi::OsStr,
    input: &'a Path,
    subject: &'a Subject,
    dir: PathBuf,
    bucket: Option<&'a Bucket>,
    /// how many working directories there were
    works: Cell<u32>,
}

impl Drill<'_> {
    fn run(&self, kills: u32, random: &mut Random) -> Done {
        let name = self.subject.name();
        self.server.forget()?;
        let began = Instant::now();
        let quiet = self.finish("undisturbed", &[])?;
        let whole = began.elapsed();
        let by_faults = self.server.answered_twice()?;
        println!("   {name} undisturbed: {quiet}, {by_faults} answers twice because of faults");
        // Where a run directory lies changes nothing about threads.
        let threads: &[&str] = if self.bucket.is_none() { &["1", "8"] } else { &[] };
        for jobs in threads {
            same(&quiet, &self.finish(&format!("jobs-{jobs}"), &["--jobs", jobs])?, &format!("--jobs {jobs}"))?;
        }
        same(&quiet, &self.shards()?, "four shards")?;
        let (mut killed, mut round, mut twice) = (0, 0, 0);
        while killed < kills {
            let out = format!("killed-{round}");
            round += 1;
            self.server.forget()?;
            while killed < kills && self.kill_once(&out, whole, random)? {
                killed += 1;
                if killed % 2 == 0 {
                    self.works.set(self.works.get() + 1);
                }
            }
            same(&quiet, &self.finish(&out, &[])?, &format!("after {killed} kills"))?;
            twice += self.server.answered_twice()?;
            self.verify(&out)?;
        }
        println!("   {name}: {killed} kills in {round} runs, {twice} answers twice");
        Ok(())
    }

    fn command(&self, out: &str) -> Command {
        let mut command = self.tamis();
        command.args(["run", self.subject.recipe, "--quiet", "--json", "--in-flight", "64"]);
        command.args(["--take", &self.subject.rows.to_string()]).current_dir(root());
        command.arg("--input").arg(self.input).arg("--out").arg(self.place(out)).arg("--models").arg(self.models);
        self.work(&mut command, &format!("{out}-{}", self.works.get()));
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn tamis(&self) -> Command {
        let mut command = Command::new(tamis());
        if let Some(bucket) = self.bucket {
            let keys = [("AWS_ACCESS_KEY_ID", "tamis-test"), ("AWS_SECRET_ACCESS_KEY", "tamis-test-secret")];
            command.env("AWS_ENDPOINT_URL", &bucket.url).envs(keys).env("TAMIS_LEASE_SECONDS", "5");
        }
        command
    }

    /// Where a run is.
    fn place(&self, out: &str) -> PathBuf {
        match self.bucket {
            Some(_) => PathBuf::from(format!("s3://drill/{}/{out}", self.subject.name())),
            None => self.dir.join(out),
        }
    }

    /// In a bucket, a run is worked on in a directory that stands for a machine.
    fn work(&self, command: &mut Command, machine: &str) {
        if self.bucket.is_some() {
            command.arg("--work").arg(self.dir.join("machines").join(machine));
        }
    }

    fn verify(&self, out: &str) -> Done {
        let mut command = self.tamis();
        command.arg("verify").arg(self.place(out));
        self.work(&mut command, &format!("{out}-verify"));
        let output = command.output().map_err(|e| format!("kill drill: {e}"))?;
        let text = || [&output.stdout[..], &output.stderr[..]].concat();
        if output.status.success() { Ok(()) } else { Err(format!("kill drill: {}", String::from_utf8_lossy(&text()))) }
    }

    /// Runs to the end and gives the digest.
    fn finish(&self, out: &str, more: &[&str]) -> Result<String, String> {
        let output = self.command(out).args(more).output().map_err(|e| format!("kill drill: {e}"))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        if !text.contains("\"complete\":true") {
            return Err(format!("kill drill: {} {out} is not complete:\n{text}{errors}", self.subject.name()));
        }
        digest(&text).ok_or_else(|| format!("kill drill: no digest in {text}{errors}"))
    }

    /// Kills once at a random instant of a run that takes so long; false when it ended before.
    fn kill_once(&self, out: &str, whole: Duration, random: &mut Random) -> Result<bool, String> {
        let mut child = self.command(out).spawn().map_err(|e| format!("kill drill: {e}"))?;
        std::thread::sleep(Duration::from_millis(20 + random.below(whole.as_millis() as u64)));
        let ended = child.try_wait().map_err(|e| format!("kill drill: {e}"))?.is_some();
        let _ = child.kill();
        let _ = child.wait();
        Ok(!ended)
    }

    fn shards(&self) -> Result<String, String> {
        let shard = |i: u32| {
            self.works.set(self.works.get() + 1);
            self.command("shards").args(["--shard", &format!("{i}/4")]).spawn()
        };
        let children: Vec<Child> =
            (1..=4).map(shard).collect::<Result<_, _>>().map_err(|e| format!("kill drill: {e}"))?;
        for child in children {
            let output = child.wait_with_output().map_err(|e| format!("kill drill: {e}"))?;
            if output.status.code().is_none_or(|code| code > 1) {
                return Err(format!("kill drill: a shard failed:\n{}", String::from_utf8_lossy(&output.stderr)));
            }
        }
        let mut stats = self.tamis();
        stats.args(["stats", "--json"]).arg(self.place("shards"));
        self.work(&mut stats, "shards-stats");
        let output = stats.output().map_err(|e| e.to_string())?;
        digest(&String::from_utf8_lossy(&output.stdout))
            .ok_or_else(|| "kill drill: no digest of the shards".to_string())
    }
}

fn same(expected: &str, found: &str, what: &str) -> Done {
    if expected == found { Ok(()) } else { Err(format!("kill drill: {what}: digest {found}, expected {expected}")) }
}

fn digest(json: &str) -> Option<String> {
    let at = json.find("\"digest\":\"")? + 10;
    Some(json[at..].split('"').next()?.to_string())
}

/// Instants need no good randomness (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 |= 1;
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}
