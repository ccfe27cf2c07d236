//! Small help with words in messages: lists of them, and the one that was meant.

/// The words in backticks: `` `a`, `b` and `c` ``.
pub(super) fn list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => "nothing".to_owned(),
    }
}

/// Phrases as a choice: `a text, a list or a map`.
pub(super) fn either(phrases: &[&str]) -> String {
    match phrases.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => "nothing".to_owned(),
    }
}

/// The word that was probably meant: its first half was written, or at most a third of its letters are wrong, missing, too many or
/// swapped.
pub(super) fn nearest<'a>(written: &str, words: &[&'a str]) -> Option<&'a str> {
    let written = written.to_lowercase();
    if let Some(word) = words.iter().find(|word| written.len() * 2 >= word.len() && word.starts_with(&written)) {
        return Some(word);
    }
    let distances = words.iter().map(|word| (distance(&written, word), *word));
    let (distance, word) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance <= word.chars().count().max(3) / 3).then_some(word)
}

/// How many letters one must change, add, remove or swap with a neighbour to get from one word to the other.
///
/// Known as the optimal string alignment distance. Words much longer than any key are not compared.
fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().take(64).collect(), right.chars().take(64).collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (row, char) in left.iter().enumerate() {
        let mut now = vec![row + 1];
        for (column, other) in right.iter().enumerate() {
            let changed = last[column] + usize::from(char != other);
            let mut least = changed.min(last[column + 1] + 1).min(now[column] + 1);
            if row > 0 && column > 0 && *char == right[column - 1] && left[row - 1] == *other {
                least = least.min(before[column - 1] + 1);
            }
            now.push(least);
        }
        before = std::mem::replace(&mut last, now);
    }
    last[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_meant_is_found_and_no_other() {
        let words = ["watch", "image", "needs", "release_branches"];
        for (written, meant) in
            [("wacth", "watch"), ("Image", "image"), ("need", "needs"), ("release-branch", "release_branches")]
        {
            assert_eq!(nearest(written, &words), Some(meant), "{written}");
        }
        assert_eq!(nearest("release", &words), None);
        assert_eq!(nearest("release_b", &words), Some("release_branches"));
        assert_eq!(nearest("", &words), None);
        assert_eq!(nearest("x", &words), None);
        assert_eq!(nearest("colour", &words), None);
    }

    #[test]
    fn lists_read_as_sentences() {
        assert_eq!(list(&["a"]), "`a`");
        assert_eq!(list(&["a", "b", "c"]), "`a`, `b` and `c`");
        assert_eq!(either(&["a text", "a list", "a map"]), "a text, a list or a map");
    }
}
