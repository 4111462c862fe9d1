//! Tables as HTML, LaTeX and Markdown.

use std::fmt::Write as _;

use crate::spec::{Align, Table};

/// The rows of a table with these numbers, as Markdown; the header always stands above them.
pub(crate) fn markdown(table: &Table, rows: &[usize]) -> String {
    let mut out = String::new();
    let header: Vec<usize> = (0..table.header_rows.min(1)).collect();
    let body = rows.iter().copied().filter(|r| *r >= header.len());
    match header.first() {
        Some(row) => line(&mut out, table, *row),
        None => {
            let _ = writeln!(out, "|{}", " |".repeat(table.columns.len()));
        }
    }
    out.push('|');
    for (_, align) in &table.columns {
        out.push_str(match align {
            Align::Center => " :-: |",
            Align::End => " --: |",
            _ => " --- |",
        });
    }
    out.push('\n');
    body.for_each(|r| line(&mut out, table, r));
    out.pop();
    out
}

fn line(out: &mut String, table: &Table, row: usize) {
    out.push('|');
    for cell in &table.rows[row] {
        let _ = write!(out, " {} |", tidy(&cell.plain()).replace('|', "\\|"));
        out.push_str(&" |".repeat(cell.columns.max(1) - 1));
    }
    out.push('\n');
}

/// The rows with these numbers, as HTML.
pub(crate) fn html(table: &Table, rows: &[usize]) -> String {
    let mut out = String::from("<table>");
    let (head, body): (Vec<usize>, Vec<usize>) = rows.iter().copied().partition(|r| *r < table.header_rows);
    for (part, tag, rows) in [("thead", "th", head), ("tbody", "td", body)] {
        if rows.is_empty() {
            continue;
        }
        let _ = write!(out, "<{part}>");
        for row in rows {
            out.push_str("<tr>");
            for cell in &table.rows[row] {
                let span = if cell.columns > 1 { format!(" colspan=\"{}\"", cell.columns) } else { String::new() };
                let text = tidy(&cell.plain()).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
                let _ = write!(out, "<{tag}{span}>{text}</{tag}>");
            }
            out.push_str("</tr>");
        }
        let _ = write!(out, "</{part}>");
    }
    out.push_str("</table>");
    out
}

/// The rows with these numbers, as LaTeX (packages: `booktabs`).
pub(crate) fn latex(table: &Table, rows: &[usize]) -> String {
    let letters = table.columns.iter().map(|(_, align)| letter(*align));
    let mut out = format!("\\begin{{tabular}}{{{}}}\n\\toprule\n", letters.collect::<String>());
    for (i, row) in rows.iter().enumerate() {
        let mut column = 0;
        let cells = table.rows[*row].iter().map(|cell| {
            let (text, n) = (escaped(&tidy(&cell.plain())), cell.columns.max(1));
            let align = table.columns.get(column).map_or('l', |c| letter(c.1));
            column += n;
            if n > 1 { format!("\\multicolumn{{{n}}}{{{align}}}{{{text}}}") } else { text }
        });
        let _ = writeln!(out, "{} \\\\", cells.collect::<Vec<_>>().join(" & "));
        let next_is_body = rows.get(i + 1).is_some_and(|r| *r >= table.header_rows);
        if *row < table.header_rows && next_is_body {
            out.push_str("\\midrule\n");
        }
    }
    out.push_str("\\bottomrule\n\\end{tabular}");
    out
}

fn letter(align: Align) -> char {
    match align {
        Align::Center => 'c',
        Align::End => 'r',
        _ => 'l',
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\textbackslash{}"),
            '~' => out.push_str("\\textasciitilde{}"),
            '^' => out.push_str("\\textasciicircum{}"),
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

/// White space as it is read: single spaces.
pub(crate) fn tidy(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
