//! Walks over the content tree.

use crate::spec::{Block, DocumentSpec, Hole, Inline, Item, Text};

/// Calls `found` for each block in reading order, groups before what is in them.
pub(crate) fn blocks<'a>(blocks: &'a [Block], found: &mut dyn FnMut(&'a Block)) {
    for block in blocks {
        found(block);
        match block {
            Block::Row { columns, .. } => columns.iter().for_each(|c| self::blocks(&c.blocks, found)),
            Block::Columns { blocks, .. } | Block::Together(blocks) | Block::Spanning(blocks) => {
                self::blocks(blocks, found);
            }
            Block::Panel(panel) => self::blocks(&panel.blocks, found),
            Block::Text(_)
            | Block::Footnote(_)
            | Block::List { .. }
            | Block::Table(_)
            | Block::Hole(..)
            | Block::Rule { .. }
            | Block::Space(_)
            | Block::PageBreak
            | Block::ColumnBreak => {}
        }
    }
}

/// Every block of a document: header, body, footer.
pub(crate) fn everywhere<'a>(spec: &'a DocumentSpec, found: &mut dyn FnMut(&'a Block)) {
    for part in [&spec.header, &spec.body, &spec.footer] {
        blocks(part, found);
    }
}

impl Block {
    /// The texts that the block itself holds, with their list markers.
    pub(crate) fn texts(&self) -> Vec<(&Text, &str)> {
        match self {
            Block::Text(text) | Block::Footnote(text) => vec![(text, "")],
            Block::List { items, .. } => items.iter().map(|Item { marker, text }| (text, marker.as_str())).collect(),
            _ => Vec::new(),
        }
    }

    /// The holes that the block itself holds.
    pub(crate) fn holes(&self) -> Vec<&Hole> {
        let lines: Vec<&[Inline]> = match self {
            Block::Hole(hole, _) => return vec![hole],
            Block::Table(table) => table.rows.iter().flatten().map(|c| &*c.inlines).collect(),
            other => other.texts().into_iter().map(|(t, _)| &*t.inlines).collect(),
        };
        lines.into_iter().flatten().filter_map(Inline::hole).collect()
    }
}

impl Inline {
    fn hole(&self) -> Option<&Hole> {
        if let Inline::Hole(hole) = self { Some(hole) } else { None }
    }
}
