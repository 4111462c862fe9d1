//! Format, size and orientation of a picture from its first bytes, without decoding a pixel.
//!
//! Sources: JPEG is ITU-T T.81 annex B, EXIF orientation is CIPA DC-008 tag 0x0112, PNG is the W3C recommendation
//! (third edition, with `acTL` and `eXIf`), WebP is RFC 9649, GIF is the GIF89a specification.

use std::fmt;
use std::io::{ErrorKind, Read, Seek, SeekFrom};

use serde::{Deserialize, Serialize};

/// Bytes that can be read from any position.
pub trait ReadSeek: Read + Seek + Send {}

impl<T: Read + Seek + Send> ReadSeek for T {}

/// A picture format that is read; told by the first bytes, never by the file name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// JPEG, baseline or progressive
    Jpeg,
    /// PNG, also animated
    Png,
    /// WebP, lossy, lossless or extended
    Webp,
    /// GIF
    Gif,
}

/// What must be done to stored pixels so that they stand upright: the eight values of the EXIF orientation tag.
///
/// Written as its EXIF number, 1 to 8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
pub enum Orientation {
    /// 1: nothing, the pixels are upright
    #[default]
    Upright,
    /// 2: mirror left and right
    FlipHorizontal,
    /// 3: turn by 180 degrees
    Rotate180,
    /// 4: mirror top and bottom
    FlipVertical,
    /// 5: mirror along the diagonal from top left to bottom right
    Transpose,
    /// 6: turn by 90 degrees clockwise
    Rotate90,
    /// 7: mirror along the diagonal from top right to bottom left
    Transverse,
    /// 8: turn by 270 degrees clockwise
    Rotate270,
}

/// What is known of a picture before decoding it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// the format of the bytes
    pub format: Format,
    /// width in pixels of the UPRIGHT picture, at least 1
    pub width: u32,
    /// height in pixels of the UPRIGHT picture, at least 1
    pub height: u32,
    /// how stored pixels become upright; already accounted for in `width` and `height`
    #[serde(default, skip_serializing_if = "is_default")]
    pub orientation: Orientation,
    /// whether it is an animation (APNG, animated WebP, GIF with more than one frame)
    #[serde(default, skip_serializing_if = "is_default")]
    pub animated: bool,
    /// channels: 1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha; in a JPEG 4 means CMYK or YCCK.
    /// A palette counts as the colours that it holds
    #[serde(default = "three_channels", skip_serializing_if = "is_three_channels")]
    pub channels: u8,
    /// bits for each channel as stored: 8 unless it is a PNG of 1, 2, 4 or 16 bits or a JPEG of 12
    #[serde(default = "eight_bits", skip_serializing_if = "is_eight_bits")]
    pub bits: u8,
}

/// Reads the header at the start of `input`, with a few small reads and seeks over what is not needed.
///
/// Errors: an empty file, bytes of another format (named if it is known), a header cut short, a side of zero.
/// Data after the header is not looked at: a picture with a good header can still be damaged.
pub(super) fn read(input: &mut dyn ReadSeek) -> Result<Header, String> {
    let mut window = Window { input, buffer: Vec::new(), start: 0 };
    let first = window.up_to(0, 64)?.to_vec();
    match Format::of(&first) {
        Some(Format::Jpeg) => read_jpeg(&mut window),
        Some(Format::Png) => read_png(&mut window),
        Some(Format::Webp) => read_webp(&mut window),
        Some(Format::Gif) => read_gif(&mut window),
        None => Err(unknown(&first)),
    }
}

impl Format {
    /// The usual file name extension, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Jpeg => "jpg",
            Format::Png => "png",
            Format::Webp => "webp",
            Format::Gif => "gif",
        }
    }

    /// The media type, as in HTTP.
    pub fn mime(self) -> &'static str {
        match self {
            Format::Jpeg => "image/jpeg",
            Format::Png => "image/png",
            Format::Webp => "image/webp",
            Format::Gif => "image/gif",
        }
    }

    fn of(first: &[u8]) -> Option<Format> {
        match first {
            [0xff, 0xd8, 0xff, ..] => Some(Format::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Format::Png),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Format::Webp),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Format::Gif),
            _ => None,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Format::Jpeg => "JPEG",
            Format::Png => "PNG",
            Format::Webp => "WebP",
            Format::Gif => "GIF",
        })
    }
}

impl Orientation {
    const ALL: [Orientation; 8] = [
        Orientation::Upright,
        Orientation::FlipHorizontal,
        Orientation::Rotate180,
        Orientation::FlipVertical,
        Orientation::Transpose,
        Orientation::Rotate90,
        Orientation::Transverse,
        Orientation::Rotate270,
    ];

    /// Whether the stored width is the upright height.
    pub fn swaps_sides(self) -> bool {
        u8::from(self) >= 5
    }
}

impl From<Orientation> for u8 {
    fn from(orientation: Orientation) -> u8 {
        orientation as u8 + 1
    }
}

impl TryFrom<u8> for Orientation {
    type Error = String;

    fn try_from(number: u8) -> Result<Orientation, String> {
        let index = usize::from(number).wrapping_sub(1);
        let found = Orientation::ALL.get(index).copied();
        found.ok_or_else(|| format!("{number} is no orientation: EXIF has 1 to 8"))
    }
}

impl Header {
    /// Puts together what was found in a file; `width` and `height` are those of the stored pixels.
    fn of(format: Format, stored: (u32, u32), orientation: Orientation) -> Result<Header, String> {
        let (width, height) = stored;
        if width == 0 || height == 0 {
            return Err(format!("the {format} header says {width}x{height} pixels; both sides must be at least 1"));
        }
        let (width, height) = if orientation.swaps_sides() { (height, width) } else { (width, height) };
        Ok(Header { format, width, height, orientation, animated: false, channels: 3, bits: 8 })
    }
}

/// JPEG: walks the marker segments up to the frame header; EXIF may come before it.
fn read_jpeg(window: &mut Window<'_>) -> Result<Header, String> {
    const MOST_SEGMENTS: usize = 4096;
    let mut at = 2;
    let mut orientation = None;
    for _ in 0..MOST_SEGMENTS {
        let (marker, body) = next_marker(window, at)?;
        match marker {
            0x01 | 0xd0..=0xd8 => at = body,
            0xd9 | 0xda => return Err("the JPEG has no frame header before its image data".to_string()),
            _ => {
                let length = u64::from(u16::from_be_bytes(window.array(body)?));
                if length < 2 {
                    return Err(format!("the JPEG segment at byte {body} has length {length}; at least 2 is needed"));
                }
                match marker {
                    0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                        return jpeg_frame(window, body, orientation.unwrap_or_default());
                    }
                    0xe1 => orientation = orientation.or(jpeg_exif(window, body + 2, body + length)),
                    _ => {}
                }
                at = body + length;
            }
        }
    }
    Err(format!("the JPEG has more than {MOST_SEGMENTS} segments before its frame header"))
}

/// The next marker at or after `at`, and where its body begins. Stray bytes between segments are stepped over, as
/// decoders do.
fn next_marker(window: &mut Window<'_>, at: u64) -> Result<(u8, u64), String> {
    const MOST_STRAY: u64 = 64 * 1024;
    for here in at..at + MOST_STRAY {
        let [mark, code] = window.array(here)?;
        if mark == 0xff && code != 0xff && code != 0 {
            return Ok((code, here + 2));
        }
    }
    Err(format!("no JPEG marker within {MOST_STRAY} bytes after byte {at}"))
}

fn jpeg_frame(window: &mut Window<'_>, body: u64, orientation: Orientation) -> Result<Header, String> {
    let [_, _, bits, h1, h0, w1, w0, channels] = window.array(body)?;
    let stored = (u32::from(u16::from_be_bytes([w1, w0])), u32::from(u16::from_be_bytes([h1, h0])));
    Ok(Header { channels, bits, ..Header::of(Format::Jpeg, stored, orientation)? })
}

fn jpeg_exif(window: &mut Window<'_>, start: u64, end: u64) -> Option<Orientation> {
    (window.array(start).ok()? == *b"Exif\0\0").then(|| exif_orientation(window, start + 6, end))?
}

/// PNG: IHDR, then the chunks up to the image data.
fn read_png(window: &mut Window<'_>) -> Result<Header, String> {
    const MOST_CHUNKS: usize = 4096;
    if window.array(8)? != *b"\0\0\0\x0dIHDR" {
        return Err("the PNG does not begin with an IHDR chunk of 13 bytes".to_string());
    }
    let stored = (u32::from_be_bytes(window.array(16)?), u32::from_be_bytes(window.array(20)?));
    let [depth, colour] = window.array(24)?;
    let (channels, bits) = match colour {
        0 => (1, depth),
        2 => (3, depth),
        3 => (3, 8),
        4 => (2, depth),
        6 => (4, depth),
        _ => return Err(format!("the PNG has colour type {colour}; 0, 2, 3, 4 and 6 are known")),
    };
    let (mut animated, mut transparent, mut orientation) = (false, false, None);
    let mut at = 33;
    for _ in 0..MOST_CHUNKS {
        let [l3, l2, l1, l0, kind @ ..]: [u8; 8] = window.array(at)?;
        let length = u64::from(u32::from_be_bytes([l3, l2, l1, l0]));
        match &kind {
            b"IDAT" => {
                let header = Header::of(Format::Png, stored, orientation.unwrap_or_default())?;
                let channels = channels + u8::from(transparent && channels % 2 == 1);
                return Ok(Header { animated, channels, bits, ..header });
            }
            b"IEND" => return Err("the PNG has no image data (no IDAT chunk)".to_string()),
            b"acTL" => animated = true,
            b"tRNS" => transparent = true,
            b"eXIf" => orientation = orientation.or(exif_orientation(window, at + 8, at + 8 + length)),
            _ => {}
        }
        at += length + 12;
    }
    Err(format!("the PNG has more than {MOST_CHUNKS} chunks before its image data"))
}

/// WebP: the first chunk says everything but the orientation, which stands in a chunk behind the image data.
fn read_webp(window: &mut Window<'_>) -> Result<Header, String> {
    let kind: [u8; 4] = window.array(12)?;
    match &kind {
        b"VP8 " => {
            if window.array(23)? != [0x9d, 0x01, 0x2a] {
                return Err("the WebP image data does not begin with a VP8 key frame".to_string());
            }
            let side = |bytes| u32::from(u16::from_le_bytes(bytes) & 0x3fff);
            Header::of(Format::Webp, (side(window.array(26)?), side(window.array(28)?)), Orientation::Upright)
        }
        b"VP8L" => {
            let [signature, b0, b1, b2, b3] = window.array(20)?;
            if signature != 0x2f {
                return Err(format!("the lossless WebP data begins with {signature:#04x}; 0x2f was expected"));
            }
            let bits = u32::from_le_bytes([b0, b1, b2, b3]);
            let stored = ((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1);
            let channels = if bits >> 28 & 1 == 1 { 4 } else { 3 };
            Ok(Header { channels, ..Header::of(Format::Webp, stored, Orientation::Upright)? })
        }
        b"VP8X" => {
            let [flags, _, _, _, w0, w1, w2, h0, h1, h2] = window.array(20)?;
            let stored = (u32::from_le_bytes([w0, w1, w2, 0]) + 1, u32::from_le_bytes([h0, h1, h2, 0]) + 1);
            let animated = flags & 0x02 != 0;
            let exif = flags & 0x08 != 0 && !animated;
            let orientation = exif.then(|| webp_exif(window)).flatten().unwrap_or_default();
            let channels = if flags & 0x10 != 0 { 4 } else { 3 };
            Ok(Header { animated, channels, ..Header::of(Format::Webp, stored, orientation)? })
        }
        _ => Err(format!("the WebP begins with a `{}` chunk; VP8, VP8L or VP8X was expected", kind.escape_ascii())),
    }
}

fn webp_exif(window: &mut Window<'_>) -> Option<Orientation> {
    // A still picture has at most ICCP, ALPH, VP8, EXIF, XMP and a few unknown chunks.
    const MOST_CHUNKS: usize = 32;
    let mut at = 12;
    for _ in 0..MOST_CHUNKS {
        let [k0, k1, k2, k3, length @ ..]: [u8; 8] = window.array(at).ok()?;
        let length = u64::from(u32::from_le_bytes(length));
        if [k0, k1, k2, k3] == *b"EXIF" {
            // Some writers keep the prefix that belongs into a JPEG.
            let prefix = if window.array(at + 8).ok()? == *b"Exif\0\0" { 6 } else { 0 };
            return exif_orientation(window, at + 8 + prefix, at + 8 + length);
        }
        at += 8 + length + length % 2;
    }
    None
}

/// GIF: the logical screen, then the blocks until a second frame is found.
fn read_gif(window: &mut Window<'_>) -> Result<Header, String> {
    let [w0, w1, h0, h1, packed] = window.array(6)?;
    let stored = (u32::from(u16::from_le_bytes([w0, w1])), u32::from(u16::from_le_bytes([h0, h1])));
    let header = Header::of(Format::Gif, stored, Orientation::Upright)?;
    let mut walk = GifWalk { at: 13 + colour_table(packed), frames: 0, opaque: true };
    // A file that is cut short behind the screen still has a header: what was seen until there counts.
    while walk.frames < 2 && walk.step(window, stored)?.is_some() {}
    let channels = if walk.opaque { 3 } else { 4 };
    Ok(Header { animated: walk.frames > 1, channels, ..header })
}

/// A walk over the blocks of a GIF.
struct GifWalk {
    at: u64,
    frames: u32,
    /// whether no frame so far has transparent pixels or leaves a part of the screen empty
    opaque: bool,
}

impl GifWalk {
    /// Steps over one block; `None` at the end of the blocks.
    fn step(&mut self, window: &mut Window<'_>, screen: (u32, u32)) -> Result<Option<()>, String> {
        match window.array(self.at) {
            Ok([0x2c]) => self.frame(window, screen),
            Ok([0x21]) => self.extension(window),
            _ => Ok(None),
        }
    }

    fn frame(&mut self, window: &mut Window<'_>, screen: (u32, u32)) -> Result<Option<()>, String> {
        self.frames += 1;
        let Ok([_, left @ .., packed]) = window.array::<10>(self.at) else { return Ok(None) };
        let [x0, x1, y0, y1, w0, w1, h0, h1] = left;
        let side = |low, high| u32::from(u16::from_le_bytes([low, high]));
        self.opaque &= side(x0, x1) == 0 && side(y0, y1) == 0;
        self.opaque &= side(w0, w1) >= screen.0 && side(h0, h1) >= screen.1;
        self.skip_sub_blocks(window, self.at + 11 + colour_table(packed))
    }

    fn extension(&mut self, window: &mut Window<'_>) -> Result<Option<()>, String> {
        if let Ok([_, 0xf9, _, packed]) = window.array(self.at) {
            self.opaque &= packed & 1 == 0;
        }
        self.skip_sub_blocks(window, self.at + 2)
    }

    fn skip_sub_blocks(&mut self, window: &mut Window<'_>, first: u64) -> Result<Option<()>, String> {
        const MOST: usize = 4 << 20;
        self.at = first;
        for _ in 0..MOST {
            let Ok([length]) = window.array(self.at) else { return Ok(None) };
            self.at += 1 + u64::from(length);
            if length == 0 {
                return Ok(Some(()));
            }
        }
        Err(format!("the GIF has a frame of more than {MOST} blocks"))
    }
}

/// The size in bytes of the colour table that these flags announce.
fn colour_table(packed: u8) -> u64 {
    if packed & 0x80 == 0 { 0 } else { 3 << ((packed & 7) + 1) }
}

/// The orientation in the TIFF structure from `start` to `end`; none if there is no good one.
fn exif_orientation(window: &mut Window<'_>, start: u64, end: u64) -> Option<Orientation> {
    const ORIENTATION: u16 = 0x0112;
    let little = match window.array(start).ok()? {
        [b'I', b'I', 42, 0] => true,
        [b'M', b'M', 0, 42] => false,
        _ => return None,
    };
    let short = |bytes| if little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) };
    let long = |bytes| if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) };
    let directory = start + u64::from(long(window.array(start + 4).ok()?));
    if directory + 2 > end {
        return None;
    }
    for index in 0..u64::from(short(window.array(directory).ok()?)) {
        let entry = directory + 2 + 12 * index;
        if entry + 12 > end {
            return None;
        }
        let [t0, t1, k0, k1, _, _, _, _, value @ ..]: [u8; 12] = window.array(entry).ok()?;
        if short([t0, t1]) == ORIENTATION {
            let number = match short([k0, k1]) {
                1 => u32::from(value[0]),
                3 => u32::from(short([value[0], value[1]])),
                4 => long(value),
                _ => return None,
            };
            return Orientation::try_from(u8::try_from(number).ok()?).ok();
        }
    }
    None
}

/// A small buffer over the input that moves to wherever bytes are asked for.
struct Window<'a> {
    input: &'a mut dyn ReadSeek,
    buffer: Vec<u8>,
    /// position of the first byte of the buffer
    start: u64,
}

impl Window<'_> {
    /// How much is read at once: most headers fit, and EXIF thumbnails are stepped over.
    const SIZE: usize = 8 * 1024;

    fn array<const N: usize>(&mut self, at: u64) -> Result<[u8; N], String> {
        let found = self.up_to(at, N)?;
        found.try_into().map_err(|_| {
            let end = at + found.len() as u64;
            format!("the header is cut short: {N} bytes were expected at byte {at}, the data ends before byte {end}")
        })
    }

    /// `count` bytes at `at`, fewer if the input ends before.
    fn up_to(&mut self, at: u64, count: usize) -> Result<&[u8], String> {
        let end = self.start + self.buffer.len() as u64;
        if at < self.start || at + count as u64 > end {
            self.move_to(at)?;
        }
        let from = (at - self.start) as usize;
        let to = self.buffer.len().min(from + count);
        Ok(&self.buffer[from..to])
    }

    fn move_to(&mut self, at: u64) -> Result<(), String> {
        self.start = at;
        self.input.seek(SeekFrom::Start(at)).map_err(|e| read_error(&e))?;
        // Not `read_to_end`, which would feel its way with many small reads.
        self.buffer.resize(Window::SIZE, 0);
        let mut filled = 0;
        while filled < Window::SIZE {
            match self.input.read(&mut self.buffer[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(read_error(&e)),
            }
        }
        self.buffer.truncate(filled);
        Ok(())
    }
}

fn read_error(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::IsADirectory => "this is a directory; a picture file was expected".to_string(),
        _ => format!("cannot read the header: {error}"),
    }
}

/// Says what bytes without a known beginning seem to be.
fn unknown(first: &[u8]) -> String {
    const READ: &str = "JPEG, PNG, WebP and GIF are read";
    if first.is_empty() {
        return format!("the file is empty (0 bytes); {READ}");
    }
    match guess(first) {
        Some(what) => format!("these are the first bytes of {what}; {READ}"),
        None => {
            let shown: Vec<String> = first.iter().take(8).map(|b| format!("{b:02x}")).collect();
            format!("the first bytes ({}) are those of no known picture format; {READ}", shown.join(" "))
        }
    }
}

fn guess(first: &[u8]) -> Option<&'static str> {
    const KNOWN: [(&[u8], &str); 18] = [
        (b"%PDF", "a PDF document"),
        (b"BM", "a BMP picture"),
        (b"II*\0", "a TIFF picture"),
        (b"MM\0*", "a TIFF picture"),
        (b"II+\0", "a BigTIFF picture"),
        (b"8BPS", "a Photoshop document"),
        (b"\0\0\x01\0", "a Windows icon"),
        (b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
        (b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
        (b"\xff\x0a", "a JPEG XL picture"),
        (b"RIFF", "a RIFF file that is no WebP (WAV or AVI)"),
        (b"PK\x03\x04", "a ZIP archive"),
        (b"\x1f\x8b", "a gzip file"),
        (b"PAR1", "a Parquet file"),
        (b"version https://git-lfs", "a Git LFS pointer (the real file was not fetched: run `git lfs pull`)"),
        (b"OggS", "an Ogg file"),
        (b"ID3", "an MP3 file"),
        (b"\x1a\x45\xdf\xa3", "a Matroska or WebM video"),
    ];
    if let Some((_, what)) = KNOWN.iter().find(|(magic, _)| first.starts_with(magic)) {
        return Some(what);
    }
    if first.get(4..8) == Some(b"ftyp") {
        return Some(match first.get(8..12) {
            Some(b"avif" | b"avis") => "an AVIF picture",
            Some(b"heic" | b"heix" | b"heim" | b"hevc" | b"mif1" | b"msf1") => "a HEIC picture",
            _ => "an MP4 or QuickTime video",
        });
    }
    guess_text(first)
}

fn guess_text(first: &[u8]) -> Option<&'static str> {
    if first.iter().all(|&b| b == 0) {
        return Some("a file of zeros (perhaps an unfinished download)");
    }
    let text: Vec<u8> = first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(first).trim_ascii_start().to_ascii_lowercase();
    if text.starts_with(b"<!doctype html") || text.starts_with(b"<html") {
        return Some("an HTML page (perhaps the error page of a download)");
    }
    if text.starts_with(b"<svg") || text.starts_with(b"<?xml") {
        return Some("an XML or SVG file");
    }
    let printable = |&b: &u8| b >= 0x20 && b != 0x7f || matches!(b, b'\n' | b'\r' | b'\t');
    (text.len() >= 8 && text.iter().all(printable) && text.is_ascii()).then_some("a text file")
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn three_channels() -> u8 {
    3
}

fn is_three_channels(channels: &u8) -> bool {
    *channels == 3
}

fn eight_bits() -> u8 {
    8
}

fn is_eight_bits(bits: &u8) -> bool {
    *bits == 8
}

#[cfg(test)]
pub(super) mod samples;

#[cfg(test)]
mod tests;
