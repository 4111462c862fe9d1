//! Surfaces seen from the side.

/// From where a unit cube is seen, without perspective.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View3 {
    /// Turn about the upright axis, degrees counter-clockwise as seen from above: 0 looks along rising y.
    pub azimuth: f64,
    /// Height of the eye above the horizon, degrees.
    pub elevation: f64,
}

/// Where a point of the unit cube (middle at 0.5) is seen: across, up, and its distance from the eye (larger is
/// further); all relative to the cube's middle, in units of its side.
pub fn project(view: View3, [x, y, z]: [f64; 3]) -> [f64; 3] {
    let (sin_a, cos_a) = view.azimuth.to_radians().sin_cos();
    let (sin_e, cos_e) = view.elevation.to_radians().sin_cos();
    let (x, y, z) = (x - 0.5, y - 0.5, z - 0.5);
    let (across, away) = (x * cos_a + y * sin_a, y * cos_a - x * sin_a);
    [across, z * cos_e + away * sin_e, away * cos_e - z * sin_e]
}
