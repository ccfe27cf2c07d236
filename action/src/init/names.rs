//! Legal names from whatever folders are called.

use std::collections::BTreeSet;

/// The longest name that leaves room for a number behind it.
const LONGEST: usize = 60;

/// A legal name made of `text`: lower case, and `-` for what is not allowed. `otherwise`, when nothing is left.
pub(super) fn legal(text: &str, otherwise: &str) -> String {
    let kept = |char: char| if char.is_ascii_alphanumeric() { char.to_ascii_lowercase() } else { '-' };
    let mut name = String::new();
    for char in text.chars().map(kept) {
        if name.len() < LONGEST && !(char == '-' && (name.is_empty() || name.ends_with('-'))) {
            name.push(char);
        }
    }
    let name = name.trim_end_matches('-');
    if name.is_empty() { otherwise.to_owned() } else { name.to_owned() }
}

/// The name of what is in `folder`, unlike any `taken`: the folder's own, else its path's, else with a number.
pub(super) fn fresh(folder: &str, otherwise: &str, taken: &mut BTreeSet<String>) -> String {
    let last = folder.rsplit('/').next().unwrap_or_default();
    let first_choices = [legal(last, otherwise), legal(folder, otherwise)];
    let numbered = (2..).map(|number| format!("{}-{number}", legal(folder, otherwise)));
    let mut choices = first_choices.into_iter().chain(numbered);
    // Numbers do not end before a name is free.
    let name = choices.find(|name| !taken.contains(name)).unwrap_or_else(|| otherwise.to_owned());
    taken.insert(name.clone());
    name
}
