//! Texts of a policy: placeholders, pattern lists, addresses, lengths of time.

use std::time::Duration as Time;

use super::Findings;
use crate::pattern::Pattern;
use crate::policy::words::{list, nearest};
use crate::policy::{Duration, HttpCheck};

/// The longest time anything in a policy waits, in seconds (30 days): what is longer is a slip of the unit.
const LONGEST: Duration = Duration::from_secs(30 * 24 * 60 * 60);

impl Findings<'_> {
    /// Refuses a `{word}` that stands for nothing.
    pub(super) fn placeholders(&mut self, path: &[&str], text: &str, known: &[&str]) {
        for word in text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(word, _)| word) {
            let a_word = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
            if a_word && !known.contains(&word) {
                let quoted: Vec<String> = known.iter().map(|word| format!("{{{word}}}")).collect();
                let help = match nearest(word, known) {
                    Some(word) => format!("did you mean `{{{word}}}`?"),
                    None => {
                        format!("here one may write {}", list(&quoted.iter().map(String::as_str).collect::<Vec<_>>()))
                    }
                };
                self.say(path, format!("`{{{word}}}` stands for nothing here"), help);
            }
        }
    }

    /// Refuses a list of patterns that chooses nothing: empty, or taking away before anything was given.
    ///
    /// GitHub demands a pattern without `!` as well; one that only takes away is its `…-ignore`.
    pub(super) fn patterns<'p>(&mut self, path: &[&str], patterns: impl IntoIterator<Item = (usize, &'p Pattern)>) {
        let mut patterns = patterns.into_iter();
        let Some((index, pattern)) = patterns.next() else {
            return self.say(
                path,
                "the list of patterns is empty, so nothing matches",
                "`\"**\"` stands for everything",
            );
        };
        if pattern.negative() {
            let message = format!("the pattern `{pattern}` takes away before anything is there");
            self.say_of_item(
                path,
                index,
                message,
                "start with a pattern without `!`; order matters, and `\"**\"` stands for everything",
            );
        }
    }

    /// Refuses a time that is nothing, or that nobody means.
    pub(super) fn time(&mut self, path: &[&str], key: &str, time: Duration) {
        if time.get() == Time::ZERO {
            self.say(path, format!("`{key}` is no time at all"), "write how long, `30m`, or leave the key out");
        } else if time > LONGEST {
            self.say(
                path,
                format!("`{key}` is {time}, longer than {LONGEST}"),
                "is the unit right? `s`, `m`, `h` or `d`",
            );
        }
    }

    /// Refuses an address that cannot be asked.
    pub(super) fn http(&mut self, path: &[&str], check: &HttpCheck) {
        let url = [path, &["url"]].concat();
        let rest = check.url.strip_prefix("https://").or_else(|| check.url.strip_prefix("http://"));
        let host = rest.map_or("", |rest| rest.split(['/', '?', '#']).next().unwrap_or(""));
        if host.is_empty() || check.url.contains(|char: char| char.is_whitespace() || char.is_control()) {
            let message = format!("`{}` is not an address", check.url.escape_debug());
            self.say(&url, message, "write it whole: `https://shop.example/health`");
        }
        self.placeholders(&url, &check.url, &["environment", "commit"]);
        if let Some(body) = &check.body {
            self.placeholders(&[path, &["body"]].concat(), body, &["environment", "commit"]);
        }
        // Source: <https://www.rfc-editor.org/rfc/rfc9110#section-15>
        if !(100..=599).contains(&check.status) {
            let message = format!("`status` cannot be {}", check.status);
            self.say(&[path, &["status"]].concat(), message, "an answer's status is from 100 to 599");
        }
    }
}
