//! Steps that clean, choose and group the regions of a picture. No pixel is looked at.

pub mod clean;
pub mod group;
pub mod mentions;
pub mod pairing;
pub mod unnest;

use tamis_core::bind::{FieldRef, Scope};
use tamis_core::{BBox, Type, Value};

/// A list of boxes, of regions, or of structs with a `box`.
pub(crate) fn boxes_field(scope: &mut Scope<'_>, at: &str, name: &str) -> Option<FieldRef> {
    let field = scope.read_any(at, name)?;
    match &field.ty {
        Type::List(element) if has_box(element) => Some(field),
        other => {
            let expected = "expected a list of boxes, or of things with a `box`";
            scope.problem(at, format!("{expected}, but `{name}` is {other}"));
            None
        }
    }
}

/// Such a list, or a single box or thing with a `box`; may be missing.
pub(crate) fn box_or_boxes_field(scope: &mut Scope<'_>, at: &str, name: &str) -> Option<FieldRef> {
    let field = scope.read_any(at, name)?;
    let element = field.ty.element();
    if has_box(element.as_ref().unwrap_or(&field.ty)) {
        return Some(field);
    }
    let expected = "expected a box, a thing with a `box`, or a list of them";
    scope.problem(at, format!("{expected}, but `{name}` is {}", field.ty));
    None
}

fn has_box(ty: &Type) -> bool {
    let is_box = |ty: &Type| *ty.required() == Type::Box;
    is_box(ty) || (*ty != Type::Json && ty.member("box").is_some_and(|member| is_box(&member)))
}

/// The box of an element of such a list.
pub(crate) fn box_of(element: &Value) -> Option<BBox> {
    element.as_box().or_else(|| element.get("box")?.as_box())
}

/// The elements of such a list.
pub(crate) fn elements(value: &Value) -> &[Value] {
    value.as_list().unwrap_or_default()
}
