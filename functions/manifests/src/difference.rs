//! What an edit changed, for people: a unified diff.

use similar::TextDiff;

/// A unified diff with three lines around each change; empty when nothing changed.
pub fn diff(file: &str, before: &str, after: &str) -> String {
    if before == after {
        return String::new();
    }
    let lines = TextDiff::from_lines(before, after);
    lines.unified_diff().context_radius(3).header(&format!("a/{file}"), &format!("b/{file}")).to_string()
}
