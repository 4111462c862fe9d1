//! Pages that come from the code and the cookbook: the operators of the book, the table of recipes in the README.

use std::path::Path;

use crate::shell::{Done, cargo, command, root, tamis};

/// Writes the generated pages, or checks that they are what would be written.
pub fn run(check: bool) -> Done {
    println!("\n── generated pages");
    cargo("the program", &["build", "--workspace", "--all-targets", "--quiet"])?;
    let mut stale = Vec::new();
    for name in lines(&["ops"])?.lines().filter_map(|line| line.split_whitespace().next()) {
        let page = lines(&["ops", name])?;
        put(&root().join("docs/operators").join(format!("{name}.md")), &page, check, &mut stale)?;
    }
    put(&root().join("docs/operators/README.md"), &operators()?, check, &mut stale)?;
    put(&root().join("docs/recipes.md"), &format!("# Recipes\n\n{}", recipes("../")?), check, &mut stale)?;
    put(&root().join("README.md"), &readme()?, check, &mut stale)?;
    if stale.is_empty() {
        println!("── generated pages: fresh");
        return Ok(());
    }
    Err(format!("generated pages are stale; run `cargo xtask docs`: {}", stale.join(", ")))
}

fn put(path: &Path, text: &str, check: bool, stale: &mut Vec<String>) -> Done {
    let fresh = std::fs::read_to_string(path).is_ok_and(|old| old == text);
    if fresh {
        return Ok(());
    }
    if check {
        stale.push(path.strip_prefix(root()).unwrap_or(path).display().to_string());
        return Ok(());
    }
    let write = || {
        path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        std::fs::write(path, text)
    };
    write().map_err(|e| format!("{}: {e}", path.display()))
}

fn lines(args: &[&str]) -> Result<String, String> {
    let output = command(tamis(), args).output().map_err(|e| format!("{}: {e}", tamis().display()))?;
    if !output.status.success() {
        return Err(format!("tamis {}: {}", args.join(" "), String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn operators() -> Result<String, String> {
    let mut page =
        String::from("# Operators\n\nGenerated from the operators' own documentation by `cargo xtask docs`.\n\n");
    for line in lines(&["ops"])?.lines() {
        if let Some((name, about)) = line.split_once("  ") {
            page += &format!("- [`{name}`]({name}.md): {}\n", about.trim());
        }
    }
    Ok(page)
}

fn recipes(up: &str) -> Result<String, String> {
    let mut table = String::from("| recipe | models | what it makes |\n|---|---|---|\n");
    for line in lines(&["list"])?.lines() {
        let cells: Vec<&str> = line.splitn(3, "  ").map(str::trim).filter(|c| !c.is_empty()).collect();
        let cells: Vec<&str> =
            if cells.len() == 3 { cells } else { line.split("  ").map(str::trim).filter(|c| !c.is_empty()).collect() };
        if let [name, roles, about] = cells[..] {
            table += &format!("| [{name}]({up}cookbook/{name}/README.md) | {roles} | {about} |\n");
        }
    }
    Ok(table)
}

/// The README with the table of recipes put between its marks.
fn readme() -> Result<String, String> {
    let path = root().join("README.md");
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let (begin, end) = ("<!-- recipes -->\n", "<!-- /recipes -->");
    let parts = text.split_once(begin).and_then(|(before, rest)| Some((before, rest.split_once(end)?.1)));
    let Some((before, after)) = parts else { return Err(format!("README.md lacks the marks {begin}{end}")) };
    Ok(format!("{before}{begin}{}{end}{after}", recipes("")?))
}
