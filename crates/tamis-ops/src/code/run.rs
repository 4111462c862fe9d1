//! `code.run`

use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::convert::NoMedia;
use tamis_core::model::{CodeEnd, CodeReply, CodeRequest, Reply, Request, RoleKind};
use tamis_core::operator::{Bound, Context, OperatorConfig, Process, Reject, Verdict};
use tamis_core::template::{Template, Vars};
use tamis_core::{Field, Media, Name, Record, StepError, Type, Value};

use crate::image::paint::stored;
use crate::typing::framed;

/// Runs a program that a model or you wrote, and takes what it prints and draws.
///
/// For charts and diagrams from code, for checking a computed answer, for measuring what no operator measures. The role is
/// a sandbox: no network, no files but those named here, bounds on time and memory. The program is Python. Its text is a
/// template, so that one in a field is `{{ code }}`; a program that stands in a fence of three backticks is taken out of
/// it. In a program written here, `{% raw %}` keeps the template language away from its braces.
///
/// Pictures go in by `files`, under names that the program knows, and come out as the files that it wrote and that `outputs`
/// names. What it prints becomes `into`: as it is, or read as JSON of the type `returns`.
///
/// A program goes wrong when it ends with another status than 0, is stopped at a limit, prints what does not fit `returns`,
/// or draws other than one picture for `image_into`. That is no failure of Tamis, so the record is rejected with the reason,
/// the status and the end of its error output, unless `on_error` says otherwise.
///
/// Reads the fields that the texts and `files` name. Writes `into`, `image_into`, `images_into` and `error_into`. With
/// `on_error: keep`, `into` and `image_into` may be missing.
///
/// # Example
///
/// ```yaml example
/// step:
///   code.run:
///     role: sandbox
///     program: "{{ code }}"
///     input: "{{ rows }}"
///     returns: "{total: float}"
///     into: result
///     image_into: chart
/// in: { code: "import json, sys\n...", rows: [1, 2.5] }
/// roles: { sandbox: code-runner }
/// replies: [{ end: { exit: 1 }, stdout: "", stderr: "ValueError: nothing to draw" }]
/// rejects: the program ended with an error
/// ```
///
/// Behind a check that must not stop the record:
///
/// ```yaml example
/// step: { code.run: { role: sandbox, program: "{{ code }}", returns: int, into: answer, on_error: keep, error_into: problem } }
/// in: { code: "```python\nprint(6 * 7)\n```" }
/// roles: { sandbox: code-runner }
/// replies: [{ end: { exit: 0 }, stdout: "42\n", stderr: "" }]
/// out: { answer: 42, problem: null }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeRun {
    /// The role that runs programs, of the kind `code-runner`.
    role: String,
    /// The program: a text or a file, a template either way.
    program: String,
    /// What it reads from its standard input: a text or a file, a template either way. Default: nothing.
    input: Option<String>,
    /// Pictures that it finds in its directory: `{photo.png: image}`, file name and field.
    #[serde(default)]
    files: IndexMap<String, String>,
    /// The pictures that it is expected to write, by file name; `*` stands for any letters. Default `["*.png"]` if pictures
    /// are taken.
    #[serde(default)]
    outputs: Vec<String>,
    /// The type of what it prints. Default `text`: as it is, without white space around it; else read as JSON.
    #[serde(default = "text")]
    returns: Type,
    /// The image field in whose pixels boxes and points of `returns` are. Default: the only image field there is.
    of: Option<String>,
    /// The field for what it prints. Default: not taken.
    into: Option<String>,
    /// The field for the one picture that it draws. Default: not taken.
    image_into: Option<String>,
    /// The field for all pictures that it draws, in the order of their file names. Default: not taken.
    images_into: Option<String>,
    /// What becomes of a record whose program goes wrong: `reject` (default), `fail` or `keep`.
    #[serde(default)]
    on_error: OnError,
    /// With `on_error: keep`: the field (`text?`) for what went wrong. Default: none.
    error_into: Option<String>,
    /// Seconds until it is stopped, above 0 to 3600. Default: the binding's.
    timeout_s: Option<f64>,
}

/// What becomes of a record whose program goes wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum OnError {
    /// it is rejected
    #[default]
    Reject,
    /// it fails
    Fail,
    /// it goes on without what the program should have given
    Keep,
}

fn text() -> Type {
    Type::Text
}

impl OperatorConfig for CodeRun {
    const NAME: &'static str = "code.run";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let role = scope.role("role", &self.role, RoleKind::CodeRunner);
        let program = scope.template("program", &self.program);
        let input = self.input.as_deref().map(|source| scope.template("input", source));
        let files = self.files(scope);
        let outputs = self.outputs(scope);
        let keep = self.on_error == OnError::Keep;
        if self.error_into.is_some() && !keep {
            scope.problem("error_into", "a program that goes wrong leaves no record here; say `on_error: keep`");
        }
        if let Some(seconds) = self.timeout_s.filter(|s| !(*s > 0.0 && *s <= 3600.0)) {
            scope.problem("timeout_s", format!("expected above 0 to 3600 seconds, found {seconds}"));
        }
        let taken = Taken::bind(scope, &self, keep);
        Bound::process(Run {
            role: role?,
            program: program?,
            // An option that is given has to have bound.
            input: input.map_or(Some(None), |input| input.map(Some))?,
            files: files?,
            outputs: outputs?,
            timeout_s: self.timeout_s,
            on_error: self.on_error,
            taken: taken?,
        })
    }
}

impl CodeRun {
    fn files(&self, scope: &mut Scope<'_>) -> Option<Vec<(String, FieldRef)>> {
        let mut found = Vec::new();
        for (file, field) in &self.files {
            let at = format!("files.{file}");
            if !is_file_name(file, false) {
                scope.problem(&at, format!("`{file}` is no file name: letters, digits, `.`, `_` and `-`"));
            }
            found.extend(scope.read(&at, field, &Type::Image).map(|field| (file.clone(), field)));
        }
        (found.len() == self.files.len()).then_some(found)
    }

    fn outputs(&self, scope: &mut Scope<'_>) -> Option<Vec<String>> {
        let wanted = self.image_into.is_some() || self.images_into.is_some();
        if !wanted && !self.outputs.is_empty() {
            scope.problem("outputs", "the pictures are not taken; name a field with `image_into` or `images_into`");
            return None;
        }
        if let Some(name) = self.outputs.iter().find(|name| !is_file_name(name, true)) {
            scope.problem("outputs", format!("`{name}` is no file name: letters, digits, `.`, `_`, `-` and `*`"));
            return None;
        }
        let all = || vec!["*.png".to_string()];
        Some(if wanted && self.outputs.is_empty() { all() } else { self.outputs.clone() })
    }
}

/// Names stay in the program's directory.
fn is_file_name(name: &str, pattern: bool) -> bool {
    let letter = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c) || (pattern && c == '*');
    (1..=100).contains(&name.len()) && !name.starts_with(['.', '-']) && name.chars().all(letter)
}

/// The fields for what a program gives.
struct Taken {
    returns: Type,
    into: Option<Name>,
    image: Option<Name>,
    images: Option<Name>,
    error: Option<Name>,
}

impl Taken {
    fn bind(scope: &mut Scope<'_>, config: &CodeRun, keep: bool) -> Option<Taken> {
        let returns = config.returns.clone();
        if returns.json_schema().is_none() {
            scope.problem("returns", format!("a program prints text and cannot give {returns}"));
            return None;
        }
        if config.into.is_none() && returns != Type::Text {
            scope.problem("returns", "what it prints is not taken; name a field with `into`");
        }
        let maybe = |ty: Type| if keep { Type::optional(ty) } else { ty };
        let field = framed(scope, returns.clone(), config.of.as_deref())?;
        let field = Field { ty: maybe(field.ty), of: field.of };
        let mut write = |at: &str, name: &Option<String>, field: Field| match name {
            Some(name) => scope.write(at, name, field).map(Some),
            None => Some(None),
        };
        let into = write("into", &config.into, field);
        let image = write("image_into", &config.image_into, maybe(Type::Image).into());
        let images = write("images_into", &config.images_into, Type::list(Type::Image).into());
        let error = write("error_into", &config.error_into, Type::optional(Type::Text).into());
        Some(Taken { returns, into: into?, image: image?, images: images?, error: error? })
    }
}

struct Run {
    role: Name,
    program: Template,
    input: Option<Template>,
    files: Vec<(String, FieldRef)>,
    outputs: Vec<String>,
    timeout_s: Option<f64>,
    on_error: OnError,
    taken: Taken,
}

/// Why a program went wrong, and what shows it.
struct Wrong {
    reason: String,
    values: Vec<(&'static str, Value)>,
}

/// What a program gave.
struct Given {
    value: Value,
    images: Vec<Arc<Media>>,
}

impl Process for Run {
    fn run<'a>(&'a self, record: &'a mut Record, ctx: &'a Context<'a>) -> BoxFuture<'a, Result<Verdict, StepError>> {
        async move {
            let request = self.request(record, ctx)?;
            let reply = ctx.call(record, &self.role, Request::Code(request)).await?;
            let Reply::Code(reply) = reply else {
                return Err(StepError::failed(format!("`{}` did not answer as a code runner does", self.role)));
            };
            let images = reply.images.iter().map(|(_, hash)| stored(ctx, &self.role, *hash));
            let images = images.collect::<Result<Vec<_>, StepError>>()?;
            match (self.given(reply, images), self.on_error) {
                (Ok(given), _) => self.write(record, Some(given), Value::Null),
                (Err(wrong), OnError::Keep) => self.write(record, None, Value::text(wrong.told())),
                (Err(wrong), OnError::Fail) => return Err(StepError::failed(wrong.told())),
                (Err(wrong), OnError::Reject) => return Ok(Reject::because(wrong.reason, wrong.values)),
            }
            Ok(Verdict::Pass)
        }
        .boxed()
    }
}

impl Run {
    fn request(&self, record: &Record, ctx: &Context<'_>) -> Result<CodeRequest, StepError> {
        let vars = Vars::of(record, ctx);
        let render = |name: &str, template: &Template| {
            template.render(&vars).map_err(|e| StepError::failed(format!("{name}: {e}")))
        };
        let program = render("program", &self.program)?;
        let program = unfenced(&program);
        if program.trim().is_empty() {
            return Err(StepError::failed("the program is empty"));
        }
        let input = self.input.as_ref().map_or(Ok(String::new()), |input| render("input", input))?;
        let file = |(name, field): &(String, FieldRef)| {
            let missing = || StepError::field(&field.name, "the picture is missing");
            Ok::<_, StepError>((name.clone(), field.get(record).as_media().cloned().ok_or_else(missing)?))
        };
        Ok(CodeRequest {
            program: program.into(),
            input: input.into(),
            files: self.files.iter().map(file).collect::<Result<_, _>>()?,
            outputs: self.outputs.clone(),
            timeout_s: self.timeout_s,
        })
    }

    fn given(&self, reply: CodeReply, images: Vec<Arc<Media>>) -> Result<Given, Wrong> {
        let output = || ("stderr", Value::text(end_of(&reply.stderr)));
        let wrong = |reason: &str, values| Err(Wrong { reason: reason.to_string(), values });
        match &reply.end {
            CodeEnd::Exit(0) => {}
            CodeEnd::Exit(status) => {
                let status = ("status", Value::Int((*status).into()));
                return wrong("the program ended with an error", vec![status, output()]);
            }
            CodeEnd::Timeout => return wrong("the program took too long", vec![output()]),
            CodeEnd::Limit(what) => {
                return wrong("the program went over a limit", vec![("limit", Value::text(what.as_str())), output()]);
            }
        }
        if self.taken.image.is_some() && images.len() != 1 {
            let found = ("pictures", Value::Int(images.len() as i64));
            return wrong("the program did not draw exactly one picture", vec![found, output()]);
        }
        let value = self.taken.into.is_some().then(|| printed(&reply.stdout, &self.taken.returns));
        match value.transpose() {
            Ok(value) => Ok(Given { value: value.unwrap_or_default(), images }),
            Err(why) => {
                let reason = format!("what the program printed is no {}", self.taken.returns);
                Err(Wrong {
                    reason,
                    values: vec![("why", Value::text(why)), ("stdout", Value::text(end_of(&reply.stdout)))],
                })
            }
        }
    }

    fn write(&self, record: &mut Record, given: Option<Given>, error: Value) {
        let Given { value, images } = given.unwrap_or(Given { value: Value::Null, images: Vec::new() });
        let mut set = |name: &Option<Name>, value: Value| {
            if let Some(name) = name {
                record.set(name, value);
            }
        };
        set(&self.taken.into, value);
        set(&self.taken.image, images.first().cloned().map_or(Value::Null, Value::Media));
        set(&self.taken.images, Value::list(images.into_iter().map(Value::Media).collect()));
        set(&self.taken.error, error);
    }
}

impl Wrong {
    fn told(&self) -> String {
        let values = self.values.iter().map(|(name, value)| match value {
            Value::Text(text) => format!("; {name}: {text}"),
            other => format!("; {name}: {}", other.to_json()),
        });
        values.fold(self.reason.clone(), |told, value| told + value.as_str())
    }
}

/// What a program printed, as a value.
fn printed(stdout: &str, ty: &Type) -> Result<Value, String> {
    let stdout = stdout.trim();
    if *ty.required() == Type::Text {
        return Ok(Value::text(stdout));
    }
    let json = serde_json::from_str(stdout).map_err(|e| format!("no JSON: {e}"))?;
    Value::from_json(&json, ty, &NoMedia).map_err(|e| e.to_string())
}

/// The program inside a fence that stands around all of it.
fn unfenced(program: &str) -> &str {
    let trimmed = program.trim();
    let inside = trimmed.strip_prefix("```").and_then(|rest| rest.strip_suffix("```"));
    inside.and_then(|inside| inside.split_once('\n')).map_or(program, |(_, lines)| lines)
}

/// The end of an output: a traceback tells its reason last.
fn end_of(output: &str) -> String {
    const KEPT: usize = 500;
    let output = output.trim_end();
    match output.char_indices().rev().nth(KEPT - 1) {
        Some((at, _)) if at > 0 => format!("...{}", &output[at..]),
        _ => output.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{end_of, unfenced};
    use crate::testing::{check, example, problems};

    fn yaml(config: &str, rest: &str) -> String {
        format!(
            "{{ step: {{ code.run: {{ role: r, program: '{{{{ c }}}}', {config} }} }}, in: {{ c: print }}, roles: {{ r: code-runner }}, {rest} }}"
        )
    }

    fn ends(end: &str, stdout: &str) -> String {
        format!("replies: [{{ end: {end}, stdout: '{stdout}', stderr: Oh }}]")
    }

    #[test]
    fn what_is_printed_is_a_text_or_json_of_its_type() {
        check(&yaml("into: x", &format!("{}, out: {{ x: 'a b' }}", ends("{ exit: 0 }", " a b "))));
        let list = ends("{ exit: 0 }", "[1, 2]");
        check(&yaml("returns: list<int>, into: x", &format!("{list}, out: {{ x: [1, 2] }}")));
        check(&yaml(
            "returns: list<text>, into: x",
            &format!("{list}, rejects: 'what the program printed is no list<text>'"),
        ));
        let words = ends("{ exit: 0 }", "two");
        check(&yaml("returns: int, into: x, on_error: fail", &format!("{words}, fails: no JSON")));
    }

    #[test]
    fn every_bad_end_rejects_fails_or_is_kept() {
        for (end, reason) in [
            ("{ exit: 3 }", "the program ended with an error"),
            ("timeout", "the program took too long"),
            ("{ limit: memory }", "the program went over a limit"),
        ] {
            check(&yaml("into: x", &format!("{}, rejects: {reason}", ends(end, ""))));
            check(&yaml("into: x, on_error: fail", &format!("{}, fails: {reason}", ends(end, ""))));
        }
        let kept = "into: x, image_into: i, images_into: all, on_error: keep, error_into: e";
        let example = example(&yaml(kept, &ends("{ exit: 3 }", "1"))).unwrap();
        let (block, schema) = example.bind().unwrap();
        let types = ["x", "i", "all", "e"].map(|name| schema.get(name).unwrap().to_string());
        assert_eq!(types, ["text?", "image?", "list<image>", "text?"]);
        let record = &example.run(&block, 0).unwrap().passed[0];
        assert!(record.get("x").unwrap().is_null() && record.get("i").unwrap().is_null());
        let told = "the program ended with an error; status: 3; stderr: Oh";
        assert_eq!(record.get("e").unwrap().as_text(), Some(told));
    }

    #[test]
    fn a_picture_that_was_not_drawn_is_a_reason_to_reject() {
        let drawn = ends("{ exit: 0 }", "");
        check(&yaml("image_into: i", &format!("{drawn}, rejects: did not draw exactly one picture")));
        check(&yaml("images_into: i", &format!("{drawn}, out: {{ i: [] }}")));
        let nowhere = format!(
            "replies: [{{ end: {{ exit: 0 }}, stdout: '', stderr: '', images: [[a.png, '{}']] }}]",
            "0".repeat(64)
        );
        check(&yaml("image_into: i", &format!("{nowhere}, fails: which is not in the media store")));
    }

    #[test]
    fn a_fence_around_the_whole_program_is_taken_off() {
        assert_eq!(unfenced("```python\nprint(1)\n```\n"), "print(1)\n");
        assert_eq!(unfenced("s = '''\n```\n'''"), "s = '''\n```\n'''");
    }

    #[test]
    fn of_a_long_output_the_end_is_shown() {
        assert_eq!(end_of("abc\n"), "abc");
        let long = format!("{}é", "é".repeat(600));
        assert_eq!(end_of(&long).chars().count(), 503);
        assert!(end_of(&"é".repeat(500)).starts_with('é'));
    }

    #[test]
    fn names_cannot_leave_the_directory_and_problems_name_their_option() {
        let told = |config: &str| problems(&yaml(config, "images: { i: 8x8 }"));
        assert!(told("files: { ../a.png: i }").contains("is no file name"));
        assert!(told("outputs: ['/etc/*'], images_into: x").contains("code.run.outputs"));
        assert!(told("outputs: ['*.png']").contains("are not taken"));
        assert!(told("error_into: e").contains("on_error: keep"));
        assert!(told("returns: image, into: x").contains("cannot give image"));
        assert!(told("returns: int").contains("not taken"));
        assert!(told("timeout_s: 0").contains("code.run.timeout_s"));
    }
}
