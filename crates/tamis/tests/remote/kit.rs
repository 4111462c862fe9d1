//! A bucket, a simulator and the program, for every test its own.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value as Json;
use tamis_s3::Server;
use tempfile::TempDir;

/// The bucket that is there.
pub const BUCKET: &str = "bucket";

pub struct Kit {
    pub server: Server,
    pub dir: TempDir,
    env: Vec<(String, String)>,
}

impl Kit {
    pub fn new() -> Kit {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("s3").join(BUCKET)).unwrap();
        let server = Server::start(&dir.path().join("s3"), 0).unwrap();
        let mut env: Vec<(String, String)> =
            server.environment().into_iter().map(|(name, value)| (name.to_string(), value)).collect();
        env.push(("TAMIS_LEASE_SECONDS".to_string(), "2".to_string()));
        env.push(("XDG_CACHE_HOME".to_string(), dir.path().join("cache").display().to_string()));
        Kit { server, dir, env }
    }

    /// The same with another value of an environment variable; an empty one removes it.
    pub fn with(mut self, name: &str, value: &str) -> Kit {
        self.env.retain(|(known, _)| known != name);
        if !value.is_empty() {
            self.env.push((name.to_string(), value.to_string()));
        }
        self
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// What lies in the bucket, as files.
    pub fn bucket(&self) -> PathBuf {
        self.path().join("s3").join(BUCKET)
    }

    pub fn url(&self, key: &str) -> String {
        format!("s3://{BUCKET}/{key}")
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tamis"));
        for name in ["AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "HTTP_PROXY"] {
            command.env_remove(name);
        }
        command.args(args).current_dir(self.path()).envs(self.env.iter().map(|(n, v)| (n, v)));
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn tamis(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs to the end and gives the summary.
    pub fn run(&self, args: &[&str]) -> Json {
        let output = self.command(args).args(["--json", "--quiet"]).output().unwrap();
        let json: Json = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|e| panic!("{args:?}: {e}\n{}{}", stdout(&output), stderr(&output)));
        assert_eq!(json["summary"]["complete"], true, "{args:?}\n{}{}", stdout(&output), stderr(&output));
        json
    }

    pub fn digest(&self, args: &[&str]) -> String {
        self.run(args)["summary"]["digest"].as_str().unwrap().to_string()
    }

    /// Copies a file or directory into the bucket, past the server.
    pub fn put(&self, from: &Path, key: &str) {
        copy(from, &self.bucket().join(key));
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// A recipe that asks no model: pictures and captions go through, those with a short caption are rejected.
    pub fn plain_recipe(&self) -> String {
        let recipe = "recipe: plain\nabout: Keeps what has a caption.\ninputs: { image: image, caption: text }\nsteps:\n  \
                      - image.info: { from: image, into: info }\n  \
                      - gate.require: { that: \"caption | length >= 3\", reason: no caption }\n\
                      output: { image: image, caption: text }\n";
        self.write("plain/recipe.yaml", recipe).parent().unwrap().display().to_string()
    }
}

pub fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            copy(&path, &to.join(path.file_name().unwrap()));
        }
    } else {
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(from, to).unwrap();
    }
}

pub fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/coco").canonicalize().unwrap()
}

pub fn photos() -> Vec<PathBuf> {
    let mut photos: Vec<PathBuf> =
        std::fs::read_dir(examples().join("images")).unwrap().map(|entry| entry.unwrap().path()).collect();
    photos.sort();
    photos
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The simulator as a process of its own.
pub struct Simulator {
    child: Child,
    pub url: String,
}

impl Simulator {
    pub fn start(args: &[&str]) -> Simulator {
        let mut child = Command::new(env!("CARGO_BIN_EXE_tamis"))
            .args(["sim", "--port", "0"])
            .args(args)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.split_whitespace().last().unwrap().to_string();
        Simulator { child, url }
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
