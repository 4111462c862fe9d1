//! The author of one document: fills slots, makes blocks in the document's look, keeps its facts.

use tamis_core::rng::Rng;
use tamis_draw::Color;

use crate::content::bank::Bank;
use crate::content::look;
use crate::content::money::{self, Cents, Date};
use crate::ink::Subject;
use crate::kind::Options;
use crate::spec::{
    Align, Block, Cell, Class, Fact, Hole, HoleKind, Inline, Item, Language, Look, Ruling, Space, Table, Text,
    TextStyle, Voice, Width,
};

/// Writes one document.
pub(crate) struct Author<'a> {
    pub language: Language,
    pub bank: &'static Bank,
    pub look: Look,
    pub rng: &'a mut Rng,
    pub options: &'a Options,
    pub facts: Vec<Fact>,
    /// Today, as far as the document goes.
    pub date: Date,
    next: usize,
    tables: usize,
    figures: usize,
}

/// A label and what stands behind it.
pub(crate) struct Pair {
    pub name: &'static str,
    pub key: String,
    pub value: String,
    pub number: Option<f64>,
}

impl Pair {
    pub(crate) fn new(name: &'static str, key: &str, value: impl Into<String>) -> Pair {
        Pair { name, key: key.into(), value: value.into(), number: None }
    }
}

impl<'a> Author<'a> {
    pub(crate) fn new(language: Language, sober: bool, options: &'a Options, rng: &'a mut Rng) -> Author<'a> {
        let look = look::sample(language, sober, rng);
        let date =
            Date { year: 2015 + rng.below(11) as u32, month: rng.below(12) as u32, day: 1 + rng.below(28) as u32 };
        let bank = Bank::of(language);
        Author { language, bank, look, rng, options, facts: Vec::new(), date, next: 0, tables: 0, figures: 0 }
    }

    // Words.

    pub(crate) fn label(&self, name: &str) -> String {
        self.bank.label(name).to_string()
    }

    /// One of some texts, its slots filled.
    pub(crate) fn one(&mut self, texts: &[String]) -> String {
        let text = self.rng.pick(texts).cloned().unwrap_or_default();
        self.fill(&text)
    }

    pub(crate) fn person(&mut self) -> String {
        let bank = self.bank;
        let (given, family) = (self.rng.pick(&bank.given), self.rng.pick(&bank.family));
        let name = bank.full_name.replace("{given}", given.map_or("", String::as_str));
        name.replace("{family}", family.map_or("", String::as_str))
    }

    pub(crate) fn company(&mut self) -> String {
        self.rng.pick(&self.bank.companies).cloned().unwrap_or_default()
    }

    pub(crate) fn city(&mut self) -> String {
        self.rng.pick(&self.bank.cities).cloned().unwrap_or_default()
    }

    /// Lines of an address, without the name.
    pub(crate) fn address(&mut self) -> Vec<String> {
        let street = self.rng.pick(&self.bank.streets).cloned().unwrap_or_default();
        let city = self.city();
        let (n, zip) = (1 + self.rng.below(120), 10_000 + self.rng.below(89_999));
        let line = |l: &String| {
            l.replace("{street}", &street)
                .replace("{n}", &n.to_string())
                .replace("{city}", &city)
                .replace("{zip}", &zip.to_string())
        };
        self.bank.address.iter().map(line).collect()
    }

    pub(crate) fn phone(&mut self) -> String {
        let (a, b, c) = (self.rng.below(900) + 100, self.rng.below(900) + 100, self.rng.below(9000) + 1000);
        if self.language == Language::Ar {
            // Groups of figures would stand in the order of the words around them, from right to left.
            return format!("0{a}{b}{c}");
        }
        format!("+{} {a} {b} {c}", 20 + self.rng.below(70))
    }

    pub(crate) fn money(&self, amount: Cents) -> String {
        money::money(self.language, amount)
    }

    /// An amount without its currency.
    pub(crate) fn plain(&self, amount: Cents) -> String {
        let sign = if amount < 0 { "\u{2212}" } else { "" };
        format!("{sign}{}", money::grouped(self.language, amount.unsigned_abs(), money::decimals(self.language)))
    }

    /// A price near one of the bank's, in cents.
    pub(crate) fn price(&mut self, near: f64) -> Cents {
        let unit = 10f64.powi(money::decimals(self.language) as i32);
        let exact = near * self.rng.range(0.75, 1.4) * unit;
        // Prices end in round figures.
        let step = if exact > 20_000.0 {
            50.0
        } else if exact > 1000.0 {
            5.0
        } else {
            1.0
        };
        ((exact / step).round() * step).max(1.0) as Cents
    }

    /// Fills the slots of a text.
    pub(crate) fn fill(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len() + 16);
        let mut rest = text;
        while let Some(start) = rest.find('{') {
            out.push_str(&rest[..start]);
            let end = rest[start..].find('}').map_or(rest.len(), |e| start + e + 1);
            let value = self.slot(rest[start..end].trim_matches(['{', '}']));
            out.push_str(&value);
            rest = &rest[end..];
        }
        out.push_str(rest);
        out
    }

    fn slot(&mut self, name: &str) -> String {
        let bank = self.bank;
        match name {
            "n" => (2 + self.rng.below(28)).to_string(),
            "m" => (3 + self.rng.below(17)).to_string(),
            "big" => money::grouped(self.language, 120 + self.rng.below(4800) as u64, 0),
            "pct" => {
                let (point, _) = self.language.separators();
                format!("{}{point}{}", 1 + self.rng.below(34), self.rng.below(10))
            }
            "year" => (self.date.year as usize - self.rng.below(4)).to_string(),
            "month" => self.rng.pick(&bank.months).cloned().unwrap_or_default(),
            "d" => (1 + self.rng.below(28)).to_string(),
            "city" => self.city(),
            "company" => self.company(),
            "name" => self.person(),
            "given" => self.rng.pick(&bank.given).cloned().unwrap_or_default(),
            "family" => self.rng.pick(&bank.family).cloned().unwrap_or_default(),
            "good" => self.rng.pick(&bank.goods).map(|g| g.0.clone()).unwrap_or_default(),
            "amount" => {
                let near = self.rng.pick(&bank.goods).map_or(10.0, |g| g.1);
                let cents = self.price(near * 4.0);
                self.money(cents)
            }
            _ => String::new(),
        }
    }

    /// Different sentences in a row, as one text.
    pub(crate) fn sentences(&mut self, pool: &[String], n: usize) -> String {
        let mut order: Vec<usize> = (0..pool.len()).collect();
        self.rng.shuffle(&mut order);
        let picked: Vec<String> = order.iter().take(n).map(|i| self.fill(&pool[*i])).collect();
        picked.join(if self.language.is_unspaced() { "" } else { " " })
    }

    // Blocks.

    pub(crate) fn id(&mut self, stem: &str) -> String {
        self.next += 1;
        format!("{stem}.{}", self.next)
    }

    /// Running text.
    pub(crate) fn style(&self) -> TextStyle {
        let gap = self.look.size * self.look.paragraph_gap;
        TextStyle {
            size: self.look.size,
            voice: Voice::Body,
            weight: 400,
            italic: false,
            color: None,
            align: if self.look.justify { Align::Justify } else { Align::Start },
            tracking: 0.0,
            above: gap,
            below: gap,
            first_indent: 0.0,
            sticky: false,
        }
    }

    /// Lines close to each other, ragged.
    pub(crate) fn tight(&self) -> TextStyle {
        let gap = self.look.size * 0.7;
        TextStyle { align: Align::Start, above: gap, below: gap, ..self.style() }
    }

    pub(crate) fn block(&mut self, class: Class, style: TextStyle, inlines: Vec<Inline>) -> Block {
        let stem = class.name().replace(' ', "-");
        let id = self.id(&stem);
        Block::Text(Text { id, class, level: 0, inlines, style })
    }

    pub(crate) fn text(&mut self, class: Class, style: TextStyle, text: impl Into<String>) -> Block {
        self.block(class, style, vec![Inline::Plain(text.into())])
    }

    pub(crate) fn paragraph(&mut self, text: impl Into<String>) -> Block {
        let style = self.style();
        self.text(Class::Text, style, text)
    }

    /// Lines below each other: an address.
    pub(crate) fn lines(&mut self, lines: &[String], style: TextStyle) -> Block {
        let mut inlines = Vec::new();
        for (i, line) in lines.iter().enumerate() {
            if i > 0 {
                inlines.push(Inline::Break);
            }
            inlines.push(Inline::Plain(line.clone()));
        }
        self.block(Class::Text, style, inlines)
    }

    pub(crate) fn title(&mut self, text: impl Into<String>, scale: f64, align: Align) -> Block {
        let size = self.look.size * scale;
        let style = TextStyle {
            size,
            voice: Voice::Display,
            weight: 700,
            color: Some(self.look.accent),
            align,
            above: size * 0.4,
            below: size * 0.7,
            sticky: true,
            ..self.style()
        };
        self.text(Class::Title, style, text)
    }

    pub(crate) fn heading(&mut self, level: u8, text: impl Into<String>) -> Block {
        let size = self.look.size * if level <= 1 { 1.28 } else { 1.1 };
        let style = TextStyle {
            size,
            voice: Voice::Display,
            weight: 700,
            color: (level <= 1).then_some(self.look.accent),
            align: Align::Start,
            above: size * 1.35,
            below: size * 0.75,
            sticky: true,
            ..self.style()
        };
        let id = self.id("heading");
        Block::Text(Text {
            id,
            class: Class::Heading,
            level: level.max(1),
            inlines: vec![Inline::Plain(text.into())],
            style,
        })
    }

    pub(crate) fn small(&self, scale: f64) -> TextStyle {
        let size = self.look.size * scale;
        TextStyle {
            size,
            color: Some(self.look.faint),
            align: Align::Start,
            above: size * 0.6,
            below: size * 0.6,
            ..self.style()
        }
    }

    pub(crate) fn list(&mut self, markers: &[String], items: Vec<Vec<Inline>>) -> Block {
        let style = self.tight();
        let indent = self.look.size * if markers.iter().any(|m| m.chars().count() > 2) { 2.2 } else { 1.5 };
        let gap = self.look.size * if self.look.size > 14.0 { 1.15 } else { 0.75 };
        let items = items.into_iter().enumerate().map(|(i, inlines)| Item {
            marker: markers.get(i % markers.len().max(1)).cloned().unwrap_or_default(),
            text: Text { id: self.id("item"), class: Class::ListItem, level: 0, inlines, style: style.clone() },
        });
        let items = items.collect();
        Block::List { items, indent, gap }
    }

    pub(crate) fn bullets(&mut self, texts: Vec<String>) -> Block {
        let marker = self.rng.pick(&["•", "–", "▪"]).copied().unwrap_or("•").to_string();
        self.list(&[marker], texts.into_iter().map(|t| vec![Inline::Plain(t)]).collect())
    }

    pub(crate) fn table(
        &mut self,
        columns: Vec<(Width, Align)>,
        header_rows: usize,
        rows: Vec<Vec<Cell>>,
        size: f64,
    ) -> Table {
        let inset = [6.5, self.rng.range(3.2, 5.2)];
        Table { id: self.id("table"), columns, header_rows, rows, size, ruling: self.look.ruling, inset }
    }

    /// A gap of points.
    pub(crate) fn gap(&self, points: f64) -> Block {
        Block::Space(Space::Points(points))
    }

    pub(crate) fn rule(&self, width: f64, color: Color) -> Block {
        Block::Rule { width, color, length: 1.0 }
    }

    // Facts.

    /// A line "Label: value" whose parts can be looked up.
    pub(crate) fn pair_line(&mut self, pair: Pair, style: TextStyle, bold_key: bool) -> Block {
        let (key_id, value_id) = (self.id("key"), format!("value/{}", pair.name));
        let colon = self.bank.colon.clone();
        let key = Inline::Styled {
            text: format!("{}{colon}", pair.key),
            bold: bold_key,
            italic: false,
            hand: false,
            color: None,
            mark: Some((key_id.clone(), Class::Key)),
        };
        let inlines = vec![key, Inline::Plain(" ".into()), Inline::marked(&value_id, Class::Value, &pair.value)];
        self.fact(pair, Some(key_id), value_id);
        self.block(Class::Text, style, inlines)
    }

    pub(crate) fn fact(&mut self, pair: Pair, key_id: Option<String>, value_id: String) {
        let Pair { name, key, value, number } = pair;
        self.facts.push(Fact { name: name.into(), key, value, number, key_id, value_id });
    }

    // Drawings.

    fn hole(&mut self, class: Class, width: f64, height: f64, kind: HoleKind) -> Hole {
        let stem = class.name();
        Hole { id: self.id(stem), class, kind, width, height }
    }

    pub(crate) fn logo(&mut self, side: f64) -> Block {
        let kind = HoleKind::Logo { color: self.look.accent, seed: self.rng.seed() };
        Block::Hole(self.hole(Class::Logo, side, side, kind), Align::Start)
    }

    pub(crate) fn signature(&mut self, name: &str, width: f64, height: f64) -> Block {
        let kind = HoleKind::Signature { name: name.into(), color: self.look.pen, seed: self.rng.seed() };
        Block::Hole(self.hole(Class::Signature, width, height, kind), Align::Start)
    }

    /// A stamp with a word such as "paid" and the date.
    pub(crate) fn stamp(&mut self, word: &str, around: &str, width: f64, height: f64) -> Block {
        use crate::spec::StampShape::{DoubleFrame, Frame, Ring};
        let shape = if around.is_empty() { [Frame, DoubleFrame][self.rng.below(2)] } else { Ring };
        let color = Color::rgb(self.rng.pick(&[0xb3261e, 0x1f4fa3, 0x2c6e49, 0x6a3d9a]).copied().unwrap_or(0xb3261e));
        let lines = vec![word.to_string(), self.date.short(self.language)];
        let angle = self.rng.range(-14.0, 14.0);
        let kind = HoleKind::Stamp { shape, lines, around: around.into(), color, angle };
        Block::Hole(self.hole(Class::Stamp, width, height, kind), Align::Center)
    }

    pub(crate) fn check(&mut self, checked: bool) -> Inline {
        let side = self.look.size * 0.36;
        let kind = HoleKind::Check { checked, color: self.look.pen, seed: self.rng.seed() };
        Inline::Hole(self.hole(Class::Value, side, side, kind))
    }

    pub(crate) fn picture(&mut self, width: f64, height: f64, subjects: &[Subject]) -> Block {
        let subject = self.rng.pick(subjects).copied().unwrap_or(Subject::Landscape);
        let kind = HoleKind::Picture { subject, seed: self.rng.seed() };
        Block::Hole(self.hole(Class::Figure, width, height, kind), Align::Center)
    }

    pub(crate) fn page_number(&mut self, pattern: &str, align: Align, width: f64) -> Block {
        let size = self.look.size * 0.82;
        let (pattern, color) = (pattern.to_string(), self.look.faint);
        let kind = HoleKind::PageNumber { pattern, size, color, align };
        let hole = self.hole(Class::PageNumber, width, size * 0.52, kind);
        Block::Hole(hole, align)
    }

    /// A formula on a line of its own, if somebody draws formulas.
    pub(crate) fn formula(&mut self, width: f64) -> Option<Block> {
        let kind = HoleKind::Formula { size: self.look.size, color: self.look.ink, inline: false };
        self.options.formulas.then(|| Block::Hole(self.hole(Class::Formula, width, 22.0, kind), Align::Center))
    }

    /// A chart, or a picture where nobody draws charts, with its numbered caption.
    pub(crate) fn figure(&mut self, topic: &str, width: f64, height: f64) -> Block {
        self.figures += 1;
        let drawn = if self.options.charts {
            let kind = HoleKind::Chart { topic: topic.into() };
            Block::Hole(self.hole(Class::Figure, width, height, kind), Align::Center)
        } else {
            self.picture(width, height, &[Subject::Landscape, Subject::City, Subject::Sea, Subject::Abstract])
        };
        let label = format!("{} {}{}", self.label("figure"), self.figures, self.bank.colon);
        let caption = self.caption(&label, topic);
        Block::Together(vec![self.gap(3.0), drawn, caption])
    }

    /// A table of figures by region and year with its caption; one of an outer crate where there is one.
    pub(crate) fn figures_table(&mut self, topic: &str, width: f64, rows: usize) -> Block {
        self.tables += 1;
        let label = format!("{} {}{}", self.label("table"), self.tables, self.bank.colon);
        let caption = self.caption(&label, topic);
        if self.options.tables && self.rng.below(2) == 0 {
            let kind = HoleKind::Table { topic: topic.into() };
            let hole = Block::Hole(self.hole(Class::Table, width, 70.0, kind), Align::Center);
            return Block::Together(vec![caption, hole]);
        }
        let table = self.regions(rows, width < 90.0);
        Block::Together(vec![caption, Block::Table(table)])
    }

    fn regions(&mut self, rows: usize, narrow: bool) -> Table {
        let years = if narrow { 2 } else { 3 };
        let size = self.look.size * if narrow { 0.82 } else { 0.92 };
        let first = self.date.year - years;
        let mut header = vec![Cell::new(self.label("region"))];
        header.extend((0..years).map(|y| Cell::new((first + y).to_string())));
        header.push(Cell::new(self.label("share")));
        let mut cities = self.bank.cities.clone();
        self.rng.shuffle(&mut cities);
        cities.truncate(rows);
        let values: Vec<Vec<u64>> = cities
            .iter()
            .map(|_| {
                let base = 200 + self.rng.below(4000) as u64;
                (0..years)
                    .map(|y| base + u64::from(y) * self.rng.below(300) as u64 + self.rng.below(80) as u64)
                    .collect()
            })
            .collect();
        let last = years as usize - 1;
        let total: Vec<u64> = (0..=last).map(|y| values.iter().map(|v| v[y]).sum()).collect();
        let mut out = vec![header];
        let shares = shares(&values.iter().map(|v| v[last]).collect::<Vec<_>>());
        for ((city, values), share) in cities.iter().zip(&values).zip(shares) {
            out.push(self.region_row(city.clone(), values, share, false));
        }
        out.push(self.region_row(self.label("total"), &total, 1000, true));
        let mut columns = vec![(Width::Share(if narrow { 1.4 } else { 2.0 }), Align::Start)];
        columns.extend((0..=years).map(|_| (Width::Share(1.0), Align::End)));
        self.table(columns, 1, out, size)
    }

    fn region_row(&self, name: String, values: &[u64], per_mille: u64, total: bool) -> Vec<Cell> {
        let mut row = vec![Cell::new(name)];
        row.extend(values.iter().map(|v| Cell::new(money::grouped(self.language, *v, 0))));
        row.push(Cell::new(format!("{}%", money::grouped(self.language, per_mille, 1))));
        if total {
            row = row.into_iter().map(|c| Cell { line_above: Some(0.7), ..c.bold() }).collect();
        }
        row
    }

    fn caption(&mut self, label: &str, topic: &str) -> Block {
        let size = self.look.size * 0.88;
        let style = TextStyle { size, align: Align::Center, above: size * 0.7, below: size * 0.9, ..self.style() };
        self.block(Class::Caption, style, vec![Inline::bold(label), Inline::Plain(format!(" {topic}"))])
    }

    /// Another ruling for tables of one document.
    pub(crate) fn rule_tables(&mut self, choices: &[Ruling]) {
        self.look.ruling = self.rng.pick(choices).copied().unwrap_or(self.look.ruling);
    }
}

/// Shares in tenths of a percent that add up to 1000 (largest remainders).
fn shares(values: &[u64]) -> Vec<u64> {
    let total: u64 = values.iter().sum::<u64>().max(1);
    let mut shares: Vec<u64> = values.iter().map(|v| v * 1000 / total).collect();
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by_key(|i| std::cmp::Reverse((values[*i] * 1000 % total, *i)));
    let missing = 1000u64.saturating_sub(shares.iter().sum());
    for i in order.into_iter().take(missing as usize) {
        shares[i] += 1;
    }
    shares
}

#[cfg(test)]
mod tests {
    #[test]
    fn shares_add_up_to_the_whole() {
        for values in [vec![1, 1, 1], vec![997, 2, 1], vec![333, 333, 334, 17, 5]] {
            assert_eq!(super::shares(&values).iter().sum::<u64>(), 1000, "{values:?}");
        }
    }
}
