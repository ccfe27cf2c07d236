//! The pages people read: what they link to is there.

use crate::files::{files, none, root};

#[test]
fn relative_links_lead_somewhere() {
    let mut wrong = Vec::new();
    for page in files(&[".md"]) {
        let folder = root().join(&page.path).parent().expect("a file is in a folder").to_owned();
        for target in targets(&page.text) {
            let path = target.split('#').next().unwrap_or_default();
            let elsewhere = target.contains("://") || target.starts_with("mailto:") || path.is_empty();
            if !elsewhere && !folder.join(path).exists() {
                wrong.push(format!("{}: {target}", page.path));
            }
        }
    }
    none(&wrong, "a link leads nowhere");
}

/// What `[text](target)` points to, code blocks left out.
fn targets(text: &str) -> Vec<&str> {
    let mut fenced = false;
    let lines = text.lines().filter(|line| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    });
    let target = |part: &'_ str| part.split_once(')').map(|(target, _)| target.len());
    let links = lines.flat_map(|line| line.split("](").skip(1));
    links.filter_map(|part| target(part).map(|length| &part[..length])).collect()
}
