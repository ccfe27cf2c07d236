//! A commit object, taken apart.

use trunkline_core::ids::{Commit, Time};
use trunkline_core::text::clean;

/// The longest author or subject that is told, in characters.
const MAX_LINE: usize = 200;

/// What a commit says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    /// Its tree's id.
    pub(crate) tree: String,
    /// Its parents, the first first.
    pub(crate) parents: Vec<Commit>,
    /// `Name <address>`.
    pub(crate) author: String,
    /// When it was committed.
    pub(crate) time: Time,
    /// The first line of its message.
    pub(crate) subject: String,
}

/// Reads a commit object; nothing when it is none.
///
/// Source: <https://git-scm.com/docs/gitformat-signature> and `git cat-file -p` of any commit
pub(crate) fn read(body: &[u8]) -> Option<Said> {
    let latin = contains(body, b"\nencoding ISO-8859-1\n") || contains(body, b"\nencoding latin1\n");
    let text =
        if latin { body.iter().copied().map(char::from).collect() } else { String::from_utf8_lossy(body).into_owned() };
    let (head, message) = text.split_once("\n\n").unwrap_or((text.as_str(), ""));
    let (author, _) = person(headers(head, "author").next()?);
    let (_, time) = person(headers(head, "committer").next()?);
    Some(Said {
        tree: headers(head, "tree").next()?.to_owned(),
        parents: headers(head, "parent").filter_map(|parent| parent.parse().ok()).collect(),
        author: clean(&author, MAX_LINE),
        time: Time(time.saturating_mul(1000)),
        subject: clean(message.trim_start_matches('\n').lines().next().unwrap_or(""), MAX_LINE),
    })
}

/// The values of a header. A signature's further lines start with a blank, so they are no headers.
fn headers<'a>(head: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    head.lines().filter_map(move |line| line.strip_prefix(name)?.strip_prefix(' '))
}

/// `Name <address>` and the seconds since 1970 of `Name <address> 1700000000 +0100`; 0 when there are none.
fn person(text: &str) -> (String, i64) {
    let end = text.rfind('>').map_or(text.len(), |end| end + 1);
    let seconds = text[end..].split_whitespace().next().and_then(|seconds| seconds.parse().ok());
    (text[..end].to_owned(), seconds.unwrap_or(0))
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    let head = text.windows(2).position(|pair| pair == b"\n\n").map_or(text.len(), |end| end + 1);
    text[..head].windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_tells_its_tree_parents_author_time_and_subject() {
        let body = format!(
            "tree {}\nparent {}\nparent {}\nauthor A \u{1b}B <a@b> 1 +0000\ncommitter C <c@d> 1700000000 -0230\ngpgsig x\n author no\n\n$(x)\rnext\n\nbody\n",
            "1".repeat(40),
            "2".repeat(40),
            "3".repeat(40)
        );
        let said = read(body.as_bytes()).unwrap();
        assert_eq!(said.tree, "1".repeat(40));
        assert_eq!(said.parents.len(), 2);
        assert_eq!(
            (said.author.as_str(), said.time, said.subject.as_str()),
            ("A B <a@b>", Time(1_700_000_000_000), "$(x) next")
        );
    }

    #[test]
    fn an_old_encoding_is_read() {
        let body = b"tree 1\nauthor J\xe9 <j@x> 1 +0000\ncommitter J <j@x> 1 +0000\nencoding ISO-8859-1\n\n\xe9\n";
        let said = read(body).unwrap();
        assert_eq!((said.author.as_str(), said.subject.as_str()), ("Jé <j@x>", "é"));
    }
}
