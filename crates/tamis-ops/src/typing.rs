//! Fields of types that are only known from a step's config.

use tamis_core::bind::Scope;
use tamis_core::{Field, Type};

/// A field of a computed type: geometry needs the image in whose grid it is, `of` or the only one there.
pub(crate) fn framed(scope: &mut Scope<'_>, ty: Type, of: Option<&str>) -> Option<Field> {
    if let Some(image) = of {
        if !ty.holds_geometry() {
            scope.problem("of", format!("{ty} has no coordinates that could be in the grid of an image"));
            return None;
        }
        let image = scope.read("of", image, &Type::Image)?;
        return Some(Field::in_frame(ty, image.name));
    }
    if !ty.holds_geometry() {
        return Some(Field::new(ty));
    }
    match scope.schema().images().as_slice() {
        [image] => Some(Field::in_frame(ty, image.clone())),
        images => {
            let found = if images.is_empty() { "none".to_string() } else { images.join(", ") };
            scope.problem("of", format!("{ty} needs the image in whose grid it is; images at this place: {found}"));
            None
        }
    }
}
