//! Colours as tools, journals and newspapers use them.

use tamis_core::rng::Rng;
use tamis_draw::Color;

use crate::look::style::Palette;

/// A list of colours, `0xrrggbb`.
pub(super) type Colors = &'static [u32];

/// Matplotlib's cycle (Tableau 10 of 2014).
pub(super) const TAB10: Colors =
    &[0x1f77b4, 0xff7f0e, 0x2ca02c, 0xd62728, 0x9467bd, 0x8c564b, 0xe377c2, 0x7f7f7f, 0xbcbd22, 0x17becf];
/// ColorBrewer Set2.
pub(super) const SET2: Colors = &[0x66c2a5, 0xfc8d62, 0x8da0cb, 0xe78ac3, 0xa6d854, 0xffd92f, 0xe5c494, 0xb3b3b3];
/// ColorBrewer Set1.
pub(super) const SET1: Colors = &[0xe41a1c, 0x377eb8, 0x4daf4a, 0x984ea3, 0xff7f00, 0xa65628, 0xf781bf, 0x999999];
/// ColorBrewer Dark2.
pub(super) const DARK2: Colors = &[0x1b9e77, 0xd95f02, 0x7570b3, 0xe7298a, 0x66a61e, 0xe6ab02, 0xa6761d, 0x666666];
/// Seaborn's "deep".
pub(super) const DEEP: Colors =
    &[0x4c72b0, 0xdd8452, 0x55a868, 0xc44e52, 0x8172b3, 0x937860, 0xda8bc3, 0x8c8c8c, 0xccb974, 0x64b5cd];
/// Seaborn's "muted".
pub(super) const MUTED: Colors =
    &[0x4878d0, 0xee854a, 0x6acc64, 0xd65f5f, 0x956cb4, 0x8c613c, 0xdc7ec0, 0x797979, 0xd5bb67, 0x82c6e2];
/// Seaborn's "colorblind".
pub(super) const COLORBLIND: Colors =
    &[0x0173b2, 0xde8f05, 0x029e73, 0xd55e00, 0xcc78bc, 0xca9161, 0xfbafe4, 0x949494, 0xece133, 0x56b4e9];
/// Seaborn's "husl" of eight.
pub(super) const HUSL: Colors = &[0xf77189, 0xce9032, 0x97a431, 0x32b166, 0x36ada4, 0x39a7d0, 0xa48cf4, 0xf561dd];
/// ggplot2's hues.
pub(super) const HUES: Colors =
    &[0xf8766d, 0x00bfc4, 0x7cae00, 0xc77cff, 0xe68613, 0x00a9ff, 0x0cb702, 0xff61cc, 0xaba300, 0x8494ff];
/// Matplotlib's "ggplot" cycle.
pub(super) const GGPLOT: Colors = &[0xe24a33, 0x348abd, 0x988ed5, 0x777777, 0xfbc15e, 0x8eba42, 0xffb5b8];
/// Vega's tableau10.
pub(super) const TABLEAU: Colors =
    &[0x4c78a8, 0xf58518, 0xe45756, 0x72b7b2, 0x54a24b, 0xeeca3b, 0xb279a2, 0xff9da6, 0x9d755d, 0xbab0ac];
/// Plotly's default.
pub(super) const PLOTLY: Colors =
    &[0x636efa, 0xef553b, 0x00cc96, 0xab63fa, 0xffa15a, 0x19d3f3, 0xff6692, 0xb6e880, 0xff97ff, 0xfecb52];
/// Plotly's G10.
pub(super) const GOOGLE: Colors =
    &[0x3366cc, 0xdc3912, 0xff9900, 0x109618, 0x990099, 0x0099c6, 0xdd4477, 0x66aa00, 0xb82e2e, 0x316395];
/// Office 2013.
pub(super) const OFFICE: Colors = &[0x4472c4, 0xed7d31, 0xa5a5a5, 0xffc000, 0x5b9bd5, 0x70ad47, 0x264478, 0x9e480e];
/// Office 2007.
pub(super) const OFFICE2007: Colors = &[0x4f81bd, 0xc0504d, 0x9bbb59, 0x8064a2, 0x4bacc6, 0xf79646, 0x2c4d75, 0x772c2a];
/// Office 2023.
pub(super) const OFFICE2023: Colors = &[0x156082, 0xe97132, 0x196b24, 0x0f9ed5, 0xa02b93, 0x4ea72e, 0x0a3a4e, 0x9e3d0f];
/// A weekly's charts.
pub(super) const WEEKLY: Colors = &[0x006ba2, 0xdb444b, 0x3ebcd2, 0x379a8b, 0xebb434, 0xb4ba39, 0x9a607f, 0x758d99];
/// A daily on salmon paper.
pub(super) const SALMON: Colors = &[0x0d7680, 0x990f3d, 0x593380, 0xff8833, 0x1e8fcc, 0x96cc28, 0xcc0000, 0x736b66];
/// A news site that argues with numbers.
pub(super) const POLLSTER: Colors = &[0x008fd5, 0xfc4f30, 0xe5ae38, 0x6d904f, 0x8b8b8b, 0x810f7c];
/// Nature Publishing Group (ggsci).
pub(super) const NPG: Colors = &[0xe64b35, 0x4dbbd5, 0x00a087, 0x3c5488, 0xf39b7f, 0x8491b4, 0x91d1c2, 0x7e6148];
/// Lancet (ggsci).
pub(super) const LANCET: Colors = &[0x00468b, 0xed0000, 0x42b540, 0x0099b4, 0x925e9f, 0xfdaf91, 0xad002a, 0x1b1919];
/// Okabe and Ito.
pub(super) const OKABE: Colors = &[0x0072b2, 0xd55e00, 0x009e73, 0xe69f00, 0x56b4e9, 0xcc79a7, 0xf0e442, 0x000000];
/// Black and greys, for print.
pub(super) const GREYS: Colors = &[0x222222, 0x8c8c8c, 0x595959, 0xbdbdbd, 0x404040, 0xa6a6a6];
/// A tool for engineers.
pub(super) const ENGINEER: Colors = &[0x0072bd, 0xd95319, 0xedb120, 0x7e2f8e, 0x77ac30, 0x4dbeee, 0xa2142f];
/// Dashboards on dark ground.
pub(super) const PANEL: Colors = &[0x73bf69, 0xf2cc0c, 0x5794f2, 0xff780a, 0xb877d9, 0xf2495c, 0x8ab8ff, 0xffa6b0];
/// Bright colours on dark ground.
pub(super) const NEON: Colors = &[0x00d4ff, 0xff5ca8, 0xffd166, 0x7cf29c, 0xb388ff, 0xff8a5b, 0x5eead4];
/// Calm colours on dark ground.
pub(super) const DUSK: Colors = &[0x8dd3c7, 0xfeffb3, 0xbfbbd9, 0xfa8174, 0x81b1d2, 0xfdb462, 0xb3de69, 0xbc82bd];
/// A tool for web pages.
pub(super) const WEB: Colors = &[0x2caffe, 0x544fc5, 0x00e272, 0xfe6a35, 0x6b8abc, 0xd568fb, 0x2ee0ca, 0xfa4b42];
/// A younger one.
pub(super) const WEB2: Colors = &[0x5470c6, 0x91cc75, 0xfac858, 0xee6666, 0x73c0de, 0x3ba272, 0xfc8452, 0x9a60b4];
/// Slides of a consultancy.
pub(super) const NAVY: Colors = &[0x0b2545, 0x13a89e, 0x8da9c4, 0xf2a541, 0x5c6b73, 0xd1495b];
/// Slides of a start-up.
pub(super) const CANDY: Colors = &[0x6c5ce7, 0x00b894, 0xfdcb6e, 0xe17055, 0x0984e3, 0xe84393];
/// Slides of a theme on earth colours.
pub(super) const EARTH: Colors = &[0x264653, 0x2a9d8f, 0xe9c46a, 0xf4a261, 0xe76f51, 0x8ab17d];
/// One dark grey and an accent or two: the less ink, the better.
pub(super) const INK: Colors = &[0x4d4d4d, 0xb22222, 0x9e9e9e, 0x1f5a92, 0x737373, 0xc78a1d];
/// The same in blue.
pub(super) const SLATE: Colors = &[0x3b5b73, 0xc0562f, 0x8fa6b5, 0x5f7d4f, 0xa58b5c, 0x6a5a7d];
/// Crayons.
pub(super) const CRAYON: Colors = &[0x3571a6, 0xd9453d, 0x4f9a55, 0xe39a2d, 0x7d5ba6, 0x7a5c44, 0xd875a8];
/// Felt pens.
pub(super) const FELT: Colors = &[0x1d3557, 0xe63946, 0x2a9d8f, 0xf4a261, 0x6a4c93, 0x457b9d];

pub(super) const VIRIDIS: Colors = &[0x440154, 0x3b528b, 0x21918c, 0x5ec962, 0xfde725];
pub(super) const PLASMA: Colors = &[0x0d0887, 0x7e03a8, 0xcc4778, 0xf89540, 0xf0f921];
pub(super) const MAGMA: Colors = &[0x000004, 0x51127c, 0xb73779, 0xfc8961, 0xfcfdbf];
pub(super) const BLUES: Colors = &[0xf7fbff, 0xc6dbef, 0x6baed6, 0x2171b5, 0x08306b];
pub(super) const GREENS: Colors = &[0xf7fcf5, 0xc7e9c0, 0x74c476, 0x238b45, 0x00441b];
pub(super) const ORANGES: Colors = &[0xfff5eb, 0xfdd0a2, 0xfd8d3c, 0xd94801, 0x7f2704];
pub(super) const YELLOW_RED: Colors = &[0xffffcc, 0xfed976, 0xfd8d3c, 0xe31a1c, 0x800026];
pub(super) const YELLOW_BLUE: Colors = &[0xffffd9, 0xc7e9b4, 0x41b6c4, 0x225ea8, 0x081d58];
pub(super) const ROCKET: Colors = &[0x03051a, 0x691f55, 0xcb1b4f, 0xf58860, 0xfaebdd];
pub(super) const NIGHT_BLUE: Colors = &[0x132b43, 0x2a5479, 0x3f7db0, 0x56b1f7];
pub(super) const PALE_GREYS: Colors = &[0xf7f7f7, 0xcccccc, 0x969696, 0x525252, 0x1a1a1a];

pub(super) const COOL_WARM: Colors = &[0x3b4cc0, 0x8db0fe, 0xdddddd, 0xf4987a, 0xb40426];
pub(super) const RED_BLUE: Colors = &[0xb2182b, 0xf4a582, 0xf7f7f7, 0x92c5de, 0x2166ac];
pub(super) const BROWN_TEAL: Colors = &[0x8c510a, 0xdfc27d, 0xf5f5f5, 0x80cdc1, 0x01665e];
pub(super) const PURPLE_GREEN: Colors = &[0x762a83, 0xc2a5cf, 0xf7f7f7, 0xa6dba0, 0x1b7837];

/// One of several.
pub(super) fn one_of<T: Copy>(rng: &mut Rng, items: &[T]) -> T {
    items[rng.below(items.len())]
}

/// True with this probability.
pub(super) fn chance(rng: &mut Rng, share: f64) -> bool {
    rng.unit() < share
}

/// A palette of these series, one of these ramps and one of these two-sided ramps.
pub(super) fn palette(rng: &mut Rng, series: &[Colors], ramps: &[Colors]) -> Palette {
    let series = one_of(rng, series).iter().copied().map(Color::rgb).collect::<Vec<_>>();
    let sequential = one_of(rng, ramps);
    let diverging = one_of(rng, &[COOL_WARM, RED_BLUE, BROWN_TEAL, PURPLE_GREEN]);
    let (up, down) =
        one_of(rng, &[(0x26a69a, 0xef5350), (0x2ca02c, 0xd62728), (0x3d9970, 0xff4136), (0x2f7ebc, 0xd1495b)]);
    let list = |colors: Colors| colors.iter().copied().map(Color::rgb).collect::<Vec<_>>();
    Palette {
        series,
        sequential: list(sequential),
        diverging: list(diverging),
        up: Color::rgb(up),
        down: Color::rgb(down),
        neutral: Color::rgb(0x808080),
        accent: Color::rgb(one_of(rng, &[0xd62728, 0xc0392b, 0xb5179e, 0x444444, 0xe67e22])),
    }
}
