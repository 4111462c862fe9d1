//! How tables look: themes after the conventions of many tools (`data/themes.json`), each varied by a seed.

use std::sync::LazyLock;

use serde::Deserialize;
use tamis_core::id::RecordId;
use tamis_core::rng::Rng;
use tamis_draw::Color;

use super::spec::ThemeChoice;

/// One theme. Lengths are in em of its text unless said otherwise.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Theme {
    /// What specs call it.
    pub name: String,
    /// Families, one of which is drawn by the seed.
    pub fonts: Vec<String>,
    /// Text size in pixels lies between these.
    pub size: [f64; 2],
    /// The text.
    pub ink: Color,
    /// The page.
    pub ground: Color,
    /// The table's body, if not the page.
    pub fill: Option<Color>,
    /// Rows whose number in the body is odd.
    pub stripe: Option<Color>,
    /// Space left and right of a text, above and below it: from and to.
    pub padding: [[f64; 2]; 2],
    /// Line to line.
    pub leading: f64,
    /// Column headers.
    pub head: Block,
    /// Row headers.
    pub stub: Block,
    /// Group rows.
    pub group: Block,
    /// Subtotals.
    pub subtotal: Block,
    /// Totals.
    pub total: Block,
    /// Where column headers stand.
    pub head_align: HeadAlign,
    /// All data in the middle, whatever the column says.
    pub centered: bool,
    /// Lines.
    pub rules: Rules,
    /// Where the caption is.
    pub caption: Caption,
}

/// A kind of rows or columns that differs from the body.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Block {
    /// Behind it.
    pub fill: Option<Color>,
    /// Its text.
    pub ink: Option<Color>,
    /// Bold text.
    pub bold: bool,
    /// Slanted text.
    pub italic: bool,
}

/// Where column headers stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeadAlign {
    /// As their column's data; spanning ones in the middle.
    #[default]
    Column,
    /// In the middle.
    Center,
    /// Where a line begins.
    Start,
}

/// Lines between and around cells; none where nothing is said.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rules {
    /// Above the table.
    pub top: Option<RuleStyle>,
    /// Below the table.
    pub bottom: Option<RuleStyle>,
    /// Left and right of the table.
    pub side: Option<RuleStyle>,
    /// Below the head.
    pub head: Option<RuleStyle>,
    /// Between rows of the head.
    pub head_row: Option<RuleStyle>,
    /// Below headers over several columns, shorter than they are.
    pub spanner: Option<RuleStyle>,
    /// Between columns in the head, if not as below it.
    pub head_column: Option<RuleStyle>,
    /// Between rows.
    pub row: Option<RuleStyle>,
    /// Between columns.
    pub column: Option<RuleStyle>,
    /// To the right of the stub.
    pub stub: Option<RuleStyle>,
    /// Above group rows.
    pub group: Option<RuleStyle>,
    /// Above totals.
    pub total: Option<RuleStyle>,
}

/// One kind of line, written "width colour form": `"0.8 #333333"`, `"1 #999999 dotted"`, `"0.6 #000000 double"`; width in
/// pixels at 16 pixels of text.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "String")]
pub struct RuleStyle {
    /// Pixels at 16 pixels of text.
    pub width: f64,
    /// Its colour.
    pub color: Color,
    /// Its form.
    pub form: RuleForm,
}

/// Forms of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleForm {
    /// Unbroken.
    Solid,
    /// Dots.
    Dotted,
    /// Dashes.
    Dashed,
    /// Two lines.
    Double,
}

/// Where the caption is and how it is set.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Caption {
    /// Below the table.
    pub below: bool,
    /// In the middle.
    pub center: bool,
    /// Bold.
    pub bold: bool,
    /// Slanted.
    pub italic: bool,
    /// Size by that of the text.
    pub scale: Option<f64>,
}

impl Default for Theme {
    fn default() -> Theme {
        Theme {
            name: String::new(),
            fonts: vec!["Arimo".to_string()],
            size: [14.0, 19.0],
            ink: Color::rgb(0x111111),
            ground: Color::WHITE,
            fill: None,
            stripe: None,
            padding: [[0.5, 0.9], [0.2, 0.4]],
            leading: 1.2,
            head: Block { bold: true, ..Block::default() },
            stub: Block::default(),
            group: Block { bold: true, ..Block::default() },
            subtotal: Block::default(),
            total: Block { bold: true, ..Block::default() },
            head_align: HeadAlign::Column,
            centered: false,
            rules: Rules::default(),
            caption: Caption::default(),
        }
    }
}

impl TryFrom<String> for RuleStyle {
    type Error = String;

    fn try_from(text: String) -> Result<RuleStyle, String> {
        let wrong = || format!("expected a line such as \"0.8 #333333 dotted\", found {text:?}");
        let mut words = text.split_whitespace();
        let width = words.next().and_then(|w| w.parse().ok()).filter(|w| *w > 0.0).ok_or_else(wrong)?;
        let color = words.next().ok_or_else(wrong)?.parse()?;
        let form = match words.next() {
            None => RuleForm::Solid,
            Some("dotted") => RuleForm::Dotted,
            Some("dashed") => RuleForm::Dashed,
            Some("double") => RuleForm::Double,
            Some(_) => return Err(wrong()),
        };
        Ok(RuleStyle { width, color, form })
    }
}

static THEMES: LazyLock<Vec<Theme>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../data/themes.json")).unwrap_or_default());

/// All themes.
pub fn themes() -> &'static [Theme] {
    &THEMES
}

/// A theme that is not in the list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ThemeError {
    /// No such name.
    #[error("no table theme is called {name:?}; did you mean {nearest:?}? There are {count}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The name most like it.
        nearest: String,
        /// How many there are.
        count: usize,
    },
    /// None of its fonts is there.
    #[error("the table theme {theme:?} names the fonts {fonts:?}, none of which is embedded")]
    Fonts {
        /// The theme.
        theme: String,
        /// What it names.
        fonts: Vec<String>,
    },
}

/// The theme of a name; the first of the list for an empty one.
///
/// # Errors
/// No such name: the nearest is named.
pub fn theme(name: &str) -> Result<&'static Theme, ThemeError> {
    let found = themes().iter().find(|t| t.name == name || name.is_empty());
    found.ok_or_else(|| {
        let alike = |t: &&Theme| t.name.chars().zip(name.chars()).take_while(|(a, b)| a == b).count();
        let nearest = themes().iter().max_by_key(alike).map(|t| t.name.clone()).unwrap_or_default();
        ThemeError::Unknown { name: name.to_string(), nearest, count: themes().len() }
    })
}

/// A theme with its ranges drawn: what the seed of a [`ThemeChoice`] fixes.
#[derive(Clone, Debug)]
pub(super) struct Look {
    pub theme: &'static Theme,
    pub family: String,
    pub size: f64,
    /// Pixels left and right of, above and below a text.
    pub pad: [f64; 2],
    /// Space in a column's width beyond what its texts need, as a part of it.
    pub slack: f64,
}

pub(super) fn look(choice: &ThemeChoice) -> Result<Look, ThemeError> {
    let theme = theme(&choice.name)?;
    let mut rng = Rng::keyed(choice.seed, RecordId::input(&theme.name), "table theme", &[]);
    let there: Vec<&String> = theme.fonts.iter().filter(|f| tamis_fonts::families().any(|have| have == **f)).collect();
    let family = rng.pick(&there).map(|f| (*f).clone());
    let family = family.ok_or_else(|| ThemeError::Fonts { theme: theme.name.clone(), fonts: theme.fonts.clone() })?;
    let size = rng.range(theme.size[0], theme.size[1]).round();
    let pad = theme.padding.map(|[low, high]| (rng.range(low, high) * size).round().max(1.0));
    let slack = if rng.unit() < 0.35 { rng.range(0.1, 0.6) } else { 0.0 };
    Ok(Look { theme, family, size, pad, slack })
}

/// A theme for a domain: any, those of the domain's tools more often.
pub fn theme_for(domain: &str, rng: &mut Rng) -> ThemeChoice {
    let close: &[&str] = match domain {
        "finance" => &["bank", "excel", "ledger", "annual", "statement"],
        "bank" => &["bank", "statement", "ledger", "receipt"],
        "science" | "survey" => &["journal", "booktabs", "latex", "apa", "preprint"],
        "timetable" | "school" => &["school", "word", "hand", "pastel"],
        "sports" => &["sport", "newspaper", "web", "dark"],
        "technical" => &["datasheet", "latex", "web", "engineering"],
        "contract" => &["word", "form", "legal"],
        _ => &["web", "newspaper", "office", "report"],
    };
    let weights: Vec<f64> =
        themes().iter().map(|t| if close.iter().any(|c| t.name.contains(c)) { 3.0 } else { 1.0 }).collect();
    ThemeChoice { name: themes()[rng.weighted(&weights)].name.clone(), seed: rng.seed() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_has_fifty_themes_of_different_names() {
        let all: Vec<Theme> = serde_json::from_str(include_str!("../../data/themes.json")).unwrap();
        let mut names: Vec<&str> = all.iter().map(|t| t.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all.len());
        assert!(all.len() >= 50, "{}", all.len());
    }

    #[test]
    fn every_theme_has_its_fonts_and_can_be_read() {
        for theme in themes() {
            look(&ThemeChoice { name: theme.name.clone(), seed: 1 }).unwrap();
            for font in &theme.fonts {
                assert!(tamis_fonts::families().any(|f| f == font), "{}: {font}", theme.name);
            }
            let body = theme.fill.unwrap_or(theme.ground);
            for block in [&theme.head, &theme.stub, &theme.group, &theme.subtotal, &theme.total] {
                let contrast = block.ink.unwrap_or(theme.ink).contrast(block.fill.unwrap_or(body));
                assert!(contrast >= 4.0, "{}: {contrast:.1}", theme.name);
            }
            let striped = theme.stripe.unwrap_or(body);
            assert!(theme.ink.contrast(striped) >= 4.0 && theme.ink.contrast(theme.ground) >= 4.0, "{}", theme.name);
        }
    }

    #[test]
    fn an_unknown_theme_is_refused_with_a_name_like_it() {
        assert!(theme("exel").unwrap_err().to_string().contains("did you mean"));
    }
}
