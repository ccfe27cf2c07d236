//! What is wrong with a file that is not YAML, in our words.

use granit_parser::ErrorKind;

use super::document::Position;
use crate::refusal::Refusal;

/// Says what the parser stumbled over, and what usually is the reason.
pub(super) fn refusal(kind: &ErrorKind, at: Position, file: &str) -> Refusal {
    if is_tab(kind) {
        return at.tab_in(file).refuse("a tab stands where YAML takes only spaces", "indent with spaces");
    }
    let (message, help) = brackets(kind).or_else(|| text(kind)).unwrap_or_else(|| structure(kind));
    at.refuse(message, help)
}

fn brackets(kind: &ErrorKind) -> Option<(String, &'static str)> {
    let said = match kind {
        ErrorKind::UnclosedFlowCollection { open } => (format!("a `{open}` is never closed"), "close it"),
        ErrorKind::UnexpectedEofFlowSequence => ("a `[` is never closed".to_owned(), "close it with `]`"),
        ErrorKind::UnexpectedEofFlowMapping | ErrorKind::UnexpectedEofImplicitFlowMapping => {
            ("a `{` is never closed".to_owned(), "close it with `}`")
        }
        ErrorKind::MisplacedFlowCollectionEnd => ("a bracket closes what is not open".to_owned(), "remove it"),
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => (
            format!("`{close}` cannot close the `{open}` before it"),
            "a pattern with `[` and `]` in a list needs quotes",
        ),
        ErrorKind::ExpectedFlowSequenceSeparator => {
            ("a `,` or `]` is missing".to_owned(), "a text with `[`, `]`, `{`, `}` or `,` in it needs quotes here")
        }
        ErrorKind::ExpectedFlowMappingSeparator => {
            ("a `,` or `}` is missing".to_owned(), "a text with `[`, `]`, `{`, `}` or `,` in it needs quotes here")
        }
        ErrorKind::RecursionLimitExceeded => ("lists and maps are nested too deep".to_owned(), "a policy needs seven"),
        _ => return None,
    };
    Some(said)
}

fn text(kind: &ErrorKind) -> Option<(String, &'static str)> {
    let said = match kind {
        ErrorKind::UnknownAnchor | ErrorKind::MissingAnchorOrAliasName => (
            "what starts with `*` is an alias in YAML, and nothing has that name".to_owned(),
            "put a pattern that starts with `*` in quotes",
        ),
        ErrorKind::UnexpectedCharacter { character } => {
            let help = if character.is_control() { "remove it" } else { "put the text in quotes" };
            (format!("`{}` cannot stand here", character.escape_default()), help)
        }
        ErrorKind::UnclosedQuotedScalar
        | ErrorKind::DocumentIndicatorInQuotedScalar
        | ErrorKind::InvalidQuotedScalarIndent => ("a quote is never closed".to_owned(), "close it on the same line"),
        ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar => {
            ("something follows a closed quote".to_owned(), "put the whole text in quotes")
        }
        ErrorKind::UnknownQuotedScalarEscape
        | ErrorKind::InvalidQuotedScalarHexEscape
        | ErrorKind::InvalidUnicodeEscape
        | ErrorKind::InvalidLowSurrogate
        | ErrorKind::InvalidLowSurrogateHexEscape
        | ErrorKind::MissingLowSurrogate
        | ErrorKind::UnpairedLowSurrogate => (
            r"`\` starts an escape that YAML does not know".to_owned(),
            r"in double quotes write `\\`, or use single quotes",
        ),
        _ => return None,
    };
    Some(said)
}

fn is_tab(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabAtBlockScalarStart
            | ErrorKind::TabInPlainScalar
    )
}

fn structure(kind: &ErrorKind) -> (String, &'static str) {
    let (message, help) = match kind {
        ErrorKind::ExpectedDocumentStart | ErrorKind::InvalidDocumentEnd => {
            ("the policy has ended before this", "check the indentation: keys of one map start in one column")
        }
        ErrorKind::DirectiveDisallowed
        | ErrorKind::InvalidDirectiveName
        | ErrorKind::MissingDirectiveName
        | ErrorKind::InvalidDirectiveTerminator
        | ErrorKind::UnsupportedYamlMajorVersion
        | ErrorKind::MissingDocumentEndBeforeDirective => {
            ("a line that starts with `%` speaks to YAML readers", "remove it")
        }
        _ => (
            "the line does not fit what stands above it",
            "check the indentation and the `:` after the key; a text with `: ` or ` #` in it needs quotes",
        ),
    };
    (message.to_owned(), help)
}
