//! What a source file looks like, and what must not be in one.

use crate::files::{File, files, none};

/// The most lines of a file that is no test.
const LONGEST: usize = 400;

/// What is nowhere in our code, tests included. In two parts, so that this file may be read too.
const NOWHERE: &[(&str, &str, &str)] = &[
    ("#[all", "ow(", "say `#[expect(lint, reason = …)]`: it goes when it is no longer needed"),
    ("#![all", "ow(", "say `#![expect(lint, reason = …)]`: it goes when it is no longer needed"),
    ("tod", "o!(", "finish it"),
    ("unimple", "mented!(", "finish it"),
    ("db", "g!(", "take it out"),
    ("/ro", "ot/", "no machine's paths"),
    ("/home", "/", "no machine's paths"),
    ("/Use", "rs/", "no machine's paths"),
    ("/wo", "rk/", "no machine's paths"),
    ("FIX", "ME", "fix it, or open an issue"),
    ("TO", "DO", "do it, or open an issue"),
    ("XX", "X", "say what it is"),
    ("//! Place", "holder", "say what the file is for"),
];

/// What the rules may not touch: the world, the clock.
const IMPURE: &[&str] =
    &["std::fs", "std::env", "std::net", "std::process", "std::thread", "SystemTime", "std::time::Instant", "println!"];

#[test]
fn every_file_says_what_it_is_for() {
    let silent = files(&[".rs"]).into_iter().filter(|file| !file.text.starts_with("//! "));
    none(&silent.map(|file| file.path).collect::<Vec<_>>(), "open the file with `//!` and what it is for");
}

#[test]
fn no_file_is_too_long() {
    let long = files(&[".rs"]).into_iter().filter(|file| !file.is_test()).filter_map(|file| {
        let lines = code(&file.text).lines().count();
        (lines > LONGEST).then(|| format!("{}: {lines} lines", file.path))
    });
    none(&long.collect::<Vec<_>>(), "split the file");
}

#[test]
fn nothing_unfinished_or_foreign_is_in_the_code() {
    let mut wrong = Vec::new();
    let words = NOWHERE.iter().map(|(left, right, why)| (format!("{left}{right}"), *why));
    let words: Vec<(String, &str)> = words.collect();
    for file in
        files(&[".rs", ".toml", ".md", ".cjs", "scripts/setup", "scripts/test", "scripts/check", "scripts/demo"])
    {
        for (number, line) in file.text.lines().enumerate() {
            let found = words.iter().filter(|(word, _)| line.contains(word.as_str()));
            wrong.extend(found.map(|(word, why)| format!("{}:{}: `{word}`: {why}", file.path, number + 1)));
        }
    }
    none(&wrong, "not in our code");
}

#[test]
fn the_rules_touch_neither_files_nor_clock() {
    let pure = |file: &File| {
        file.path.starts_with("functions/core/src/")
            || file.path.starts_with("functions/manifests/src/")
            || file.path.starts_with("functions/webhook/src/")
            || file.path.starts_with("wasm/src/")
    };
    let mut wrong = Vec::new();
    for file in files(&[".rs"]).into_iter().filter(|file| pure(file) && !file.is_test()) {
        for (number, line) in
            code(&file.text).lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"))
        {
            let found = IMPURE.iter().filter(|word| line.contains(**word));
            wrong.extend(found.map(|word| format!("{}:{}: {word}", file.path, number + 1)));
        }
    }
    none(&wrong, "a pure crate reaches the world");
}

/// The text of a file before the tests at its end.
fn code(text: &str) -> &str {
    text.split_once("#[cfg(test)]\nmod tests {").map_or(text, |(code, _)| code)
}
