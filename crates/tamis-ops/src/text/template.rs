//! `text.template`

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::Scope;
use tamis_core::operator::{Bound, Context, OperatorConfig, Transform, Verdict};
use tamis_core::template::{Template, Vars};
use tamis_core::{Name, Record, StepError, Type};

/// Writes a text from a template: the record's fields set into fixed words.
///
/// For questions from a list of phrasings, captions from a detector's labels, anything that needs no model. The template
/// language is that of prompts; pictures cannot stand in a text.
///
/// Reads the fields that the template names, writes `into` (text). A record fails when the template cannot be rendered.
///
/// # Example
/// ```yaml example
/// step: { text.template: { template: "Where is the {{ label }}? Answer with {{ box }}.", into: question } }
/// types: { box: box of image }
/// images: { image: 64x48 }
/// in: { label: red car, box: [1, 2, 30, 40] }
/// out: { question: "Where is the red car? Answer with [1, 2, 30, 40]." }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TextTemplate {
    /// The template: the text itself, or the path of a file of the recipe (`.md`, `.txt`, `.jinja`).
    template: String,
    /// The field that receives the text.
    into: String,
}

impl OperatorConfig for TextTemplate {
    const NAME: &'static str = "text.template";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let template = scope.template("template", &self.template);
        let into = scope.write("into", &self.into, Type::Text);
        Bound::transform(Render { template: template?, into: into? })
    }
}

struct Render {
    template: Template,
    into: Name,
}

impl Transform for Render {
    fn apply(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
        let text = self.template.render(&Vars::of(record, ctx)).map_err(|e| StepError::field(&self.into, e))?;
        record.set(&self.into, text);
        Ok(Verdict::Pass)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, problems};

    #[test]
    fn a_template_may_be_a_file_of_the_recipe() {
        check(
            r#"
            step: { text.template: { template: prompts/ask.md, into: q } }
            files: { prompts/ask.md: "What is {{ thing }}?\n" }
            in: { thing: this }
            out: { q: What is this? }
            "#,
        );
    }

    #[test]
    fn a_name_that_no_field_has_and_a_file_that_is_not_there_are_problems() {
        let told = problems(r#"{ step: { text.template: { template: "{{ thimg }}", into: q } }, in: { thing: x } }"#);
        assert!(told.contains("thimg") && told.contains("did you mean `thing`"), "{told}");
        let told = problems("{ step: { text.template: { template: prompts/no.md, into: q } }, in: { thing: x } }");
        assert!(told.contains("prompts/no.md"), "{told}");
    }

    #[test]
    fn a_picture_in_a_text_fails_the_record() {
        check(
            r#"
            step: { text.template: { template: "Look: {{ image }}", into: q } }
            images: { image: 8x8 }
            fails: a picture cannot stand
            "#,
        );
    }
}
