//! How a scalar is written, and what a plain one is read as.
//!
//! `1234567`, `12e4567`, `0123456` and `1.10` are legal tags, and numbers to YAML. A text stays plain only when every
//! reader takes it for the same text, by the rules of YAML 1.1 (which kubectl and Helm follow) and of 1.2.

use granit_parser::ScalarStyle;

/// Words that YAML 1.1 or 1.2 reads as a truth value, as nothing or as a number, whatever their case.
/// Source: <https://yaml.org/type/bool.html>, <https://yaml.org/type/null.html>, <https://yaml.org/type/float.html>
const WORDS: &[&str] = &["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity"];

/// `value` in the quotes that stood there before, or in double quotes where these cannot hold it.
pub(crate) fn write(value: &str, style: ScalarStyle) -> String {
    match style {
        ScalarStyle::Plain if is_plain(value) && is_text(value) => value.to_owned(),
        ScalarStyle::SingleQuoted if !value.contains(char::is_control) => format!("'{}'", value.replace('\'', "''")),
        _ => double_quoted(value),
    }
}

/// Whether `value`, written without quotes, is read as a text and not as a number, a date, a truth value or nothing.
pub(crate) fn is_text(value: &str) -> bool {
    match value.as_bytes().first() {
        None | Some(b'~') => false,
        Some(b'0'..=b'9' | b'+' | b'-' | b'.') => !is_number(value) && !is_date(value),
        Some(_) => !WORDS.iter().any(|word| word.eq_ignore_ascii_case(value)) && value != "<<" && value != "=",
    }
}

/// Whether `value` may stand without quotes anywhere, also between braces.
///
/// Stricter than YAML: what is left out is quoted, which is never wrong.
fn is_plain(value: &str) -> bool {
    let inner =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'/' | b':' | b'@' | b'+');
    let first = value.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'/'));
    first && value.bytes().all(inner) && !value.ends_with(':')
}

/// Integers in any base, with `_` between digits; decimals with or without exponent; base 60, as in `12:30:45`.
///
/// Source: <https://yaml.org/type/int.html>, <https://yaml.org/type/float.html>, <https://yaml.org/spec/1.2.2/#103-core-schema>
fn is_number(value: &str) -> bool {
    let digits = value.strip_prefix(['+', '-']).unwrap_or(value).replace('_', "");
    let all = |digits: &str, radix: u32| !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
    let based = |prefix: &str, radix: u32| {
        digits.to_ascii_lowercase().strip_prefix(prefix).is_some_and(|rest| all(rest, radix))
    };
    let sexagesimal =
        || digits.contains(':') && digits.chars().all(|char| char.is_ascii_digit() || matches!(char, ':' | '.'));
    let special = matches!(digits.to_ascii_lowercase().as_str(), ".inf" | ".nan");
    special || digits.parse::<f64>().is_ok() || based("0x", 16) || based("0o", 8) || based("0b", 2) || sexagesimal()
}

/// `2026-11-20`, alone or with a time after it. Source: <https://yaml.org/type/timestamp.html>
fn is_date(value: &str) -> bool {
    let mut parts = value.splitn(3, '-');
    let mut digits = |count: std::ops::RangeInclusive<usize>| {
        let part = parts.next().unwrap_or_default();
        count.contains(&part.bytes().take_while(u8::is_ascii_digit).count())
    };
    digits(4..=4) && digits(1..=2) && digits(1..=2)
}

fn double_quoted(value: &str) -> String {
    let mut written = String::with_capacity(value.len() + 2);
    written.push('"');
    for char in value.chars() {
        match char {
            '"' | '\\' => written.extend(['\\', char]),
            '\n' => written.push_str("\\n"),
            '\t' => written.push_str("\\t"),
            // Also the line and paragraph separators, which some readers take for line ends.
            _ if char.is_control() || matches!(char, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                written.extend(["\\U", &format!("{:08X}", u32::from(char))]);
            }
            _ => written.push(char),
        }
    }
    written.push('"');
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_that_yaml_takes_for_something_else_is_quoted() {
        for tag in [
            "1234567",
            "12e4567",
            "1e5",
            "0123456",
            "1.10",
            "1.",
            "0x1f",
            "0b11",
            "0o17",
            "1_000",
            "12:30",
            "2026-11-20",
            "2026-1-2",
            "true",
            "Yes",
            "NO",
            "y",
            "null",
            "NULL",
            "nan",
            "off",
            "",
        ] {
            assert_eq!(write(tag, ScalarStyle::Plain), format!("\"{tag}\""));
        }
    }

    #[test]
    fn a_tag_that_is_a_text_stays_plain() {
        for tag in
            ["0a1b2c3d4e5f", "v1.2.3", "1.2.3", "1.2.3-rc.1", "rc-7", "latest", "e5", "20261120-1", "a/b:c@sha256:00"]
        {
            assert_eq!(write(tag, ScalarStyle::Plain), tag);
        }
    }

    #[test]
    fn quotes_stay_as_they_were() {
        assert_eq!(write("abc", ScalarStyle::SingleQuoted), "'abc'");
        assert_eq!(write("it's", ScalarStyle::SingleQuoted), "'it''s'");
        assert_eq!(write("a\nb", ScalarStyle::SingleQuoted), r#""a\nb""#);
        assert_eq!(write("say \"é\" \\", ScalarStyle::DoubleQuoted), r#""say \"é\" \\""#);
        assert_eq!(write("# not a comment", ScalarStyle::Plain), "\"# not a comment\"");
    }
}
