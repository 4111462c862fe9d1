//! Chat templates of models: how they are cut off inside an open message, and rendered here.
//!
//! A template is a Jinja program that turns messages into the model's prompt, closing each with marks of its own. To
//! leave the last message open, a mark of ours is put at its end, and the template is wrapped so that everything it
//! writes from that mark on is dropped. So the cut follows from the template, whatever it writes.

use std::path::Path;
use std::sync::Arc;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, ErrorKind, Value};
use serde_json::{Value as Json, json};
use tamis_core::model::{Message, Part};

use crate::digest::speaker;

/// What stands where a message is left open. No special token of any model, and nothing that a template would trim.
pub(crate) const OPEN: &str = "[[open-here]]";
/// Longest template that is read, in bytes; the longest published ones have some 20 kB.
const LONGEST: u64 = 1 << 20;
/// Steps of one rendering; a template of a thousand messages takes some 100,000.
const FUEL: u64 = 5_000_000;

/// A model's chat template.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ChatTemplate {
    source: Arc<str>,
}

impl ChatTemplate {
    /// Reads `chat_template.jinja`, or a JSON file that holds one (`tokenizer_config.json`, `chat_template.json`).
    ///
    /// Errors, in words: no such file, no template in it, a template that drops the end of a message.
    pub(crate) fn load(path: &Path) -> Result<ChatTemplate, String> {
        let shown = path.display();
        let length = std::fs::metadata(path).map_err(|e| format!("the chat template {shown}: {e}"))?.len();
        if length > 16 * LONGEST {
            return Err(format!("{shown} has {length} bytes, too many for a chat template"));
        }
        let text = std::fs::read_to_string(path).map_err(|e| format!("the chat template {shown}: {e}"))?;
        let source = match path.extension().is_some_and(|extension| extension == "json") {
            true => in_json(&text).map_err(|e| format!("{shown}: {e}"))?,
            false => text,
        };
        if source.len() as u64 > LONGEST {
            return Err(format!("the chat template in {shown} is longer than {LONGEST} bytes"));
        }
        let template = ChatTemplate { source: source.into() };
        template.probe().map_err(|e| format!("{shown}: {e}"))?;
        Ok(template)
    }

    /// The template as text.
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// A template that writes what this one writes before [`OPEN`].
    ///
    /// Servers render with `trim_blocks`, which drops the line's end behind `set`: the template begins a line of its own,
    /// as it does unwrapped, so that white space at its border is trimmed alike. What is behind its end is dropped.
    pub(crate) fn cut(&self) -> String {
        let source = &self.source;
        format!("{{% set full %}}\n{source}{{% endset %}}{{{{ full.split('{OPEN}')[0] }}}}")
    }

    /// The prompt of these messages, texts only, the last left open.
    ///
    /// Errors, in words: a picture, a template that fails.
    pub(crate) fn prompt(&self, messages: &[Message]) -> Result<String, String> {
        let pictures = messages.iter().flat_map(|message| &message.parts).any(|part| matches!(part, Part::Image(_)));
        if pictures {
            return Err(
                "`complete.way: completions` sends texts only, and the last messages hold a picture; serve the \
                        model with vLLM or SGLang and use `way: chat_template`"
                    .into(),
            );
        }
        let text = |message: &Message| -> String {
            let texts = message.parts.iter().map(|part| match part {
                Part::Text(text) => text.as_ref(),
                Part::Image(_) => "",
            });
            texts.collect::<Vec<_>>().join("\n")
        };
        let last = messages.len().saturating_sub(1);
        let messages = messages.iter().enumerate().map(|(i, message)| {
            let text = text(message) + if i == last { OPEN } else { "" };
            let content = match self.takes_parts() {
                true => json!([{ "type": "text", "text": text }]),
                false => json!(text),
            };
            json!({ "role": speaker(message.speaker), "content": content })
        });
        let full = render(&self.source, &messages.collect(), false)?;
        let (prompt, _) = full.split_once(OPEN).ok_or("the chat template drops the end of the last message")?;
        Ok(prompt.to_string())
    }

    /// Whether the template goes through the parts of a message, so that contents are lists.
    pub(crate) fn takes_parts(&self) -> bool {
        takes_parts(&self.source)
    }

    /// Whether an open message can come out. A template that this engine cannot render is left to the server.
    fn probe(&self) -> Result<(), String> {
        if self.source.contains(OPEN) {
            return Err(format!("the chat template holds `{OPEN}`, which marks the open place"));
        }
        let content = match self.takes_parts() {
            true => json!([{ "type": "image" }, { "type": "text", "text": OPEN }]),
            false => json!(OPEN),
        };
        match render(&self.source, &vec![json!({ "role": "user", "content": content })], false) {
            Ok(full) if !full.contains(OPEN) => Err("the chat template does not write what the user says".into()),
            _ => Ok(()),
        }
    }
}

/// Renders a template as model servers do: Python's methods on texts, blocks trimmed.
///
/// Errors, in words: a template that is none, fails, or goes on for ever.
pub(crate) fn render(source: &str, messages: &Vec<Json>, generation: bool) -> Result<String, String> {
    let failed = |e: minijinja::Error| format!("the chat template fails: {e}");
    let mut env = Environment::new();
    env.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().map_err(failed)?);
    env.set_fuel(Some(FUEL));
    env.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    env.add_function("raise_exception", |message: String| -> Result<Value, minijinja::Error> {
        Err(minijinja::Error::new(ErrorKind::InvalidOperation, message))
    });
    // A date in a prompt would make it another one each day.
    env.add_function("strftime_now", |_: String| "01 Jan 2025".to_string());
    let template = env.template_from_str(source).map_err(failed)?;
    let context = minijinja::context! {
        messages => Value::from(Serde(messages)), add_generation_prompt => generation, bos_token => "", eos_token => "",
        add_vision_id => false,
    };
    template.render(context).map_err(failed)
}

/// Whether a template has a loop over the content of a message.
pub(crate) fn takes_parts(source: &str) -> bool {
    let tags = source.split("{%").skip(1).filter_map(|rest| rest.split("%}").next());
    tags.map(|tag| tag.trim_matches(['-', ' ', '\n'])).any(|tag| {
        let over = tag.strip_prefix("for ").and_then(|tag| tag.split_once(" in ")).map(|(_, over)| over);
        over.is_some_and(|over| over.contains("content"))
    })
}

/// The template in a tokenizer's configuration: a text, or the one called `default` of several.
fn in_json(text: &str) -> Result<String, String> {
    let config: Json = serde_json::from_str(text).map_err(|e| format!("expected JSON with `chat_template`: {e}"))?;
    let named = |list: &Vec<Json>| {
        let default = list.iter().find(|one| one["name"] == "default").or(list.first());
        default.and_then(|one| one["template"].as_str()).map(str::to_string)
    };
    match &config["chat_template"] {
        Json::String(template) => Some(template.clone()),
        Json::Array(list) => named(list),
        _ => None,
    }
    .ok_or_else(|| "found no `chat_template`; newer models have it in a file chat_template.jinja of its own".into())
}

#[cfg(test)]
mod tests {
    use tamis_core::model::Speaker;

    use super::*;

    /// Marks around each message, parts in a loop, a system message when there is none: as Qwen2-VL's is built.
    const MARKED: &str = "{% for message in messages %}{% if loop.first and message['role'] != 'system' %}\
        <|im_start|>system\nYou are helpful.<|im_end|>\n{% endif %}<|im_start|>{{ message['role'] }}\n\
        {% if message['content'] is string %}{{ message['content'] }}<|im_end|>\n{% else %}\
        {% for content in message['content'] %}{% if content['type'] == 'image' or 'image_url' in content %}\
        <|vision_start|><|image_pad|><|vision_end|>{% elif 'text' in content %}{{ content['text'] }}{% endif %}\
        {% endfor %}<|im_end|>\n{% endif %}{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";
    /// Words for marks, pictures before texts whatever their order, contents trimmed: as LLaVA's and Vicuna's are built.
    const WORDED: &str = "{%- for message in messages -%}\n  {%- if message['role'] == 'user' -%}\n    USER: \n    \
        {%- for item in message['content'] if item['type'] == 'image' %}<image>\n{% endfor -%}\n    \
        {%- for item in message['content'] if item['type'] == 'text' %}{{ item['text'] | trim }} {% endfor %}\n  \
        {%- else %}ASSISTANT: {{ message['content'][0]['text'].strip() }}</s>{% endif -%}\n{%- endfor %}\n\
        {%- if add_generation_prompt %}ASSISTANT:{% endif %}";
    /// Contents as one text, in which the server has put the picture's mark: as InternVL's is built.
    const PLAIN: &str = "{{ bos_token }}{% for message in messages %}\n{{ '<|im_start|>' + message.role + '\\n' + \
        message.content + '<|im_end|>' + '\\n' }}{% endfor %}\n{% if add_generation_prompt %}\
        {{ '<|im_start|>assistant\\n' }}{% endif %}\n";

    fn cut(source: &str, content: Json) -> String {
        let template = ChatTemplate { source: source.into() };
        template.probe().unwrap();
        render(&template.cut(), &vec![json!({ "role": "user", "content": content })], false).unwrap()
    }

    fn picture_then(text: &str) -> Json {
        json!([{ "type": "image" }, { "type": "text", "text": format!("{text}{OPEN}") }])
    }

    #[test]
    fn the_prompt_ends_exactly_behind_the_picture_whatever_the_template() {
        let marked = "<|im_start|>system\nYou are helpful.<|im_end|>\n<|im_start|>user\n<|vision_start|><|image_pad|>\
                      <|vision_end|>";
        assert_eq!(cut(MARKED, picture_then("")), marked);
        assert_eq!(cut(MARKED, picture_then("What is ")), format!("{marked}What is "));
        assert_eq!(cut(WORDED, picture_then("")), "USER:<image>\n");
        assert_eq!(cut(PLAIN, json!(format!("<IMG_CONTEXT>\n{OPEN}"))), "<|im_start|>user\n<IMG_CONTEXT>\n");
    }

    #[test]
    fn white_space_at_the_borders_of_a_template_is_kept() {
        for border in ["\n ", " ", "\n\n", "x\n"] {
            let source = format!("{border}{{% for m in messages %}}{{{{ m.content }}}}{{% endfor %}}{border}");
            let messages = vec![json!({ "role": "user", "content": format!("a{OPEN}") })];
            let whole = render(&source, &messages, false).unwrap();
            assert_eq!(cut(&source, json!(format!("a{OPEN}"))), whole.split(OPEN).next().unwrap(), "{border:?}");
        }
    }

    #[test]
    fn whether_contents_are_lists_follows_from_the_template() {
        assert!(takes_parts(MARKED) && takes_parts(WORDED) && !takes_parts(PLAIN));
    }

    #[test]
    fn texts_are_rendered_here_and_pictures_refused() {
        let template = ChatTemplate { source: PLAIN.into() };
        let messages = [Message::text(Speaker::System, "Be brief."), Message::text(Speaker::Assistant, "It is")];
        let prompt = template.prompt(&messages).unwrap();
        assert_eq!(prompt, "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>assistant\nIt is");
    }

    #[test]
    fn templates_are_found_in_json_too_and_endless_ones_are_stopped() {
        assert_eq!(in_json(r#"{"chat_template":"a"}"#).unwrap(), "a");
        let several = r#"{"chat_template":[{"name":"tool_use","template":"b"},{"name":"default","template":"c"}]}"#;
        assert_eq!(in_json(several).unwrap(), "c");
        assert!(in_json("{}").unwrap_err().contains("chat_template.jinja"));
        let endless = "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}";
        assert!(render(endless, &Vec::new(), false).unwrap_err().contains("fuel"));
        let silent = ChatTemplate { source: "{% for m in messages %}{{ m.role }}{% endfor %}".into() };
        assert!(silent.probe().unwrap_err().contains("does not write"));
    }
}
