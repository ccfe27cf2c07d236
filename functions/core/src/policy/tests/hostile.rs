//! Policies that nobody would write: whatever the bytes are, the answer is a policy or a refusal with a place.

use super::super::{FILE, Policy};
use super::EXAMPLE;

/// A generator of numbers that is the same everywhere: xorshift64*.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(number).unwrap() % limit
    }
}

const PIECES: [&str; 24] = [
    "*", "&a ", "*a", "!", "- ", "? ", ": ", "{", "}", "[", "]", ",", "\"", "'", "|\n", "\t", "\n", "#", "%", "~",
    "1e999", "\u{feff}", "😀", "<<: ",
];

fn mutated(numbers: &mut Numbers) -> String {
    let mut text: Vec<char> = EXAMPLE.chars().collect();
    for _ in 0..=numbers.below(4) {
        let at = numbers.below(text.len());
        let until = (at + numbers.below(12)).min(text.len());
        let piece = match numbers.below(3) {
            0 => Vec::new(),
            1 => PIECES[numbers.below(PIECES.len())].chars().collect(),
            _ => {
                let from = numbers.below(text.len());
                text[from..(from + numbers.below(40)).min(text.len())].to_vec()
            }
        };
        text.splice(at..until, piece);
    }
    text.into_iter().collect()
}

#[test]
fn no_text_makes_it_panic_or_fall_silent() {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let mut taken = 0;
    for _ in 0..3000 {
        let text = mutated(&mut numbers);
        match Policy::parse(&text) {
            Ok(policy) => {
                taken += 1;
                // What was taken is taken again after a journey through the ledger.
                let kept = serde_json::to_string(&policy).unwrap();
                assert_eq!(Policy::check(&kept), [], "{text}");
            }
            Err(refusal) => {
                let place = refusal.place.unwrap_or_else(|| panic!("no place: {}\n{text}", refusal.message));
                assert_eq!(place.file, FILE);
                assert!(
                    place.line >= 1 && place.line <= text.lines().count() + 1 && place.column >= 1,
                    "{place}\n{text}"
                );
                assert!(refusal.help.is_some(), "no help: {}", refusal.message);
                assert!(
                    !refusal.message.contains("cannot be read"),
                    "the schema and the types differ: {}\n{text}",
                    refusal.message
                );
            }
        }
    }
    assert!(taken > 30, "{taken} of them still say something");
}
