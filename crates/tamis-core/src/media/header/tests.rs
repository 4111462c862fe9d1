use std::io::Cursor;

use proptest::prelude::*;

use super::samples::{Channel, LOSSY_WEBP, animated_png, animated_webp, exif, flat_jpeg, gif, jpeg, picture, png};
use super::samples::{raw_png, webp};
use super::*;

fn header(bytes: &[u8]) -> Result<Header, String> {
    read(&mut Cursor::new(bytes.to_vec()))
}

fn plain(format: Format, width: u32, height: u32) -> Header {
    let orientation = Orientation::Upright;
    Header { format, width, height, orientation, animated: false, channels: 3, bits: 8 }
}

fn rgba(width: u32, height: u32, alpha: u8) -> image::RgbaImage {
    image::RgbaImage::from_pixel(width, height, image::Rgba([9, 8, 7, alpha]))
}

#[test]
fn tells_format_and_size() {
    assert_eq!(header(&jpeg(picture(7, 5), None)), Ok(plain(Format::Jpeg, 7, 5)));
    assert_eq!(header(&png(picture(7, 5), None)), Ok(plain(Format::Png, 7, 5)));
    assert_eq!(header(&webp(picture(7, 5), None)), Ok(plain(Format::Webp, 7, 5)));
    assert_eq!(header(&LOSSY_WEBP), Ok(plain(Format::Webp, 10, 6)));
    assert_eq!(header(&gif(&[rgba(7, 5, 255)])), Ok(plain(Format::Gif, 7, 5)));
}

#[test]
fn tells_channels_and_bits() {
    let of = |bytes: &[u8]| header(bytes).map(|h| (h.channels, h.bits)).unwrap();
    assert_eq!(of(&jpeg(image::GrayImage::new(3, 3), None)), (1, 8));
    assert_eq!(
        of(&flat_jpeg(&[Channel(1, 0x11, 0), Channel(2, 0x11, 0), Channel(3, 0x11, 0), Channel(4, 0x11, 0)], None)),
        (4, 8)
    );
    assert_eq!(of(&png(image::ImageBuffer::<image::Luma<u16>, _>::new(3, 3), None)), (1, 16));
    assert_eq!(of(&png(image::GrayAlphaImage::new(3, 3), None)), (2, 8));
    assert_eq!(of(&png(rgba(3, 3, 0), None)), (4, 8));
    assert_eq!(of(&raw_png((8, 1), 1, 0, &[], &[0, 0xaa])), (1, 1));
    assert_eq!(of(&raw_png((8, 1), 1, 3, &[(b"PLTE", &[0; 6])], &[0, 0xaa])), (3, 8));
    assert_eq!(of(&raw_png((8, 1), 1, 3, &[(b"PLTE", &[0; 6]), (b"tRNS", &[0])], &[0, 0xaa])), (4, 8));
    assert_eq!(of(&webp(rgba(3, 3, 0), None)), (4, 8));
    assert_eq!(of(&gif(&[rgba(3, 3, 0)])), (4, 8));
}

#[test]
fn swaps_the_sides_that_the_orientation_swaps() {
    for number in 1..=8 {
        for little in [true, false] {
            let exif = exif(number.into(), little);
            let files = [jpeg(picture(7, 5), Some(exif.clone())), png(picture(7, 5), Some(exif.clone()))];
            for bytes in files.into_iter().chain([webp(picture(7, 5), Some(exif))]) {
                let header = header(&bytes).unwrap();
                assert_eq!(u8::from(header.orientation), number, "{}", header.format);
                let size = if number < 5 { (7, 5) } else { (5, 7) };
                assert_eq!((header.width, header.height), size, "{} {number}", header.format);
            }
        }
    }
}

#[test]
fn an_orientation_out_of_range_counts_as_upright() {
    for number in [0, 9, 300] {
        let bytes = jpeg(picture(7, 5), Some(exif(number, true)));
        assert_eq!(header(&bytes), Ok(plain(Format::Jpeg, 7, 5)));
    }
}

#[test]
fn exif_of_random_bytes_counts_as_upright() {
    let wild = [b"II*\0\xff\xff\xff\xff".to_vec(), b"II*\0\x08\0\0\0\xff\xff".to_vec(), b"II".to_vec(), Vec::new()];
    for exif in wild {
        assert_eq!(header(&jpeg(picture(7, 5), Some(exif.clone()))), Ok(plain(Format::Jpeg, 7, 5)));
        assert_eq!(header(&png(picture(7, 5), Some(exif))), Ok(plain(Format::Png, 7, 5)));
    }
}

#[test]
fn finds_the_frame_behind_segments_larger_than_the_buffer() {
    let plain_file = jpeg(picture(7, 5), Some(exif(6, false)));
    let mut bytes = plain_file[..2].to_vec();
    for _ in 0..20 {
        bytes.extend([0xff, 0xe2, 0xff, 0xff]);
        bytes.extend([0xab; 0xfffd]);
    }
    bytes.extend(&plain_file[2..]);
    let header = header(&bytes).unwrap();
    assert_eq!((header.width, header.height, header.orientation), (5, 7, Orientation::Rotate90));
}

#[test]
fn tells_animations_from_stills() {
    let animated = |bytes: &[u8]| header(bytes).unwrap().animated;
    assert!(animated(&gif(&[rgba(4, 4, 255), rgba(4, 4, 255)])));
    assert!(!animated(&gif(&[rgba(4, 4, 255)])));
    assert!(animated(&animated_png()));
    assert!(animated(&animated_webp()));
    assert_eq!(header(&animated_webp()).map(|h| (h.width, h.height)), Ok((20, 10)));
}

#[test]
fn names_what_is_no_picture() {
    let cases: [(&[u8], &str); 9] = [
        (b"", "the file is empty (0 bytes)"),
        (b"%PDF-1.7 and so on", "a PDF document"),
        (b"  <!DOCTYPE HTML><p>not found", "an HTML page"),
        (b"BM\x36\0\0\0", "a BMP picture"),
        (b"MM\0*\0\0\0\x08", "a TIFF picture"),
        (b"\0\0\0\x18ftypheic\0\0", "a HEIC picture"),
        (b"\0\0\0\x18ftypavif\0\0", "an AVIF picture"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"),
        (b"Dear reader, this is text.", "a text file"),
    ];
    for (bytes, expected) in cases {
        let message = header(bytes).unwrap_err();
        assert!(message.contains(expected) && message.ends_with("JPEG, PNG, WebP and GIF are read"), "{message}");
    }
    let message = header(&[1, 2, 0xff, 0xfe]).unwrap_err();
    assert!(message.contains("01 02 ff fe"), "{message}");
}

#[test]
fn refuses_sides_of_zero() {
    let mut file = jpeg(picture(7, 5), None);
    let frame = file.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    file[frame + 5..frame + 7].fill(0);
    assert_eq!(header(&file), Err("the JPEG header says 7x0 pixels; both sides must be at least 1".to_string()));
    assert!(header(&raw_png((0, 4), 8, 0, &[], &[])).unwrap_err().contains("0x4 pixels"));
}

#[test]
fn says_where_a_header_was_cut_off() {
    let file = jpeg(picture(7, 5), None);
    let message = header(&file[..23]).unwrap_err();
    assert!(message.contains("cut short"), "{message}");
    let message = header(&png(picture(7, 5), None)[..20]).unwrap_err();
    assert!(message.contains("cut short"), "{message}");
}

#[test]
fn is_written_without_what_is_usual() {
    let usual = plain(Format::Jpeg, 7, 5);
    assert_eq!(serde_json::to_string(&usual).unwrap(), r#"{"format":"jpeg","width":7,"height":5}"#);
    let unusual = Header { orientation: Orientation::Rotate90, animated: true, channels: 4, bits: 16, ..usual.clone() };
    let text = serde_json::to_string(&unusual).unwrap();
    assert!(text.ends_with(r#""orientation":6,"animated":true,"channels":4,"bits":16}"#), "{text}");
    assert_eq!(serde_json::from_str::<Header>(&text).unwrap(), unusual);
    assert!(serde_json::from_str::<Orientation>("9").is_err());
}

/// Counts what is read.
struct Counting {
    inner: Cursor<Vec<u8>>,
    read: usize,
}

impl Read for Counting {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.read += count;
        Ok(count)
    }
}

impl Seek for Counting {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.inner.seek(to)
    }
}

#[test]
fn reads_little_of_a_large_file() {
    let mut bytes = jpeg(picture(7, 5), None);
    bytes.resize(5_000_000, 0);
    let mut input = Counting { inner: Cursor::new(bytes), read: 0 };
    read(&mut input).unwrap();
    assert!(input.read <= 32 * 1024, "{} bytes were read", input.read);
}

fn samples() -> Vec<Vec<u8>> {
    let exif = || Some(exif(6, true));
    vec![
        jpeg(picture(7, 5), exif()),
        png(picture(7, 5), exif()),
        webp(picture(7, 5), exif()),
        LOSSY_WEBP.to_vec(),
        gif(&[rgba(7, 5, 255), rgba(7, 5, 0)]),
        animated_png(),
        animated_webp(),
    ]
}

#[test]
fn never_panics_wherever_a_file_is_cut() {
    for file in samples() {
        for end in 0..file.len() {
            let _ = header(&file[..end]);
        }
    }
}

proptest! {
    #[test]
    fn never_panics_on_random_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = header(&bytes);
    }

    #[test]
    fn never_panics_on_damaged_files(
        which in 0..7usize,
        damage in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..12),
    ) {
        let mut file = samples()[which].clone();
        for (at, byte) in damage {
            let at = at.index(file.len());
            file[at] = byte;
        }
        let _ = header(&file);
    }
}
