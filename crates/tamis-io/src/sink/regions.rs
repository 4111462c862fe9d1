//! Labelled places in a picture, for the formats of detectors.

use tamis_core::geometry::{BBox, Polygon};
use tamis_core::record::Record;
use tamis_core::schema::Schema;
use tamis_core::{Name, Type, Value};

/// The fields of regions and boxes in the grid of one image.
pub(super) fn fields(schema: &Schema, image: &Name) -> Vec<Name> {
    let of = |name: &Name| schema.get(name).and_then(|field| field.of.clone());
    let places = schema.iter().filter(|(_, field)| {
        let ty = one(&field.ty);
        ty == Type::Box || (ty.member("box").is_some() && ty.fits(&Type::Region))
    });
    places.map(|(name, _)| name).filter(|name| of(name).is_none_or(|frame| frame == *image)).cloned().collect()
}

/// The type, or that of an element of a list.
pub(super) fn one(ty: &Type) -> Type {
    match ty.required() {
        Type::List(inner) => inner.required().clone(),
        other => other.clone(),
    }
}

/// A labelled place, in pixels of its image.
pub(super) struct Labelled<'a> {
    pub(super) label: &'a str,
    pub(super) bbox: BBox,
    pub(super) polygon: Option<&'a Polygon>,
    pub(super) score: Option<f64>,
    /// the number of its class, where the region says it
    pub(super) class_id: Option<i64>,
}

/// The places in the fields of a record. A box without a label has its field's name; a region without place (a mask
/// alone) has nothing that these formats could hold and is left out.
pub(super) fn of<'a>(record: &'a Record, fields: &'a [Name]) -> impl Iterator<Item = Labelled<'a>> {
    fields.iter().flat_map(move |name| {
        let values: &[Value] = match record.get(name) {
            Some(Value::List(regions)) => regions,
            Some(region) => std::slice::from_ref(region),
            None => &[],
        };
        values.iter().filter_map(move |region| labelled(region, name))
    })
}

fn labelled<'a>(region: &'a Value, field: &'a str) -> Option<Labelled<'a>> {
    let polygon = match region.get("polygon") {
        Some(Value::Polygon(polygon)) => Some(&**polygon),
        _ => None,
    };
    let bbox = region.as_box().or_else(|| region.get("box").and_then(Value::as_box)).or_else(|| polygon.map(around))?;
    let label = region.get("label").and_then(Value::as_text).unwrap_or(field);
    let class_id = match region.get("class_id") {
        Some(Value::Int(number)) => Some(*number),
        _ => None,
    };
    Some(Labelled { label, bbox, polygon, score: region.get("score").and_then(Value::as_float), class_id })
}

fn around(polygon: &Polygon) -> BBox {
    let start = polygon.0.first().copied().unwrap_or_default();
    polygon.0.iter().fold(BBox::spanning(start, start), |BBox([x0, y0, x1, y1]), [x, y]| {
        BBox([x0.min(*x), y0.min(*y), x1.max(*x), y1.max(*y)])
    })
}
