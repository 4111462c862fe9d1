//! Asking: from a world to questions.

use std::collections::{BTreeMap, BTreeSet};

use tamis_chart::data::THEMES;
use tamis_chart::spec::{Figure, Kind};
use tamis_core::rng::Rng;

use crate::choice::{self, Classes};
use crate::program::{Program, Quantity, Run, Value, parse};
use crate::question::{NumberAnswer, Question, QuestionKind, QuestionType, ROUNDING, letter};
use crate::refusal::Refusal;
use crate::script;
use crate::template::{Slots, Template, Words, draw, fill, fits, program_text};
use crate::wording::lower_first;
use crate::world::{View, World};

/// What is wanted of one picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// How many questions at most.
    pub count: usize,
    /// Types and their shares; every type that the picture allows, alike, when empty.
    pub types: Vec<(QuestionType, f64)>,
    /// Kinds of questions that are asked; all when empty.
    pub kinds: Vec<QuestionKind>,
    /// The share of questions that are multiple choice, where good wrong options can be had.
    pub choice: f64,
    /// The fewest and the most steps.
    pub steps: [usize; 2],
    /// How many questions may be about what is not there.
    pub not_applicable: usize,
    /// The names of the kinds of documents, which one of them is told from.
    pub document_kinds: Vec<String>,
}

impl Default for Ask {
    fn default() -> Ask {
        Ask {
            count: 10,
            types: Vec::new(),
            kinds: Vec::new(),
            choice: 0.3,
            steps: [1, 20],
            not_applicable: 1,
            document_kinds: Vec::new(),
        }
    }
}

/// What was asked, and why more was not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asked {
    /// The questions.
    pub questions: Vec<Question>,
    /// How many drafts were given up, by reason: "a tie", "values nearly alike", ...
    pub refused: BTreeMap<String, usize>,
}

/// Asks questions of a figure of charts.
pub fn ask(figure: &Figure, view: &View, wanted: &Ask, rng: &mut Rng) -> Asked {
    ask_world(&World::of_figure(figure, view), view, wanted, rng)
}

/// Asks questions of anything.
pub fn ask_world(world: &World, view: &View, wanted: &Ask, rng: &mut Rng) -> Asked {
    let mut asker = Asker::new(world, view, wanted);
    asker.fill(rng);
    asker.asked
}

/// How often a draft of one template is tried on one part.
const TRIES: usize = 4;
/// Longest question and longest answer that is not the whole in another format, in characters.
const LONGEST: [usize; 2] = [420, 400];
/// An answer that may be off by more than this share of itself is not worth asking for.
const UNREADABLE: f64 = 0.25;

/// A template on a part.
#[derive(Clone, Copy)]
struct Candidate {
    template: &'static Template,
    part: Option<usize>,
}

struct Asker<'a> {
    world: &'a World,
    view: &'a View,
    wanted: &'a Ask,
    kinds: Vec<String>,
    themes: Vec<String>,
    by_type: BTreeMap<QuestionType, Vec<Candidate>>,
    seen: BTreeSet<String>,
    templates: BTreeMap<&'static str, usize>,
    bands: [usize; 3],
    nothing: usize,
    asked: Asked,
}

impl<'a> Asker<'a> {
    fn new(world: &'a World, view: &'a View, wanted: &'a Ask) -> Asker<'a> {
        let mut by_type: BTreeMap<QuestionType, Vec<Candidate>> = BTreeMap::new();
        for template in Template::all() {
            let type_wanted =
                wanted.types.is_empty() || wanted.types.iter().any(|(t, s)| *t == template.kind_of && *s > 0.0);
            let kind_wanted = wanted.kinds.is_empty() || wanted.kinds.contains(&template.kind);
            if !type_wanted || !kind_wanted {
                continue;
            }
            let parts: Vec<Option<usize>> =
                if template.of_part() { (0..world.parts.len()).map(Some).collect() } else { vec![None] };
            for part in parts.into_iter().filter(|p| fits(template, world, *p)) {
                by_type.entry(template.kind_of).or_default().push(Candidate { template, part });
            }
        }
        Asker {
            world,
            view,
            wanted,
            kinds: Kind::ALL.iter().map(|k| k.words().to_owned()).collect(),
            themes: THEMES.iter().map(|t| (*t).to_owned()).collect(),
            by_type,
            seen: BTreeSet::new(),
            templates: BTreeMap::new(),
            bands: [0; 3],
            nothing: 0,
            asked: Asked::default(),
        }
    }

    /// Asks until there are enough or nothing new comes of anything.
    fn fill(&mut self, rng: &mut Rng) {
        let mut live: Vec<QuestionType> = self.by_type.keys().copied().collect();
        let mut asked_of: BTreeMap<QuestionType, usize> = BTreeMap::new();
        while self.asked.questions.len() < self.wanted.count && !live.is_empty() {
            let place = self.next_type(&live, &asked_of, rng);
            match self.one_of_type(live[place], rng) {
                Some(question) => {
                    *asked_of.entry(live[place]).or_default() += 1;
                    self.asked.questions.push(question);
                }
                None => {
                    live.remove(place);
                }
            }
        }
    }

    /// The type that is most behind its share; among equals one at random.
    fn next_type(&self, live: &[QuestionType], asked_of: &BTreeMap<QuestionType, usize>, rng: &mut Rng) -> usize {
        let share = |t: &QuestionType| self.wanted.types.iter().find(|(w, _)| w == t).map_or(1.0, |(_, s)| *s);
        let filled = |t: &QuestionType| (*asked_of.get(t).unwrap_or(&0) as f64 + 0.5) / share(t);
        let least = live.iter().map(filled).fold(f64::INFINITY, f64::min);
        let most_behind: Vec<usize> = (0..live.len()).filter(|i| filled(&live[*i]) <= least * (1.0 + 1e-9)).collect();
        most_behind[rng.below(most_behind.len())]
    }

    /// A new question of a type: templates that were used less come first, then those of a difficulty that is rare.
    fn one_of_type(&mut self, kind: QuestionType, rng: &mut Rng) -> Option<Question> {
        let mut candidates = self.by_type.get(&kind).cloned().unwrap_or_default();
        rng.shuffle(&mut candidates);
        candidates.sort_by_key(|c| {
            let used = self.templates.get(c.template.id.as_str()).copied().unwrap_or(0);
            (used, self.bands[band(guessed_steps(c.template))])
        });
        for candidate in candidates {
            for _ in 0..TRIES {
                match self.draft(candidate, rng) {
                    Ok(Some(question)) => return Some(question),
                    Ok(None) => {}
                    Err(refusal) => *self.asked.refused.entry(refusal.reason()).or_default() += 1,
                }
            }
        }
        None
    }

    /// One try. `None` when the picture has nothing to fill the slots with, or the question is asked already.
    fn draft(&mut self, candidate: Candidate, rng: &mut Rng) -> Result<Option<Question>, Refusal> {
        let Candidate { template, part } = candidate;
        let Some(slots) = draw(template, self.world, part, rng) else { return Ok(None) };
        let Some(text) = program_text(template, &slots) else { return Ok(None) };
        if self.seen.contains(&format!("{} {text}", template.id)) {
            return Ok(None);
        }
        let program = parse(&text).map_err(|e| Refusal::Type(e.message))?;
        let run = program.run(self.world)?;
        self.gate(template, &run)?;
        let Some((question, phrasing)) = self.phrase(template, &slots, &run, rng) else { return Ok(None) };
        let question = self.finished(template, &slots, &program, &run, question, phrasing, rng);
        self.seen.insert(format!("{} {text}", template.id));
        *self.templates.entry(&template.id).or_default() += 1;
        self.bands[band(question.steps)] += 1;
        self.nothing += usize::from(run.answer == Value::Nothing);
        Ok(Some(question))
    }

    /// What no question is asked with, besides what the program itself refuses.
    fn gate(&self, template: &Template, run: &Run) -> Result<(), Refusal> {
        let [least, most] = self.wanted.steps;
        let steps = steps_of(run);
        if steps < least || steps > most {
            return Err(Refusal::Steps);
        }
        if run.answer == Value::Nothing && self.nothing >= self.wanted.not_applicable {
            return Err(Refusal::NothingAgain);
        }
        // Labels and texts that are asked for must be drawn; marks may be joined to one.
        let drawn = |id: &String| id.contains("/mark/") || self.view.shows(id);
        if !run.elements.iter().all(drawn) {
            return Err(Refusal::NotDrawn);
        }
        let written = run.answer.written();
        if template.kind != QuestionKind::Parsing && (written.trim().is_empty() || written.chars().count() > LONGEST[1])
        {
            return Err(Refusal::Long);
        }
        if matches!(&run.answer, Value::Texts(texts) if texts.iter().any(|t| t.contains(','))) {
            return Err(Refusal::Comma);
        }
        match run.answer.quantity() {
            Some(q) if q.error > UNREADABLE * q.value.magnitude().float() => Err(Refusal::Unreadable),
            Some(q) if q.value.rounded(q.decimals).is_none() => Err(Refusal::Overflow),
            _ => Ok(()),
        }
    }

    /// The words of the question, and which phrasing they are.
    fn phrase(&self, template: &Template, slots: &Slots, run: &Run, rng: &mut Rng) -> Option<(String, usize)> {
        let several = self.world.parts.len() > 1 && template.of_part();
        let phrasings = if several && !template.ask_several.is_empty() { &template.ask_several } else { &template.ask };
        let phrasing = rng.below(phrasings.len());
        let place = if several { self.place(slots.part, run, rng)? } else { String::new() };
        let other_place = slots.other.map_or(Some(String::new()), |d| self.place(d, run, rng))?;
        let themes = self.themes.join(", ");
        let words = Words { world: self.world, slots, place: &place, other_place: &other_place, themes: &themes };
        let pattern = phrasings.get(phrasing)?;
        let mut text = fill(pattern, |name| words.of(name))?;
        if several && !pattern.contains("{this_chart}") {
            text = match text.strip_prefix("Claim:") {
                Some(claim) => format!("Claim about {place}:{claim}"),
                None => format!("In {place}, {}", lower_first(&text)),
            };
        }
        text += &rounding_hint(&run.answer, rng);
        (text.chars().count() <= LONGEST[0]).then_some((text, phrasing))
    }

    /// What a part is called: not by what is asked for.
    fn place(&self, part: usize, run: &Run, rng: &mut Rng) -> Option<String> {
        let answer = run.answer.written().to_lowercase();
        let named = |place: &str| place.contains(" titled ") || place.starts_with("chart (");
        let tells = |place: &str| named(place) && place.to_lowercase().contains(&answer);
        let kind = |place: &str| answer.ends_with("chart") && place.to_lowercase().contains(&answer);
        let places: Vec<&String> =
            self.world.parts.get(part)?.places.iter().filter(|p| !tells(p) && !kind(p)).collect();
        rng.pick(&places).map(|p| (*p).clone())
    }

    #[expect(clippy::too_many_arguments, reason = "what a draft consists of")]
    fn finished(
        &self,
        template: &Template,
        slots: &Slots,
        program: &Program,
        run: &Run,
        question: String,
        phrasing: usize,
        rng: &mut Rng,
    ) -> Question {
        let classes = Classes { kinds: &self.kinds, themes: &self.themes, documents: &self.wanted.document_kinds };
        let chosen = match rng.unit() < self.wanted.choice && template.kind != QuestionKind::Parsing {
            true => choice::options(template, self.world, slots, run, &classes, rng),
            false => None,
        };
        let (options, letter) = chosen.map_or((Vec::new(), None), |(o, place)| (o, Some(letter(place).to_string())));
        let script = script::of_program(program, self.world);
        let mut filled: BTreeMap<String, String> = slots.iter().map(|s| (s.name.clone(), s.raw.clone())).collect();
        if template.of_part() {
            filled.insert("c".to_owned(), slots.part.to_string());
        }
        filled.extend(slots.other.map(|d| ("d".to_owned(), d.to_string())));
        Question {
            id: format!("q{}", self.asked.questions.len() + 1),
            kind_of: template.kind_of,
            kind: template.kind,
            task: template.task.clone(),
            question,
            answer: run.answer.written(),
            number: run.answer.quantity().map(number_answer),
            program: program.to_string(),
            sub_questions: script.as_ref().map_or_else(Vec::new, script::Written::sub_questions),
            script: script.map_or_else(String::new, |s| s.text()),
            rationale: run.steps.iter().map(|s| s.words.clone()).collect(),
            elements: run.elements.iter().filter(|id| self.view.shows(id)).cloned().collect(),
            steps: steps_of(run),
            template: template.id.clone(),
            phrasing,
            slots: filled,
            options,
            letter,
        }
    }
}

fn number_answer(q: &Quantity) -> NumberAnswer {
    let rounded = q.value.rounded(q.decimals).unwrap_or(q.value);
    NumberAnswer {
        digits: q.digits(),
        value: rounded.float(),
        unit: q.unit.clone(),
        decimals: q.decimals,
        rounding: ROUNDING.to_owned(),
        tolerance: q.error,
    }
}

fn steps_of(run: &Run) -> usize {
    run.steps.len().max(1)
}

/// How many steps the programs of a template take, roughly: its calls.
fn guessed_steps(template: &Template) -> usize {
    template.program().matches('(').count()
}

/// Easy, middling, hard.
fn band(steps: usize) -> usize {
    match steps {
        0 | 1 => 0,
        2 | 3 => 1,
        _ => 2,
    }
}

/// How to round, where the exact answer has more decimals than are wanted.
fn rounding_hint(answer: &Value, rng: &mut Rng) -> String {
    let inexact = |q: &&Quantity| q.value.rounded(q.decimals).is_some_and(|r| r != q.value);
    let Some(q) = answer.quantity().filter(inexact) else { return String::new() };
    let hints = match q.decimals {
        0 => ["Round to a whole number.".to_owned(), "Give the answer as a whole number.".to_owned()],
        1 => ["Round to one decimal place.".to_owned(), "Give the answer with one decimal.".to_owned()],
        n => [format!("Round to {n} decimal places."), format!("Give the answer with {n} decimals.")],
    };
    format!(" {}", hints[rng.below(2)])
}
