//! Exports: the commit's own bytes, only what is watched, and nothing that leads out.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use trunkline_core::ids::Commit;
use trunkline_core::policy::Patterns;
use trunkline_ports::failure::Failure;
use trunkline_ports::repository::Repository;

use super::said;
use crate::fixture::Fixture;

/// What lies in the export: path, rights or link, content.
async fn exported<A: Repository>(
    at: &impl Fn(&Fixture) -> A,
    fixture: &Fixture,
    commit: &Commit,
    watch: &str,
) -> Result<BTreeMap<String, String>, Failure> {
    let watch: Patterns = serde_json::from_str(watch).unwrap();
    let into = tempfile::tempdir().unwrap();
    at(fixture).export(commit, &watch, into.path()).await?;
    let mut found = BTreeMap::new();
    gather(into.path(), into.path(), &mut found);
    Ok(found)
}

fn gather(root: &Path, folder: &Path, found: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let kind = path.symlink_metadata().unwrap();
        let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
        let content = if kind.is_symlink() {
            format!("-> {}", path.read_link().unwrap().display())
        } else if kind.is_dir() {
            gather(root, &path, found);
            continue;
        } else {
            let rights = kind.permissions().mode() & 0o777;
            format!("{rights:o} {}", String::from_utf8_lossy(&std::fs::read(&path).unwrap()))
        };
        found.insert(name, content);
    }
}

pub async fn only_what_is_watched_is_there<A: Repository>(at: impl Fn(&Fixture) -> A) {
    let fixture = Fixture::new();
    fixture.write("api/main", "1");
    fixture.write("api/test/x", "2");
    fixture.write("web/main", "3");
    let commit = fixture.commit("one");
    fixture.write("api/main", "uncommitted");
    let found = exported(&at, &fixture, &commit, r#"["api/**", "!api/test/**"]"#).await.unwrap();
    assert_eq!(found, BTreeMap::from([("api/main".to_owned(), "644 1".to_owned())]));
}

pub async fn rights_links_and_odd_names_are_kept_and_submodules_left_out<A: Repository>(at: impl Fn(&Fixture) -> A) {
    let fixture = Fixture::new();
    fixture.write("run", "#!/bin/sh\n");
    std::os::unix::fs::symlink("../run", {
        fixture.write("bin/.keep", "");
        fixture.path.join("bin/run")
    })
    .unwrap();
    fixture.write("a $(x) \"q\"\n'é'", "odd");
    fixture.git(&["add", "--all"]);
    fixture.git(&["update-index", "--chmod=+x", "run"]);
    let head = "1".repeat(40);
    fixture.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{head},module")]);
    fixture.git(&["commit", "--quiet", "-m", "one"]);
    let found = exported(&at, &fixture, &fixture.head(), r#"["**"]"#).await.unwrap();
    let shown = found.iter().fold(String::new(), |mut shown, (path, content)| {
        writeln!(shown, "{path:?} {content:?}").unwrap();
        shown
    });
    insta::assert_snapshot!(shown, @r#"
    "a $(x) \"q\"\n'é'" "644 odd"
    "bin/.keep" "644 "
    "bin/run" "-> ../run"
    "run" "755 #!/bin/sh\n"
    "#);
}

pub async fn attributes_and_filters_change_nothing<A: Repository>(at: impl Fn(&Fixture) -> A) {
    let fixture = Fixture::new();
    fixture.git(&["config", "filter.shout.smudge", "tr a-z A-Z"]);
    fixture.git(&["config", "core.autocrlf", "true"]);
    fixture.git(&["config", "core.safecrlf", "false"]);
    let attributes = "hidden export-ignore\nstamp export-subst\nloud filter=shout\nlines text eol=crlf\n";
    fixture.write(".gitattributes", attributes);
    fixture.write("hidden", "h");
    fixture.write("stamp", "$Format:%H$");
    fixture.write("loud", "quiet");
    fixture.write("lines", "a\nb\n");
    let pointer = "version https://git-lfs.github.com/spec/v1\n";
    fixture.write("large", pointer);
    let commit = fixture.commit("one");
    let found = exported(&at, &fixture, &commit, r#"["**", "!.gitattributes"]"#).await.unwrap();
    let content: Vec<&str> = found.values().map(|content| &content[4..]).collect();
    assert_eq!(content, ["h", pointer, "a\nb\n", "quiet", "$Format:%H$"]);
}

pub async fn a_link_that_leads_out_is_refused<A: Repository>(at: impl Fn(&Fixture) -> A) {
    for (path, target) in [("link", "/etc/passwd"), ("a/link", "../../x"), ("link", "a/../../x")] {
        let fixture = Fixture::new();
        fixture.write("a/file", "");
        std::os::unix::fs::symlink(target, fixture.path.join(path)).unwrap();
        let failure = exported(&at, &fixture, &fixture.commit("one"), r#"["**"]"#).await.unwrap_err();
        assert_eq!(said(&failure), format!("path-escapes: the link `{path}` leads out of the export"));
        assert!(
            exported(&at, &fixture, &fixture.head(), r#"["a/file"]"#).await.is_ok(),
            "what is not watched does not matter"
        );
    }
}

/// Trees that git itself refuses to check out, made with `mktree`, which does not look.
pub async fn a_path_that_leads_out_is_refused<A: Repository>(at: impl Fn(&Fixture) -> A) {
    let fixture = Fixture::new();
    let blob = fixture.feed(&["hash-object", "-w", "--stdin"], "x");
    let tree = fixture.feed(&["mktree"], &format!("100644 blob {blob}\tfile\n"));
    for name in ["..", ".git", ".GIT", "."] {
        let outer = fixture.feed(&["mktree"], &format!("040000 tree {tree}\t{name}\n"));
        let commit: Commit = fixture.git(&["commit-tree", "-m", "bad", &outer]).parse().unwrap();
        let failure = exported(&at, &fixture, &commit, r#"["**"]"#).await.unwrap_err();
        assert!(said(&failure).starts_with("path-escapes: the commit holds the path"), "{name}: {failure}");
    }
}

pub async fn a_file_is_never_written_through_a_link<A: Repository>(at: impl Fn(&Fixture) -> A) {
    let fixture = Fixture::new();
    let outside = tempfile::tempdir().unwrap();
    let blob = fixture.feed(&["hash-object", "-w", "--stdin"], "inner");
    let link = fixture.feed(&["hash-object", "-w", "--stdin"], "inner");
    let below = fixture.feed(&["mktree"], &format!("100644 blob {blob}\tfile\n"));
    // The same name twice: a link and a folder.
    let tree = fixture.feed(&["mktree"], &format!("120000 blob {link}\tx\n040000 tree {below}\tx\n"));
    let commit: Commit = fixture.git(&["commit-tree", "-m", "bad", &tree]).parse().unwrap();
    assert!(exported(&at, &fixture, &commit, r#"["**"]"#).await.is_err());
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
}

pub async fn large_files_and_many_files_come_through_whole<A: Repository>(at: impl Fn(&Fixture) -> A) {
    let fixture = Fixture::new();
    let large = (0..400_000).map(|number: u32| number.to_string()).collect::<Vec<_>>().join("\n");
    fixture.write("large", &large);
    for number in 0..2000 {
        fixture.write(&format!("many/{}/{number}", number % 7), number.to_string());
    }
    let found = exported(&at, &fixture, &fixture.commit("one"), r#"["**"]"#).await.unwrap();
    assert_eq!(found.len(), 2001);
    assert!(found["large"] == format!("644 {large}"));
}

pub async fn a_folder_that_is_not_empty_or_a_commit_that_is_not_there_is_refused<A: Repository>(
    at: impl Fn(&Fixture) -> A,
) {
    let fixture = Fixture::new();
    fixture.write("file", "");
    let commit = fixture.commit("one");
    let failure = at(&fixture).export(&commit, &Patterns::default(), &fixture.path).await.unwrap_err();
    assert!(said(&failure).contains("is not empty"), "{failure}");
    let gone = "1".repeat(40).parse().unwrap();
    assert!(said(&exported(&at, &fixture, &gone, r#"["**"]"#).await.unwrap_err()).starts_with("unknown-revision"));
}
