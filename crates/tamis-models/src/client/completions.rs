//! The completions endpoint: a prompt that was rendered here, and the text behind it.

use serde::Deserialize;
use serde_json::{Value as Json, json};
use tamis_core::model::{Answer, Finish, SIMULATED, TokenProb, Usage};

use super::answer::Completion;
use super::{OpenAi, body};
use crate::backend::{Ask, Talk};
use crate::chat_template::ChatTemplate;
use crate::fault::{Fault, FaultKind, shorten};
use crate::limits::concurrency::OnSend;

impl OpenAi {
    /// One exchange; the notes tell what was changed on the way.
    pub(super) async fn completions(
        &self,
        talk: &Talk<'_>,
        ask: &Ask<'_>,
        template: &ChatTemplate,
        n: u32,
        seed: u64,
        on_send: OnSend,
    ) -> Result<(Completion, Vec<String>), Fault> {
        let prompt = template.prompt(talk.messages).map_err(Fault::unsendable)?;
        let body = body_of(&self.model, &prompt, talk, ask, n, seed);
        let bytes = match self.http.post("completions", body.to_string().into_bytes(), on_send).await {
            Err(fault) if fault.kind == FaultKind::Unusable => return Err(self.http.explain(fault, &self.model).await),
            other => other?,
        };
        let wire: Wire = serde_json::from_slice(&bytes).map_err(|e| {
            let start = shorten(&String::from_utf8_lossy(&bytes[..bytes.len().min(2000)]), 120);
            self.http.broken(&format!("answered with something else than a completion ({e}); it begins: {start}"))
        })?;
        if wire.choices.is_empty() {
            return Err(self.http.broken("answered without any choice"));
        }
        let usage = wire.usage.map(|u| Usage { input: u.prompt_tokens, output: u.completion_tokens.unwrap_or(0) });
        let answers = match talk.forced {
            None => wire.choices.into_iter().map(Choice::answer).collect(),
            Some(forced) => vec![self.scored(wire.choices, &prompt, forced)?],
        };
        let simulated = wire.system_fingerprint.as_deref() == Some(crate::sim::MODEL);
        let notes = simulated.then(|| SIMULATED.to_string()).into_iter().collect();
        Ok((Completion { answers, usage, simulated, read: Vec::new() }, notes))
    }

    /// The tokens of the continuation that was sent with the prompt and echoed. A token across the border counts.
    fn scored(&self, choices: Vec<Choice>, prompt: &str, forced: &str) -> Result<Answer, Fault> {
        let (from, to) = (prompt.chars().count(), prompt.chars().count() + forced.chars().count());
        let tokens = choices.into_iter().next().and_then(|choice| choice.logprobs).unwrap_or_default().tokens();
        let mut at = 0;
        let within = tokens.into_iter().filter(|token| {
            let start = at;
            at += token.token.chars().count();
            at > from && start < to
        });
        let tokens: Vec<TokenProb> = within.collect();
        if tokens.is_empty() {
            let what = "gave no log-probabilities of the prompt (`echo` with `logprobs`), which scoring needs";
            return Err(Fault { kind: FaultKind::Rejected, ..self.http.broken(what) });
        }
        Ok(Answer { text: forced.to_string(), finish: Finish::Stop, tokens })
    }
}

fn body_of(model: &str, prompt: &str, talk: &Talk<'_>, ask: &Ask<'_>, n: u32, seed: u64) -> Json {
    let sampling = ask.sampling;
    let mut body = json!({ "model": model, "prompt": prompt, "seed": seed & 0x7fff_ffff, "n": n });
    let mut option = |name: &str, value: Option<Json>| {
        if let Some(value) = value {
            body[name] = value;
        }
    };
    option("temperature", sampling.temperature.map(Json::from));
    option("top_p", sampling.top_p.map(Json::from));
    option("max_tokens", sampling.max_tokens.map(Json::from));
    option("stop", Some(&sampling.stop).filter(|stop| !stop.is_empty()).map(|stop| json!(stop)));
    for (name, value) in sampling.extra.iter().filter(|(name, _)| !body::RESERVED_FIELDS.contains(&name.as_str())) {
        option(name, Some(value.clone()));
    }
    if let Some(forced) = talk.forced {
        option("prompt", Some(format!("{prompt}{forced}").into()));
        option("max_tokens", Some(1.into()));
        option("echo", Some(true.into()));
        option("logprobs", Some(1.into()));
    }
    body
}

#[derive(Deserialize)]
struct Wire {
    #[serde(default)]
    choices: Vec<Choice>,
    usage: Option<WireUsage>,
    system_fingerprint: Option<String>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    text: String,
    finish_reason: Option<String>,
    logprobs: Option<Logprobs>,
}

#[derive(Default, Deserialize)]
struct Logprobs {
    #[serde(default)]
    tokens: Vec<String>,
    /// the first has none
    #[serde(default)]
    token_logprobs: Vec<Option<f64>>,
}

#[derive(Deserialize)]
struct WireUsage {
    prompt_tokens: u64,
    completion_tokens: Option<u64>,
}

impl Choice {
    fn answer(self) -> Answer {
        let finish = if self.finish_reason.as_deref() == Some("length") { Finish::Length } else { Finish::Stop };
        Answer::new(self.text, finish)
    }
}

impl Logprobs {
    fn tokens(self) -> Vec<TokenProb> {
        let pairs = self.tokens.into_iter().zip(self.token_logprobs);
        pairs
            .map(|(token, logprob)| TokenProb { token, logprob: logprob.unwrap_or(0.0).min(0.0), top: Vec::new() })
            .collect()
    }
}
