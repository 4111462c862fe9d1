//! A table as HTML, LaTeX and Markdown.

use super::spec::{Align, Cell, CellKind, RowRole, TableSpec};

/// HTML: `<table>` with `caption`, `thead`, `tbody`, `tfoot` (source and notes), `th` with `scope`, `rowspan` and
/// `colspan`. Marks of notes are `<sup>`.
pub fn html(table: &TableSpec) -> String {
    let mut out = String::from("<table>\n");
    let draft = table.draft();
    if !draft.caption.is_empty() || !draft.subtitle.is_empty() {
        let parts: Vec<String> =
            [&draft.caption, &draft.subtitle].into_iter().filter(|t| !t.is_empty()).map(|t| escape_html(t)).collect();
        out += &format!("<caption>{}</caption>\n", parts.join("<br>"));
    }
    let head = table.head();
    section(table, "thead", 0..head, &mut out);
    section(table, "tbody", head..table.rows(), &mut out);
    let mut foot = Vec::new();
    foot.extend(
        draft.footnotes.iter().map(|n| format!("<sup>{}</sup> {}", escape_html(&n.mark), escape_html(&n.text))),
    );
    if !draft.source.is_empty() {
        foot.push(escape_html(&draft.source));
    }
    if !foot.is_empty() {
        out += &format!("<tfoot>\n<tr><td colspan=\"{}\">{}</td></tr>\n</tfoot>\n", table.columns(), foot.join("<br>"));
    }
    out + "</table>\n"
}

fn section(table: &TableSpec, tag: &str, rows: std::ops::Range<usize>, out: &mut String) {
    if rows.is_empty() {
        return;
    }
    *out += &format!("<{tag}>\n");
    for row in rows {
        *out += "<tr>";
        for cell in table.cells().iter().filter(|c| c.row == row) {
            *out += &html_cell(table, cell);
        }
        *out += "</tr>\n";
    }
    *out += &format!("</{tag}>\n");
}

fn html_cell(table: &TableSpec, cell: &Cell) -> String {
    let (tag, scope) = match table.kind(cell) {
        CellKind::ColumnHeader | CellKind::Corner => {
            ("th", if cell.column_span > 1 { " scope=\"colgroup\"" } else { " scope=\"col\"" })
        }
        CellKind::RowHeader => ("th", if cell.row_span > 1 { " scope=\"rowgroup\"" } else { " scope=\"row\"" }),
        CellKind::Group => ("th", " scope=\"rowgroup\""),
        CellKind::Data => ("td", ""),
    };
    let span = |name: &str, n: usize| if n > 1 { format!(" {name}=\"{n}\"") } else { String::new() };
    let mark =
        cell.note.map(|n| format!("<sup>{}</sup>", escape_html(&table.draft().footnotes[n].mark))).unwrap_or_default();
    let spans = span("rowspan", cell.row_span) + &span("colspan", cell.column_span);
    format!("<{tag}{scope}{spans}>{}{mark}</{tag}>", escape_html(&cell.text).replace('\n', "<br>"))
}

/// Text with `&`, `<`, `>` and `"` written as entities.
pub fn escape_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            c => out.push(c),
        }
    }
    out
}

/// LaTeX: a `table` with `tabular`, `booktabs` rules, `\multicolumn` and `\multirow`; needs the packages `booktabs` and
/// `multirow`.
pub fn latex(table: &TableSpec) -> String {
    let draft = table.draft();
    let mut out = String::from("\\begin{table}\n");
    let caption: Vec<&str> =
        [draft.caption.as_str(), draft.subtitle.as_str()].into_iter().filter(|t| !t.is_empty()).collect();
    if !caption.is_empty() {
        out += &format!("\\caption{{{}}}\n", escape_latex(&caption.join(". ").replace("..", ".")));
    }
    let columns: String = draft.columns.iter().map(|c| letter(c.align)).collect();
    out += &format!("\\begin{{tabular}}{{{columns}}}\n\\toprule\n");
    for row in 0..table.rows() {
        let role = draft.rows[row];
        let below_head = row > 0 && row == table.head();
        if below_head || row > table.head() && matches!(role, RowRole::Group | RowRole::Total) {
            out += "\\midrule\n";
        }
        let mut pieces = Vec::new();
        let mut column = 0;
        while column < table.columns() {
            let Some(cell) = table.cell(row, column) else { break };
            pieces.push(latex_cell(table, cell, row));
            column = cell.column + cell.column_span;
        }
        out += &format!("{} \\\\\n", pieces.join(" & "));
        out += &rules_below(table, row);
    }
    out += "\\bottomrule\n\\end{tabular}\n";
    for note in &draft.footnotes {
        out += &format!("\\par\\textsuperscript{{{}}} {}\n", escape_latex(&note.mark), escape_latex(&note.text));
    }
    if !draft.source.is_empty() {
        out += &format!("\\par {}\n", escape_latex(&draft.source));
    }
    out + "\\end{table}\n"
}

fn letter(align: Align) -> char {
    match align {
        Align::Start => 'l',
        Align::Center => 'c',
        Align::End => 'r',
    }
}

/// What a row writes where a cell stands: below the first row of a `\multirow` the place stays empty.
fn latex_cell(table: &TableSpec, cell: &Cell, row: usize) -> String {
    let draft = table.draft();
    let mut text = escape_latex(&cell.text);
    if text.contains('\n') {
        text = format!("\\shortstack{{{}}}", text.replace('\n', " \\\\ "));
    }
    if let Some(note) = cell.note {
        text += &format!("\\textsuperscript{{{}}}", escape_latex(&draft.footnotes[note].mark));
    }
    if row > cell.row {
        text.clear();
    } else if cell.row_span > 1 {
        text = format!("\\multirow{{{}}}{{*}}{{{text}}}", cell.row_span);
    }
    if cell.column_span == 1 {
        return text;
    }
    let align = match table.kind(cell) {
        CellKind::Group => 'l',
        CellKind::ColumnHeader => 'c',
        _ => letter(draft.columns[cell.column].align),
    };
    format!("\\multicolumn{{{}}}{{{align}}}{{{text}}}", cell.column_span)
}

/// Partial rules below header cells that span columns.
fn rules_below(table: &TableSpec, row: usize) -> String {
    if row + 1 >= table.head() {
        return String::new();
    }
    let spanning = table.cells().iter().filter(|c| c.column_span > 1 && c.row + c.row_span == row + 1 && c.row <= row);
    spanning.map(|c| format!("\\cmidrule(lr){{{}-{}}}\n", c.column + 1, c.column + c.column_span)).collect()
}

/// Text with the characters that LaTeX reads as commands written out; line breaks stay.
pub fn escape_latex(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => {
                out.push('\\');
                out.push(c);
            }
            '\\' => out += "\\textbackslash{}",
            '~' => out += "\\textasciitilde{}",
            '^' => out += "\\textasciicircum{}",
            '<' => out += "\\textless{}",
            '>' => out += "\\textgreater{}",
            '|' => out += "\\textbar{}",
            '"' => out += "\\textquotedbl{}",
            '\u{a0}' => out.push('~'),
            '−' => out += "$-$",
            '±' => out += "$\\pm$",
            '×' => out += "$\\times$",
            c => out.push(c),
        }
    }
    out
}

/// Why a table has no Markdown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Markdown tables have no merged cells, and {text:?} covers {rows} x {columns}: ask for repeated texts instead")]
pub struct MergedCell {
    /// The text of the first merged cell.
    pub text: String,
    /// Rows it covers.
    pub rows: usize,
    /// Columns it covers.
    pub columns: usize,
}

/// A pipe table (GitHub's Markdown) of a table without merged cells but for those of group rows, which stand in the
/// first column.
///
/// # Errors
/// The first merged cell.
pub fn markdown(table: &TableSpec) -> Result<String, MergedCell> {
    let merged = |c: &&Cell| (c.row_span > 1 || c.column_span > 1) && table.kind(c) != CellKind::Group;
    if let Some(c) = table.cells().iter().find(merged) {
        return Err(MergedCell { text: c.text.clone(), rows: c.row_span, columns: c.column_span });
    }
    Ok(markdown_flat(table))
}

/// The same for any table: a merged cell's text is repeated in each place it covers (a group row's only in the first),
/// and several header rows become one, their texts joined by " / ".
pub fn markdown_flat(table: &TableSpec) -> String {
    let draft = table.draft();
    let mut out = String::new();
    for text in [&draft.caption, &draft.subtitle].into_iter().filter(|t| !t.is_empty()) {
        out += &format!("{}\n\n", escape_markdown(text));
    }
    let head: Vec<String> = (0..table.columns())
        .map(|column| {
            let path = table.column_headers(column);
            path.iter().map(|c| markdown_text(table, c)).collect::<Vec<_>>().join(" / ")
        })
        .collect();
    out += &format!("| {} |\n|", head.join(" | "));
    for column in &draft.columns {
        out += match column.align {
            Align::Start => " :--- |",
            Align::Center => " :---: |",
            Align::End => " ---: |",
        };
    }
    out.push('\n');
    for row in table.head()..table.rows() {
        let group = draft.rows[row] == RowRole::Group;
        let texts: Vec<String> = (0..table.columns())
            .map(|column| match table.cell(row, column) {
                Some(cell) if group && cell.column != column => String::new(),
                Some(cell) if group => format!("**{}**", markdown_text(table, cell)),
                Some(cell) => markdown_text(table, cell),
                None => String::new(),
            })
            .collect();
        out += &format!("| {} |\n", texts.join(" | "));
    }
    for note in &draft.footnotes {
        out += &format!("\n<sup>{}</sup> {}\n", escape_markdown(&note.mark), escape_markdown(&note.text));
    }
    if !draft.source.is_empty() {
        out += &format!("\n{}\n", escape_markdown(&draft.source));
    }
    out
}

fn markdown_text(table: &TableSpec, cell: &Cell) -> String {
    let mark = cell.note.map(|n| format!("<sup>{}</sup>", escape_markdown(&table.draft().footnotes[n].mark)));
    escape_markdown(&cell.text).replace('\n', "<br>") + &mark.unwrap_or_default()
}

/// Text in which no character acts as Markdown inside a table.
pub fn escape_markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '|' | '*' | '_' | '`' | '\\' | '[' | ']' => {
                out.push('\\');
                out.push(c);
            }
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '&' => out += "&amp;",
            c => out.push(c),
        }
    }
    out
}
