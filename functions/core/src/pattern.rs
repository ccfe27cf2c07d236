//! GitHub's filter pattern syntax, for tags, branches and paths.
//!
//! `*` is any number of characters but no `/`, `**` any number of any characters, `?` and `+` count the character before them
//! (at most one, at least one), `[]` is one of the letters and digits in it, `\` takes the next character as it is, and `!` in front
//! takes away what an earlier pattern gave. A `**` that stands between slashes may also be no folder at all: `docs/**/*.md` has
//! `docs/a.md`. No glob crate counts with `?` and `+`, so a pattern is translated to a regular expression, once.
//!
//! What GitHub leaves open is refused rather than guessed: a `?` or `+` with nothing to count, anything but letters and digits in `[]`.
//! Source: "Filter pattern cheat sheet" in
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#filter-pattern-cheat-sheet>

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use regex::{Regex, RegexBuilder};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::refusal::{Code, Refusal};

/// The longest pattern, in characters: longer than any path people filter by, short enough to compile at once.
pub const MAX_LENGTH: usize = 512;

/// The most memory a compiled pattern may take, in bytes (2 MiB): twice what the worst one of [`MAX_LENGTH`] needs.
const MAX_COMPILED: usize = 2 << 20;

/// One filter pattern; equal, ordered and hashed by its text.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern {
    #[schemars(with = "String")]
    text: String,
    #[schemars(skip)]
    regex: Regex,
}

impl Pattern {
    /// The pattern that everything matches.
    #[expect(clippy::missing_panics_doc, reason = "the text is fixed, and a test reads it")]
    pub fn everything() -> Self {
        Self::try_from("**".to_owned()).expect("`**` is a pattern")
    }

    /// The text as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it starts with `!`, and so takes away what an earlier pattern gave.
    pub fn negative(&self) -> bool {
        self.text.starts_with('!')
    }

    /// Whether `text` matches it, its `!` aside.
    pub fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

/// Whether `text` is left when `patterns` have been read in order: each one that matches gives it or, with `!`, takes it away.
pub fn chosen<'a>(patterns: impl IntoIterator<Item = &'a Pattern>, text: &str) -> bool {
    let read = |chosen, pattern: &Pattern| if pattern.matches(text) { !pattern.negative() } else { chosen };
    patterns.into_iter().fold(false, read)
}

impl TryFrom<String> for Pattern {
    type Error = Refusal;
    fn try_from(text: String) -> Result<Self, Refusal> {
        if text.chars().count() > MAX_LENGTH {
            return Err(Refusal::new(
                Code::MalformedPattern,
                format!("the pattern has more than {MAX_LENGTH} characters"),
            )
            .help("split it into several patterns"));
        }
        let expression = Translation::of(&text)?;
        let built = RegexBuilder::new(&expression).size_limit(MAX_COMPILED).dfa_size_limit(MAX_COMPILED).build();
        let regex = built.map_err(|_| refuse(&text, "is too large to be matched", "split it into several patterns"))?;
        Ok(Self { text, regex })
    }
}

/// A pattern on its way to a regular expression.
struct Translation<'a> {
    text: &'a str,
    chars: Vec<char>,
    /// How many characters have been read; so the number of the one read last, counted from 1.
    read: usize,
    expression: String,
    /// Whether the last thing read is one character, which `?` and `+` can count.
    countable: bool,
}

impl<'a> Translation<'a> {
    fn of(text: &'a str) -> Result<String, Refusal> {
        let negative = text.starts_with('!');
        let chars: Vec<char> = text.chars().collect();
        if chars.len() == usize::from(negative) {
            return Err(refuse(text, "says nothing", "`**` stands for everything"));
        }
        // A path may hold a line break, so `.` must match one.
        let expression = r"(?s)\A".to_owned();
        let mut translation = Self { text, chars, read: usize::from(negative), expression, countable: false };
        while let Some(char) = translation.next() {
            translation.part(char)?;
        }
        translation.expression.push_str(r"\z");
        Ok(translation.expression)
    }

    fn next(&mut self) -> Option<char> {
        let char = self.peek(0)?;
        self.read += 1;
        Some(char)
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.read + ahead).copied()
    }

    fn part(&mut self, char: char) -> Result<(), Refusal> {
        match char {
            '*' => self.star(),
            '?' | '+' => self.count(char)?,
            '[' => self.one_of()?,
            ']' => return Err(self.refuse("has a `]` that closes nothing", r"for the character itself, write `\]`")),
            '\\' => match self.next() {
                Some(char) => self.literal(char),
                None => return Err(self.refuse(r"ends in a lone `\`", r"for the character itself, write `\\`")),
            },
            char => self.literal(char),
        }
        Ok(())
    }

    fn literal(&mut self, char: char) {
        self.expression.push_str(&regex::escape(char.encode_utf8(&mut [0; 4])));
        self.countable = true;
    }

    fn star(&mut self) {
        self.countable = false;
        if self.peek(0) != Some('*') {
            self.expression.push_str("[^/]*");
            return;
        }
        let starts = self.read == 1 + usize::from(self.text.starts_with('!')) || self.chars[self.read - 2] == '/';
        self.read += 1;
        if starts && self.peek(0) == Some('/') {
            self.read += 1;
            self.expression.push_str("(?:.*/)?");
        } else {
            self.expression.push_str(".*");
        }
    }

    fn count(&mut self, char: char) -> Result<(), Refusal> {
        if !self.countable {
            let wrong = format!("has a `{char}` that counts nothing");
            let help =
                format!(r"`{char}` counts the one character before it; for the character itself, write `\{char}`");
            return Err(self.refuse(&wrong, &help));
        }
        self.expression.push(char);
        self.countable = false;
        Ok(())
    }

    fn one_of(&mut self) -> Result<(), Refusal> {
        const TAKES: &str = "`[]` takes letters, digits and the ranges `a-z`, `A-Z` and `0-9` or parts of them";
        let opened = self.read;
        self.expression.push('[');
        loop {
            let Some(char) = self.next() else {
                self.read = opened;
                return Err(self.refuse("has a `[` that is never closed", r"for the character itself, write `\[`"));
            };
            match char {
                ']' if self.read == opened + 1 => return Err(self.refuse("has an empty `[]`", TAKES)),
                ']' => break,
                first if first.is_ascii_alphanumeric() => self.range(first, TAKES)?,
                other => return Err(self.refuse(&format!("has `{}` in `[]`", other.escape_debug()), TAKES)),
            }
        }
        self.expression.push(']');
        self.countable = true;
        Ok(())
    }

    fn range(&mut self, first: char, help: &str) -> Result<(), Refusal> {
        self.expression.push(first);
        if self.peek(0) != Some('-') {
            return Ok(());
        }
        self.read += 1;
        let last = self.next().filter(|last| {
            let kinds = [char::is_ascii_lowercase, char::is_ascii_uppercase, char::is_ascii_digit];
            first <= *last && kinds.iter().any(|kind| kind(&first) && kind(last))
        });
        let Some(last) = last else {
            return Err(self.refuse(&format!("has a range from `{first}` that leads nowhere"), help));
        };
        self.expression.extend(['-', last]);
        Ok(())
    }

    /// Says what is wrong with the character read last.
    fn refuse(&self, wrong: &str, help: &str) -> Refusal {
        refuse(self.text, &format!("{wrong}, at character {}", self.read), help)
    }
}

fn refuse(text: &str, wrong: &str, help: &str) -> Refusal {
    let shown: String =
        text.chars().map(|char| if char.is_control() { char::REPLACEMENT_CHARACTER } else { char }).collect();
    Refusal::new(Code::MalformedPattern, format!("the pattern `{shown}` {wrong}")).help(help)
}

impl std::str::FromStr for Pattern {
    type Err = Refusal;
    fn from_str(text: &str) -> Result<Self, Refusal> {
        Self::try_from(text.to_owned())
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.text
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.text)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, formatter)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

impl PartialOrd for Pattern {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Pattern {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(&other.text)
    }
}

impl Hash for Pattern {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(texts: &[&str]) -> Vec<Pattern> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    /// Every row: patterns in order, what they choose, what they do not choose.
    #[track_caller]
    fn check(rows: &[(&[&str], &[&str], &[&str])]) {
        for (texts, yes, no) in rows {
            let patterns = patterns(texts);
            for text in *yes {
                assert!(chosen(&patterns, text), "{texts:?} must choose {text:?}");
            }
            for text in *no {
                assert!(!chosen(&patterns, text), "{texts:?} must not choose {text:?}");
            }
        }
    }

    /// Source: "Patterns to match branches and tags" in the cheat sheet; the counter-examples are ours.
    #[test]
    fn branches_and_tags_match_as_github_documents() {
        check(&[
            (
                &["feature/*"],
                &["feature/my-branch", "feature/your-branch"],
                &["feature/a/b", "feature", "my/feature/a"],
            ),
            (
                &["feature/**"],
                &["feature/beta-a/my-branch", "feature/your-branch", "feature/mona/the/octocat"],
                &["feature"],
            ),
            (
                &["main", "releases/mona-the-octocat"],
                &["main", "releases/mona-the-octocat"],
                &["mainly", "Main", "releases"],
            ),
            (&["*"], &["main", "releases"], &["all/the/branches"]),
            (&["**"], &["all/the/branches", "every/tag"], &[]),
            (&["*feature"], &["mona-feature", "feature", "ver-10-feature"], &["features", "a/feature"]),
            (&["v2*"], &["v2", "v2.0", "v2.9"], &["v1", "xv2"]),
            (&["v[12].[0-9]+.[0-9]+"], &["v1.10.1", "v2.0.0"], &["v3.0.0", "v1.0", "v1x0.0", "v1..1", "v1.0.0-rc"]),
        ]);
    }

    /// Source: "Patterns to match file paths" in the cheat sheet; the counter-examples are ours, save those of the last two rows.
    #[test]
    fn paths_match_as_github_documents() {
        check(&[
            (&["*"], &["README.md", "server.rb"], &["docs/README.md"]),
            (&["*.jsx?"], &["page.js", "page.jsx"], &["page.j", "page.jsxx", "js/page.js"]),
            (&["**"], &["all/the/files.md"], &[]),
            (&["*.js"], &["app.js", "index.js"], &["js/index.js"]),
            (&["**.js"], &["index.js", "js/index.js", "src/js/app.js"], &["index.jsx"]),
            (&["docs/*"], &["docs/README.md", "docs/file.txt"], &["docs/a/b.md", "docs"]),
            (&["docs/**"], &["docs/README.md", "docs/mona/octocat.txt"], &["mydocs/a.md", "docs"]),
            (
                &["docs/**/*.md"],
                &["docs/README.md", "docs/mona/hello-world.md", "docs/a/markdown/file.md"],
                &["docs/a.txt", "docsa.md"],
            ),
            (
                &["**/docs/**"],
                &["docs/hello.md", "dir/docs/my-file.txt", "space/docs/plan/space.doc"],
                &["mydocs/a", "docs"],
            ),
            (&["**/README.md"], &["README.md", "js/README.md"], &["MYREADME.md", "js/MYREADME.md"]),
            (&["**/*src/**"], &["a/src/app.js", "my-src/code/js/app.js"], &["src2/app.js"]),
            (&["**/*-post.md"], &["my-post.md", "path/their-post.md"], &["post.md"]),
            (
                &["**/migrate-*.sql"],
                &["migrate-10909.sql", "db/migrate-v1.0.sql", "db/sept/migrate-v1.sql"],
                &["migrate-/a.sql"],
            ),
            (&["*.md", "!README.md"], &["hello.md"], &["README.md", "docs/hello.md"]),
            (&["*.md", "!README.md", "README*"], &["hello.md", "README.md", "README.doc"], &[]),
        ]);
    }

    #[test]
    fn only_what_is_special_is_special() {
        check(&[
            (&[".yml"], &[".yml"], &["fyml"]),
            (&[r"\!file"], &["!file"], &["file"]),
            (&[r"a\\b"], &[r"a\b"], &["ab"]),
            (&[r"c\+\+"], &["c++"], &["cc", "c"]),
            (&["a!b", "(x|y)^$"], &["a!b", "(x|y)^$"], &["x"]),
            (&["ü+"], &["ü", "üü"], &["u", ""]),
            (&["a/+b"], &["a/b", "a//b"], &["ab"]),
            (&["v**"], &["v", "v1/x"], &["1"]),
            (&["a**/b"], &["a/b", "ax/y/b"], &["ab"]),
            (&["**"], &["two\nlines"], &[]),
            (&["[a-cx]?1"], &["1", "b1", "x1"], &["d1", "-1"]),
        ]);
    }

    #[test]
    fn an_exclamation_mark_only_negates() {
        let pattern: Pattern = "!**/docs/**".parse().unwrap();
        assert!(pattern.negative() && pattern.matches("docs/a") && pattern.matches("x/docs/a"));
        assert_eq!(pattern.as_str(), "!**/docs/**");
    }

    #[test]
    fn a_refused_pattern_says_which_character_is_wrong() {
        let wrong = [
            "",
            "!",
            "+a",
            "a++",
            "v*?",
            "!?",
            "[",
            "a[b",
            "[]",
            "[^a]",
            "[0-9.]",
            "[z-a]",
            "[a-Z]",
            "[a-",
            "x]",
            r"a\",
            &"a".repeat(513),
        ];
        let said: Vec<String> = wrong.iter().map(|text| text.parse::<Pattern>().unwrap_err().to_string()).collect();
        insta::assert_snapshot!(said.join("\n"), @r"
        the pattern `` says nothing
        help: `**` stands for everything
        the pattern `!` says nothing
        help: `**` stands for everything
        the pattern `+a` has a `+` that counts nothing, at character 1
        help: `+` counts the one character before it; for the character itself, write `\+`
        the pattern `a++` has a `+` that counts nothing, at character 3
        help: `+` counts the one character before it; for the character itself, write `\+`
        the pattern `v*?` has a `?` that counts nothing, at character 3
        help: `?` counts the one character before it; for the character itself, write `\?`
        the pattern `!?` has a `?` that counts nothing, at character 2
        help: `?` counts the one character before it; for the character itself, write `\?`
        the pattern `[` has a `[` that is never closed, at character 1
        help: for the character itself, write `\[`
        the pattern `a[b` has a `[` that is never closed, at character 2
        help: for the character itself, write `\[`
        the pattern `[]` has an empty `[]`, at character 2
        help: `[]` takes letters, digits and the ranges `a-z`, `A-Z` and `0-9` or parts of them
        the pattern `[^a]` has `^` in `[]`, at character 2
        help: `[]` takes letters, digits and the ranges `a-z`, `A-Z` and `0-9` or parts of them
        the pattern `[0-9.]` has `.` in `[]`, at character 5
        help: `[]` takes letters, digits and the ranges `a-z`, `A-Z` and `0-9` or parts of them
        the pattern `[z-a]` has a range from `z` that leads nowhere, at character 4
        help: `[]` takes letters, digits and the ranges `a-z`, `A-Z` and `0-9` or parts of them
        the pattern `[a-Z]` has a range from `a` that leads nowhere, at character 4
        help: `[]` takes letters, digits and the ranges `a-z`, `A-Z` and `0-9` or parts of them
        the pattern `[a-` has a range from `a` that leads nowhere, at character 3
        help: `[]` takes letters, digits and the ranges `a-z`, `A-Z` and `0-9` or parts of them
        the pattern `x]` has a `]` that closes nothing, at character 2
        help: for the character itself, write `\]`
        the pattern `a\` ends in a lone `\`, at character 2
        help: for the character itself, write `\\`
        the pattern has more than 512 characters
        help: split it into several patterns
        ");
    }

    #[test]
    fn the_longest_pattern_still_compiles() {
        for text in ["*a".repeat(256), "**/".repeat(170), "[a-z]+".repeat(85), "ü?".repeat(256)] {
            assert!(text.parse::<Pattern>().is_ok(), "{}", &text[..6]);
        }
    }

    #[test]
    fn it_is_written_as_it_was_read() {
        let pattern: Pattern = serde_json::from_str(r#""release/*""#).unwrap();
        assert_eq!(serde_json::to_string(&pattern).unwrap(), r#""release/*""#);
        assert!(serde_json::from_str::<Pattern>(r#""[""#).is_err());
    }
}
