//! `tamis-s3 ROOT [PORT]`: the server of the tests as a program; it says where it is and serves until it is killed.

use std::path::PathBuf;
use std::process::ExitCode;

use tamis_s3::Server;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let (Some(root), port) = (args.next().map(PathBuf::from), args.next()) else {
        eprintln!("usage: tamis-s3 ROOT [PORT]");
        return ExitCode::from(2);
    };
    let port = port.and_then(|port| port.parse().ok()).unwrap_or(0);
    match Server::start(&root, port) {
        Ok(server) => {
            println!("{}", server.url());
            loop {
                std::thread::park();
            }
        }
        Err(error) => {
            eprintln!("tamis-s3: {}: {error}", root.display());
            ExitCode::FAILURE
        }
    }
}
