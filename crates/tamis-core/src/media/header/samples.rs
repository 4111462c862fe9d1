//! Tiny pictures for tests, made here so that every byte of them is known.

use image::codecs::gif::GifEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{DynamicImage, Frame, ImageEncoder, Rgb, RgbImage, RgbaImage};

/// A picture without any symmetry: no two pixels of it are the same.
pub(in crate::media) fn picture(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| Rgb([(x * 16) as u8, (y * 16) as u8, 99]))
}

/// The pixels as they are stored in a file of this EXIF orientation, from the table of the EXIF standard: where the
/// first row and the first column of the stored pixels are in the upright picture.
pub(in crate::media) fn stored(upright: &RgbImage, orientation: u8) -> RgbImage {
    let (right, bottom) = (upright.width() - 1, upright.height() - 1);
    let (width, height) = if orientation < 5 { upright.dimensions() } else { (bottom + 1, right + 1) };
    RgbImage::from_fn(width, height, |column, row| {
        let (x, y) = match orientation {
            1 => (column, row),
            2 => (right - column, row),
            3 => (right - column, bottom - row),
            4 => (column, bottom - row),
            5 => (row, column),
            6 => (right - row, column),
            7 => (right - row, bottom - column),
            8 => (row, bottom - column),
            _ => panic!("no orientation: {orientation}"),
        };
        *upright.get_pixel(x, y)
    })
}

/// A TIFF structure with a few tags, the orientation among them.
pub(in crate::media) fn exif(orientation: u16, little: bool) -> Vec<u8> {
    let short = |n: u16| if little { n.to_le_bytes() } else { n.to_be_bytes() };
    let long = |n: u32| if little { n.to_le_bytes() } else { n.to_be_bytes() };
    let mut tiff = if little { b"II*\0".to_vec() } else { b"MM\0*".to_vec() };
    tiff.extend(long(8));
    tiff.extend(short(2));
    for (tag, value) in [(0x0103, 6), (0x0112, orientation)] {
        tiff.extend(short(tag));
        tiff.extend(short(3));
        tiff.extend(long(1));
        tiff.extend(short(value));
        tiff.extend([0, 0]);
    }
    tiff.extend(long(0));
    tiff
}

pub(in crate::media) fn encoded(image: &DynamicImage, mut encoder: impl ImageEncoder, exif: Option<Vec<u8>>) {
    if let Some(exif) = exif {
        encoder.set_exif_metadata(exif).unwrap();
    }
    image.write_with_encoder(encoder).unwrap();
}

pub(in crate::media) fn png(image: impl Into<DynamicImage>, exif: Option<Vec<u8>>) -> Vec<u8> {
    let mut bytes = Vec::new();
    encoded(&image.into(), PngEncoder::new(&mut bytes), exif);
    bytes
}

pub(in crate::media) fn jpeg(image: impl Into<DynamicImage>, exif: Option<Vec<u8>>) -> Vec<u8> {
    let mut bytes = Vec::new();
    encoded(&image.into(), JpegEncoder::new_with_quality(&mut bytes, 100), exif);
    bytes
}

pub(in crate::media) fn webp(image: impl Into<DynamicImage>, exif: Option<Vec<u8>>) -> Vec<u8> {
    let mut bytes = Vec::new();
    encoded(&image.into(), WebPEncoder::new_lossless(&mut bytes), exif);
    bytes
}

/// A lossy WebP of 10x6 pixels, all nearly (200, 40, 90).
pub(in crate::media) const LOSSY_WEBP: [u8; 50] = [
    0x52, 0x49, 0x46, 0x46, 0x2a, 0x00, 0x00, 0x00, 0x57, 0x45, 0x42, 0x50, 0x56, 0x50, 0x38, 0x20, 0x1e, 0x00, 0x00,
    0x00, 0x30, 0x01, 0x00, 0x9d, 0x01, 0x2a, 0x0a, 0x00, 0x06, 0x00, 0x0c, 0xc0, 0xce, 0x25, 0xa0, 0x00, 0x03, 0x70,
    0x00, 0xfe, 0xd0, 0xc2, 0xff, 0xad, 0x79, 0xfb, 0x91, 0xa5, 0x80, 0x00,
];

/// An extended WebP that claims to be an animation of 20x10 pixels.
pub(in crate::media) fn animated_webp() -> Vec<u8> {
    let mut bytes = b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0\x13\0\0\x09\0\0".to_vec();
    bytes.extend(b"ANIM\x06\0\0\0\0\0\0\0\0\0");
    bytes
}

pub(in crate::media) fn gif(frames: &[RgbaImage]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    encoder.encode_frames(frames.iter().cloned().map(Frame::new)).unwrap();
    drop(encoder);
    bytes
}

/// A PNG of chunks written by hand, with rows that already begin with their filter byte.
pub(in crate::media) fn raw_png(
    size: (u32, u32),
    depth: u8,
    colour: u8,
    chunks: &[(&[u8; 4], &[u8])],
    rows: &[u8],
) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = [size.0.to_be_bytes(), size.1.to_be_bytes()].concat();
    header.extend([depth, colour, 0, 0, 0]);
    let data = stored_zlib(rows);
    let all = [(b"IHDR", header.as_slice())].into_iter().chain(chunks.iter().copied());
    for (kind, body) in all.chain([(b"IDAT", data.as_slice()), (b"IEND", &[])]) {
        bytes.extend((body.len() as u32).to_be_bytes());
        let checked = [kind.as_slice(), body].concat();
        bytes.extend(&checked);
        bytes.extend(crc32(&checked).to_be_bytes());
    }
    bytes
}

/// An APNG of 4x4 grey pixels and two announced frames.
pub(in crate::media) fn animated_png() -> Vec<u8> {
    raw_png((4, 4), 8, 0, &[(b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0])], &[0; 20])
}

fn stored_zlib(data: &[u8]) -> Vec<u8> {
    let length = data.len() as u16;
    let mut bytes = vec![0x78, 0x01, 0x01];
    bytes.extend(length.to_le_bytes());
    bytes.extend((!length).to_le_bytes());
    bytes.extend(data);
    let (mut a, mut b) = (1u32, 0u32);
    for byte in data {
        a = (a + u32::from(*byte)) % 65521;
        b = (b + a) % 65521;
    }
    bytes.extend((b << 16 | a).to_be_bytes());
    bytes
}

fn crc32(data: &[u8]) -> u32 {
    !data.iter().fold(!0, |crc: u32, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

/// A channel of [`flat_jpeg`]: its name, samples across and down for each block, and the one value it has.
pub(in crate::media) struct Channel(pub(in crate::media) u8, pub(in crate::media) u8, pub(in crate::media) u8);

/// A baseline JPEG of 8x8 pixels of one colour: quantisation by 1 and a Huffman code for the constant term only, so
/// that the values that are stored are exactly those that were given.
pub(in crate::media) fn flat_jpeg(channels: &[Channel], adobe_transform: Option<u8>) -> Vec<u8> {
    let mut bytes = vec![0xff, 0xd8];
    let mut segment = |code: u8, body: &[u8]| {
        bytes.extend([0xff, code]);
        bytes.extend((body.len() as u16 + 2).to_be_bytes());
        bytes.extend(body);
    };
    if let Some(transform) = adobe_transform {
        segment(0xee, &[b"Adobe\0\x64\0\0\0\0".as_slice(), &[transform]].concat());
    }
    segment(0xdb, &[&[0][..], &[1; 64]].concat());
    // 12 codes of 4 bits for the sizes 0 to 11 of the constant term; 1 bit says that nothing follows it.
    segment(0xc4, &[&[0, 0, 0, 0, 12], &[0; 12][..], &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]].concat());
    segment(0xc4, &[&[0x10, 1], &[0; 15][..], &[0]].concat());
    let count = channels.len() as u8;
    let mut frame = vec![8, 0, 8, 0, 8, count];
    let mut scan = vec![count];
    let mut bits = String::new();
    for Channel(id, sampling, value) in channels {
        frame.extend([*id, *sampling, 0]);
        scan.extend([*id, 0]);
        let blocks = u32::from(sampling >> 4) * u32::from(sampling & 15);
        for block in 0..blocks {
            bits.push_str(&constant_term(if block == 0 { (i32::from(*value) - 128) * 8 } else { 0 }));
        }
    }
    scan.extend([0, 63, 0]);
    segment(0xc0, &frame);
    segment(0xda, &scan);
    while !bits.len().is_multiple_of(8) {
        bits.push('1');
    }
    for byte in bits.as_bytes().chunks(8) {
        let byte = u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 2).unwrap();
        bytes.push(byte);
        bytes.extend((byte == 0xff).then_some(0));
    }
    bytes.extend([0xff, 0xd9]);
    bytes
}

/// The code of a constant term that differs by `difference` from the last one, and the end-of-block code.
fn constant_term(difference: i32) -> String {
    let size = 32 - difference.unsigned_abs().leading_zeros();
    let value = if difference < 0 { difference - 1 } else { difference } & ((1 << size) - 1);
    let value = if size == 0 { String::new() } else { format!("{value:0width$b}", width = size as usize) };
    format!("{size:04b}{value}0")
}
