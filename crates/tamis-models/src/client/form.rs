//! A form of fields and files (`multipart/form-data`).

/// A body under way.
pub(super) struct Form {
    boundary: String,
    body: Vec<u8>,
}

impl Form {
    /// An empty form; `seed` makes a border that is not in the files, which the hash of them is sure to be.
    pub(super) fn new(seed: &blake3::Hash) -> Form {
        Form { boundary: format!("tamis-{}", &seed.to_hex()[..32]), body: Vec::new() }
    }

    pub(super) fn field(&mut self, name: &str, value: &str) {
        self.part(&format!("name=\"{}\"", quoted(name)), None, value.as_bytes());
    }

    pub(super) fn file(&mut self, name: &str, file: &str, kind: &str, bytes: &[u8]) {
        self.part(&format!("name=\"{}\"; filename=\"{}\"", quoted(name), quoted(file)), Some(kind), bytes);
    }

    /// The content type and the body.
    pub(super) fn finish(mut self) -> (String, Vec<u8>) {
        self.body.extend_from_slice(format!("--{}--\r\n", self.boundary).as_bytes());
        (format!("multipart/form-data; boundary={}", self.boundary), self.body)
    }

    fn part(&mut self, disposition: &str, kind: Option<&str>, bytes: &[u8]) {
        let kind = kind.map_or(String::new(), |kind| format!("content-type: {kind}\r\n"));
        let head = format!("--{}\r\ncontent-disposition: form-data; {disposition}\r\n{kind}\r\n", self.boundary);
        self.body.extend_from_slice(head.as_bytes());
        self.body.extend_from_slice(bytes);
        self.body.extend_from_slice(b"\r\n");
    }
}

fn quoted(text: &str) -> String {
    text.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}
