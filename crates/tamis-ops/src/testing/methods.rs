//! Whole methods in miniature: what a published recipe needs said, bound and run.

use tamis_core::{Record, Value};

use super::example;

fn run(yaml: &str) -> Vec<Record> {
    let example = example(yaml).unwrap_or_else(|error| panic!("{error}"));
    let (block, _) = example.bind().unwrap_or_else(|problems| panic!("{}", problems.join("\n")));
    let outcome = example.run(&block, 0).unwrap();
    assert!(outcome.failed.is_empty() && outcome.rejected.is_empty(), "{outcome:#?}");
    outcome.passed
}

fn lines(record: &Record, field: &str) -> Vec<String> {
    let part = |part: &Value| match part {
        Value::Media(media) => media.known_header().map(|h| format!("<{}x{}>", h.width, h.height)).unwrap_or_default(),
        other => other.as_text().unwrap_or_default().to_string(),
    };
    let turn = |turn: &Value| {
        let content = turn.get("content").and_then(Value::as_list).unwrap_or_default();
        let parts: Vec<String> = content.iter().map(part).collect();
        format!("{}: {}", turn.get("role").and_then(Value::as_text).unwrap_or_default(), parts.join(" "))
    };
    record.get(field).and_then(Value::as_list).unwrap_or_default().iter().map(turn).collect()
}

/// Turns whose question, answer and picture each have a critic, at most three rounds each, fewer when it is content. Two
/// turns: in the first the question is rewritten once and the picture painted twice; in the second nobody has a word.
const REFINED_TURNS: &str = r#"
step:
  repeat:
    max: 4
    until: turns | length == wanted
    steps:
      - choose.pick: { from: templates, into: template }
      - chat.ask: { role: writer, history: talk, prompt: "{{ template }} {{ topic }}", into: question }
      - repeat:
          max: 3
          until: advice == "none"
          steps:
            - chat.ask: { role: critic, history: talk, prompt: "Question on {{ topic }}: {{ question }}", into: advice }
            - when: advice != "none"
              chat.ask: { role: writer, prompt: "{{ question }} Better: {{ advice }}", into: question }
      - chat.ask: { role: writer, history: talk, prompt: "{{ question }}", returns: "{answer: text, caption: text}", into: draft }
      - repeat:
          max: 3
          until: advice == "none"
          steps:
            - chat.ask: { role: critic, history: talk, prompt: "{{ question }} {{ draft.answer }} {{ draft.caption }}", into: advice }
            - when: advice != "none"
              chat.ask: { role: writer, prompt: "{{ draft }} Better: {{ advice }}", returns: "{answer: text, caption: text}", into: draft }
      - shape.compute: { into: caption, value: draft.caption, type: text }
      - image.generate: { role: painter, prompt: "{{ caption }}", into: picture }
      - repeat:
          max: 3
          until: advice == "none"
          steps:
            - chat.ask: { role: viewer, history: talk, prompt: "{{ picture }} {{ question }} {{ draft.answer }}", into: advice }
            - when: advice != "none"
              chat.ask: { role: writer, prompt: "{{ caption }} Better: {{ advice }}", into: caption }
            - when: advice != "none"
              image.generate: { role: painter, prompt: "{{ caption }}", into: picture }
      - chat.judge:
          role: viewer
          history: talk
          prompt: "{{ question }} {{ draft.answer }} {{ picture }}"
          axes:
            tcc: { about: The text is complete., scale: [0, 5] }
            icc: { about: The picture is complete., scale: [0, 5] }
            iq: { about: The picture is good., scale: [0, 5] }
            its: { about: Text and picture complete each other., scale: [0, 5] }
          reasons: none
          into: scores
      - shape.compute:
          into: turns
          value: "(turns or []) + [{'question': question, 'answer': draft.answer, 'image': picture, 'scores': scores}]"
          type: "list<{question: text, answer: text, image: image, scores: json}>"
      - conversation.append:
          to: talk
          turns:
            - { role: user, content: "{{ question }}" }
            - { role: assistant, content: "{{ draft.answer }} {{ picture }}" }
data: { templates: [Tell me about] }
in: { topic: harbours, wanted: 2 }
roles: { painter: text-to-image }
replies:
  - Q1
  - be clearer
  - Q1 clear
  - none
  - { answer: A1, caption: boats }
  - none
  - 8x8
  - more boats
  - many boats
  - 16x8
  - none
  - { tcc: { score: 5 }, icc: { score: 4 }, iq: { score: 4 }, its: { score: 0 } }
  - Q2
  - none
  - { answer: A2, caption: gulls }
  - none
  - 4x4
  - none
  - { tcc: { score: 3 }, icc: { score: 3 }, iq: { score: 3 }, its: { score: 3 } }
out: {}
"#;

#[test]
fn intersyn_refines_question_answer_and_picture_inside_each_turn() {
    let records = run(REFINED_TURNS);
    let talk = lines(&records[0], "talk");
    assert_eq!(talk, ["user: Q1 clear", "assistant: A1 <16x8>", "user: Q2", "assistant: A2 <4x4>"]);
    let turns = records[0].get("turns").and_then(Value::as_list).unwrap();
    assert_eq!(turns[0].get("scores").unwrap().to_json()["icc"]["score"], 4);
    assert!(turns.iter().all(|turn| turn.get("image").and_then(Value::as_media).is_some()));
    assert!(records[0].visits.is_empty());
}

/// One picture: hook, extraction, four scores, the keep rule, the answer.
const HOOKED: &str = r#"
steps:
  - chat.complete: { role: hook, images: [image], temperature: 1, top_p: 1, max_tokens: 512, extra: { top_k: 20 }, into: wrote }
  - chat.ask: { role: writer, prompt: "{{ wrote }}", into: reply }
  - text.match: { from: reply, pattern: '(?s)^\s*Instruction:\s*(?P<instruction>.+?)\s*$', groups: { instruction: text } }
  - chat.judge:
      { role: judge, images: [image], prompt: "{{ instruction }}", axes: { solvable: { about: s, scale: [1, 5] } }, reply_format: marks, missing: -1, into: s }
  - chat.judge:
      { role: writer, prompt: "{{ instruction }}", axes: { nonsense: { about: n, scale: [1, 5] } }, reply_format: marks, missing: -1, into: n }
  - gate.require: { that: s.solvable.score >= 3 and n.nonsense.score == 5, reason: the instruction is not good enough }
  - chat.ask: { role: judge, prompt: "{{ image }} {{ instruction }}", temperature: 0, max_tokens: 1024, into: response }
types: { image: image }
images: { image: 64x48 }
roles: { hook: complete }
"#;

#[test]
fn oasis_takes_an_instruction_out_of_what_the_hook_wrote() {
    let replies = r#"replies: ["A harbour. How many boats are there?", "Instruction: How many boats are there?", "All to be seen. [[5]]", "[[4]], no, [[5]]", Three.]"#;
    let records = run(&format!("{HOOKED}{replies}\nout: {{}}"));
    assert_eq!(records[0].get("instruction").unwrap().as_text(), Some("How many boats are there?"));
    assert_eq!(records[0].get("response").unwrap().as_text(), Some("Three."));
    super::check(&format!("{HOOKED}replies: [A harbour., NO_INST]\nrejects: does not match"));
    super::check(&format!(
        "{HOOKED}replies: [Boats?, 'Instruction: Boats?', I cannot say., '[[5]]']\nrejects: the instruction is not good enough"
    ));
}

/// The joint embedding of a picture and its caption, as groups of alike pictures are drawn by.
#[test]
fn smir_adds_a_fifth_of_the_caption_to_the_picture() {
    let records = run(r#"
steps:
  - embed.image: { role: picture_tower, from: image, into: image_vector }
  - embed.text: { role: text_tower, text: "{{ caption }}", into: caption_vector }
  - vector.combine: { weights: { image_vector: 1, caption_vector: 0.2 }, normalise_result: true, into: joint }
  - vector.similarity: { a: image_vector, b: joint, into: near }
types: { image: image }
images: { image: 8x8 }
in: { caption: Two boats. }
roles: { picture_tower: image-embed, text_tower: text-embed }
replies: [[9, 0], [0, 3]]
out: {}
"#);
    let near = records[0].get("near").unwrap().as_float().unwrap();
    assert!((near - 1.0 / 1.04_f64.sqrt()).abs() < 1e-6, "{near}");
}

/// A rewrite that a judge scores, along a direction drawn by weight.
#[test]
fn mmevol_rewrites_along_a_direction_and_keeps_what_is_better() {
    let records = run(r#"
steps:
  - choose.share: { into: direction, shares: { perception: 0.5, reasoning: 0.25, interaction: 0.25 } }
  - chat.ask:
      role: writer
      system: prompts/{{ direction }}.md
      prompt: "{{ image }} {{ captions }} {{ question }}"
      returns: "list<{question: text, answer: text, steps: list<{manipulation: text?, description: text}>, skills: list<text>}>"
      into: rewritten
  - each:
      over: rewritten
      as: new
      steps:
        - chat.judge:
            role: judge
            prompt: "{{ question }} became {{ new.question }}"
            axes: { improved: { about: It is harder., scale: yes-no }, score: { about: How much., scale: [0, 10] } }
            require: improved
            into: judgement
      gather: new
      into: kept
  - gate.require: { that: kept | length >= 1, reason: no rewrite is an improvement }
types: { image: image, captions: list<text> }
images: { image: 8x8 }
files: { prompts/perception.md: P, prompts/reasoning.md: R, prompts/interaction.md: I }
in: { captions: [Boats.], question: What? }
replies:
  - [{ question: a, answer: b, steps: [{ manipulation: null, description: c }], skills: [OCR] }]
  - { reason: r, improved: { score: true }, score: { score: 8 } }
out: {}
"#);
    assert_eq!(records[0].get("kept").unwrap().as_list().unwrap().len(), 1);
}
