//! The kill drill: a run against a faulty server is killed at random instants, taken up again each time, and has to end
//! with the digest of the undisturbed run.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::shell::{Done, cargo, root, tamis, target};

/// A recipe without a barrier, and one whose barrier needs every record.
const RECIPES: [&str; 2] = ["llava", "bee-honeypipe"];

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
    let input = input(&dir)?;
    let server = Server::start()?;
    let bucket = if remote { Some(Bucket::start(&dir)?) } else { None };
    let mut random = Random(u64::from(std::process::id()) ^ 0x9e37_79b9_7f4a_7c15);
    for (recipe, share) in RECIPES.into_iter().zip([kills.div_ceil(2), kills / 2]) {
        let works = std::cell::Cell::new(0);
        let drill =
            Drill { server: &server, input: &input, recipe, dir: dir.join(recipe), bucket: bucket.as_ref(), works };
        drill.run(share, &mut random)?;
    }
    println!("── kill drill: good, {kills} kills, {:.1} s", began.elapsed().as_secs_f64());
    Ok(())
}

struct Drill<'a> {
    server: &'a Server,
    input: &'a Path,
    recipe: &'a str,
    dir: PathBuf,
    bucket: Option<&'a Bucket>,
    /// how many working directories there were
    works: std::cell::Cell<u32>,
}

impl Drill<'_> {
    fn run(&self, kills: u32, random: &mut Random) -> Done {
        let quiet = self.finish("undisturbed", &[])?;
        println!("   {} undisturbed: {quiet}", self.recipe);
        for jobs in ["1", "8"] {
            same(&quiet, &self.finish(&format!("jobs-{jobs}"), &["--jobs", jobs])?, &format!("--jobs {jobs}"))?;
        }
        same(&quiet, &self.shards()?, "four shards")?;
        let (mut killed, mut round) = (0, 0);
        while killed < kills {
            let out = format!("killed-{round}");
            round += 1;
            while killed < kills && self.kill_once(&out, random)? {
                killed += 1;
                if killed % 2 == 0 {
                    self.works.set(self.works.get() + 1);
                }
            }
            same(&quiet, &self.finish(&out, &[])?, &format!("after {killed} kills"))?;
            self.verify(&out)?;
        }
        println!("   {}: {killed} kills in {round} runs", self.recipe);
        Ok(())
    }

    fn command(&self, out: &str) -> Command {
        let mut command = self.tamis();
        command.args(["run", self.recipe, "--quiet", "--json", "--in-flight", "64"]);
        command.arg("--input").arg(self.input).arg("--out").arg(self.place(out)).args(["--models", &self.server.url]);
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
            Some(_) => PathBuf::from(format!("s3://drill/{}/{out}", self.recipe)),
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
            return Err(format!("kill drill: {} {out} is not complete:\n{text}{errors}", self.recipe));
        }
        digest(&text).ok_or_else(|| format!("kill drill: no digest in {text}{errors}"))
    }

    /// Kills once at a random instant; false when the run ended before.
    fn kill_once(&self, out: &str, random: &mut Random) -> Result<bool, String> {
        let mut child = self.command(out).spawn().map_err(|e| format!("kill drill: {e}"))?;
        std::thread::sleep(Duration::from_millis(20 + random.below(900)));
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

/// Small pictures with captions: the photographs of the examples, many times over, with different texts.
fn input(dir: &Path) -> Result<PathBuf, String> {
    let photos = root().join("examples/coco/images");
    let mut names: Vec<PathBuf> = std::fs::read_dir(&photos)
        .map_err(|e| format!("{}: {e}", photos.display()))?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "jpg"))
        .collect();
    names.sort();
    let rows: String = (0..600)
        .map(|i| {
            let photo = names[i % names.len()].display();
            format!(
                "{{\"image\": \"{photo}\", \"captions\": [\"Scene {i} with a cat.\", \"Number {i} beside a tree.\"], \
                 \"regions\": [{{\"label\": \"cat\", \"box\": [10, 10, {}, 90]}}], \"source\": \"set {}\", \
                 \"instruction\": \"{}\", \"response\": \"{i}\"}}\n",
                20 + i % 60,
                i % 7,
                instruction(i),
            )
        })
        .collect();
    let path = dir.join("input.jsonl");
    std::fs::write(&path, rows).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(path)
}

/// Words that differ enough not to be duplicates of each other, but for every tenth.
fn instruction(i: usize) -> String {
    let words = ["river", "stone", "bright", "under", "small", "window", "green", "seven", "paper", "market", "glass"];
    let i = if i % 10 == 9 { i - 1 } else { i };
    let picked: Vec<String> =
        (1..9).map(|k| format!("{}{}", words[(i * k * k + k) % words.len()], i * k % 97)).collect();
    format!("What do you see of {}?", picked.join(" "))
}

fn digest(json: &str) -> Option<String> {
    let at = json.find("\"digest\":\"")? + 10;
    Some(json[at..].split('"').next()?.to_string())
}

/// An S3 server on loopback with an empty bucket, killed when dropped.
struct Bucket {
    child: Child,
    url: String,
}

impl Bucket {
    fn start(dir: &Path) -> Result<Bucket, String> {
        cargo("an S3 server", &["build", "--package", "tamis-s3", "--quiet"])?;
        let root = dir.join("s3");
        std::fs::create_dir_all(root.join("drill")).map_err(|e| format!("{}: {e}", root.display()))?;
        let child = Command::new(target().join("debug").join("tamis-s3")).arg(&root).stdout(Stdio::piped()).spawn();
        let mut child = child.map_err(|e| format!("kill drill: cannot start the S3 server: {e}"))?;
        let url = first_line(&mut child)?;
        Ok(Bucket { child, url: url.trim().to_string() })
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a server says first.
fn first_line(child: &mut Child) -> Result<String, String> {
    let mut line = String::new();
    let stdout = child.stdout.take().ok_or("kill drill: a server says nothing")?;
    BufReader::new(stdout).read_line(&mut line).map_err(|e| e.to_string())?;
    Ok(line)
}

/// The simulator with 20% faults, killed when dropped.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start() -> Result<Server, String> {
        let faults = ["--error-share", "0.1", "--malformed-share", "0.05", "--empty-share", "0.05"];
        let mut child = Command::new(tamis())
            .args(["sim", "--port", "0", "--latency-ms", "20", "--latency-jitter", "0.5"])
            .args(faults)
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| format!("kill drill: cannot start the simulator: {e}"))?;
        let line = first_line(&mut child)?;
        let url = line.split_whitespace().last().unwrap_or_default().to_string();
        Ok(Server { child, url })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
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
