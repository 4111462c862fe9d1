//! Named facts: what is written on a picture or known of it.

use std::collections::BTreeMap;

/// Facts by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts(BTreeMap<String, Option<Fact>>);

/// One fact and the elements that show it.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// What it is.
    pub value: FactValue,
    /// Ids of elements.
    pub elements: Vec<String>,
}

/// What a fact is.
#[derive(Clone, Debug, PartialEq)]
pub enum FactValue {
    /// Words.
    Text(String),
    /// Several words.
    Texts(Vec<String>),
    /// How many.
    Count(usize),
    /// Yes or no.
    Flag(bool),
}

impl Facts {
    /// A fact of this name, shown by these elements. A text that is empty is told as absent.
    pub fn put(&mut self, name: &str, value: impl Into<FactValue>, elements: impl IntoIterator<Item = String>) {
        let value = value.into();
        let absent = match &value {
            FactValue::Text(text) => text.trim().is_empty(),
            FactValue::Texts(texts) => texts.is_empty(),
            FactValue::Count(_) | FactValue::Flag(_) => false,
        };
        let fact = Fact { value, elements: elements.into_iter().collect() };
        self.0.insert(name.to_owned(), (!absent).then_some(fact));
    }

    /// It is known that there is nothing of this name: asking for it is answered with "Not Applicable".
    pub fn absent(&mut self, name: &str) {
        self.0.insert(name.to_owned(), None);
    }

    /// The fact: `None` when nothing is known, `Some(None)` when it is known to be absent.
    pub fn get(&self, name: &str) -> Option<Option<&Fact>> {
        self.0.get(name).map(Option::as_ref)
    }

    /// A fact that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        match &self.get(name)??.value {
            FactValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A fact that is texts; none when it is absent.
    pub fn texts(&self, name: &str) -> &[String] {
        match self.get(name).flatten().map(|f| &f.value) {
            Some(FactValue::Texts(texts)) => texts,
            _ => &[],
        }
    }
}

impl From<&str> for FactValue {
    fn from(text: &str) -> Self {
        FactValue::Text(text.to_owned())
    }
}

impl From<String> for FactValue {
    fn from(text: String) -> Self {
        FactValue::Text(text)
    }
}

impl From<Vec<String>> for FactValue {
    fn from(texts: Vec<String>) -> Self {
        FactValue::Texts(texts)
    }
}

impl From<usize> for FactValue {
    fn from(count: usize) -> Self {
        FactValue::Count(count)
    }
}

impl From<bool> for FactValue {
    fn from(flag: bool) -> Self {
        FactValue::Flag(flag)
    }
}
