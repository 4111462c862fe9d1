//! Markdown of pages and documents.

use crate::layout::Drawings;
use crate::spec::{Block, Class, DocumentSpec, Inline, Table, Text, visit};
use crate::truth::table;

/// A block as it is written down.
pub(crate) struct BlockText {
    pub id: String,
    pub class: Class,
    pub level: u8,
    /// Bullet or number of a list item; the text begins with it.
    pub marker: String,
    pub text: String,
    /// Markdown of a table's rows.
    pub table: Option<String>,
    /// What stands for a drawing: see [`crate::Drawing::markdown`].
    pub drawn: Option<Option<String>>,
}

/// Blocks in reading order, as one text.
pub(crate) fn page(blocks: &[BlockText]) -> String {
    let mut out = String::new();
    let mut before: Option<Class> = None;
    for block in blocks.iter().filter(|b| !b.class.is_furniture()) {
        let text = written(block);
        if text.is_empty() {
            continue;
        }
        if before == Some(Class::Key) && block.class == Class::Value {
            out.push(' ');
        } else if !out.is_empty() {
            let close = before == Some(Class::ListItem) && block.class == Class::ListItem;
            out.push_str(if close { "\n" } else { "\n\n" });
        }
        out.push_str(&text);
        before = Some(block.class);
    }
    out
}

fn written(block: &BlockText) -> String {
    if let Some(table) = &block.table {
        return table.clone();
    }
    match (&block.drawn, block.class) {
        (Some(Some(markdown)), _) => markdown.clone(),
        (Some(None), Class::Figure) => format!("![]({})", block.id),
        (Some(None), _) => String::new(),
        (None, Class::Title) => format!("# {}", block.text),
        (None, Class::Heading) => format!("{} {}", "#".repeat(1 + usize::from(block.level.clamp(1, 5))), block.text),
        (None, Class::ListItem) => item(&block.marker, block.text.strip_prefix(&*block.marker).unwrap_or(&block.text)),
        (None, _) => block.text.clone(),
    }
}

fn item(marker: &str, text: &str) -> String {
    let numbered = marker.starts_with(|c: char| c.is_ascii_digit()) && marker.ends_with(['.', ')']);
    let lettered = marker.chars().any(char::is_alphanumeric) && !numbered;
    let text = text.trim();
    match (numbered, lettered) {
        (true, _) => format!("{marker} {text}"),
        (_, true) => format!("- {marker} {text}"),
        _ => format!("- {text}"),
    }
}

/// The whole document from its spec alone.
pub(crate) fn document(spec: &DocumentSpec, drawings: &Drawings<'_>) -> String {
    let mut out = Vec::new();
    visit::blocks(&spec.body, &mut |block| {
        for (text, marker) in block.texts() {
            out.push(of_text(text, marker, drawings));
        }
        match block {
            Block::Table(table) => out.push(of_table(table)),
            Block::Hole(hole, _) => out.extend(of_hole(&hole.id, hole.class, drawings)),
            _ => {}
        }
    });
    page(&out)
}

fn of_table(table: &Table) -> BlockText {
    let rows: Vec<usize> = (0..table.rows.len()).collect();
    let markdown = Some(table::markdown(table, &rows));
    let (id, marker, text) = (table.id.clone(), String::new(), String::new());
    BlockText { id, class: Class::Table, level: 0, marker, text, table: markdown, drawn: None }
}

fn of_text(text: &Text, marker: &str, drawings: &Drawings<'_>) -> BlockText {
    BlockText {
        id: text.id.clone(),
        class: if marker.is_empty() { text.class } else { Class::ListItem },
        level: text.level,
        marker: marker.to_string(),
        text: with_drawings(text, drawings),
        table: None,
        drawn: None,
    }
}

/// What a text says, with what stands for the drawings in its lines.
pub(crate) fn with_drawings(text: &Text, drawings: &Drawings<'_>) -> String {
    let mut out = String::new();
    for inline in &text.inlines {
        match inline {
            Inline::Plain(text) | Inline::Styled { text, .. } | Inline::Raised(text) => out.push_str(text),
            Inline::Fill | Inline::Gap(_) | Inline::Break => out.push(' '),
            Inline::Hole(hole) => {
                let drawn = drawings.get(&*hole.id).and_then(|f| f.drawing.markdown.as_deref());
                out.push_str(drawn.unwrap_or_default());
            }
        }
    }
    table::tidy(&out)
}

fn of_hole(id: &str, class: Class, drawings: &Drawings<'_>) -> Option<BlockText> {
    let drawn = Some(drawings.get(id)?.drawing.markdown.clone());
    let (id, marker, text) = (id.to_string(), String::new(), String::new());
    Some(BlockText { id, class, level: 0, marker, text, table: None, drawn })
}
