//! `make.layout`

use std::sync::{Arc, OnceLock};

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::Scope;
use tamis_core::error::{StopReason, did_you_mean};
use tamis_core::id::RecordId;
use tamis_core::operator::{Bound, Context, OperatorConfig, Transform, Verdict};
use tamis_core::rng::Rng;
use tamis_core::{Name, Record, StepError, Type, Value};
use tamis_page::bestfit::{Crops, Parameters, Pool, PoolError, class_names, pack};

use super::pages::Pages;
use crate::value::to_value;

/// Packs a page densely from elements of a pool (Mesh-candidate BestFit).
///
/// A random element is placed anywhere. Then every empty rectangle that the edges of the placed elements span is a bin, and
/// at each step the pair of element and bin with the highest fill is placed, until nothing fits well, or the page has enough
/// elements. At last each element shrinks a little about its centre. The search is exact: it finds what trying all pairs
/// finds.
///
/// The pool is made of elements that we draw, of the 74 classes of M6Doc (headlines, paragraphs, tables, figures, formulas,
/// question numbers, ...), unless `pages` names a table of annotated pages and the run gives it: `--table pages=my/coco`.
/// Then every region of them is an element, with its label as the class; `draw.page` cuts it out. The run stops at a page
/// whose picture is missing or damaged. A box that sticks out of its page is cut to it. Only sizes are held in memory, about
/// 60 bytes an element.
///
/// Instances of classes with few of them also come in augmented variants (`packing.rare_class`, `packing.variants`).
///
/// Writes `into`, and the fields that are named: `align` (mean over the elements of how far each is from sharing an edge or
/// a middle line with another, lower is better) and `density` (the part of the page that is covered).
///
/// # Example
///
/// ```yaml example
/// step:
///   make.layout:
///     into: layout
///     align: align
///     density: density
///     classes: [table, figure]
///     instances: 2
///     packing: { page_width: [300, 300], page_aspect: [1, 1], elements_limit: 4 }
/// in: { id: 1 }
/// out: { layout: { width: 300, height: 300 } }
/// ```
///
/// The better half of many pages, drawn afterwards: `select.top: { score: density - 50 * align, share: 0.5 }`, then
/// `draw.page: { from: layout, into: image, elements: elements }`.
///
/// Source: DocLayout-YOLO (arXiv:2410.12628), section 3.1.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeLayout {
    /// The field for the spec.
    #[serde(default = "layout")]
    into: String,
    /// The field for how badly aligned the page is.
    align: Option<String>,
    /// The field for how dense it is.
    density: Option<String>,
    /// The table with annotated pages, rows of `{image: image, regions: list<region>}`. Declared `optional`, it need not be
    /// given; then elements are drawn, as without this option.
    pages: Option<String>,
    /// Class names in the order of their numbers; a region of another class stops the run. Default: for drawn elements the
    /// 74 of M6Doc, for pages all labels in the order of the alphabet.
    #[serde(default)]
    classes: Vec<String>,
    /// A box without area on its page: `fail` (default) stops the run, `drop` leaves the region out.
    #[serde(default)]
    invalid: Invalid,
    /// Drawn elements of each class, 1 to 2000; of common classes several times as many. Default 100.
    #[serde(default = "hundred")]
    instances: u32,
    /// The numbers of the method.
    #[serde(default)]
    packing: Parameters,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Invalid {
    /// the run stops
    #[default]
    Fail,
    /// the region is left out
    Drop,
}

fn layout() -> String {
    "layout".into()
}

fn hundred() -> u32 {
    100
}

impl OperatorConfig for MakeLayout {
    const NAME: &'static str = "make.layout";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let problems = self.packing.problems();
        for (name, problem) in &problems {
            scope.problem(&format!("packing.{name}"), problem);
        }
        let in_range = (1..=2000).contains(&self.instances);
        if !in_range {
            scope.problem("instances", format!("expected 1 to 2000, found {}", self.instances));
        }
        let known = named(scope, &self.classes, self.pages.is_none());
        let pages = self.pages.as_ref().map(|name| Pages::bind(scope, name));
        let into = scope.write("into", &self.into, Type::Json);
        let mut scores = Vec::new();
        for (at, name) in [("align", &self.align), ("density", &self.density)] {
            scores.push(match name {
                Some(name) => Some(scope.write(at, name, Type::Float)?),
                None => None,
            });
        }
        let density = scores.pop().flatten();
        let align = scores.pop().flatten();
        let pages = match pages {
            Some(pages) => Some(pages?),
            None => None,
        };
        let make = Make {
            pages,
            classes: self.classes,
            drop_invalid: self.invalid == Invalid::Drop,
            instances: self.instances,
            parameters: self.packing,
            into: into?,
            align,
            density,
            pool: OnceLock::new(),
        };
        Bound::transform(make).filter(|_| problems.is_empty() && in_range && known)
    }
}

/// Whether the classes can be told apart, and drawn if they have to be.
fn named(scope: &mut Scope<'_>, classes: &[String], drawn: bool) -> bool {
    let mut good = true;
    for (i, class) in classes.iter().enumerate() {
        let at = format!("classes[{i}]");
        if classes[..i].contains(class) {
            scope.problem(&at, format!("`{class}` stands there twice"));
            good = false;
        } else if drawn && !class_names().any(|known| known == class) {
            let hint = did_you_mean(class, class_names());
            scope.problem(&at, format!("expected a class of the 74 of M6Doc, found `{class}`{hint}"));
            good = false;
        }
    }
    good
}

struct Make {
    pages: Option<Pages>,
    classes: Vec<String>,
    drop_invalid: bool,
    instances: u32,
    parameters: Parameters,
    into: Name,
    align: Option<Name>,
    density: Option<Name>,
    /// the same for all records of a run
    pool: OnceLock<Result<Arc<Pool>, StepError>>,
}

impl Transform for Make {
    fn apply(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
        let pool = self.pool.get_or_init(|| self.pool(ctx).map(Arc::new)).clone()?;
        let packed = pack(&pool, &self.parameters, &mut ctx.rng(record));
        let packed = packed.ok_or_else(|| StepError::failed("the pool has no elements"))?;
        record.set(&self.into, to_value(&self.into, &packed.spec)?);
        for (name, score) in [(&self.align, packed.align), (&self.density, packed.density)] {
            if let Some(name) = name {
                record.set(name, Value::Float(score));
            }
        }
        Ok(Verdict::Pass)
    }
}

impl Make {
    fn pool(&self, ctx: &Context<'_>) -> Result<Pool, StepError> {
        let seed = Rng::keyed(ctx.host.seed(), RecordId::input("pool"), ctx.step, &[]).seed();
        let stop = |e: PoolError| StepError::Stop(StopReason::Machine(format!("{}: {e}", ctx.step)));
        let given = self.pages.as_ref().and_then(|pages| Some((pages, pages.table(ctx)?)));
        let Some((pages, table)) = given else {
            return Pool::drawn(&self.classes, self.instances, &self.parameters, seed).map_err(stop);
        };
        let mut crops = Crops::new(&self.classes, self.drop_invalid, &self.parameters);
        for row in 0..table.len() {
            crops.add(&pages.page(&**table, row, ctx)?).map_err(stop)?;
        }
        crops.pool(seed).map_err(stop)
    }
}
