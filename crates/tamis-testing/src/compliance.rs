//! What holds for every operator, shown on its own examples.

use serde_json::Value as Json;
use tamis_core::block::{Block, Outcome};
use tamis_core::operator::OperatorSpec;
use tamis_core::{RecordId, Type};

use crate::{Example, Registry};

/// Runs a check on every example of every operator and shows all that is wrong.
fn on_every_example(registry: Registry, check: impl Fn(&OperatorSpec, &Example) -> Result<(), String>) {
    let mut wrong = Vec::new();
    for spec in registry {
        for example in Example::all_in(&spec.manual(), registry).into_iter().flatten() {
            if let Err(error) = check(spec, &example) {
                wrong.push(format!("{}: {error}", spec.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn bound(example: &Example) -> Result<Block, String> {
    example.bind().map(|(block, _)| block).map_err(|problems| problems.join("\n"))
}

fn is_barrier(block: &Block) -> bool {
    block.steps.iter().any(|step| matches!(step.bound, tamis_core::operator::Bound::Barrier(_)))
}

/// Every operator has an example, and every example holds.
///
/// # Panics
/// With all that do not hold.
pub fn examples_hold(registry: Registry) {
    let mut wrong = Vec::new();
    for spec in registry {
        let examples = Example::all_in(&spec.manual(), registry);
        if examples.is_empty() {
            wrong.push(format!("{}: no example", spec.name));
        }
        for example in examples {
            if let Err(error) = example.and_then(|example| example.check()) {
                wrong.push(format!("{}: {error}", spec.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The registry is sorted, and every name is there once.
///
/// # Panics
/// Where it is not.
pub fn sorted(registry: Registry) {
    let names: Vec<_> = registry.iter().map(|spec| spec.name).collect();
    assert!(names.windows(2).all(|pair| pair[0] < pair[1]), "{names:?}");
}

/// The result is the same twice, backwards, and on eight threads.
///
/// # Panics
/// With all operators for which it is not so.
pub fn the_same_in_any_order(registry: Registry, rows: u64) {
    on_every_example(registry, |_, example| {
        let block = bound(example)?;
        if is_barrier(&block) {
            return Ok(());
        }
        let alone: Vec<String> = (0..rows).map(|row| digest(&example.run(&block, row))).collect();
        let again: Vec<String> = (0..rows).rev().map(|row| digest(&example.run(&block, row))).collect();
        let together: Vec<String> = std::thread::scope(|scope| {
            let block = &block;
            let work =
                |thread| move || (thread..rows).step_by(8).map(|r| (r, digest(&example.run(block, r)))).collect();
            let threads: Vec<_> = (0..8).map(|thread| scope.spawn(work(thread))).collect();
            let mut all: Vec<(u64, String)> =
                threads.into_iter().flat_map(|t| -> Vec<_> { t.join().unwrap() }).collect();
            all.sort();
            all.into_iter().map(|(_, digest)| digest).collect()
        });
        let same = alone.iter().eq(again.iter().rev()) && alone == together;
        if same { Ok(()) } else { Err("the result depends on the order of work".to_string()) }
    });
}

/// A barrier decides the same however the input is cut into parts.
///
/// # Panics
/// With all operators for which it is not so.
pub fn the_same_in_any_parts(registry: Registry) {
    on_every_example(registry, |_, example| {
        let block = bound(example)?;
        if !is_barrier(&block) {
            return Ok(());
        }
        let whole = digest(&example.run_barrier(&block, usize::MAX));
        for part in 1..4 {
            let cut = digest(&example.run_barrier(&block, part));
            if cut != whole {
                return Err(format!("in parts of {part} it keeps {cut:?} instead of {whole:?}"));
            }
        }
        Ok(())
    });
}

/// Every record ends exactly once.
///
/// # Panics
/// With all operators for which it is not so.
pub fn nothing_vanishes(registry: Registry) {
    on_every_example(registry, |_, example| {
        let block = bound(example)?;
        if is_barrier(&block) {
            let host = example.host();
            let begun = example.records(0, &host)?.iter().map(|record| record.id).collect();
            return conserved(begun, &example.run_barrier(&block, 2)?);
        }
        let start = tamis_core::testing::record(0, Vec::<(&str, tamis_core::Value)>::new()).id;
        conserved(vec![start], &example.run(&block, 0)?)
    });
}

/// Every id that ever was is at exactly one end: passed, rejected, failed, gathered by its parent or split.
fn conserved(mut begun: Vec<RecordId>, outcome: &Outcome) -> Result<(), String> {
    begun.extend(outcome.splits.iter().flat_map(|split| split.children.iter().copied()));
    let mut ended: Vec<RecordId> = outcome.passed.iter().map(|r| r.id).collect();
    ended.extend(outcome.rejected.iter().map(|r| r.record.id));
    ended.extend(outcome.failed.iter().map(|f| f.record.id));
    ended.extend(outcome.gathered.iter().map(|g| g.record.id));
    ended.extend(outcome.splits.iter().flat_map(|split| split.gathered.iter().copied()));
    ended.extend(outcome.splits.iter().filter(|split| !split.parent_stays).map(|split| split.parent));
    begun.sort();
    ended.sort();
    if begun == ended { Ok(()) } else { Err(format!("began: {begun:?}, ended: {ended:?}")) }
}

fn digest(outcome: &Result<Outcome, String>) -> String {
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(error) => return error.clone(),
    };
    let fields = |record: &tamis_core::Record| {
        let fields: Vec<String> =
            record.fields().iter().map(|(n, v)| format!("{n}={}", v.to_canonical_json())).collect();
        format!("{} {}", record.id, fields.join(" "))
    };
    let mut lines: Vec<String> = outcome.passed.iter().map(|r| format!("passed {}", fields(r))).collect();
    let values = |values: &[(tamis_core::Name, tamis_core::Value)]| -> String {
        values.iter().map(|(n, v)| format!(" {n}={}", v.to_canonical_json())).collect()
    };
    let rejected = outcome.rejected.iter();
    lines.extend(rejected.map(|r| format!("rejected {} {}{}", fields(&r.record), r.reason, values(&r.values))));
    lines.extend(outcome.failed.iter().map(|f| format!("failed {} {}", fields(&f.record), f.error)));
    lines.extend(outcome.gathered.iter().map(|g| format!("gathered {} {:?}", fields(&g.record), g.into)));
    lines.extend(outcome.splits.iter().map(|s| format!("{s:?}")));
    lines.sort();
    lines.join("\n")
}

/// Every manual page has its sections and every option its description.
///
/// # Panics
/// With all operators for which it is not so.
pub fn documented(registry: Registry) {
    let mut wrong = Vec::new();
    for spec in registry {
        let manual = spec.manual();
        let mut need = |holds: bool, what: &str| {
            if !holds {
                wrong.push(format!("{}: {what}", spec.name));
            }
        };
        need(manual.lines().next().is_some_and(|line| line.len() > 20), "no first line that says what it does");
        need(manual.contains("# Example"), "no section `# Example`");
        let words = manual.to_lowercase();
        need(
            ["read", "writ", "reject"].iter().any(|word| words.contains(word)),
            "not a word on what it reads or writes",
        );
        let schema = (spec.schema)();
        let mut described = |at: &str, schema: &Json| {
            for (option, schema) in schema["properties"].as_object().into_iter().flatten() {
                let text = schema["description"].as_str().unwrap_or_default();
                need(!text.is_empty(), &format!("the option `{at}{option}` has no description"));
            }
        };
        described("", schema.as_value());
        for (name, definition) in schema.as_value()["$defs"].as_object().into_iter().flatten() {
            described(&format!("{name}."), definition);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The example's first step with its config changed.
fn with_config(example: &Example, change: impl FnOnce(&mut serde_json::Map<String, Json>)) -> Option<Vec<Json>> {
    let mut steps = example.steps();
    let step = steps.first_mut()?.as_object_mut()?;
    change(step.values_mut().next()?.as_object_mut()?);
    Some(steps)
}

fn takes_any_option(spec: &OperatorSpec) -> bool {
    !(spec.schema)().as_value()["additionalProperties"].is_boolean()
}

/// A misspelt option is refused with a suggestion.
///
/// # Panics
/// With all operators for which it is not so.
pub fn misspelt_options_are_refused(registry: Registry) {
    on_every_example(registry, |spec, example| {
        if takes_any_option(spec) {
            return Ok(());
        }
        let (mut right, mut wrong) = (String::new(), String::new());
        let steps = with_config(example, |config| {
            if let Some((option, value)) = config.iter().next().map(|(o, v)| (o.clone(), v.clone())) {
                config.remove(&option);
                (right, wrong) = (option.clone(), format!("{option}x"));
                config.insert(wrong.clone(), value);
            }
        });
        match example.bind_with(&steps.unwrap_or_default(), &example.schema()) {
            Ok(_) => Err(format!("accepts `{wrong}`")),
            Err(problems) => {
                let text = problems.join("\n");
                let good = text.contains(&format!("no option `{wrong}`; did you mean `{right}`"));
                if good { Ok(()) } else { Err(format!("`{wrong}` without a suggestion: {text}")) }
            }
        }
    });
}

/// The options of the first step whose value is the name of a field that is there before it.
fn options_that_name_fields(example: &Example) -> Vec<(String, String)> {
    let schema = example.schema();
    let steps = example.steps();
    let config = steps.first().and_then(Json::as_object).and_then(|step| step.values().next()).cloned();
    let config = config.unwrap_or_default();
    let named = config.as_object().into_iter().flatten().filter_map(|(option, value)| {
        let field = value.as_str().filter(|text| schema.contains(text))?;
        (!matches!(option.as_str(), "into" | "as")).then(|| (option.clone(), field.to_string()))
    });
    named.collect()
}

/// A field that is not there is refused by name, with a suggestion.
///
/// # Panics
/// With all operators for which it is not so.
pub fn missing_fields_are_refused(registry: Registry) {
    on_every_example(registry, |_, example| {
        for (option, field) in options_that_name_fields(example) {
            let misspelt = format!("{field}x");
            let steps = with_config(example, |config| drop(config.insert(option.clone(), misspelt.clone().into())));
            match example.bind_with(&steps.unwrap_or_default(), &example.schema()) {
                Ok(_) => return Err(format!("`{option}: {misspelt}` is accepted")),
                Err(problems) => {
                    let text = problems.join("\n");
                    if !text.contains(&format!("`{misspelt}`")) || !text.contains("did you mean") {
                        return Err(format!("`{option}: {misspelt}` without a suggestion: {text}"));
                    }
                }
            }
        }
        Ok(())
    });
}

/// A field of another type is refused by name.
///
/// # Panics
/// With all operators for which it is not so.
pub fn other_types_are_refused(registry: Registry) {
    // These look at any field, whatever it holds.
    let open = ["shape.", "gate.require"];
    let open_options = ["by", "key"];
    on_every_example(registry, |spec, example| {
        for (option, field) in options_that_name_fields(example) {
            let open = open.iter().any(|name| spec.name.starts_with(name)) && !["over", "each"].contains(&&*option);
            if open || open_options.contains(&&*option) {
                continue;
            }
            let mut schema = example.schema();
            schema.set(field.as_str(), Type::Audio);
            match example.bind_with(&example.steps(), &schema) {
                Ok(_) => return Err(format!("`{option}` takes `{field}` as audio")),
                Err(problems) if problems.join("\n").contains(&format!("`{field}`")) => {}
                Err(problems) => return Err(format!("the error does not name `{field}`: {}", problems.join("\n"))),
            }
        }
        Ok(())
    });
}
