//! Annotated pages that elements are cut out of: rows of a table with a picture and its regions.

use std::sync::Arc;

use tamis_core::bind::Scope;
use tamis_core::error::{StopReason, did_you_mean};
use tamis_core::media::Media;
use tamis_core::operator::Context;
use tamis_core::table::Table;
use tamis_core::value::Fields;
use tamis_core::{Name, StepError, Type, Value};
use tamis_draw::scene::Pixels;
use tamis_page::bestfit::AnnotatedPage;

const IMAGE: &str = "image";
const REGIONS: &str = "regions";

/// The table of the pages, bound.
pub(super) struct Pages {
    table: Name,
}

impl Pages {
    /// The table of that name, whose rows have to hold a picture `image` and its `regions`.
    pub(super) fn bind(scope: &mut Scope<'_>, name: &str) -> Option<Pages> {
        let tables = scope.surroundings().tables();
        let Some((table, schema)) = tables.get_key_value(name) else {
            let hint = did_you_mean(name, tables.keys().map(|known| &**known));
            let help = format!("declare it at the top: `tables: {{ {name}: {{ optional: true, fields: {FIELDS} }} }}`");
            scope.problem_with_help("pages", format!("no table is called `{name}`{hint}"), help);
            return None;
        };
        let fits = |field: &str, ty: &Type| schema.get(&Name::from(field)).is_some_and(|found| found.ty.fits(ty));
        if fits(IMAGE, &Type::Image) && fits(REGIONS, &Type::list(Type::Region)) {
            return Some(Pages { table: table.clone() });
        }
        let found: Vec<String> = schema.iter().map(|(name, field)| format!("{name}: {field}")).collect();
        scope.problem("pages", format!("expected a table with {FIELDS}, but `{name}` has {{{}}}", found.join(", ")));
        None
    }

    /// The table, if the run was given one.
    pub(super) fn table<'a>(&self, ctx: &Context<'a>) -> Option<&'a Arc<dyn Table>> {
        ctx.host.table(&self.table)
    }

    /// A page without its pixels; only the header of its picture is read.
    ///
    /// # Errors
    /// Stops the run: a picture that is missing or damaged spoils the pool of every record.
    pub(super) fn page(&self, table: &dyn Table, row: u64, ctx: &Context<'_>) -> Result<AnnotatedPage, StepError> {
        let fields = table.row(row)?;
        let media = self.picture(&fields, row)?;
        let header = media.header(&**ctx.media()).map_err(|e| self.stop(row, e.to_string()))?;
        let regions = match fields.get(REGIONS) {
            Some(Value::List(regions)) => regions.iter().map(region).collect(),
            _ => Vec::new(),
        };
        Ok(AnnotatedPage { name: self.named(row, media), width: header.width, height: header.height, regions })
    }

    /// A rectangle of a page as pixels, and the file name of the page.
    pub(super) fn crop(
        &self,
        row: u64,
        [x0, y0, x1, y1]: [u32; 4],
        ctx: &Context<'_>,
    ) -> Result<(Pixels, String), StepError> {
        let table = self.table(ctx).ok_or_else(|| StepError::failed(self.not_given()))?;
        let fields = table.row(row)?;
        let media = self.picture(&fields, row)?;
        let page = ctx.pixels(IMAGE, media)?;
        if x0 >= x1 || y0 >= y1 || x1 > page.width() || y1 > page.height() {
            let message = format!(
                "{}: expected a rectangle on the page of {} x {} pixels, found [{x0}, {y0}, {x1}, {y1}]",
                self.named(row, media),
                page.width(),
                page.height()
            );
            return Err(StepError::failed(message));
        }
        let part = page.crop_imm(x0, y0, x1 - x0, y1 - y0).to_rgba8();
        let pixels = Pixels { width: part.width(), height: part.height(), rgba: part.into_raw() };
        Ok((pixels, media.file_name().unwrap_or_else(|| format!("row {row}"))))
    }

    /// What is wrong when elements are cut out of pages that nobody named.
    pub(super) fn not_given(&self) -> String {
        format!("its elements are cut out of pages, but the table `{0}` was not given: --table {0}=PATH", self.table)
    }

    fn picture<'f>(&self, fields: &'f Fields, row: u64) -> Result<&'f Arc<Media>, StepError> {
        let media = fields.get(IMAGE).and_then(Value::as_media);
        media.ok_or_else(|| self.stop(row, "expected a picture, found nothing".into()))
    }

    fn named(&self, row: u64, media: &Media) -> String {
        let file = media.file_name().map(|name| format!(" ({name})")).unwrap_or_default();
        format!("row {} of the table `{}`{file}", row + 1, self.table)
    }

    fn stop(&self, row: u64, why: String) -> StepError {
        StepError::Stop(StopReason::Machine(format!("row {} of the table `{}`: {why}", row + 1, self.table)))
    }
}

/// What the table's rows have to hold.
const FIELDS: &str = "{ image: image, regions: list<region> }";

fn region(region: &Value) -> (String, Option<[f64; 4]>) {
    let label = region.get("label").and_then(Value::as_text).unwrap_or_default();
    let found = match (region.get("box"), region.get("polygon")) {
        (Some(Value::Box(found)), _) => Some(found.0),
        (_, Some(Value::Polygon(polygon))) => around(&polygon.0),
        _ => None,
    };
    (label.to_string(), found)
}

fn around(corners: &[[f64; 2]]) -> Option<[f64; 4]> {
    let [x, y] = *corners.first()?;
    Some(corners.iter().fold([x, y, x, y], |[x0, y0, x1, y1], [x, y]| [x0.min(*x), y0.min(*y), x1.max(*x), y1.max(*y)]))
}
