//! Text that came from outside, made fit to be shown on one line.

/// The text without control characters and without what makes a terminal write backwards, on one line, `limit` characters
/// at most.
pub fn clean(text: &str, limit: usize) -> String {
    let visible = text.chars().map(|char| if char.is_whitespace() { ' ' } else { char });
    let visible = visible.filter(|char| !char.is_control() && !is_direction(*char));
    visible.collect::<String>().trim().chars().take(limit).collect()
}

/// Characters that change the direction of writing: a name could show as another with them.
/// Source: <https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters>
fn is_direction(char: char) -> bool {
    matches!(char, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn what_came_from_outside_is_one_line_without_control_characters() {
        assert_eq!(clean(" a\n\tb\u{1b}[31m\0\u{202e}c ", 200), "a  b[31mc");
        assert_eq!(clean(&"é".repeat(300), 200).chars().count(), 200);
    }
}
