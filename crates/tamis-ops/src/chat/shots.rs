//! Few-shot examples: messages that stand before a prompt, read from a file when the recipe is checked.

use serde_json::Value as Json;
use tamis_core::bind::Scope;
use tamis_core::model::{Message, Speaker};

/// The messages in a file of examples; what is wrong with it is told at `at`.
pub(super) fn load(scope: &mut Scope<'_>, at: &str, path: &str) -> Option<Vec<Message>> {
    let (name, source) = scope.text(at, path)?;
    match parse(&source) {
        Ok(messages) => Some(messages),
        Err(why) => {
            scope.problem_with_help(
                at,
                format!("{name}: {why}"),
                "a file of examples is a list of `{user: .., assistant: ..}`, or of lists of `{role: .., content: ..}`",
            );
            None
        }
    }
}

fn parse(source: &str) -> Result<Vec<Message>, String> {
    let shots: Vec<Json> = serde_saphyr::from_str(source).map_err(|e| e.to_string())?;
    if shots.is_empty() {
        return Err("expected at least one example".to_string());
    }
    let mut messages = Vec::new();
    for (i, shot) in shots.iter().enumerate() {
        let found = match shot {
            Json::Object(_) => pair(shot),
            Json::Array(list) => list.iter().map(message).collect(),
            _ => Err("expected `{user: .., assistant: ..}` or a list of messages".to_string()),
        };
        messages.extend(found.map_err(|why| format!("example {}: {why}", i + 1))?);
    }
    match messages.last() {
        Some(Message { speaker: Speaker::Assistant, .. }) => Ok(messages),
        _ => Err("expected an assistant message at the end".to_string()),
    }
}

fn pair(shot: &Json) -> Result<Vec<Message>, String> {
    known(shot, &["user", "assistant"])?;
    Ok(vec![
        Message::text(Speaker::User, text(shot, "user")?),
        Message::text(Speaker::Assistant, text(shot, "assistant")?),
    ])
}

fn message(message: &Json) -> Result<Message, String> {
    known(message, &["role", "content"])?;
    let speaker = match text(message, "role")? {
        "user" => Speaker::User,
        "assistant" => Speaker::Assistant,
        other => return Err(format!("expected the role user or assistant, found `{other}`")),
    };
    Ok(Message::text(speaker, text(message, "content")?))
}

fn text<'j>(object: &'j Json, name: &str) -> Result<&'j str, String> {
    object[name].as_str().map(str::trim).ok_or_else(|| format!("expected a text `{name}`"))
}

fn known(object: &Json, names: &[&str]) -> Result<(), String> {
    let mut found = object.as_object().into_iter().flat_map(|fields| fields.keys());
    match found.find(|name| !names.contains(&name.as_str())) {
        Some(other) => Err(format!("expected {}, found `{other}`", names.join(" and "))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_and_message_lists_may_be_mixed() {
        let source = "- user: |\n    Two cats.\n  assistant: How many cats?\n- - {role: user, content: a}\n  - {role: assistant, content: b}\n";
        let speakers: Vec<_> = parse(source).unwrap().iter().map(|m| m.speaker).collect();
        assert_eq!(speakers, [Speaker::User, Speaker::Assistant, Speaker::User, Speaker::Assistant]);
    }

    #[test]
    fn what_is_wrong_is_told_with_the_example() {
        for (source, error) in [
            ("- {user: a}", "example 1: expected a text `assistant`"),
            ("- {user: a, assistant: b, note: c}", "found `note`"),
            ("- - {role: user, content: a}", "assistant message at the end"),
            ("[]", "at least one"),
        ] {
            let found = parse(source).unwrap_err();
            assert!(found.contains(error), "{found}");
        }
    }
}
