//! `script.rhai`

use std::sync::LazyLock;

use indexmap::IndexMap;
use regex::Regex;
use rhai::{AST, Dynamic, Engine, Map, Scope as Names};
use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::error::{StopReason, did_you_mean};
use tamis_core::operator::{Bound, Context, OperatorConfig, Transform, Verdict};
use tamis_core::{Name, Record, StepError, Type, Value};

use super::engine::{self, Dice};
use super::values::{from_script, to_script};
use crate::typing::framed;
use tamis_core::typing::fit;

/// Runs a small program on each record, for what the language cannot say.
///
/// The program is written in [Rhai](https://rhai.rs/book/), in place or in a file of the recipe that ends in `.rhai`. It
/// sees the record's fields as `record.name`, the recipe's data and parameters as `data.name`, and `rng`, the record's
/// own randomness: `rng.unit()`, `rng.below(6)`, `rng.range(0.0, 1.0)`, `rng.pick(list)`, `rng.shuffle(list)`. Its last
/// value is what it returns. Coordinates are lists of numbers; a picture can only be passed on.
///
/// The program is deterministic: it knows no clock, no files and no network, and keeps nothing between records. It is
/// stopped after `max_operations`, at 32 levels of calls, at 1 MiB of text and at 10000 elements in a value; the record fails then,
/// as it does with `throw`. Prefer `shape.compute` where an expression does. Python programs run in a sandbox with
/// `code.run`; Python functions are steps of the Python package.
///
/// Reads the fields that the program names, writes `into`.
///
/// # Example
/// ```yaml example
/// steps:
///   - script.rhai:
///       code: |
///         let counts = #{};
///         for word in record.text.split() {
///           counts[word] = (counts[word] ?? 0) + 1;
///         }
///         let words = counts.keys();
///         words.sort(|a, b| counts[b] - counts[a]);
///         #{ most: words[0], times: counts[words[0]] }
///       into: { most: text, times: int }
/// in: { text: the cat and the dog and the bird }
/// out: { most: the, times: 3 }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScriptRhai {
    /// The program, or a file of the recipe that ends in `.rhai`.
    code: String,
    /// The field that receives what the program returns, or several fields with their types for a program that returns a
    /// map.
    into: Receives,
    /// The type of the value where `into` is one field.
    #[serde(rename = "type")]
    ty: Option<Type>,
    /// The image in whose grid coordinates are. Default: the only image there is.
    of: Option<String>,
    /// After how many operations a record's program is stopped, 1000 to 100 million. Default: 1 million, some tenths of a
    /// second.
    #[serde(default = "operations")]
    max_operations: u64,
}

/// Where the values go.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Receives {
    /// one field
    One(String),
    /// several fields with their types
    Several(IndexMap<String, Type>),
}

fn operations() -> u64 {
    1_000_000
}

impl OperatorConfig for ScriptRhai {
    const NAME: &'static str = "script.rhai";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let bounded = (1_000..=100_000_000).contains(&self.max_operations);
        if !bounded {
            let found = self.max_operations;
            scope.problem("max_operations", format!("expected 1000 to 100000000 operations, found {found}"));
        }
        let (name, source) = self.source(scope)?;
        let engine = engine::engine(self.max_operations);
        let program = match engine.compile(&source) {
            Ok(program) => Some(program),
            Err(error) => {
                let at = engine::place(&name, error.position());
                scope.problem("code", format!("{at}: {}", error.err_type()));
                None
            }
        };
        let fields = fields(scope, &source);
        let data = data(scope, &source);
        let into = self.written(scope);
        let script = Script { engine, program: program?, name, fields: fields?, data: data?, into: into? };
        Bound::transform(script).filter(|_| bounded)
    }
}

impl ScriptRhai {
    /// The program with its name for messages.
    fn source(&self, scope: &mut Scope<'_>) -> Option<(String, String)> {
        if !self.code.ends_with(".rhai") || self.code.contains(char::is_whitespace) {
            return Some(("the script".to_string(), self.code.clone()));
        }
        match scope.surroundings().read_file(&self.code) {
            Ok(source) => Some((self.code.clone(), source)),
            Err(why) => {
                scope.problem("code", why);
                None
            }
        }
    }

    fn written(&self, scope: &mut Scope<'_>) -> Option<Written> {
        match (&self.into, &self.ty) {
            (Receives::One(name), Some(ty)) => {
                let field = framed(scope, ty.clone(), self.of.as_deref())?;
                Some(Written::One(scope.write("into", name, field)?, ty.clone()))
            }
            (Receives::One(name), None) => {
                scope.problem("type", format!("say what type the value of `{name}` has"));
                None
            }
            (Receives::Several(_), Some(_)) => {
                scope.problem("type", "each field behind `into` has its type already");
                None
            }
            (Receives::Several(fields), None) => {
                if fields.is_empty() {
                    scope.problem("into", "expected at least one field, found none");
                    return None;
                }
                let mut written = Vec::new();
                for (name, ty) in fields {
                    let field = framed(scope, ty.clone(), self.of.as_deref().filter(|_| ty.holds_geometry()))?;
                    written.push((scope.write(&format!("into.{name}"), name, field)?, ty.clone()));
                }
                Some(Written::Several(written))
            }
        }
    }
}

/// The names behind `record.` or `data.` in a program, its comments left out.
fn mentioned<'s>(source: &'s str, whose: &str) -> Vec<&'s str> {
    static MEMBER: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"//[^\n]*|(?s:/\*.*?\*/)|\b(record|data)\s*(?:\??\.\s*([A-Za-z_]\w*)|\??\[\s*"([^"\\]+)"\s*\])"#)
            .ok()
    });
    let mut names: Vec<&str> = Vec::new();
    for found in MEMBER.iter().flat_map(|member| member.captures_iter(source)) {
        let name = found.get(2).or(found.get(3)).map(|name| name.as_str());
        if found.get(1).is_some_and(|found| found.as_str() == whose)
            && let Some(name) = name.filter(|name| !names.contains(name))
        {
            names.push(name);
        }
    }
    names
}

fn fields(scope: &mut Scope<'_>, source: &str) -> Option<Vec<FieldRef>> {
    let names = mentioned(source, "record");
    let fields: Vec<FieldRef> = names.iter().filter_map(|name| scope.read_any("code", name)).collect();
    (fields.len() == names.len()).then_some(fields)
}

fn data(scope: &mut Scope<'_>, source: &str) -> Option<Map> {
    let constants = scope.constants();
    let mut data = Map::new();
    let mut whole = true;
    for name in mentioned(source, "data") {
        match constants.iter().find(|(known, _)| &**known == name) {
            Some((_, value)) => {
                data.insert(name.into(), to_script(value));
            }
            None => {
                let hint = did_you_mean(name, constants.iter().map(|(name, _)| &**name));
                scope.problem("code", format!("the recipe has no data and no parameter `{name}`{hint}"));
                whole = false;
            }
        }
    }
    whole.then_some(data)
}

struct Script {
    engine: Engine,
    program: AST,
    name: String,
    fields: Vec<FieldRef>,
    data: Map,
    into: Written,
}

enum Written {
    One(Name, Type),
    Several(Vec<(Name, Type)>),
}

impl Transform for Script {
    fn apply(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
        let fields: Map =
            self.fields.iter().map(|field| (field.dotted().into(), to_script(field.get(record)))).collect();
        let dice = Dice::new(ctx.rng(record));
        let ran = std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().stack_size(engine::STACK);
            thread.spawn_scoped(scope, || self.run(fields, dice)).map(|thread| thread.join())
        });
        let value = match ran {
            Ok(Ok(value)) => value?,
            Ok(Err(_)) => return Err(StepError::failed(format!("{} made its interpreter panic", self.name))),
            Err(error) => return Err(StepError::Stop(StopReason::Machine(format!("cannot run a script: {error}")))),
        };
        match &self.into {
            Written::One(name, ty) => {
                let value = fit(value, ty).map_err(|why| self.odd(&why))?;
                record.set(name, value);
            }
            Written::Several(fields) => self.spread(record, &value, fields)?,
        }
        Ok(Verdict::Pass)
    }
}

impl Script {
    /// What the program returns for these fields. On a stack of its own, deep enough for the deepest value.
    fn run(&self, fields: Map, dice: Dice) -> Result<Value, StepError> {
        let mut names = Names::new();
        names.push_constant_dynamic("record", Dynamic::from_map(fields));
        names.push_constant_dynamic("data", Dynamic::from_map(self.data.clone()));
        names.push("rng", dice);
        let returned = self.engine.eval_ast_with_scope::<Dynamic>(&mut names, &self.program).map_err(|error| {
            let at = engine::place(&self.name, error.position());
            let mut plain = error;
            plain.set_position(rhai::Position::NONE);
            StepError::failed(format!("{at}: {plain}"))
        })?;
        from_script(returned).map_err(|why| self.odd(&why))
    }

    fn spread(&self, record: &mut Record, value: &Value, fields: &[(Name, Type)]) -> Result<(), StepError> {
        let Some(map) = value.as_map() else {
            let found = tamis_core::convert::shorten(&value.to_json().to_string());
            return Err(self.odd(&format!("expected a map with the fields behind `into`, found {found}")));
        };
        let mut values = Vec::with_capacity(fields.len());
        for (name, ty) in fields {
            let value = map.get(name).cloned().unwrap_or_default();
            values.push(fit(value, ty).map_err(|why| self.odd(&format!("`{name}`: {why}")))?);
        }
        for ((name, _), value) in fields.iter().zip(values) {
            record.set(name, value);
        }
        Ok(())
    }

    fn odd(&self, why: &str) -> StepError {
        StepError::failed(format!("{} returned what does not fit: {why}", self.name))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, example, problems};

    fn with(code: &str, ty: &str) -> String {
        format!(
            "
step: {{ script.rhai: {{ code: {}, into: y, type: '{ty}' }} }}
data: {{ factor: 3, words: [a, b] }}
files: {{ double.rhai: 'record.n * 2' }}
in: {{ n: 4, text: 'a b', list: [3, 1, 2] }}
",
            serde_json::Value::from(code)
        )
    }

    #[test]
    fn a_script_sees_fields_data_and_files() {
        check(&format!("{}out: {{ y: 12 }}", with("record.n * data.factor", "int")));
        check(&format!("{}out: {{ y: 8 }}", with("double.rhai", "int")));
        check(&format!("{}out: {{ y: [1, 2, 3] }}", with("let l = record[\"list\"]; l.sort(); l", "list<int>")));
        check(&format!("{}out: {{ y: 4.5 }}", with("fn half(x) { x / 2.0 } half(record.n + 5)", "float")));
    }

    #[test]
    fn chance_is_the_records_own() {
        let yaml = with("let l = rng.shuffle(record.list); l.push(rng.below(1000)); l", "list<int>");
        let example = example(&yaml).unwrap();
        let (block, _) = example.bind().unwrap();
        let drawn = |row| example.run(&block, row).unwrap().passed[0].get("y").unwrap().to_json();
        assert_eq!(drawn(1), drawn(1));
        assert!((2..9).any(|row| drawn(row) != drawn(1)));
    }

    #[test]
    fn a_script_that_goes_on_for_ever_or_grows_without_end_is_stopped() {
        for code in [
            "loop { }",
            "fn f(x) { f(x + 1) } f(0)",
            "let s = \"aaaaaaaaaaaaaaaa\"; loop { s += s; }",
            "let l = [1]; loop { l += l; }",
            "let l = []; loop { l = [l]; }",
            "let m = #{}; let i = 0; loop { m[`${i}`] = i; i += 1; }",
            "let s = \"\"; let l = []; s.pad(1000000, \"x\"); loop { l.push(s + l.len()); }",
        ] {
            let example = example(&with(code, "json")).unwrap();
            let outcome = example.run(&example.bind().unwrap().0, 0).unwrap();
            assert_eq!(outcome.failed.len(), 1, "{code}");
        }
    }

    #[test]
    fn nothing_outside_can_be_reached() {
        for code in ["timestamp()", "eval(\"1\")", "import \"x\" as x; 1", "open_file(\"x\")", "rand()", "sleep(1)"] {
            let example = example(&with(code, "json")).unwrap();
            let refused = match example.bind() {
                Ok((block, _)) => !example.run(&block, 0).unwrap().failed.is_empty(),
                Err(_) => true,
            };
            assert!(refused, "{code}");
        }
    }

    #[test]
    fn errors_say_where_they_are() {
        check(&format!("{}fails: 'the script, line 2, column'", with("let x = record.n;\nx.nothing()", "int")));
        check(&format!("{}fails: no such word", with("throw \"no such word\"", "int")));
        check(&format!("{}fails: 'expected int, found \"a\"'", with("\"a\"", "int")));
        check(&format!("{}fails: expected a map", with("1", "x").replace("into: y, type: 'x'", "into: { a: int }")));
        assert!(problems(&with("let x = ;", "int")).contains("the script, line 1, column"));
        assert!(problems(&with("record.m + 1", "int")).contains("no field `m`"));
        assert!(problems(&with("data.factr", "int")).contains("did you mean `factor`"));
        assert!(problems(&with("1", "int").replace(", type: 'int'", "")).contains("say what type"));
        assert!(problems(&with("none.rhai", "int")).contains("no such file"));
    }

    #[test]
    fn what_a_comment_says_is_no_field() {
        check(&format!("{}out: {{ y: 1 }}", with("// record.gone\n/* data.gone\n*/ 1", "int")));
    }
}
