use kurbo::{Point, Rect};

use super::step::*;
use super::*;
use crate::Color;

/// A stream that is good enough for tests.
fn stream(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed;
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

fn degrade(pixels: &Pixels, step: impl Into<Step>, seed: u64) -> Degraded {
    apply(pixels.clone(), &[step.into()], &mut stream(seed)).unwrap()
}

const SIDE: f64 = 12.0;

fn marks(width: u32, height: u32) -> Vec<Rect> {
    let mut marks = Vec::new();
    for j in 0..4 {
        for i in 0..4 {
            let x = (0.14 + 0.24 * f64::from(i)) * f64::from(width);
            let y = (0.14 + 0.24 * f64::from(j)) * f64::from(height);
            marks.push(Rect::new(x.round(), y.round(), x.round() + SIDE, y.round() + SIDE));
        }
    }
    marks
}

/// White, with black squares.
fn marked(width: u32, height: u32) -> Pixels {
    let mut scene = crate::scene::Scene::new(width, height, Color::WHITE);
    for (i, rect) in marks(width, height).into_iter().enumerate() {
        scene.push(crate::scene::Node::fill(format!("{i}"), "mark", rect, Color::BLACK));
    }
    crate::render::pixels(&scene).unwrap()
}

/// The middle of the darkness within 14 pixels of a place.
fn centroid(pixels: &Pixels, near: Point) -> Option<Point> {
    let (mut sum, mut x_sum, mut y_sum) = (0.0, 0.0, 0.0);
    let span = |at: f64, side: u32| (at - 14.0).max(0.0) as usize..((at + 14.0) as usize).min(side as usize);
    for y in span(near.y, pixels.height) {
        for x in span(near.x, pixels.width) {
            let dark = f64::from(255.0 - plane::luma(&pixels.rgba[(y * pixels.width as usize + x) * 4..]));
            let dark = if dark > 100.0 { dark } else { 0.0 };
            (sum, x_sum, y_sum) = (sum + dark, x_sum + dark * (x as f64 + 0.5), y_sum + dark * (y as f64 + 0.5));
        }
    }
    (sum > 3000.0).then(|| Point::new(x_sum / sum, y_sum / sum))
}

/// The farthest that a mark lies from where the motion says, over several draws.
fn error(step: impl Into<Step> + Clone) -> f64 {
    let (width, height) = (420, 560);
    let clean = marked(width, height);
    let mut worst: f64 = 0.0;
    let mut seen = 0;
    for seed in 0..6 {
        let after = degrade(&clean, step.clone(), seed);
        for mark in marks(width, height) {
            let expected = after.motion.point(mark.center());
            let moved = after.motion.rect(mark);
            if moved.clipped > 0.0 {
                continue;
            }
            seen += 1;
            let found = centroid(&after.pixels, expected).expect("the mark is where the motion says");
            worst = worst.max((found - expected).hypot());
        }
    }
    assert!(seen > 60, "{seen} marks in the frame");
    worst
}

#[test]
fn marks_of_a_skewed_sheet_are_where_the_motion_says() {
    let error =
        error(Skew { angle: Range::of(-12.0, 12.0), shear: Range::of(-0.05, 0.05), shift: Range::of(-0.02, 0.02) });
    assert!(error < 0.5, "{error}");
}

#[test]
fn marks_of_a_sheet_seen_from_aside_are_where_the_motion_says() {
    let error = error(Perspective::default());
    assert!(error < 0.5, "{error}");
}

#[test]
fn marks_of_a_warped_sheet_are_where_the_motion_says() {
    let error = error(Elastic { amplitude: Range::of(2.0, 8.0), smoothing: Range::of(30.0, 60.0) });
    assert!(error < 0.7, "{error}");
}

#[test]
fn marks_of_a_curled_sheet_are_where_the_motion_says() {
    let error = error(Curl { bend: Range::of(0.02, 0.08), shade: Range::of(0.0, 0.1) });
    assert!(error < 0.7, "{error}");
}

#[test]
fn marks_of_a_photographed_sheet_are_where_the_motion_says() {
    let error = error(Photo::default());
    assert!(error < 0.5, "{error}");
}

#[test]
fn marks_of_a_smaller_picture_are_where_the_motion_says() {
    let error = error(Resample { scale: Range::of(0.5, 0.9), restore: false });
    assert!(error < 0.5, "{error}");
}

#[test]
fn motions_of_a_chain_add_up() {
    let chain = [Skew::default().into(), Elastic::default().into(), Photo::default().into()];
    let clean = marked(420, 560);
    let after = apply(clean, &chain, &mut stream(5)).unwrap();
    for mark in marks(420, 560) {
        let expected = after.motion.point(mark.center());
        let found = centroid(&after.pixels, expected).unwrap();
        assert!((found - expected).hypot() < 0.7, "{found:?} {expected:?}");
        let back = after.motion.back(expected);
        assert!((back - mark.center()).hypot() < 0.01, "{back:?}");
    }
}

fn moves(step: &Step) -> bool {
    matches!(step, Step::Skew(_) | Step::Perspective(_) | Step::Elastic(_) | Step::Curl(_) | Step::Photo(_))
}

#[test]
fn what_does_not_move_pixels_says_so_and_does_not() {
    let clean = marked(420, 560);
    for step in Step::every().into_iter().filter(|s| !moves(s)) {
        let after = degrade(&clean, step.clone(), 3);
        assert!(after.motion.is_still(), "{step:?}");
        assert_eq!((after.pixels.width, after.pixels.height), (420, 560), "{step:?}");
        let far = marks(420, 560).into_iter().map(|m| {
            let found = centroid(&after.pixels, m.center());
            found.map_or(0.0, |p| (p - m.center()).hypot())
        });
        let mut far: Vec<f64> = far.collect();
        far.sort_by(f64::total_cmp);
        // A blot or a hair may lie beside one of them.
        assert!(far[12] < 0.7, "{step:?} {far:?}");
    }
}

#[test]
fn the_same_stream_gives_the_same_bytes_and_another_gives_others() {
    let clean = marked(160, 120);
    for preset in Preset::ALL {
        let once = degrade(&clean, Step::Preset(preset), 7);
        assert_eq!(once, degrade(&clean, Step::Preset(preset), 7), "{preset:?}");
        assert_ne!(once.pixels, degrade(&clean, Step::Preset(preset), 8).pixels, "{preset:?}");
    }
}

#[test]
fn the_smallest_and_thinnest_pictures_pass() {
    for (width, height) in [(1, 1), (1, 300), (300, 1), (2, 2), (7, 3), (9, 17)] {
        let clean = Pixels::filled(width, height, Color::rgb(0xd0c0b0));
        for step in Step::every().into_iter().chain(Preset::ALL.map(Step::Preset)) {
            for seed in 0..4 {
                let after = degrade(&clean, step.clone(), seed);
                let size = after.pixels.width as usize * after.pixels.height as usize;
                assert_eq!(after.pixels.rgba.len(), size * 4, "{step:?}");
                assert!(after.pixels.rgba.chunks_exact(4).all(|p| p[3] == 255), "{step:?}");
            }
        }
    }
}

#[test]
fn options_at_their_limits_pass() {
    let clean = marked(200, 150);
    let steps: [Step; 12] = [
        Skew { angle: Range::always(180.0), shear: Range::always(0.5), shift: Range::always(0.5) }.into(),
        Perspective {
            view: View {
                pitch: Range::always(50.0),
                yaw: Range::always(-50.0),
                roll: Range::always(180.0),
                distance: Range::always(1.0),
            },
            margin: Range::always(0.4),
        }
        .into(),
        Elastic { amplitude: Range::always(200.0), smoothing: Range::always(4.0) }.into(),
        Curl { bend: Range::always(0.15), shade: Range::always(0.9) }.into(),
        Blur { sigma: Range::always(12.0) }.into(),
        MotionBlur { length: Range::always(40.0), angle: Range::always(33.0) }.into(),
        Noise { sigma: Range::always(120.0), chroma: Range::always(1.0), grain: Range::always(8.0) }.into(),
        Strokes { kind: Change::Thicken, radius: Range::always(8.0), amount: Range::always(1.0) }.into(),
        Resample { scale: Range::always(0.02), restore: true }.into(),
        Jpeg { quality: Range::always(1.0), times: Range::always(10.0) }.into(),
        Folds {
            crumpled: Range::always(60.0),
            depth: Range::always(0.5),
            worn: Range::always(1.0),
            ..Folds::default()
        }
        .into(),
        Pen { count: Range::always(40.0), width: Range::always(12.0), size: Range::always(0.3) }.into(),
    ];
    for step in steps {
        let after = degrade(&clean, step.clone(), 1);
        let corner = after.motion.point(Point::new(0.0, 0.0));
        assert!(corner.x.is_finite() && corner.y.is_finite(), "{step:?}");
    }
}

#[test]
fn options_that_make_no_picture_are_refused_by_name() {
    let bad = [
        Step::from(Skew { angle: Range::of(f64::NAN, 2.0), ..Skew::default() }),
        Blur { sigma: Range::of(3.0, 1.0) }.into(),
        Step::sometimes(1.5, [Jpeg { quality: Range::of(0.0, 50.0), ..Jpeg::default() }.into()]),
        Step::OneOf(vec![]),
    ];
    let text = check(&bad).iter().map(|p| format!("{p}\n")).collect::<String>();
    for name in ["skew.angle", "blur.sigma", "sometimes.probability", "jpeg.quality", "one_of.steps"] {
        assert!(text.contains(name), "{name} in {text}");
    }
    let refused = apply(marked(50, 50), &bad, &mut stream(0)).unwrap_err();
    assert!(refused.to_string().contains("blur.sigma: expected [low, high] within 0 to 12"), "{refused}");
}

#[test]
fn every_default_and_preset_passes_its_own_check() {
    assert_eq!(check(&Step::every()), []);
    for preset in Preset::ALL {
        assert_eq!(check(&preset.chain()), [], "{preset:?}");
    }
}

#[test]
fn pictures_without_pixels_or_too_large_are_refused() {
    let empty = Pixels { width: 0, height: 5, rgba: Vec::new() };
    assert!(matches!(apply(empty, &[], &mut stream(0)), Err(DegradeError::Malformed { .. })));
    let short = Pixels { width: 4, height: 4, rgba: vec![0; 63] };
    assert!(matches!(apply(short, &[], &mut stream(0)), Err(DegradeError::Malformed { bytes: 63, .. })));
    let huge = Pixels { width: u32::MAX, height: u32::MAX, rgba: Vec::new() };
    assert!(apply(huge, &[], &mut stream(0)).is_err());
}

#[test]
fn boxes_that_leave_the_frame_say_how_much_of_them_is_lost() {
    let half_out = Skew { angle: Range::always(0.0), shear: Range::always(0.0), shift: Range::always(-0.25) };
    let after = degrade(&marked(200, 200), half_out, 0);
    let moved = after.motion.rect(Rect::new(0.0, 100.0, 100.0, 150.0));
    assert!((moved.clipped - 0.5).abs() < 1e-9, "{moved:?}");
    assert_eq!(moved.bbox, Some(Rect::new(0.0, 50.0, 50.0, 100.0)));
    let lost = after.motion.rect(Rect::new(0.0, 0.0, 40.0, 40.0));
    assert_eq!((lost.bbox, lost.clipped), (None, 1.0));
    assert_eq!(after.motion.point_in_frame(Point::new(20.0, 20.0)), None);
}

#[test]
fn a_turn_is_counter_clockwise() {
    let quarter = Skew { angle: Range::always(90.0), shear: Range::always(0.0), shift: Range::always(0.0) };
    let after = degrade(&marked(200, 200), quarter, 0);
    let right = after.motion.point(Point::new(150.0, 100.0));
    assert!((right - Point::new(100.0, 50.0)).hypot() < 1e-9, "what was at the right is above: {right:?}");
}

#[test]
fn masks_move_as_pixels_do() {
    let clean = marked(420, 560);
    let mask: Vec<u8> = clean.rgba.chunks_exact(4).map(|p| 255 - p[0]).collect();
    let bend = Elastic { amplitude: Range::always(5.0), ..Elastic::default() };
    let after = degrade(&clean, bend, 2);
    let moved = after.motion.mask(&mask).unwrap();
    for (m, p) in moved.iter().zip(after.pixels.rgba.chunks_exact(4)) {
        assert!(m.abs_diff(255 - p[0]) <= 2, "{m} {}", p[0]);
    }
    assert_eq!(after.motion.mask(&mask[1..]), None);
}

#[test]
fn bent_boxes_hold_everything_that_was_in_them() {
    let bend = Elastic { amplitude: Range::always(8.0), smoothing: Range::always(40.0) };
    let after = degrade(&marked(420, 560), bend, 4);
    let rect = Rect::new(60.0, 80.0, 330.0, 400.0);
    let bbox = after.motion.rect(rect).bbox.unwrap().inflate(0.5, 0.5);
    for k in 0..2000 {
        let (u, v) = (f64::from(k % 50) / 49.0, f64::from(k / 50) / 39.0);
        let p = Point::new(rect.x0 + u * rect.width(), rect.y0 + v * rect.height());
        assert!(bbox.contains(after.motion.point(p)), "{p:?}");
    }
}

#[test]
fn options_are_read_as_they_are_written() {
    let chain = [
        Step::sometimes(0.5, [Skew::default().into(), Bitmap::default().into()]),
        Step::OneOf(vec![Photo::default().into(), Step::Preset(Preset::OldPaper)]),
    ];
    let text = serde_json::to_string(&chain).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Step>>(&text).unwrap(), chain);
    let short: Step = serde_json::from_str(r#"{"blur": {"sigma": 2}}"#).unwrap();
    assert_eq!(short, Step::Blur(Blur { sigma: Range::always(2.0) }));
    assert!(serde_json::from_str::<Step>(r#"{"blur": {"sgima": 2}}"#).is_err());
    for (step, name) in Step::every().iter().map(|s| (s, serde_json::to_value(s).unwrap())) {
        let mut seen = Check { step: "", problems: Vec::new() };
        step.check(&mut seen);
        assert!(name.get(seen.step).is_some(), "problems name the step as recipes do: {}", seen.step);
    }
}
