//! Which templates make sense for which pictures.

use super::Template;
use crate::world::{Part, Series, Sheet, World};

/// Whether a template makes sense for a part of a world (`None`: for the whole).
pub(crate) fn fits(template: &Template, world: &World, part: Option<usize>) -> bool {
    if template.several && world.parts.len() < 2 {
        return false;
    }
    let Some(part) = part else {
        let known = template.figure.as_ref().is_none_or(|f| world.facts.get(f).is_some());
        return known && template.page == world.is_page();
    };
    let part = &world.parts[part];
    family_fits(template, part)
        && size_fits(template, part)
        && template.needs.iter().all(|need| holds(need, template, part))
        && template.fact.as_ref().is_none_or(|f| f.contains('{') || part.facts.get(f).is_some())
}

fn family_fits(template: &Template, part: &Part) -> bool {
    let is_chart = !matches!(part.family, "table" | "formula");
    let family = match template.over.as_slice() {
        [] => is_chart,
        over => over.iter().any(|f| f == part.family),
    };
    family && (template.chart_kinds.is_empty() || template.chart_kinds.contains(&part.kind))
}

fn size_fits(template: &Template, part: &Part) -> bool {
    let within = |limits: Option<[usize; 2]>, n: usize| limits.is_none_or(|[least, most]| least <= n && n <= most);
    let columns = part.grid.as_ref().map_or(0, |g| g.columns.len());
    within(template.rows, part.sheet.rows.len())
        && within(template.series, part.sheet.series.len())
        && within(template.columns, columns)
}

/// Whether a need of the whole sheet holds; needs of one series are seen to when it is drawn.
fn holds(need: &str, template: &Template, part: &Part) -> bool {
    let sheet = &part.sheet;
    match need {
        "ordered" => sheet.ordered,
        "whole" => sheet.whole,
        "plain" => part.grid.as_ref().is_some_and(|g| g.plain),
        "stacks" => sheet.stacks,
        "same_unit" => {
            sheet.series.windows(2).all(|s| s[0].unit.symbol == s[1].unit.symbol && s[0].measure == s[1].measure)
        }
        "readable" => {
            let read = |s: &Series| s.numeric;
            !sheet.series.is_empty() && sheet.series.iter().all(read) && sheet.rows.len() <= 24
        }
        // Without a slot for a series, all of them must do.
        _ if !template.slots.iter().any(|s| s == "series") => sheet.series.iter().all(|s| series_holds(need, sheet, s)),
        _ => true,
    }
}

/// Whether a need of one series holds.
pub(super) fn series_holds(need: &str, sheet: &Sheet, series: &Series) -> bool {
    let cells = || series.cells.iter().flatten();
    match need {
        "numeric" => series.numeric,
        "exact" => series.numeric && cells().all(|c| c.error == 0.0),
        "additive" => series.unit.additive && series.unit.symbol != "%",
        "positive" => cells().all(|c| c.value.sign() > 0),
        "not_percent" => series.unit.symbol != "%",
        // A share of values that are shares already is the value itself: asked as a value.
        "share" => sheet.whole && series.unit.symbol != "%",
        _ => true,
    }
}
