//! Case relations: when two characters count as the same.
//!
//! The relations are those that real engines have (measured over all cased pairs of Unicode): none, ASCII
//! only, simple lower case, and Unicode simple case folding (CaseFolding.txt, status C and S), which is
//! what Sigma means by case-insensitive. All of them work character by character; nothing here normalises
//! or changes the number of characters. Deliberately absent: locales, full folding (`ß` is not `ss`).

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A relation between characters under which texts are compared, from the strictest to the loosest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Case {
    /// Only equal characters match.
    Sensitive,
    /// `A`–`Z` match `a`–`z`; all others only themselves.
    Ascii,
    /// Characters match that have the same simple lower case mapping (UnicodeData.txt).
    Lower,
    /// Characters match that have the same simple case folding (CaseFolding.txt, C and S).
    Fold,
}

/// The representative of a character under a relation: two characters match exactly when theirs are equal.
pub fn fold(c: char, case: Case) -> char {
    match case {
        Case::Sensitive => c,
        Case::Ascii => c.to_ascii_lowercase(),
        Case::Lower | Case::Fold if c.is_ascii() => c.to_ascii_lowercase(),
        Case::Lower => simple_lowercase(c),
        Case::Fold => folding(c).unwrap_or(c),
    }
}

/// A text with every character replaced by its representative under a relation.
pub fn fold_text(text: &str, case: Case) -> String {
    let mut folded = String::new();
    fold_into(text, case, &mut folded);
    folded
}

/// Puts what [`fold_text`] gives in the place of what a text held, so that its memory is used again.
pub fn fold_into(text: &str, case: Case, folded: &mut String) {
    folded.clear();
    let is_ascii = match case {
        Case::Sensitive => return folded.push_str(text),
        Case::Ascii => true,
        Case::Lower | Case::Fold => text.is_ascii(),
    };
    if is_ascii {
        folded.push_str(text);
        folded.make_ascii_lowercase();
    } else {
        folded.extend(text.chars().map(|c| fold(c, case)));
    }
}

/// Whether two texts are the same under a relation.
pub fn same(a: &str, b: &str, case: Case) -> bool {
    if case == Case::Sensitive {
        return a == b;
    }
    let mut left = a.chars();
    let mut right = b.chars();
    loop {
        match (left.next(), right.next()) {
            (None, None) => return true,
            (Some(x), Some(y)) if fold(x, case) == fold(y, case) => {}
            _ => return false,
        }
    }
}

/// No character beyond this one is cased.
const LAST_CASED: char = '\u{1ffff}';

/// The characters that have partners under simple case folding.
struct Foldings {
    /// For each code point up to [`LAST_CASED`] its representative; where it has no partner, itself.
    representatives: Vec<char>,
    /// The classes, each under its representative.
    classes: BTreeMap<char, Vec<char>>,
}

static FOLDINGS: LazyLock<Foldings> = LazyLock::new(|| {
    let mut representatives: Vec<char> = (0..=u32::from(LAST_CASED)).map(|c| char::from_u32(c).unwrap_or('\0')).collect();
    let mut classes = BTreeMap::new();
    let is_mapped = |c: &char| !c.to_lowercase().eq([*c]) || !c.to_uppercase().eq([*c]);
    for c in ('\0'..=LAST_CASED).filter(is_mapped) {
        let class = closed(c);
        let folded = representative(&class).filter(|_| class.len() > 1);
        if let (Some(folded), Some(entry)) = (folded, representatives.get_mut(index(c))) {
            *entry = folded;
            classes.insert(folded, class);
        }
    }
    Foldings { representatives, classes }
});

fn index(c: char) -> usize {
    usize::try_from(u32::from(c)).unwrap_or(usize::MAX)
}

/// The representative of a character beyond ASCII that has partners under simple case folding.
fn folding(c: char) -> Option<char> {
    let folded = FOLDINGS.representatives.get(index(c)).copied().filter(|folded| *folded != c);
    folded.or_else(|| FOLDINGS.classes.contains_key(&c).then_some(c))
}

/// The dotted capital I: its simple lower case is `i`, and it folds to no single character.
const DOTTED_I: char = '\u{130}';

/// The simple lower case of a character (UnicodeData.txt, field 13). The standard library has the full one,
/// which differs where it is several characters.
fn simple_lowercase(c: char) -> char {
    if c == DOTTED_I {
        return 'i';
    }
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(only), None) => only,
        _ => c,
    }
}

/// The member of a folding class that stands for it: the ASCII lower case letter if there is one, else the first.
fn representative(class: &[char]) -> Option<char> {
    class.iter().copied().find(char::is_ascii_lowercase).or_else(|| class.first().copied())
}

/// The characters that match `c` under Unicode simple case folding, `c` among them, in code point order.
pub fn fold_class(c: char) -> Vec<char> {
    FOLDINGS.classes.get(&fold(c, Case::Fold)).cloned().unwrap_or_else(|| vec![c])
}

/// The characters that match `c`, from the tables of Unicode.
fn closed(c: char) -> Vec<char> {
    let mut class = ClassUnicode::new([ClassUnicodeRange::new(c, c)]);
    class.case_fold_simple();
    class.iter().flat_map(|range| range.start()..=range.end()).collect()
}

/// Whether a character has a case partner under a relation.
pub fn is_cased(c: char, case: Case) -> bool {
    match case {
        Case::Sensitive => false,
        Case::Ascii => c.is_ascii_alphabetic(),
        Case::Lower | Case::Fold if c.is_ascii() => c.is_ascii_alphabetic(),
        Case::Lower if c == DOTTED_I => true,
        // Some small letters, such as U+03C2, are no other letter's lower case.
        Case::Lower => fold_class(c).into_iter().any(|other| other != c && fold(other, case) == fold(c, case)),
        Case::Fold => folding(c).is_some(),
    }
}

/// Whether a character has a partner under lower case that it has under no other relation: `i` and U+0130.
pub fn is_lower_only(c: char) -> bool {
    matches!(c, 'i' | 'I' | DOTTED_I)
}

/// Whether full folding and ASCII folding accept the same texts for this literal character: it has no
/// partner outside ASCII. False for `k` (U+212A), `s` (U+017F) and every cased character beyond ASCII.
pub fn ascii_suffices(c: char) -> bool {
    if c.is_ascii() { !matches!(c, 'k' | 'K' | 's' | 'S') } else { folding(c).is_none() }
}

#[cfg(test)]
mod tests {
    use super::*;
    /// The case mappings of the standard library come from the same Unicode files by another route. It may
    /// know some letters that are newer than the folding table: those fold to themselves until that is updated.
    #[test]
    fn fold_classes_hold_every_simple_case_pair() {
        let (mut pairs, mut newer) = (0, 0);
        for c in '\u{0}'..=char::MAX {
            let lower = simple_lowercase(c);
            if lower == c {
                continue;
            }
            pairs += 1;
            if is_lower_only(c) {
                continue;
            }
            if fold_class(c).len() == 1 && fold_class(lower).len() == 1 {
                newer += 1;
                continue;
            }
            assert!(fold_class(c).contains(&lower), "{c:?} and {lower:?}");
            assert_eq!(fold(c, Case::Fold), fold(lower, Case::Fold), "{c:?} and {lower:?}");
            assert_eq!(fold(c, Case::Lower), fold(lower, Case::Lower), "{c:?} and {lower:?}");
        }
        assert!(pairs > 1_300 && newer < 60, "{pairs} pairs, {newer} newer than the folding table");
    }

    /// The table that folding looks up leaves no class out.
    #[test]
    fn foldings_cover_every_class() {
        for c in '\u{80}'..=char::MAX {
            assert_eq!(fold(c, Case::Fold), representative(&fold_class(c)).unwrap_or(c), "{c:?}");
        }
    }

    #[test]
    fn relations_differ_where_they_should() {
        assert!(same("K", "\u{212a}", Case::Fold));
        assert!(same("\u{212a}", "k", Case::Lower));
        assert!(!same("k", "\u{212a}", Case::Ascii));
        assert!(same("\u{130}", "i", Case::Lower) && !same("\u{130}", "i", Case::Fold));
        assert!(same("ς", "σ", Case::Fold) && !same("ς", "σ", Case::Lower));
        assert!(!same("ß", "ss", Case::Fold));
        assert!(is_cased('ς', Case::Fold) && !is_cased('ς', Case::Lower) && is_cased('σ', Case::Lower));
    }
}
