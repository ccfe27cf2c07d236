//! Files that look like those of a project: text of a program's kind, and bytes that do not compress. Always the same.

use std::fs;
use std::path::Path;

use crate::Outcome;

/// What the text is made of.
const WORDS: &[&str] = &[
    "const",
    "return",
    "function",
    "=>",
    "(",
    ")",
    "{",
    "}",
    ";",
    "\n",
    "\n  ",
    "\n    ",
    "module.exports",
    "require",
    "options",
    "callback",
    "error",
    "value",
    "index",
    "length",
    "prototype",
    "this",
    "=",
    "===",
    "!==",
    "undefined",
    "null",
    "0",
    "1",
    "'use strict'",
    "// returns",
    "/** @param */",
    "if",
    "else",
    "for",
    "while",
    "typeof",
    "throw",
    "new",
    "Error",
    "Object.keys",
    "Array.isArray",
    "promise",
    "then",
    "catch",
    "async",
    "await",
    "buffer",
    "stream",
];

/// Numbers in an order that looks random and is always the same.
///
/// Source: xorshift64* of Sebastiano Vigna, <https://vigna.di.unimi.it/ftp/papers/xorshift.pdf>
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap_or_default() % bound.max(1)
    }

    /// Bytes that do not compress.
    pub(crate) fn bytes(&mut self, size: usize) -> Vec<u8> {
        let mut bytes: Vec<u8> = (0..size.div_ceil(8)).flat_map(|_| self.next().to_le_bytes()).collect();
        bytes.truncate(size);
        bytes
    }

    /// Text of a program's kind: lines, most of which are like others, and names of which some are new.
    pub(crate) fn text(&mut self, size: usize) -> Vec<u8> {
        let mut text = Vec::with_capacity(size + 256);
        while text.len() < size {
            // Three lines in four are of a kind that comes again, the first kinds more often than the last.
            let kinds = self.below(2000) + 1;
            let kind = self.below(kinds);
            let mut line = if self.below(4) > 0 { Self::new(kind as u64 + 1) } else { Self::new(self.next()) };
            text.extend_from_slice(&b"            "[..2 * line.below(6)]);
            for _ in 0..3 + line.below(8) {
                match line.below(4) {
                    0 => text.extend_from_slice(format!("name{}", line.below(400)).as_bytes()),
                    _ => text.extend_from_slice(WORDS[line.below(WORDS.len())].as_bytes()),
                }
                text.push(b' ');
            }
            text.push(b'\n');
        }
        text.truncate(size);
        text
    }
}

/// Makes a tree of `count` files with `total` bytes together, one in twenty of which is binary.
pub(crate) fn tree(folder: &Path, count: usize, total: usize) -> Outcome {
    let mut dice = Dice::new(total as u64);
    let usual = total / count;
    for number in 0..count {
        let place = folder.join(format!("node_modules/package{:03}/lib", number / 20));
        fs::create_dir_all(&place)?;
        // From a tenth of the usual size to nearly twice.
        let size = usual / 10 + usual * 9 / 5 * dice.below(1000) / 1000;
        let binary = number % 20 == 7;
        let bytes = if binary { dice.bytes(size) } else { dice.text(size) };
        fs::write(place.join(format!("file{number}.{}", if binary { "node" } else { "js" })), bytes)?;
    }
    Ok(())
}
