//! One test for each class of problem; each pins the whole text that a person reads.

use tamis_recipe::Options;

use crate::{checked, lines};

/// Checks that a recipe with these files beside it is told so.
#[track_caller]
fn tells(recipe: &str, files: &[(&str, &str)], expected: &str) {
    let told = lines(&checked(recipe, files, &Options::default())).join("\n");
    assert_eq!(told, expected.trim_start(), "\n{told}\n");
}

/// The same for the steps of a recipe that has the fields `image`, `captions` and, from a first step, `caption`.
#[track_caller]
fn steps_tell(steps: &str, expected: &str) {
    let begin = "recipe: t
roles: {writer: chat}
inputs: {image: image, captions: list<text>}
steps:
  - chat.ask: {role: writer, prompt: '{{ image }}', into: caption}
";
    tells(&format!("{begin}{}output: {{caption: text}}\n", steps.trim_start_matches('\n')), &[], expected);
}

#[test]
fn broken_yaml() {
    tells(
        "recipe: t
steps:
  - text.trim: {from: a
output: {}
",
        &[],
        "
recipe.yaml:4:7: error: this is no YAML: while parsing a flow mapping, did not find expected ',' or '}'",
    );
}

#[test]
fn tabs() {
    tells(
        "recipe: t
steps:
	- text.trim:
",
        &[],
        "
recipe.yaml:3:2: error: this is no YAML: tabs disallowed within this context (block indentation)
  = indent with spaces: YAML does not allow tabs",
    );
}

#[test]
fn an_empty_file() {
    tells(
        "# nothing yet
",
        &[],
        "
recipe.yaml:1:1: error: the recipe is empty
  = a recipe begins with `recipe: NAME`, then `inputs:`, `steps:` and `output:`",
    );
}

#[test]
fn a_list_at_the_top() {
    tells(
        "- text.trim:
",
        &[],
        "
recipe.yaml:1:1: error: expected a map of recipe, about, paper, licence, params, data, tables, roles, inputs, steps, output, found a list
  = a recipe begins with `recipe: NAME`, then `inputs:`, `steps:` and `output:`",
    );
}

#[test]
fn a_repeated_key() {
    tells(
        "recipe: t
about: a
about: b
steps: []
output: {}
",
        &[],
        "
recipe.yaml:3:1: error: the key `about` appears twice in this map",
    );
}

#[test]
fn an_unknown_key_and_missing_ones() {
    tells(
        "recipe: t
license: CC0
step: []
",
        &[],
        "
recipe.yaml:1:1: error: the recipe has no `steps`
  = a recipe that does nothing to its input has `steps: []`
recipe.yaml:1:1: error: the recipe has no `output`
  = name the fields of a sample: `output: { image: image, caption: text }`
recipe.yaml:2:1: error: a recipe has no key `license`; did you mean `licence`?
  = its keys: recipe, about, paper, licence, params, data, tables, roles, inputs, steps, output
recipe.yaml:3:1: error: a recipe has no key `step`; did you mean `steps`?
  = its keys: recipe, about, paper, licence, params, data, tables, roles, inputs, steps, output",
    );
}

#[test]
fn keys_of_the_wrong_shape() {
    tells(
        "recipe: [a]
about: {}
params: 3
roles: [writer]
inputs: image
steps: {text.trim: }
output: []
",
        &[],
        r#"
recipe.yaml:1:1: error: expected a name of letters, digits, `-`, `_` and `.`, found a list
recipe.yaml:2:1: error: expected a text behind `about`, found a map
recipe.yaml:3:9: error: expected a map behind `params`, found the number 3
  = for example `params: { min_side: 28 }`
recipe.yaml:4:1: error: expected a map behind `roles`, found a list
  = for example `roles: { writer: chat }`
recipe.yaml:5:9: error: expected a map behind `inputs`, found the text "image"
  = for example `inputs: { image: image, captions: list<text> }`
recipe.yaml:6:1: error: expected a list of steps, found a map
  = each step begins with `- `: `- operator: {option: value}`
recipe.yaml:7:1: error: expected a map behind `output`, found a list
  = for example `output: { image: image, caption: text }`"#,
    );
}

#[test]
fn a_missing_name() {
    tells(
        "steps: []
inputs: {image: image}
output: {image: image}
",
        &[],
        "
recipe.yaml:1:1: error: the recipe has no name
  = name it in the first line: `recipe: my-recipe`",
    );
}

#[test]
fn unknown_types() {
    tells(
        r#"recipe: t
inputs: {a: "list<imge>", b: {c: text}, d: list<text}
steps: []
output: {a: "list<imge>"}
"#,
        &[],
        r#"
recipe.yaml:2:19: error: no type is called `imge`; did you mean `image`?
  = types: bool, int, float, text, image, mask, audio, video, point, box, polygon, region, turn, conversation, json, enum(a|b), list<T>, map<T>, {field: T}, T?
recipe.yaml:2:27: error: expected a type for `b`, found a map
  = write the type as a text, in quotes if it has braces: `pairs: "list<{question: text}>"`
recipe.yaml:2:53: error: expected `>`
  = types: bool, int, float, text, image, mask, audio, video, point, box, polygon, region, turn, conversation, json, enum(a|b), list<T>, map<T>, {field: T}, T?
recipe.yaml:4:19: error: no type is called `imge`; did you mean `image`?
  = types: bool, int, float, text, image, mask, audio, video, point, box, polygon, region, turn, conversation, json, enum(a|b), list<T>, map<T>, {field: T}, T?"#,
    );
}

#[test]
fn coordinates_without_a_clear_image() {
    tells(
        "recipe: t
inputs:
  before: image
  after: image
  boxes: list<box>
  points: list<point> of befor
  note: text of after
steps: []
output: {before: image}
",
        &[],
        r#"
recipe.yaml:5:10: error: `boxes` holds coordinates, but of which image: before, after?
  = write the image behind the type: `boxes: "list<box> of before"`
recipe.yaml:6:11: error: no input image is called `befor`; did you mean `before`?
recipe.yaml:7:9: error: `of after` belongs to coordinates, but `note` holds none"#,
    );
}

#[test]
fn an_unknown_parameter() {
    tells(
        "recipe: t
params: {min_side: 28}
inputs: {caption: text}
steps:
  - chat.ask: {role: $rol, prompt: $$x, into: caption, n: $min_sid}
output: {caption: text}
",
        &[],
        "
recipe.yaml:5:22: error: no parameter is called `rol`
  = declare it: `params: { rol: ... }`; the text itself is written `$$rol`
recipe.yaml:5:59: error: no parameter is called `min_sid`; did you mean `min_side`?
  = declare it: `params: { min_sid: ... }`; the text itself is written `$$min_sid`",
    );
}

#[test]
fn one_name_for_several_things() {
    tells(
        "recipe: t
params: {a: 1, b-c: 2}
data: {a: [x]}
inputs: {a: text, b: text}
steps: []
output: {b: text}
",
        &[],
        "
recipe.yaml:2:16: error: `b-c` is no name for a parameter: a letter, then letters, digits or `_`
recipe.yaml:3:8: error: `a` is the name of data and of a parameter
  = rename one of them
recipe.yaml:4:10: error: `a` is the name of an input and of a parameter or of data
  = rename one of them",
    );
}

#[test]
fn data_files_that_cannot_be_read() {
    tells(
        "recipe: t
data:
  topics: data/topic.txt
  table: data/table.csv
  broken: data/broken.json
  bad: data/bad.yaml
  out: ../secret.txt
steps: []
output: {}
",
        &[("data/topics.txt", "a"), ("data/broken.json", "{\"a\": [1, 2}"), ("data/bad.yaml", "a: 1\na: [")],
        "
recipe.yaml:3:11: error: `data/topic.txt`: no such file; did you mean `data/topics.txt`?
recipe.yaml:4:10: error: data is read from .yaml, .json, .txt and .md files, not from `data/table.csv`
  = a table of records is an input; a small one can be written as a list in a .yaml file
recipe.yaml:7:8: error: `../secret.txt` climbs out of the recipe's folder with `..`
data/bad.yaml:2:4: error: this is no YAML: unclosed bracket '['
data/broken.json:1:12: error: this is no JSON: expected `,` or `]`",
    );
}

#[test]
fn unknown_kinds_of_roles() {
    tells(
        "recipe: t
roles:
  a: chatt
  b: {about: x}
  c: {kind: chat, abuot: x}
  d: 3
  e: {kind: chat, about: reads, then writes}
inputs: {image: image}
steps:
  - chat.ask: {role: a, prompt: x, into: y}
output: {image: image}
",
        &[],
        "
recipe.yaml:3:6: error: no kind of role is called `chatt`; did you mean `chat`?
  = kinds of roles: chat, complete, text-embed, image-embed, text-to-image, image-edit, ocr, code-runner
recipe.yaml:4:3: error: the role `b` has no `kind`
  = kinds of roles: chat, complete, text-embed, image-embed, text-to-image, image-edit, ocr, code-runner
recipe.yaml:5:3: error: no step asks for the role `c`
  = give it to a step, or take it out
recipe.yaml:5:19: error: a role has no key `abuot`; did you mean `about`?
recipe.yaml:6:6: error: expected a role's kind, found the number 3
  = kinds of roles: chat, complete, text-embed, image-embed, text-to-image, image-edit, ocr, code-runner
recipe.yaml:7:3: error: no step asks for the role `e`
  = give it to a step, or take it out
recipe.yaml:7:33: error: a role has no key `then writes`
  = a comma inside `{ }` begins a new key; a text with a comma needs quotes around it",
    );
}

#[test]
fn an_unused_role() {
    tells(
        "recipe: t
roles: {writer: chat}
inputs: {image: image}
steps: []
output: {image: image}
",
        &[],
        "
recipe.yaml:2:9: error: no step asks for the role `writer`
  = give it to a step, or take it out",
    );
}

#[test]
fn unused_parameters_and_data() {
    tells(
        "recipe: t
params: {n: 1, used: 2}
data: {topics: [a]}
inputs: {image: image}
steps:
  - gate.require: {that: image.width > used}
output: {image: image}
",
        &[],
        "
recipe.yaml:2:10: warning: no step and no prompt uses the parameter `n`
recipe.yaml:3:8: warning: no step and no prompt uses the data `topics`",
    );
}

#[test]
fn an_unknown_operator() {
    steps_tell(
        "
  - chat.aks: {role: writer}
",
        "
recipe.yaml:6:5: error: no operator is called `chat.aks`; did you mean `chat.ask`?
  = operators of this kind: chat.ask",
    );
}

#[test]
fn an_unknown_kind_of_operator() {
    steps_tell(
        "
  - foo.bar:
",
        "
recipe.yaml:6:5: error: no operator is called `foo.bar`
  = `tamis ops` lists all operators",
    );
}

#[test]
fn an_unknown_option() {
    steps_tell(
        "
  - chat.ask: {role: writer, promt: x, into: y}
",
        "
recipe.yaml:6:30: error: `chat.ask` has no option `promt`; did you mean `prompt`?
  = options: role, prompt, returns, into, temperature, n, axes",
    );
}

#[test]
fn options_that_stand_elsewhere() {
    steps_tell(
        "
  - text.trim:
      id: x
      from: caption
  - text.trim: {from: caption, into: caption, and then}
",
        "
recipe.yaml:7:7: error: `text.trim` has no option `id`
  = `id` stands beside `text.trim`, indented as far
recipe.yaml:9:47: error: `text.trim` has no option `and then`
  = a comma inside `{ }` begins a new option; a text with a comma needs quotes around it",
    );
}

#[test]
fn a_missing_option() {
    steps_tell(
        "
  - chat.ask: {role: writer, into: y}
",
        "
recipe.yaml:6:5: error: `chat.ask` needs the option `prompt`
  = `prompt`: What to ask: a text, or a file of the recipe.",
    );
}

#[test]
fn an_option_of_the_wrong_shape() {
    steps_tell(
        "
  - chat.ask: {role: 3, prompt: x, into: y}
  - chat.ask: {role: writer, prompt: x, into: caption, n: -1}
",
        "
recipe.yaml:6:22: error: expected a text, found the number 3
recipe.yaml:7:59: error: expected a whole number, not below 0, found the number -1",
    );
}

#[test]
fn wrong_options_inside_options() {
    steps_tell(
        "
  - chat.ask: {role: writer, prompt: x, into: caption, axes: [{name: a, scale: fiv}]}
  - chat.ask: {role: writer, prompt: x, into: caption, axes: [{scale: five}]}
  - chat.ask: {role: writer, prompt: x, into: caption, axes: [{name: a, sale: five}]}
",
        "
recipe.yaml:6:80: error: `fiv` is not possible here; did you mean `five`?
  = possible: five, binary
recipe.yaml:7:63: error: `name` is missing here
recipe.yaml:8:73: error: there is no option `sale` here; did you mean `scale`?
  = options: name, scale",
    );
}

#[test]
fn an_unknown_type_in_an_option() {
    steps_tell(
        "
  - chat.ask: {role: writer, prompt: x, into: caption, returns: list<txet>}
",
        "
recipe.yaml:6:70: error: no type is called `txet`; did you mean `text`?",
    );
}

#[test]
fn a_field_read_before_it_is_written() {
    steps_tell(
        "
  - text.trim: {from: captoin, into: caption}
",
        "
recipe.yaml:6:23: error: no field `captoin` has been written before this step; did you mean `caption`?
  = fields at this place: image, captions, caption",
    );
}

#[test]
fn a_field_of_another_type() {
    steps_tell(
        "
  - text.trim: {from: captions, into: caption}
",
        "
recipe.yaml:6:23: error: expected text, but `captions` is list<text>",
    );
}

#[test]
fn a_field_that_may_be_missing() {
    steps_tell(
        "
  - text.trim: {from: caption, into: new}
    when: captions | length > 1
  - text.trim: {from: new, into: caption}
",
        r#"
recipe.yaml:8:23: error: expected text, but `new` is text?
  = `new` may be missing here; test it first with `gate.require: {that: "new is not none"}`"#,
    );
}

#[test]
fn a_conditional_step_that_changes_a_type() {
    steps_tell(
        "
  - text.trim: {from: caption, into: captions}
    when: captions | length > 1
",
        "
recipe.yaml:7:11: error: `captions` is list<text> before this step and text behind it, but some records skip the step
  = write another field than `captions`, or let all records through this step",
    );
}

#[test]
fn an_undefined_name_in_a_prompt() {
    steps_tell(
        r#"
  - chat.ask: {role: writer, prompt: "about {{ capton }}", into: caption}
"#,
        "
recipe.yaml:6:48: error: the text uses `capton`, which is not defined at this place; did you mean `caption`?
  = names at this place: image, captions, caption",
    );
}

#[test]
fn an_undefined_name_in_a_condition() {
    steps_tell(
        "
  - text.trim: {from: caption, into: caption}
    when: captons | length > 3
",
        "
recipe.yaml:7:11: error: `captons | length > 3` uses `captons`, which is not defined at this place; did you mean `captions`?
  = names at this place: image, captions, caption",
    );
}

#[test]
fn a_prompt_that_cannot_be_read() {
    steps_tell(
        r#"
  - chat.ask: {role: writer, prompt: "about {{ caption", into: caption}
"#,
        "
recipe.yaml:6:38: error: the text: syntax error: unexpected end of input, expected end of variable block (line 1)",
    );
}

#[test]
fn conditions_of_the_wrong_shape() {
    steps_tell(
        "
  - text.trim: {from: caption, into: caption}
    when: [a]
  - text.trim: {from: caption, into: caption}
    when: caption ==
",
        "
recipe.yaml:7:11: error: expected a condition behind `when`, found a list
  = for example `when: captions | length > 1`
recipe.yaml:9:11: error: `caption ==`: syntax error: unexpected end of input, expected expression",
    );
}

#[test]
fn an_unknown_role() {
    steps_tell(
        "
  - chat.ask: {role: wrter, prompt: x, into: caption}
",
        "
recipe.yaml:6:22: error: no role is called `wrter`; did you mean `writer`?
  = declare it at the top: `roles: { wrter: chat }`",
    );
}

#[test]
fn barriers_where_none_may_stand() {
    steps_tell(
        "
  - dedup.exact: {by: caption}
    when: captions | length > 1
  - dedup.exact: {by: caption}
    retry: 1
  - repeat: {steps: [dedup.exact: {by: caption}]}
",
        "
recipe.yaml:7:11: error: `dedup.exact` has to see all records and cannot have a `when`
recipe.yaml:8:5: error: `dedup.exact` has to see all records and cannot have a `retry`
recipe.yaml:10:22: error: `dedup.exact` has to see all records and cannot stand inside another step
  = a barrier stands at the top level of the recipe, as a step of its own",
    );
}

#[test]
fn problems_in_nested_steps() {
    steps_tell(
        "
  - choose.field:
      by: caption
      cases:
        a:
          - text.trim: {from: captoin}
        b: 3
",
        "
recipe.yaml:10:31: error: no field `captoin` has been written before this step; did you mean `caption`?
  = fields at this place: image, captions, caption
recipe.yaml:11:12: error: expected a list of steps at `cases.b`, found the number 3
  = each step begins with `- `: `- operator: {option: value}`",
    );
}

#[test]
fn steps_of_the_wrong_shape() {
    steps_tell(
        "
  - {}
  - 3
  - text.trim
  - {text.trim: , chat.ask: }
  - {text.trim: {from: captoin, into: caption}, form: 4}
",
        r#"
recipe.yaml:6:5: error: a step needs an operator
  = for example `- gate.require: {that: ...}`
recipe.yaml:7:5: error: expected a step, found the number 3
  = a step is a map: `- operator: {option: value}`
recipe.yaml:8:5: error: expected a step, found the text "text.trim"
  = an operator without options ends in a colon: `- text.trim:`
recipe.yaml:9:19: error: a step has one operator, found `text.trim` and `chat.ask`
  = begin a new step with `- ` in front of each
recipe.yaml:10:24: error: no field `captoin` has been written before this step; did you mean `caption`?
  = fields at this place: image, captions, caption
recipe.yaml:10:49: error: beside `text.trim` a step may have id, when, retry; found `form`
  = options of `text.trim` are indented further than its name"#,
    );
}

#[test]
fn wrong_ids_and_tries() {
    steps_tell(
        r#"
  - {id: "a b", text.trim: {from: caption, into: caption}, retry: 11}
  - {id: chat.ask, text.trim: {from: caption, into: caption}}
"#,
        r#"
recipe.yaml:6:10: error: expected an id of letters, digits, `-`, `_` and `.`, found the text "a b"
recipe.yaml:6:67: error: expected a whole number of further tries from 0 to 10, found the number 11
recipe.yaml:7:10: error: the id `chat.ask` is taken by the step on line 5
  = ids are unique in a recipe"#,
    );
}

#[test]
fn a_loop_that_feeds_back_is_not_told_what_it_lacks_at_first() {
    steps_tell(
        "
  - repeat:
      steps:
        - text.trim: {from: critique, into: caption}
        - chat.ask: {role: writer, prompt: x, into: critique}
        - text.trim: {from: critic, into: caption}
",
        "
recipe.yaml:10:29: error: no field `critic` has been written before this step; did you mean `critique`?
  = fields at this place: image, captions, caption, critique",
    );
}

#[test]
fn a_condition_that_never_changes() {
    steps_tell(
        r#"
  - text.trim: {from: caption, into: caption}
    when: true
  - text.trim: {from: caption, into: caption}
    when: "false"
"#,
        "
recipe.yaml:7:11: warning: `when` always holds
recipe.yaml:9:11: warning: `when` never holds: no record sees this step",
    );
}

#[test]
fn steps_that_no_record_reaches() {
    steps_tell(
        "
  - gate.require: {that: 'false'}
  - text.trim: {from: caption, into: caption}
  - text.trim: {from: caption, into: caption}
",
        "
recipe.yaml:7:5: warning: no record comes here: the step on line 6 rejects them all",
    );
}

#[test]
fn a_field_that_nobody_reads() {
    steps_tell(
        "
  - text.trim: {from: caption}
",
        "
recipe.yaml:6:5: warning: `text.trim` writes `trimmed`, which no step reads and the output does not hold
  = add `trimmed` to `output`, or take the step out",
    );
}

#[test]
fn an_operator_that_fails_without_a_word() {
    steps_tell(
        "
  - bad.silent:
",
        "
recipe.yaml:6:5: error: `bad.silent` cannot be built and does not say why",
    );
}

#[test]
fn what_follows_from_an_error_is_not_told() {
    steps_tell(
        "
  - chat.ask: {role: writer, promt: x, into: answer}
  - text.trim: {from: answer, into: short}
  - text.trim: {from: short, into: caption}
  - text.trim: {from: image, into: caption}
",
        "
recipe.yaml:6:30: error: `chat.ask` has no option `promt`; did you mean `prompt`?
  = options: role, prompt, returns, into, temperature, n, axes
recipe.yaml:9:23: error: expected text, but `image` is image",
    );
}

#[test]
fn a_prompt_file_that_is_missing() {
    tells(
        "recipe: t
roles: {writer: chat}
inputs: {image: image}
steps:
  - chat.ask: {role: writer, prompt: prompts/wirte.md, into: caption}
output: {image: image, caption: text}
",
        &[("prompts/write.md", "x")],
        "
recipe.yaml:5:38: error: `prompts/wirte.md`: no such file; did you mean `prompts/write.md`?",
    );
}

#[test]
fn a_prompt_path_that_climbs_out() {
    tells(
        "recipe: t
roles: {writer: chat}
inputs: {image: image}
steps:
  - chat.ask: {role: writer, prompt: ../other/write.md, into: caption}
output: {image: image, caption: text}
",
        &[],
        "
recipe.yaml:5:38: error: `../other/write.md` climbs out of the recipe's folder with `..`",
    );
}

#[test]
fn an_undefined_name_in_a_prompt_file() {
    tells(
        "recipe: t
roles: {writer: chat}
inputs: {image: image}
steps:
  - chat.ask: {role: writer, prompt: prompts/write.md, into: caption}
output: {image: image, caption: text}
",
        &[("prompts/write.md", "Look at this.\n\nimag: {{ imag }}\n")],
        "
prompts/write.md:3:10: error: the prompt uses `imag`, which is not defined at this place; did you mean `image`?
  = names at this place: image",
    );
}

#[test]
fn a_prompt_file_that_cannot_be_read() {
    tells(
        "recipe: t
roles: {writer: chat}
inputs: {image: image}
steps:
  - chat.ask: {role: writer, prompt: prompts/write.md, into: caption}
output: {image: image, caption: text}
",
        &[("prompts/write.md", "Look.\n  {% if image %}\nhm")],
        "
prompts/write.md:3:1: error: syntax error: unexpected end of input, expected end of block",
    );
}

#[test]
fn an_output_never_written() {
    tells(
        r#"recipe: t
roles: {writer: chat}
inputs: {image: image, regions: list<region>}
steps:
  - chat.ask: {role: writer, prompt: "{{ image }}", into: turns, returns: list<text>}
  - chat.ask: {role: writer, prompt: "{{ image }}", into: note}
    when: turns | length > 0
output: {image: image, turn: list<text>, verdict: bool, note: text?}
"#,
        &[],
        "
recipe.yaml:8:24: error: the output `turn` is never written; did you mean `turns`?
  = `chat.ask` on line 5 writes `turns`
recipe.yaml:8:42: error: the output `verdict` is never written
  = fields at the end: image, regions, turns, note",
    );
}

#[test]
fn an_output_of_another_type() {
    tells(
        r#"recipe: t
roles: {writer: chat}
inputs: {image: image, regions: list<region>}
steps:
  - chat.ask: {role: writer, prompt: "{{ image }}", into: turns, returns: list<text>}
  - chat.ask: {role: writer, prompt: "{{ image }}", into: note}
    when: turns | length > 0
output: {image: image, turns: text, note: text, regions: list<region> of other}
"#,
        &[],
        r#"
recipe.yaml:8:31: error: expected text for the output `turns`, but `turns` is list<text>
  = ask for what is there: `turns: list<text>`
recipe.yaml:8:43: error: expected text for the output `note`, but `note` is text?
  = `note` may be missing; reject such records with `gate.require: {that: "note is not none"}`, or ask for `text?`
recipe.yaml:8:58: error: expected coordinates in `other`, but `regions` is in the pixels of `image`"#,
    );
}

#[test]
fn an_output_that_was_taken_out() {
    tells(
        r#"recipe: t
roles: {writer: chat}
inputs: {image: image, regions: list<region>}
steps:
  - chat.ask: {role: writer, prompt: "{{ image }}", into: turns, returns: list<text>}
  - chat.ask: {role: writer, prompt: "{{ image }}", into: note}
    when: turns | length > 0
  - shape.select: {fields: [turns, note, regions]}
output: {image: image, turns: list<text>, note: text?}
"#,
        &[],
        "
recipe.yaml:9:10: error: the output `image` is gone at the end: `shape.select` on line 8 took it out",
    );
}

#[test]
fn coordinates_without_their_image() {
    tells(
        r#"recipe: t
roles: {writer: chat}
inputs: {image: image, regions: list<region>}
steps:
  - chat.ask: {role: writer, prompt: "{{ image }}", into: turns, returns: list<text>}
  - chat.ask: {role: writer, prompt: "{{ image }}", into: note}
    when: turns | length > 0
output: {regions: list<region>, turns: list<text>, note: text?}
"#,
        &[],
        "
recipe.yaml:8:10: warning: `regions` is in the pixels of `image`, which is not in the output",
    );
}

#[test]
fn a_parameter_that_may_not_have_its_value() {
    let recipe = "recipe: t
params:
  side: {default: 0, at_least: 1}
  tone: {default: plain, one_of: [plain, loud]}
  tones: {default: [plain], one_of: [plain, loud], one_off: 3}
inputs: {text: text}
steps:
  - text.trim: {from: text}
output: {text: text}
";
    let set = |name: &str, text: &str| (name.to_string(), text.to_string());
    let options = Options { set: vec![set("tone", "lout"), set("tones", "[loud, soft]")], ..Options::default() };
    let told = lines(&checked(recipe, &[], &options)).join("\n");
    for expected in [
        "recipe.yaml:3:19: error: the default of `side` is not allowed: expected at least 1, found 0",
        "`--set tone=lout`: expected one of plain, loud, found lout; did you mean `loud`?",
        "`--set tones=[loud, soft]`: expected one of plain, loud, found soft",
        "recipe.yaml:5:52: error: a parameter has no key `one_off`; did you mean `one_of`?",
    ] {
        assert!(told.contains(expected), "{expected}\n\n{told}");
    }
}

#[test]
fn tables() {
    let recipe = "recipe: t
tables:
  a: {key: text, picture: imag}
  b: {from: data/none.csv, fields: {key: text}}
  c: text
  d: {from: data/d.csv, fields: {key: text}}
  e: {from: data/d.csv, fields: {picture: image}}
  f: {optional: perhaps, fields: {key: text}}
  g: {optional: true, from: data/d.csv, fields: {key: text}}
inputs: {text: text}
steps:
  - text.trim: {from: text}
output: {text: text}
";
    let told = lines(&checked(recipe, &[("data/d.csv", "key\nx\n")], &Options::default())).join("\n");
    for expected in [
        "recipe.yaml:3:27: error: no type is called `imag`; did you mean `image`?",
        "recipe.yaml:4:13: error: `data/none.csv`: no such file",
        "recipe.yaml:5:6: error: expected the fields of a row, found the text \"text\"",
        "recipe.yaml:6:3: warning: no step and no prompt uses the table `d`",
        "`picture` holds pictures or sound, which a table in the recipe's folder cannot",
        "recipe.yaml:8:17: error: expected true or false, found the text \"perhaps\"",
        "recipe.yaml:9:17: error: a table with `from` is always there",
    ] {
        assert!(told.contains(expected), "{expected}\n\n{told}");
    }
}
