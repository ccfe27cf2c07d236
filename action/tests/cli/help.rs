//! Help: every verb shows an example, and its first line says what it does.

use crate::shop::Shop;

/// The verbs that `--help` lists.
fn verbs(shop: &Shop) -> Vec<String> {
    let help = shop.does(&["--help"]).out;
    let list = help.split("Commands:").nth(1).unwrap().split("Options:").next().unwrap();
    let named = list.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let words = named.filter_map(|line| line.split_whitespace().next());
    words.filter(|verb| *verb != "help").map(str::to_owned).collect()
}

#[test]
fn every_verb_shows_an_example() {
    let shop = Shop::empty();
    let verbs = verbs(&shop);
    assert!(verbs.len() >= 17, "{verbs:?}");
    for verb in verbs {
        let help = shop.does(&[&verb, "--help"]);
        assert!(help.out.contains(&format!("Example:\n  trunkline {verb}")), "{help}");
        assert!(help.out.contains("--json"), "{help}");
    }
}

#[test]
fn shells_are_given_completions() {
    let shop = Shop::empty();
    for shell in ["bash", "zsh", "fish"] {
        shop.does(&["completions", shell]).says("trunkline").says("rollback");
    }
}
