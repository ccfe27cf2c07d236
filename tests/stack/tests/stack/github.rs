//! What the GitHub App has to be given: README.md names every permission that a message asks for, and every event that is read.

use crate::sources::sources;
use crate::template::{none, root};

#[test]
fn the_readme_names_every_permission_and_every_event() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let (_, section) = readme.split_once("\n## On AWS\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let permission = |text: &str| {
        text.split_once(": ").is_some_and(|(what, way)| {
            matches!(way, "read" | "write") && what.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        })
    };
    let sources = sources();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for source in sources.iter().filter(|source| source.file.starts_with("functions/github/")) {
        for text in source.literals().filter(|text| permission(text)) {
            seen += 1;
            // Whoever may write may read.
            let (what, _) = text.split_once(": ").unwrap();
            if !section.contains(&format!("`{what}: write`")) && !section.contains(&format!("`{text}`")) {
                wrong.push(format!("{} asks for `{text}`", source.file));
            }
        }
    }
    assert!(seen > 10, "the permissions are not where they are looked for");
    let reader = sources.iter().find(|source| source.file == "functions/webhook/src/read.rs").unwrap();
    let (_, events) = reader.code.split_once("match event {").unwrap();
    let (events, _) = events.split_once("_ =>").unwrap();
    let events: Vec<&str> = events.split('"').skip(1).step_by(2).collect();
    assert!(events.contains(&"push"), "the events are not where they are looked for");
    let untold = events.into_iter().filter(|event| !section.contains(&format!("`{event}`")));
    wrong.extend(untold.map(|event| format!("the event `{event}` is read")));
    none(&wrong, "README.md does not say what the App needs");
}
