//! The servers that the drill's runs talk to, each a process of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::shell::{cargo, tamis, target};

/// An S3 server on loopback with an empty bucket, killed when dropped.
pub(super) struct Bucket {
    child: Child,
    pub(super) url: String,
}

impl Bucket {
    pub(super) fn start(dir: &Path) -> Result<Bucket, String> {
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
pub(super) struct Server {
    child: Child,
    pub(super) url: String,
}

/// The batch API's own faults: requests, batches, submissions and downloads that go wrong, at up to a tenth each.
const BATCHES: [&str; 12] = [
    "--batch-time-ms",
    "150",
    "--batch-line-error-share",
    "0.05",
    "--batch-expired-share",
    "0.1",
    "--batch-poll-error-share",
    "0.1",
    "--batch-lost-share",
    "0.1",
    "--batch-cut-share",
    "0.1",
];

impl Server {
    pub(super) fn start() -> Result<Server, String> {
        let faults = ["--error-share", "0.1", "--malformed-share", "0.05", "--empty-share", "0.05"];
        let mut child = Command::new(tamis())
            .args(["sim", "--port", "0", "--latency-ms", "20", "--latency-jitter", "0.5"])
            .args(faults)
            .args(BATCHES)
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| format!("kill drill: cannot start the simulator: {e}"))?;
        let line = first_line(&mut child)?;
        let url = line.split_whitespace().last().unwrap_or_default().to_string();
        Ok(Server { child, url })
    }
}

impl Server {
    /// Begins counting anew.
    pub(super) fn forget(&self) -> Result<(), String> {
        self.ask("POST", "/reset").map(|_| ())
    }

    /// How many answers since then went to requests that had been answered before.
    pub(super) fn answered_twice(&self) -> Result<u64, String> {
        let stats = self.ask("GET", "/stats")?;
        let number = stats.split("\"repeated\":").nth(1).map(|rest| rest.trim_start());
        let digits = number.map(|n| n.chars().take_while(char::is_ascii_digit).collect::<String>());
        digits.and_then(|n| n.parse().ok()).ok_or_else(|| format!("kill drill: no count in {stats}"))
    }

    fn ask(&self, method: &str, path: &str) -> Result<String, String> {
        let failed = |e: std::io::Error| format!("kill drill: the simulator does not answer: {e}");
        let host = self.url.trim_start_matches("http://").trim_end_matches("/v1");
        let mut stream = TcpStream::connect(host).map_err(failed)?;
        let request =
            format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).map_err(failed)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).map_err(failed)?;
        Ok(answer)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
