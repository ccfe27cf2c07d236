//! Properties over made-up manifests: nothing else changes, again changes nothing, nothing makes it panic.

use proptest::prelude::*;
use trunkline_core::policy::TargetKind;
use trunkline_manifests::{Image, edit, read};

use crate::{API, commit, digest, helm, kustomize, manifest, yaml};

/// Tags that registries take, often ones that YAML takes for something else.
fn tag() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9]{1,12}",
        "[0-9]{1,3}e[0-9]{1,4}",
        "[0-9]\\.[0-9]{1,2}",
        "[0-9a-f]{12}",
        "[A-Za-z0-9_][A-Za-z0-9._-]{0,20}",
        Just("true".to_owned()),
        Just("null".to_owned()),
        Just("0x1f".to_owned()),
        Just("2026-11-20".to_owned())
    ]
}

/// A scalar in one of the styles, before the edit.
fn scalar() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "abc",
        "'abc'",
        "\"abc\"",
        "\"\\u00e9\"",
        "&t abc",
        "!!str 12",
        "1234567",
        "~",
        "''",
        "é",
    ])
}

fn comment() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["", "  # é {{ no }}", "\t# tab", " #"])
}

/// A kustomization, or the same image in Helm's values, among other things.
fn file() -> impl Strategy<Value = (TargetKind, String)> {
    let parts = (scalar(), scalar(), comment(), comment(), any::<[bool; 7]>(), 0..3_usize);
    parts.prop_map(
        |(tag, digest, note, other, [in_values, in_braces, tagged, digested, crlf, ended, marked], indent)| {
            let (target, list, first, pad, name, tag_key) = if in_values {
                (helm("image"), "image:", "  ".to_owned(), "  ".to_owned(), "repository", "tag")
            } else {
                let pad = " ".repeat(indent);
                (kustomize(), "images:", format!("{pad}- "), format!("{pad}  "), "name", "newTag")
            };
            let tag = tagged.then(|| format!("{tag_key}: {tag}"));
            let digest = digested.then(|| format!("\"digest\": {}", digest.replace("&t", "&u")));
            let entries: Vec<String> = [Some(format!("{name}: {API}")), tag, digest].into_iter().flatten().collect();
            let entries = if in_braces {
                format!("{first}{{{} }}{note}", entries.join(", "))
            } else {
                format!("{first}{}{note}", entries.join(&format!("{other}\n{pad}")))
            };
            let head = format!("# ümlaut{note}\nbefore: [a, 'b', \"c\"]{other}\n{list}{note}");
            let text = format!("{head}\n{entries}\nafter: {{x: é}}{note}\nlast: |\n  text: {API}\n");
            let text = if crlf { text.replace('\n', "\r\n") } else { text };
            let text = if ended { &*text } else { text.trim_end() };
            (target, format!("{}{text}", if marked { "\u{feff}" } else { "" }))
        },
    )
}

/// The file as values, by a reader that shares nothing with the editor but the scanner; `None` when it is not one document.
fn values(text: &str) -> Option<serde_json::Value> {
    serde_saphyr::from_str(text.trim_start_matches('\u{feff}')).ok()
}

/// The values without what an edit may change.
fn without_image(text: &str) -> Option<serde_json::Value> {
    let mut values = values(text)?;
    let lists = ["/images", "/containers"];
    let in_lists = lists.iter().flat_map(|list| (0..4).map(move |item| format!("{list}/{item}")));
    for pointer in in_lists.chain(["/image".to_owned(), "/after".to_owned()]) {
        if let Some(map) = values.pointer_mut(&pointer).and_then(serde_json::Value::as_object_mut) {
            map.retain(|key, _| !["tag", "newTag", "digest", "image", "x"].contains(&key.as_str()));
        }
    }
    Some(values)
}

/// The lines that no edit may change: those without the tag, the digest, an image or a flow map.
fn other_lines(text: &str) -> Vec<&str> {
    let ours = |line: &&str| !["ag", "digest", "image:"].iter().any(|key| line.contains(key)) && !line.contains('{');
    text.split('\n').filter(ours).map(|line| line.trim_end_matches('\r')).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn only_the_tag_and_the_digest_change((target, text) in file(), tag in tag()) {
        let (digest, commit) = (digest('2'), commit());
        let image = Image { repository: API, tag: Some(&tag), digest: &digest, commit: &commit };
        let edited = edit("file.yaml", &text, &target, &image).unwrap().text;
        let found = read("file.yaml", &edited, &target, API).unwrap();
        prop_assert_eq!(found.tag.as_deref(), Some(&*tag));
        prop_assert_eq!(found.digest, Some(digest.clone()));
        prop_assert_eq!(without_image(&edited), without_image(&text));
        prop_assert_eq!(other_lines(&edited), other_lines(&text));
        prop_assert_eq!(edited.ends_with('\n'), text.ends_with('\n'));
        prop_assert_eq!(edited.contains('\r'), text.contains('\r'));
        prop_assert!(without_image(&edited).is_some());
        let written = values(&edited).unwrap();
        let map = written.pointer("/images/0").or(written.pointer("/image")).unwrap();
        prop_assert_eq!(map.get("newTag").or(map.get("tag")), Some(&serde_json::Value::String(tag.clone())));
        let again = edit("file.yaml", &edited, &target, &image).unwrap();
        prop_assert!(!again.changed);
        prop_assert_eq!(again.text, edited);
    }

    #[test]
    fn a_damaged_file_is_edited_exactly_or_refused((target, text) in file(), damage in damage(), tag in tag()) {
        exact_or_refused(&target, &damaged(&text, &damage), &tag)?;
        exact_or_refused(&manifest(), &damaged(&format!("containers:\n- image: {API}:v1\n"), &damage), &tag)?;
        exact_or_refused(&yaml("after.x", "{repository}:{tag}"), &damaged(&text, &damage), &tag)?;
    }
}

/// Places, as parts of the whole, and what is put there instead of so many characters.
fn damage() -> impl Strategy<Value = Vec<(f64, usize, String)>> {
    let piece = prop::sample::select(vec![
        "",
        " ",
        "\n",
        "\r\n",
        "\t",
        ":",
        ": ",
        "- ",
        "{",
        "}",
        "[",
        "]",
        "#",
        " #",
        "&a ",
        "*a",
        "*t",
        "!x ",
        "'",
        "\"",
        "|",
        ">-\n",
        "{{",
        "}}",
        "---\n",
        "...\n",
        "? ",
        ",",
        "\\",
        "é",
        "\u{2028}",
        "\0",
        "%YAML 1.1\n",
        "<<: ",
        "name: ",
        "images:",
        "~",
        "@",
        "`",
    ]);
    prop::collection::vec((0.0..1.0, 0..4_usize, piece.prop_map(str::to_owned)), 1..4)
}

fn damaged(text: &str, damage: &[(f64, usize, String)]) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for (place, count, piece) in damage {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a place inside a short text"
        )]
        let at = (place * characters.len() as f64) as usize;
        let end = (at + count).min(characters.len());
        characters.splice(at..end, piece.chars());
    }
    characters.into_iter().collect()
}

/// What comes out says the same but for the image, and is stable.
fn exact_or_refused(target: &TargetKind, text: &str, tag: &str) -> Result<(), TestCaseError> {
    let (digest, commit) = (digest('2'), commit());
    let image = Image { repository: API, tag: Some(tag), digest: &digest, commit: &commit };
    let Ok(edited) = edit("file.yaml", text, target, &image) else { return Ok(()) };
    prop_assert_eq!(edited.changed, edited.text != text);
    // A file of several documents has no one value to compare.
    if let Some(before) = without_image(text) {
        prop_assert_eq!(without_image(&edited.text), Some(before), "{}", edited.text);
    }
    let again = edit("file.yaml", &edited.text, target, &image);
    prop_assert!(again.is_ok_and(|again| !again.changed), "not stable:\n{text}\n{}", edited.text);
    Ok(())
}
