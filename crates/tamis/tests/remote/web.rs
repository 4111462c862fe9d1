//! Web addresses: inputs that a user names, pictures that a dataset names.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};

use crate::kit::{Kit, photos, stderr};

/// A web server for a directory: parts of files, and a few addresses that are up to no good.
fn serve(root: PathBuf) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let root = root.clone();
            std::thread::spawn(move || {
                let _ = answer(&root, stream);
            });
        }
    });
    format!("http://{address}")
}

fn answer(root: &Path, mut stream: TcpStream) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().unwrap_or(Ok(String::new()))?;
    let path = first.split_whitespace().nth(1).unwrap_or("/").trim_start_matches('/').to_string();
    let mut range = None;
    for line in lines.map_while(Result::ok).take_while(|line| !line.is_empty()) {
        if let Some(text) = line.to_lowercase().strip_prefix("range: bytes=") {
            let (from, to) = text.split_once('-').unwrap();
            range = Some((from.parse::<usize>().unwrap(), to.parse::<usize>().unwrap()));
        }
    }
    if let Some(to) = path.strip_prefix("to/") {
        return write!(
            stream,
            "HTTP/1.1 302 Found\r\nLocation: http://{to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
    }
    if path == "page.jpg" {
        return write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"
        );
    }
    if path == "busy.jpg" {
        return write!(stream, "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    }
    let Ok(bytes) = std::fs::read(root.join(path.split('?').next().unwrap())) else {
        return write!(stream, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    };
    let (from, to) = range.unwrap_or((0, bytes.len()));
    let part = &bytes[from..(to + 1).min(bytes.len())];
    let (end, total) = (from + part.len() - 1, bytes.len());
    write!(
        stream,
        "HTTP/1.1 206 Partial Content\r\nETag: \"v1\"\r\nContent-Range: bytes {from}-{end}/{total}\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        part.len()
    )?;
    stream.write_all(part)
}

#[test]
fn a_file_that_the_user_names_is_read_with_the_pictures_beside_it() {
    let kit = Kit::new();
    let recipe = kit.plain_recipe();
    let site = kit.path().join("site");
    for photo in photos().iter().take(3) {
        crate::kit::copy(photo, &site.join("images").join(photo.file_name().unwrap()));
    }
    let rows: String = photos()
        .iter()
        .take(3)
        .map(|p| {
            format!("{{\"image\": \"images/{}\", \"caption\": \"some\"}}\n", p.file_name().unwrap().to_string_lossy())
        })
        .collect();
    std::fs::write(site.join("rows.jsonl"), rows).unwrap();
    let local =
        kit.digest(&["run", &recipe, "--input", site.join("rows.jsonl").to_str().unwrap(), "--out", "out/local"]);
    let url = format!("{}/rows.jsonl?download=true", serve(site));
    assert_eq!(kit.digest(&["run", &recipe, "--input", &url, "--out", "out/web"]), local);
}

#[test]
fn pictures_that_rows_name_fail_alone_and_addresses_of_this_network_are_refused() {
    let kit = Kit::new();
    let recipe = kit.plain_recipe();
    let site = kit.path().join("site");
    crate::kit::copy(&photos()[0], &site.join("a.jpg"));
    let host = serve(site);
    let rows: String = ["a.jpg", "missing.jpg", "page.jpg", "busy.jpg"]
        .iter()
        .map(|name| format!("{{\"image\": \"{host}/{name}\", \"caption\": \"{name}\"}}\n"))
        .collect();
    let input = kit.write("rows.jsonl", &rows);
    let args = ["run", recipe.as_str(), "--input", input.to_str().unwrap()];
    let failures =
        |out: &str| std::fs::read_to_string(kit.path().join(out).join("stages/0/part-000000/failed.jsonl")).unwrap();
    let json = kit.run(&[&args[..], &["--out", "out/refused"]].concat());
    assert_eq!(json["summary"]["failed"], 4);
    assert!(failures("out/refused").contains("TAMIS_PRIVATE_HOSTS=127.0.0.1"), "{}", failures("out/refused"));

    let kit = kit.with("TAMIS_PRIVATE_HOSTS", "127.0.0.1");
    let json = kit.run(&[&args[..], &["--out", "out/allowed"]].concat());
    let failed = std::fs::read_to_string(kit.path().join("out/allowed/stages/0/part-000000/failed.jsonl")).unwrap();
    assert_eq!((&json["summary"]["accepted"], &json["summary"]["failed"]), (&1.into(), &3.into()), "{failed}");
    for why in ["404", "a web page", "503"] {
        assert!(failed.contains(why), "{why}: {failed}");
    }
}

#[test]
fn a_compressed_answer_or_a_directory_is_told() {
    let kit = Kit::new();
    let recipe = kit.plain_recipe();
    let host = serve(kit.path().to_path_buf());
    let output = kit.tamis(&["run", &recipe, "--input", &format!("{host}/nothing.jsonl")]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("404"), "{}", stderr(&output));
}
