use image::{DynamicImage, GrayAlphaImage, GrayImage, ImageBuffer, Luma, Rgb, Rgba, RgbaImage};
use proptest::prelude::*;

use super::*;
use crate::media::header::samples::{Channel, LOSSY_WEBP, animated_png, animated_webp, exif, flat_jpeg, gif, jpeg};
use crate::media::header::samples::{picture, png, raw_png, stored, webp};

fn decoded(bytes: &[u8]) -> Result<DynamicImage, String> {
    decode(bytes, &Limits::default())
}

#[test]
fn every_orientation_comes_out_upright_in_the_size_of_the_header() {
    let upright = picture(7, 5);
    for orientation in 1..=8 {
        let exif = Some(exif(orientation.into(), orientation % 2 == 0));
        for bytes in [png(stored(&upright, orientation), exif.clone()), webp(stored(&upright, orientation), exif)] {
            let header = header::read(&mut Cursor::new(bytes.clone())).unwrap();
            let image = decoded(&bytes).unwrap();
            assert_eq!((header.width, header.height), (image.width(), image.height()));
            assert_eq!(image, DynamicImage::ImageRgb8(upright.clone()), "{} {orientation}", header.format);
        }
    }
}

#[test]
fn every_orientation_of_a_jpeg_comes_out_upright() {
    // Blocks of 8 pixels of one colour each, so that little is lost.
    let upright = image::imageops::resize(&picture(3, 2), 48, 32, image::imageops::FilterType::Nearest);
    for orientation in 1..=8 {
        let bytes = jpeg(stored(&upright, orientation), Some(exif(orientation.into(), true)));
        let image = decoded(&bytes).unwrap().into_rgb8();
        assert_eq!(image.dimensions(), (48, 32));
        let near = |(a, b): (&u8, &u8)| a.abs_diff(*b) < 8;
        assert!(image.as_raw().iter().zip(upright.as_raw()).all(near), "{orientation}");
    }
}

#[test]
fn sixteen_bits_are_rounded_to_eight() {
    let grey = ImageBuffer::<Luma<u16>, Vec<u16>>::from_raw(4, 1, vec![0, 257 * 3, 257 * 3 + 129, 65535]).unwrap();
    assert_eq!(
        decoded(&png(grey, None)),
        Ok(DynamicImage::ImageLuma8(GrayImage::from_raw(4, 1, vec![0, 3, 4, 255]).unwrap()))
    );
    let colour = ImageBuffer::<Rgb<u16>, Vec<u16>>::from_pixel(2, 1, Rgb([0, 257 * 7, 65535]));
    assert_eq!(decoded(&png(colour, None)).unwrap().into_rgb8().as_raw(), &[0, 7, 255, 0, 7, 255]);
    let clear = ImageBuffer::<Rgba<u16>, Vec<u16>>::from_pixel(1, 1, Rgba([0, 257, 65535, 257 * 9]));
    assert_eq!(decoded(&png(clear, None)).unwrap().as_rgba8().unwrap().as_raw(), &[0, 1, 255, 9]);
}

#[test]
fn grey_with_alpha_becomes_rgba() {
    let image = GrayAlphaImage::from_raw(1, 2, vec![10, 20, 30, 40]).unwrap();
    assert_eq!(decoded(&png(image, None)).unwrap().as_rgba8().unwrap().as_raw(), &[10, 10, 10, 20, 30, 30, 30, 40]);
}

#[test]
fn palettes_and_few_bits_are_expanded() {
    let palette = [1, 2, 3, 200, 100, 50];
    let bytes = raw_png((4, 1), 1, 3, &[(b"PLTE", &palette)], &[0, 0b0110_0000]);
    assert_eq!(decoded(&bytes).unwrap().as_rgb8().unwrap().as_raw(), &[1, 2, 3, 200, 100, 50, 200, 100, 50, 1, 2, 3]);
    let bytes = raw_png((2, 1), 1, 3, &[(b"PLTE", &palette), (b"tRNS", &[7])], &[0, 0b0100_0000]);
    assert_eq!(decoded(&bytes).unwrap().as_rgba8().unwrap().as_raw(), &[1, 2, 3, 7, 200, 100, 50, 255]);
    let bytes = raw_png((4, 1), 2, 0, &[], &[0, 0b0001_1011]);
    assert_eq!(decoded(&bytes).unwrap().as_luma8().unwrap().as_raw(), &[0, 85, 170, 255]);
}

#[test]
fn a_gif_is_rgb_if_it_is_opaque_and_rgba_if_not() {
    let opaque = RgbaImage::from_pixel(3, 2, Rgba([10, 20, 30, 255]));
    assert_eq!(
        decoded(&gif(std::slice::from_ref(&opaque))).unwrap().as_rgb8().unwrap().get_pixel(2, 1),
        &Rgb([10, 20, 30])
    );
    let clear = RgbaImage::from_pixel(3, 2, Rgba([0, 0, 0, 0]));
    assert_eq!(decoded(&gif(&[clear])).unwrap().as_rgba8().unwrap().get_pixel(2, 1)[3], 0);
}

#[test]
fn lossy_webp_is_decoded() {
    let image = decoded(&LOSSY_WEBP).unwrap().into_rgb8();
    assert_eq!(image.dimensions(), (10, 6));
    let pixel = image.get_pixel(5, 3);
    assert!(pixel[0].abs_diff(200) < 12 && pixel[1].abs_diff(40) < 12 && pixel[2].abs_diff(90) < 12, "{pixel:?}");
}

#[test]
fn animations_are_refused() {
    let frame = RgbaImage::from_pixel(3, 2, Rgba([10, 20, 30, 255]));
    let files = [gif(&[frame.clone(), frame]), animated_png(), animated_webp()];
    for (bytes, name) in files.iter().zip(["GIF", "PNG", "WebP"]) {
        let message = decoded(bytes).unwrap_err();
        assert_eq!(message, format!("an animated {name}, not a picture; extract a frame first"));
    }
}

#[test]
fn too_large_is_refused_before_memory_is_taken() {
    // Headers without pixels: these would fail as damaged if decoding began.
    let bytes = raw_png((40_000, 30_000), 8, 2, &[], &[]);
    let message = decoded(&bytes).unwrap_err();
    assert_eq!(message, "40000x30000 = 1200.0 megapixels; at most 100.0 megapixels are decoded");
    let bytes = raw_png((9_000, 9_000), 16, 6, &[], &[]);
    let message = decoded(&bytes).unwrap_err();
    assert_eq!(message, "9000x9000 = 81.0 megapixels need 618.0 MiB decoded; at most 256.0 MiB are allowed");
    let message = decode(&png(picture(7, 5), None), &Limits { pixels: 34, ..Limits::default() }).unwrap_err();
    assert!(message.starts_with("7x5"), "{message}");
}

/// Four channels without subsampling.
fn four(values: [u8; 4], adobe: Option<u8>) -> Vec<u8> {
    let mut id = 0;
    let channels = values.map(|value| {
        id += 1;
        Channel(id, 0x11, value)
    });
    flat_jpeg(&channels, adobe)
}

#[test]
fn cmyk_follows_the_adobe_convention_of_inverted_inks() {
    // Stored values are 255 minus the ink: 255 everywhere is white paper.
    let pixel = |bytes: &[u8]| decoded(bytes).map(|image| image.as_rgb8().unwrap().get_pixel(4, 4).0);
    assert_eq!(pixel(&four([255, 255, 255, 255], Some(0))), Ok([255, 255, 255]));
    assert_eq!(pixel(&four([0, 255, 255, 255], Some(0))), Ok([0, 255, 255]));
    assert_eq!(pixel(&four([255, 255, 255, 0], Some(0))), Ok([0, 0, 0]));
    assert_eq!(pixel(&four([200, 100, 50, 128], Some(0))), Ok([100, 50, 25]));
    assert_eq!(pixel(&four([200, 100, 50, 128], None)), Ok([100, 50, 25]), "without a marker");
}

#[test]
fn ycck_is_converted_to_cmyk_and_then_to_rgb() {
    // Y, Cb, Cr of (55, 55, 55), the complement of the stored inks (200, 200, 200).
    let image = decoded(&four([55, 128, 128, 255], Some(2))).unwrap();
    assert_eq!(image.as_rgb8().unwrap().get_pixel(0, 0).0, [200, 200, 200]);
    let image = decoded(&four([55, 128, 128, 0], Some(2))).unwrap();
    assert_eq!(image.as_rgb8().unwrap().get_pixel(0, 0).0, [0, 0, 0]);
}

#[test]
fn four_channels_that_would_come_out_wrong_are_refused() {
    let message = decoded(&four([1, 2, 3, 4], Some(1))).unwrap_err();
    assert!(message.contains("4 channels and an Adobe marker for 3"), "{message}");
    let fine_black = [Channel(1, 0x11, 9), Channel(2, 0x11, 9), Channel(3, 0x11, 9), Channel(4, 0x22, 9)];
    let message = decoded(&flat_jpeg(&fine_black, Some(0))).unwrap_err();
    assert!(message.contains("first channel coarser than another"), "{message}");
}

#[test]
fn three_channels_are_ycbcr_unless_a_marker_or_their_names_say_rgb() {
    let pixel = |bytes: &[u8]| decoded(bytes).map(|image| image.as_rgb8().unwrap().get_pixel(0, 0).0);
    let channels = || [Channel(1, 0x11, 50), Channel(2, 0x11, 128), Channel(3, 0x11, 128)];
    assert_eq!(pixel(&flat_jpeg(&channels(), None)), Ok([50, 50, 50]));
    assert_eq!(pixel(&flat_jpeg(&channels(), Some(0))), Ok([50, 128, 128]));
    let named = [Channel(b'R', 0x11, 50), Channel(b'G', 0x11, 128), Channel(b'B', 0x11, 128)];
    assert_eq!(pixel(&flat_jpeg(&named, None)), Ok([50, 128, 128]), "marked by their names");
    assert_eq!(pixel(&flat_jpeg(&named, Some(0))), Ok([50, 128, 128]));
}

#[test]
fn two_channels_are_refused() {
    let message = decoded(&flat_jpeg(&[Channel(1, 0x11, 9), Channel(2, 0x11, 9)], None)).unwrap_err();
    assert!(message.starts_with("a JPEG of 2 channels"), "{message}");
}

fn samples() -> Vec<Vec<u8>> {
    let exif = || Some(exif(6, true));
    let opaque = RgbaImage::from_fn(17, 15, |x, y| Rgba([(x * 9) as u8, (y * 9) as u8, 30, 255]));
    vec![
        jpeg(picture(17, 15), exif()),
        png(picture(17, 15), exif()),
        webp(picture(17, 15), exif()),
        webp(picture(17, 15), None),
        LOSSY_WEBP.to_vec(),
        gif(&[opaque]),
        four([1, 2, 3, 4], Some(2)),
    ]
}

#[test]
fn a_file_cut_short_is_an_error_and_never_a_half_grey_picture() {
    for file in samples() {
        let whole = decoded(&file);
        assert!(whole.is_ok());
        for end in 0..file.len() {
            // Checksums at the very end may be missing, pixels not.
            let cut = decoded(&file[..end]);
            assert!(cut.is_err() || cut == whole, "{end} of {} bytes of {:?}", file.len(), &file[..4]);
        }
    }
}

#[test]
fn png_round_trips_and_is_the_same_each_time() {
    let pictures = [
        DynamicImage::ImageRgb8(picture(9, 4)),
        DynamicImage::ImageLuma8(GrayImage::from_pixel(3, 3, Luma([7]))),
        DynamicImage::ImageRgba8(RgbaImage::from_pixel(3, 3, Rgba([1, 2, 3, 4]))),
    ];
    for image in pictures {
        let bytes = encode_png(&image).unwrap();
        assert_eq!(decoded(&bytes), Ok(image.clone()));
        assert_eq!(encode_png(&image).unwrap(), bytes);
    }
    assert!(encode_png(&DynamicImage::new_rgb32f(1, 1)).unwrap_err().starts_with("cannot write a PNG"));
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = decoded(&bytes);
    }

    #[test]
    fn damaged_files_never_panic(
        which in 0..7usize,
        damage in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut file = samples()[which].clone();
        for (at, byte) in damage {
            let at = at.index(file.len());
            file[at] = byte;
        }
        let _ = decode(&file, &Limits { pixels: 1_000_000, bytes: 8 << 20 });
    }
}
