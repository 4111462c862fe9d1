//! PNG for pictures that are drawn: what stays the same from row to row costs nearly nothing.
//!
//! A general encoder tries five filters on each row. Here each row is the difference to the one above it (PNG's "Up"), in
//! which level ground is zeros, and zeros are what `fdeflate` is fast at.

use std::io;

use fdeflate::Compressor;

use crate::scene::Pixels;

const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";
/// The filter of a row: the difference to the row above it.
const UP: u8 = 2;

/// A file of 8 bits a channel, without alpha. The sides must be above 0 and below 2^31.
pub(super) fn encode(pixels: &Pixels) -> io::Result<Vec<u8>> {
    let mut file = Vec::with_capacity(pixels.rgba.len() / 16);
    file.extend(SIGNATURE);
    let mut header = Vec::with_capacity(13);
    header.extend(pixels.width.to_be_bytes());
    header.extend(pixels.height.to_be_bytes());
    // 8 bits, RGB; the only ways to compress and to filter; not interlaced.
    header.extend([8, 2, 0, 0, 0]);
    chunk(&mut file, b"IHDR", &header)?;
    chunk(&mut file, b"IDAT", &compressed(pixels)?)?;
    chunk(&mut file, b"IEND", &[])?;
    Ok(file)
}

fn compressed(pixels: &Pixels) -> io::Result<Vec<u8>> {
    let stride = pixels.width as usize * 4;
    let mut compressor = Compressor::new(Vec::with_capacity(pixels.rgba.len() / 16))?;
    let mut still = vec![0; pixels.width as usize * 3 + 1];
    still[0] = UP;
    let (mut changed, mut above) = (still.clone(), vec![0; stride]);
    for row in pixels.rgba.chunks_exact(stride) {
        if *row == above[..] {
            compressor.write_data(&still)?;
            continue;
        }
        let differences = changed[1..].as_chunks_mut::<3>().0.iter_mut();
        for ((to, p), q) in differences.zip(row.as_chunks::<4>().0).zip(above.as_chunks::<4>().0) {
            *to = [p[0].wrapping_sub(q[0]), p[1].wrapping_sub(q[1]), p[2].wrapping_sub(q[2])];
        }
        compressor.write_data(&changed)?;
        above.copy_from_slice(row);
    }
    compressor.finish()
}

/// Length, name, content and checksum.
fn chunk(file: &mut Vec<u8>, name: &[u8; 4], content: &[u8]) -> io::Result<()> {
    let length = u32::try_from(content.len()).ok().filter(|length| *length < 1 << 31);
    let length = length.ok_or_else(|| io::Error::other("more than 2 GiB of compressed pixels"))?;
    file.extend(length.to_be_bytes());
    let start = file.len();
    file.extend(name);
    file.extend(content);
    let checksum = crc32fast::hash(&file[start..]);
    file.extend(checksum.to_be_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Level rows, gradients and noise, in a picture whose rows are no multiple of the compressor's steps.
    fn picture(width: u32, height: u32) -> Pixels {
        let mut state = 1u32;
        let rgba = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).flat_map(|(x, y)| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            match y % 4 {
                0 | 1 => [200, 201, 255, 255],
                2 => [x as u8, (x * 2) as u8, y as u8, 255],
                _ => [(state >> 8) as u8, (state >> 16) as u8, (state >> 24) as u8, 255],
            }
        });
        Pixels { width, height, rgba: rgba.collect() }
    }

    #[test]
    fn another_decoder_reads_the_same_pixels() {
        for (width, height) in [(1, 1), (3, 5), (37, 41), (640, 9)] {
            let pixels = picture(width, height);
            let file = encode(&pixels).unwrap_or_default();
            let read = image::load_from_memory_with_format(&file, image::ImageFormat::Png);
            let read = read.map(|r| (r.color(), r.to_rgba8().into_raw()));
            assert_eq!(read.ok(), Some((image::ColorType::Rgb8, pixels.rgba)), "{width} x {height}");
        }
    }

    #[test]
    fn level_ground_takes_a_hundredth() {
        let level = Pixels::filled(1000, 1000, crate::Color::rgb(0xfaf3e0));
        assert!(encode(&level).is_ok_and(|file| file.len() < 30_000));
    }
}
