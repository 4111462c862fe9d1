//! A form of fields and files as it comes over the wire (`multipart/form-data`).

/// One field.
pub(super) struct Field<'a> {
    pub(super) name: String,
    pub(super) bytes: &'a [u8],
}

/// The fields of a form with this content type.
///
/// Errors, in words: another content type, a form that breaks off.
pub(super) fn read<'a>(kind: &str, body: &'a [u8]) -> Result<Vec<Field<'a>>, String> {
    let boundary = kind.split("boundary=").nth(1).map(|b| b.trim().trim_matches('"'));
    let boundary = boundary.filter(|_| kind.starts_with("multipart/form-data"));
    let boundary = boundary.ok_or_else(|| format!("expected a form (multipart/form-data), found `{kind}`"))?;
    let (first, next) = (format!("--{boundary}\r\n"), format!("\r\n--{boundary}"));
    let mut rest = body.strip_prefix(first.as_bytes()).ok_or("the form does not begin with its border")?;
    let mut fields = Vec::new();
    loop {
        let end = find(rest, b"\r\n\r\n").ok_or("a field of the form has no head")?;
        let head = String::from_utf8_lossy(&rest[..end]).into_owned();
        let content = &rest[end + 4..];
        let stop = find(content, next.as_bytes()).ok_or("the form breaks off")?;
        let name = head.split("; name=\"").nth(1).and_then(|text| text.split('"').next());
        fields.push(Field { name: name.unwrap_or_default().to_string(), bytes: &content[..stop] });
        rest = &content[stop + next.len()..];
        match rest.strip_prefix(b"\r\n") {
            Some(after) => rest = after,
            None => return Ok(fields),
        }
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
