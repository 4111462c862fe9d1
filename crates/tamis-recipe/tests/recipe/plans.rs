//! Recipes without errors, and what becomes of them.

use std::sync::Arc;

use tamis_core::block::Block;
use tamis_core::model::RoleKind;
use tamis_core::operator::Bound;
use tamis_core::template::Constants;
use tamis_core::{Name, Schema, Type, Value};
use tamis_recipe::reference::operator_page;
use tamis_recipe::{Beside, Files, Library, MemoryFolder, Options, Plan, bind_steps, no_files};

use crate::operators::REGISTRY;
use crate::{checked, lines};

fn plan(recipe: &str, files: &[(&str, &str)], options: &Options<'_>) -> Plan {
    let checked = checked(recipe, files, options);
    assert_eq!(lines(&checked).join("\n"), "");
    checked.plan.expect("a recipe without problems has a plan")
}

fn ids(block: &Block) -> Vec<&str> {
    block.steps.iter().map(|step| &*step.id).collect()
}

fn fields(schema: &Schema) -> Vec<String> {
    schema.iter().map(|(name, field)| format!("{name}: {field}")).collect()
}

const LLAVA: &str = r#"recipe: llava
about: talks about pictures
paper: 2304.0840
licence: CC-BY-4.0
params: { rounds: 2, style: short, least: 0.5 }
data: { topics: data/topics.txt, colours: [red, green] }
roles: { writer: chat, judge: { kind: chat, about: strict } }
inputs: { image: image, captions: list<text>, regions: list<region> }
steps:
  - chat.ask: { role: writer, prompt: prompts/write.md, into: reply, n: $rounds }
  - dedup.exact: { by: reply }
  - choose.field:
      by: reply
      cases:
        a.b:
          - text.trim: { from: reply, into: turns }
        long:
          - repeat:
              steps:
                - text.trim: { from: reply, into: turns }
                - { id: again, text.trim: { from: turns, into: turns } }
          - text.trim: { from: reply, into: turns }
  - chat.ask: { role: judge, prompt: "{{ turns }} {{ colours }} {{ least }}", into: verdict, returns: bool }
    when: captions | length > 1
    retry: 3
  - each:
      over: captions
      as: caption
      steps: [ text.trim: { from: caption, into: clean } ]
      gather: { cleans: clean }
  - dedup.exact: { by: turns }
output: { image: image, turns: text, verdict: bool?, regions: "list<region> of image", cleans: list<text> }
"#;

const LLAVA_FILES: &[(&str, &str)] = &[
    ("prompts/write.md", "Be {{ style }} about {{ topics[0] }}: {{ image }}"),
    ("data/topics.txt", "cats\n\n dogs \n"),
    ("README.md", "x"),
];

#[test]
fn a_recipe_is_cut_into_stages_behind_its_barriers() {
    let plan = plan(LLAVA, LLAVA_FILES, &Options::default());
    assert_eq!((plan.name.as_str(), plan.paper.as_deref()), ("llava", Some("2304.0840")));
    let stages: Vec<_> = plan.stages.iter().map(|s| (ids(&s.block), s.barrier.as_ref().map(|b| &*b.id))).collect();
    assert_eq!(
        stages,
        [
            (vec!["chat.ask"], Some("dedup.exact")),
            (vec!["choose.field", "chat.ask#2", "each"], Some("dedup.exact#2")),
            (vec![], None),
        ]
    );
    assert_eq!(
        fields(&plan.stages[0].schema),
        ["image: image", "captions: list<text>", "regions: list<region> of image", "reply: text"]
    );
    assert_eq!(
        fields(&plan.output),
        ["image: image", "turns: text", "verdict: bool?", "regions: list<region> of image", "cleans: list<text>"]
    );
    assert_eq!(plan.roles.into_keys().collect::<Vec<_>>(), [Name::from("judge"), Name::from("writer")]);
    let judge = &plan.stages[1].block.steps[1];
    assert_eq!((judge.retry, judge.line, judge.when.is_some()), (3, 23, true));
    assert_eq!(judge.writes, [Name::from("verdict")]);
}

#[test]
fn every_step_is_listed_behind_the_one_around_it() {
    let plan = plan(LLAVA, LLAVA_FILES, &Options::default());
    let ids: Vec<&str> = plan.all_steps.iter().map(|step| &*step.id).collect();
    assert_eq!(
        ids,
        [
            "chat.ask",
            "dedup.exact",
            "choose.field",
            "choose.field/a.b/text.trim",
            "choose.field/long/repeat",
            "choose.field/long/repeat/text.trim",
            "choose.field/long/repeat/again",
            "choose.field/long/text.trim",
            "chat.ask#2",
            "each",
            "each/text.trim",
            "dedup.exact#2",
        ]
    );
}

#[test]
fn data_and_parameters_are_constants() {
    let plan = plan(LLAVA, LLAVA_FILES, &Options::default());
    let shown: Vec<String> = plan.constants.iter().map(|(name, value)| format!("{name}={}", value.to_json())).collect();
    assert_eq!(
        shown,
        ["rounds=2", "style=\"short\"", "least=0.5", "topics=[\"cats\",\"dogs\"]", "colours=[\"red\",\"green\"]"]
    );
}

#[test]
fn the_digest_is_that_of_the_files_in_use_and_of_changed_parameters() {
    let digest = |files: &[(&str, &str)], set: &[(&str, &str)]| {
        let set = set.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        plan(LLAVA, files, &Options { set, ..Options::default() }).digest
    };
    let plain = digest(LLAVA_FILES, &[]);
    let other_readme = [LLAVA_FILES[0], LLAVA_FILES[1], ("README.md", "y"), ("fixtures/a.json", "{}")];
    let other_prompt = [("prompts/write.md", "Be {{ style }}, {{ topics }}!"), LLAVA_FILES[1]];
    assert_eq!(plain.len(), 64);
    assert_eq!(digest(&other_readme, &[]), plain);
    assert_eq!(digest(LLAVA_FILES, &[("rounds", "2")]), plain);
    assert_ne!(digest(LLAVA_FILES, &[("rounds", "3")]), plain);
    assert_ne!(digest(&other_prompt, &[]), plain);
}

#[test]
fn the_plan_keeps_the_files_in_use() {
    let plan = plan(LLAVA, LLAVA_FILES, &Options::default());
    let paths: Vec<&str> = plan.files.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["data/topics.txt", "prompts/write.md", "recipe.yaml"]);
}

#[test]
fn set_gives_parameters_of_the_type_of_their_default() {
    let recipe = "recipe: t\nparams: {n: 1, least: 0.5, style: a, all: true, list: [1]}\ninputs: {image: image}\nsteps:\n  \
        - gate.require: {that: \"n and least and style and all and list\"}\noutput: {image: image}\n";
    let set = |name: &str, value: &str| vec![(name.to_string(), value.to_string())];
    let value = |name: &str, text: &str| {
        let plan = plan(recipe, &[], &Options { set: set(name, text), ..Options::default() });
        plan.constants.iter().find(|(n, _)| **n == *name).unwrap().1.to_json().to_string()
    };
    assert_eq!(value("n", "-3"), "-3");
    assert_eq!(value("least", "2"), "2.0");
    assert_eq!(value("style", "12"), "\"12\"");
    assert_eq!(value("list", "[a, 2]"), "[\"a\",2]");
    let refused =
        |name: &str, text: &str| lines(&checked(recipe, &[], &Options { set: set(name, text), ..Options::default() }));
    assert_eq!(
        refused("n", "0.5"),
        ["recipe.yaml:2:13: error: `--set n=0.5`: expected a whole number, as its default is"]
    );
    assert_eq!(
        refused("styl", "b"),
        ["recipe.yaml:2:1: error: `--set styl=b`: the recipe has no parameter `styl`; did you mean `style`?\n  \
          = its parameters: n, least, style, all, list"]
    );
}

#[test]
fn a_problem_is_shown_in_its_lines() {
    let found = checked("recipe: t\nsteps:\n  - text.trm:\noutput: {}\n", &[], &Options::default());
    let expected = "unknown-operator

  × no operator is called `text.trm`; did you mean `text.trim`?
   ╭─[recipe.yaml:3:5]
 2 │ steps:
 3 │   - text.trm:
   ·     ────────
 4 │ output: {}
   ╰────
  help: operators of this kind: text.trim
";
    assert_eq!(found.diagnostics[0].pretty(false, 80), expected);
    assert_eq!(
        found.diagnostics[0].to_json(),
        serde_json::json!({
            "severity": "error", "code": "unknown-operator", "file": "recipe.yaml", "line": 3, "column": 5,
            "span": {"start": 21, "end": 29},
            "message": "no operator is called `text.trm`; did you mean `text.trim`?",
            "help": "operators of this kind: text.trim",
        })
    );
}

#[test]
fn bare_steps_are_bound_for_examples() {
    let schema: Schema = [("caption", Type::Text.into())].into_iter().collect();
    let constants: Constants = Arc::new(vec![("topics".into(), Value::list(vec![]))]);
    let bind = |yaml: &str| {
        let beside = Beside { roles: &[("writer", RoleKind::Chat)], constants: constants.clone(), ..Beside::default() };
        bind_steps(yaml, schema.clone(), beside, &no_files(), REGISTRY)
    };
    let (block, after) = bind("text.trim: {from: caption}").unwrap();
    assert_eq!(
        (ids(&block), fields(&after)),
        (vec!["text.trim"], vec!["caption: text".into(), "trimmed: text".into()])
    );
    let yaml = "- chat.ask: {role: writer, prompt: '{{ topics }}', into: caption}\n- dedup.exact: {by: caption}\n";
    let (block, _) = bind(yaml).unwrap();
    assert!(matches!(block.steps[1].bound, Bound::Barrier(_)));
    let problems = bind("- text.trim: {from: image}").err().unwrap();
    assert_eq!(problems[0].to_string(), "steps.yaml:1:21: error: no field `image` has been written before this step");
}

/// A cookbook of recipes that use each other.
struct Cookbook;

impl Library for Cookbook {
    fn find(&self, slug: &str) -> Result<Arc<dyn Files>, String> {
        let text = match slug {
            "clean" => {
                "recipe: clean\nroles: {cleaner: chat}\ninputs: {caption: text}\nsteps:\n  - chat.ask: {role: \
                cleaner, prompt: prompts/a.md, into: clean}\noutput: {clean: text}\n"
            }
            "broken" => "recipe: broken\ninputs: {caption: text}\nsteps:\n  - text.trm:\noutput: {caption: text}\n",
            "circle" => "recipe: circle\nsteps:\n  - use: {recipe: circle}\noutput: {}\n",
            "whole" => "recipe: whole\ninputs: {caption: text}\nsteps:\n  - dedup.exact: {by: caption}\noutput: {}\n",
            _ => return Err(format!("no recipe is called `{slug}`")),
        };
        Ok(Arc::new(MemoryFolder::new(slug, [("recipe.yaml", text), ("prompts/a.md", "{{ caption }}")])))
    }
}

fn uses(recipe: &str) -> String {
    format!("recipe: t\ninputs: {{caption: text}}\nsteps:\n  - use: {{recipe: {recipe}}}\noutput: {{caption: text}}\n")
}

#[test]
fn a_recipe_is_used_as_a_step() {
    let options = Options { library: &Cookbook, ..Options::default() };
    let recipe = uses("clean").replace("output: {", "output: {clean: text, ");
    let first = plan(&recipe, &[], &options);
    assert_eq!(fields(&first.output), ["clean: text", "caption: text"]);
    assert_eq!(first.roles.keys().map(|role| &**role).collect::<Vec<_>>(), ["cleaner"]);
    let paths: Vec<&str> = first.files.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["recipe.yaml", "used/clean/prompts/a.md", "used/clean/recipe.yaml"]);
    // The copy that a run keeps needs no cookbook and is the same recipe.
    let copy = MemoryFolder::new("copy", first.files.iter().map(|(path, bytes)| (path.as_str(), bytes.clone())));
    let again = tamis_recipe::check(&copy, REGISTRY, &Options::default());
    assert_eq!(again.plan.unwrap().digest, first.digest);
}

#[test]
fn what_is_wrong_with_a_used_recipe_is_told_at_its_place() {
    let told = |recipe: &str| {
        lines(&checked(&uses(recipe), &[], &Options { library: &Cookbook, ..Options::default() })).join("\n")
    };
    assert_eq!(
        told("broken"),
        "recipe.yaml:4:19: error: the recipe `broken` has an error\n\
         broken/recipe.yaml:4:5: error: no operator is called `text.trm`; did you mean `text.trim`?\n  \
         = operators of this kind: text.trim"
    );
    assert_eq!(
        told("circle"),
        "recipe.yaml:4:19: error: the recipe `circle` has an error\n\
         circle/recipe.yaml:3:19: error: the recipe `circle` would use itself"
    );
    assert_eq!(
        told("whole"),
        "recipe.yaml:4:19: error: the recipe `whole` has an error\n\
         whole/recipe.yaml:4:5: error: `dedup.exact` has to see all records and cannot stand inside another step\n  \
         = a barrier stands at the top level of the recipe, as a step of its own"
    );
    assert_eq!(told("nothing"), "recipe.yaml:4:19: error: no recipe is called `nothing`");
    assert_eq!(
        told("../other"),
        "recipe.yaml:4:19: error: there is no folder `../other`: this recipe does not lie on disk"
    );
}

#[test]
fn a_neighbour_on_disk_is_used_by_its_path() {
    let outer = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = outer.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("a/recipe.yaml", &uses("../b"));
    write("b/recipe.yaml", "recipe: b\ninputs: {caption: text}\nsteps:\n  - text.trm:\noutput: {caption: text}\n");
    let folder = tamis_recipe::DiskFolder::open(outer.path().join("a")).unwrap();
    let options = Options { shown_at: "cookbook/a/".into(), ..Options::default() };
    let found = tamis_recipe::check(&folder, REGISTRY, &options);
    assert_eq!(
        found.diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "cookbook/a/recipe.yaml:4:19: error: the recipe `../b` has an error",
            "cookbook/a/../b/recipe.yaml:4:5: error: no operator is called `text.trm`; did you mean `text.trim`?",
        ]
    );
}

#[test]
fn the_page_of_an_operator_comes_from_its_config() {
    let page = operator_page(REGISTRY.iter().find(|spec| spec.name == "chat.ask").unwrap());
    let expected = "# chat.ask

Asks a model.

What comes back is kept in a field.

## Options

| option | type | default | meaning |
| --- | --- | --- | --- |
| `role` | `text` | required | The role to ask. |
| `prompt` | `text` | required | What to ask: a text, or a file of the recipe. |
| `returns` | `a type` | `text` | The type of the answer. |
| `into` | `text` | required | The field for the answer. |
| `temperature` | `float` |  | 0 = greedy. |
| `n` | `int` | `0` | How many answers. |
| `axes` | `list<Axis>` |  | Who judges. |

### Axis

What is looked at.

| option | type | default | meaning |
| --- | --- | --- | --- |
| `name` | `text` | required | Its name. |
| `scale` | `five` or `binary` |  | How it is told.<br>`five`: one to five<br>`binary`: yes or no |
";
    assert_eq!(page, expected);
}

#[test]
fn every_reference_in_the_editors_schema_leads_somewhere() {
    let schema = tamis_recipe::schema::recipe_schema(REGISTRY);
    let text = schema.to_string();
    let targets: Vec<&str> = text.split("\"$ref\":\"#/$defs/").skip(1).map(|t| t.split('"').next().unwrap()).collect();
    assert!(targets.len() > REGISTRY.len());
    for target in targets {
        assert!(schema["$defs"].get(target).is_some(), "{target}");
    }
    let cases = &schema["$defs"]["choose.field"]["properties"]["cases"]["anyOf"][0];
    assert_eq!(cases["additionalProperties"]["$ref"], "#/$defs/Steps");
    let temperature = &schema["$defs"]["chat.ask"]["properties"]["temperature"];
    assert_eq!(temperature["description"], "0 = greedy.");
    assert_eq!(temperature["anyOf"][1]["pattern"], "^\\$[^\\s\\d.-]");
}

const TWO_SOURCES: &str = r#"recipe: two-sources
params: { source: file }
roles: { writer: chat, judge: chat }
inputs: { text: text }
steps:
  - { when: source == 'file', text.trim: { from: text, into: draft } }
  - { when: source == 'model', chat.ask: { role: writer, prompt: "{{ text }}", into: draft } }
  - { when: source == 'model', chat.ask: { role: judge, prompt: "{{ draft }}", returns: int, into: score } }
  - { when: source == 'model', gate.require: { that: score > 3 } }
  - { when: source == 'model', dedup.exact: { by: score } }
  - text.trim: { from: draft, into: clean }
output: { clean: text, score: int? }
"#;

#[test]
fn a_condition_that_parameters_decide_leaves_its_step_out_with_its_roles() {
    let set = |source: &str| Options { set: vec![("source".into(), source.into())], ..Options::default() };
    let native = plan(TWO_SOURCES, &[], &Options::default());
    let steps = |plan: &Plan| plan.all_steps.iter().map(|step| step.id.to_string()).collect::<Vec<_>>();
    assert!(native.roles.is_empty(), "{:?}", native.roles);
    assert_eq!(steps(&native), ["text.trim", "text.trim#2"]);
    assert_eq!(native.stages.len(), 1);
    assert_eq!(fields(&native.output), ["clean: text", "score: int?"]);
    let model = plan(TWO_SOURCES, &[], &set("model"));
    assert_eq!(model.roles.keys().map(|r| &**r).collect::<Vec<_>>(), ["judge", "writer"]);
    assert_eq!(steps(&model), ["chat.ask", "chat.ask#2", "gate.require", "dedup.exact", "text.trim#2"]);
    assert_eq!(model.stages.len(), 2, "a barrier may have a condition that is decided");
    assert!(model.steps().all(|(_, step)| step.when.is_none()));
}

#[test]
fn what_is_left_out_is_checked_all_the_same() {
    let recipe = TWO_SOURCES.replace("returns: int, into: score", "returns: text, into: scores");
    let told = lines(&checked(&recipe, &[], &Options::default())).join("\n");
    assert!(told.contains("uses `score`, which is not defined"), "{told}");
    let undecided = TWO_SOURCES.replace("when: source == 'file'", "when: source == 'file' and text");
    let told = lines(&checked(&undecided, &[], &Options::default())).join("\n");
    assert!(told.contains("`draft` may be missing here"), "{told}");
}

#[test]
fn a_table_of_any_columns_has_no_fields_to_look_up() {
    let recipe = "recipe: t\ntables: { own: any }\ninputs: { own_name: text }\nsteps:\n  - text.trim: { from: own_name, into: own_name }\n\
                  output: { own_name: text }\n";
    let checked = checked(recipe, &[], &Options::default());
    let table = &checked.plan.as_ref().unwrap().tables["own"];
    assert!(table.any && table.schema.is_empty() && table.file.is_none());
    assert_eq!(lines(&checked), ["recipe.yaml:2:11: warning: no step and no prompt uses the table `own`"]);
}
