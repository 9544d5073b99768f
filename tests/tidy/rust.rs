//! Rust files as the checks see them: tokens, so that comments and texts are never mistaken for code.

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};
use std::collections::BTreeSet;

/// Tokens of one level; groups hold the deeper ones.
pub(crate) type Tokens = Vec<TokenTree>;

/// The tokens of a source text.
pub(crate) fn tokens(text: &str) -> Tokens {
    text.parse::<TokenStream>().unwrap().into_iter().collect()
}

/// The tokens without the items that only tests have.
pub(crate) fn production(tokens: Tokens) -> Tokens {
    let mut kept = Vec::new();
    let mut rest = tokens.into_iter().peekable();
    while let Some(token) = rest.next() {
        let test_only = is_punct(Some(&token), '#')
            && matches!(rest.peek(), Some(TokenTree::Group(attribute)) if attribute.stream().to_string() == "cfg (test)");
        if test_only {
            // The item ends with its body or its semicolon.
            rest.next();
            rest.find(|token| is_punct(Some(token), ';') || is_delimited(token, Delimiter::Brace));
        } else {
            kept.push(token);
        }
    }
    kept
}

/// A path in the code: its segments, from the root of the crate.
pub(crate) type Path = Vec<String>;

/// Every path that starts with `crate`, `super` or the name of the library, in a module of this path.
pub(crate) fn paths(tokens: &[TokenTree], module: &[String]) -> BTreeSet<Path> {
    let mut found = BTreeSet::new();
    collect(tokens, module, &mut found);
    found
}

fn collect(tokens: &[TokenTree], module: &[String], found: &mut BTreeSet<Path>) {
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => {
                let mut inner = module.to_vec();
                if let (true, [.., TokenTree::Ident(word), TokenTree::Ident(name)]) = (group.delimiter() == Delimiter::Brace, &tokens[..at])
                    && word == "mod"
                {
                    inner.push(name.to_string());
                }
                collect(&children(group), &inner, found);
            }
            TokenTree::Ident(word) if !is_path_separator(tokens, at.wrapping_sub(2)) => {
                let base = match word.to_string().as_str() {
                    "crate" | "verisigma" => Vec::new(),
                    "super" => module[..module.len().saturating_sub(1)].to_vec(),
                    _ => continue,
                };
                follow(&tokens[at + 1..], base, found);
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// Follows a path from its first `::` on; a list in braces is many paths.
fn follow(tokens: &[TokenTree], mut path: Path, found: &mut BTreeSet<Path>) {
    let mut rest = tokens;
    while is_path_separator(rest, 0) {
        match rest.get(2) {
            Some(TokenTree::Ident(word)) if word == "super" => drop(path.pop()),
            Some(TokenTree::Ident(word)) => path.push(word.to_string()),
            Some(TokenTree::Group(list)) if list.delimiter() == Delimiter::Brace => {
                for item in children(list).split(|token| is_punct(Some(token), ',')) {
                    if let [TokenTree::Ident(first), rest @ ..] = item {
                        let own = if first == "self" { Vec::new() } else { vec![first.to_string()] };
                        follow(rest, [path.clone(), own].concat(), found);
                    }
                }
                return;
            }
            _ => break,
        }
        rest = &rest[3..];
    }
    if rest.len() < tokens.len() || !path.is_empty() {
        found.insert(path);
    }
}

/// The names that are called, and the literals, at any depth.
pub(crate) fn words(tokens: &[TokenTree]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => found.extend(words(&children(group))),
            TokenTree::Ident(word) => drop(found.insert(word.to_string())),
            TokenTree::Literal(literal) => drop(found.insert(literal.to_string())),
            TokenTree::Punct(_) => {}
        }
    }
    found
}

/// Where one of these variants of an enumeration is used to make a value instead of to match one, as text.
pub(crate) fn constructions(tokens: &[TokenTree], name: &str, variants: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    find_constructions(tokens, name, variants, Position::Expression, &mut found);
    found
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Position {
    Pattern,
    Expression,
}

fn find_constructions(tokens: &[TokenTree], name: &str, variants: &[&str], within: Position, found: &mut Vec<String>) {
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => {
                let asks = at >= 2 && is_punct(tokens.get(at - 1), '!') && is_word(tokens.get(at - 2), "matches");
                let position = if asks || is_pattern_before(&tokens[at + 1..]) { Position::Pattern } else { within };
                find_constructions(&children(group), name, variants, position, found);
            }
            TokenTree::Ident(variant) if variants.iter().any(|known| variant == known) => {
                let qualified = at >= 3 && is_path_separator(tokens, at - 2) && is_word(tokens.get(at - 3), name);
                let matched = matches!(tokens.get(at + 1), Some(TokenTree::Group(_)))
                    && (within == Position::Pattern || is_pattern_before(&tokens[at + 2..]));
                if qualified && !matched {
                    found.push(format!("{name}::{variant}"));
                }
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// Whether what stands before these tokens is a pattern: an arm, an alternative, a guard or a `let` follows.
fn is_pattern_before(rest: &[TokenTree]) -> bool {
    match rest.first() {
        Some(TokenTree::Punct(mark)) if mark.as_char() == '=' => mark.spacing() == Spacing::Alone || is_punct(rest.get(1), '>'),
        Some(TokenTree::Punct(mark)) => mark.as_char() == '|',
        Some(TokenTree::Ident(word)) => word == "if",
        Some(TokenTree::Group(_) | TokenTree::Literal(_)) | None => false,
    }
}

fn children(group: &Group) -> Tokens {
    group.stream().into_iter().collect()
}

fn is_path_separator(tokens: &[TokenTree], at: usize) -> bool {
    is_punct(tokens.get(at), ':') && is_punct(tokens.get(at.wrapping_add(1)), ':')
}

fn is_punct(token: Option<&TokenTree>, mark: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == mark)
}

fn is_word(token: Option<&TokenTree>, expected: &str) -> bool {
    matches!(token, Some(TokenTree::Ident(word)) if word == expected)
}

fn is_delimited(token: &TokenTree, delimiter: Delimiter) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == delimiter)
}
