//! Variables: whatever the template sets is read, and whatever is read is set.

use std::collections::BTreeSet;

use crate::sources::{Source, sources};
use crate::template::{FUNCTIONS, Template, none, root};

/// Names in the sources that no function of the stack is told, and why.
const ELSEWHERE: &[(&str, &str)] = &[
    ("TRUNKLINE_ARTIFACT", "tells a command what it is run for"),
    ("TRUNKLINE_COMMIT", "tells a command what it is run for"),
    ("TRUNKLINE_DIGEST", "tells a command what it is run for"),
    ("TRUNKLINE_ENVIRONMENT", "tells a command what it is run for"),
    ("TRUNKLINE_LEDGER", "tells a command what it is run for"),
    ("TRUNKLINE_NUMBER", "tells a command what it is run for"),
    ("TRUNKLINE_PATH", "tells a command what it is run for"),
    ("TRUNKLINE_PROJECT", "tells a command what it is run for"),
    ("TRUNKLINE_REPOSITORY", "tells a command what it is run for"),
    ("TRUNKLINE_TAG", "tells a command what it is run for"),
    ("TRUNKLINE_BUS_LIMIT", "its default is good for every region"),
    ("TRUNKLINE_WEBHOOK_SECRET", "for `receive` where there is no Secrets Manager"),
    ("TRUNKLINE_WEBHOOK_SECRET_PREVIOUS", "for `receive` where there is no Secrets Manager"),
];

#[test]
fn every_variable_that_the_sources_know_is_set_or_known_to_be_for_elsewhere() {
    let template = Template::load();
    let set: BTreeSet<String> = FUNCTIONS.iter().flat_map(|function| template.variables(function.name)).collect();
    let known = known();
    let elsewhere = |name: &str| ELSEWHERE.iter().any(|(other, _)| *other == name);
    let unset = known.iter().filter(|name| !set.contains(*name) && !elsewhere(name));
    let mut wrong: Vec<String> = unset.map(|name| format!("{name} is read, and set for no function")).collect();
    let gone = ELSEWHERE.iter().filter(|(name, _)| !known.contains(*name) || set.contains(*name));
    wrong.extend(gone.map(|(name, _)| format!("{name} is no name for elsewhere any more: take it out of the list")));
    none(&wrong, "the template and the sources do not agree");
}

#[test]
fn every_variable_that_is_set_is_read() {
    let template = Template::load();
    let known = known();
    let is_here = |binary: &str| root().join("functions").join(binary).is_dir();
    let mut set: BTreeSet<String> = BTreeSet::new();
    for function in &FUNCTIONS {
        // A program whose crate is not there yet reads nothing; `receive` is told what all are told.
        if function.binary == "worker" && is_here("worker") {
            set.extend(template.variables(function.name));
        }
    }
    let receive = &template.properties("AWS::Serverless::Function", "Receive")["Environment"]["Variables"];
    set.extend(receive.as_object().unwrap().keys().cloned());
    let unread = set.iter().filter(|name| !known.contains(*name));
    none(&unread.cloned().collect::<Vec<_>>(), "a variable is set that nothing reads");
}

/// The variables that the sources name.
fn known() -> BTreeSet<String> {
    let letter = |byte: u8| byte.is_ascii_uppercase() || byte == b'_';
    let name =
        |text: &str| text.strip_prefix("TRUNKLINE_").is_some_and(|rest| !rest.is_empty() && rest.bytes().all(letter));
    let named = |source: &Source| source.literals().filter(|text| name(text)).map(str::to_owned).collect::<Vec<_>>();
    sources().iter().flat_map(named).collect()
}
