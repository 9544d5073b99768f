//! Fields of an index, and what each request of the query DSL finds in them, by type.
//!
//! Sources: Elasticsearch, "Full text queries" (match, match_phrase), "Term-level queries" (term, wildcard,
//! range, exists), "Field data types". A request that the engine would fail on is `query_invalid`. Deliberately
//! absent: which request a query becomes.

use super::word::Sought;
use super::{Notes, Result, address, date, invalid, number, unread, word};
use crate::ir::{Case, Comparison, Expr, Pattern, Predicate, Subject};
use crate::source::Place;
use crate::storage::{ColumnType, Holds, IndexKind, Indexed, Name, View};
use std::sync::Arc;

/// The longest term that a search may ask for, in bytes.
const LONGEST_TERM: usize = 32_766;

/// How a text is asked for where a field has words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::lang) enum Manner {
    /// One of its words (`match`).
    SomeWord,
    /// All its words in a row (`match_phrase`).
    Phrase,
}

/// A field that is mapped.
#[derive(Debug, Clone)]
pub(in crate::lang) struct Field {
    key: Arc<str>,
    indexed: Indexed,
    compares: Case,
}

impl Field {
    /// The field of this key and type; `None` where it is no field of an index.
    pub(in crate::lang) fn new(key: &str, kind: ColumnType) -> Option<Self> {
        match kind.holds {
            Holds::Indexed(indexed) => Some(Self { key: key.into(), indexed, compares: kind.compares }),
            Holds::Scalar(_) | Holds::Extracted(_) | Holds::Event => None,
        }
    }

    /// Its type.
    pub(in crate::lang) fn kind(&self) -> IndexKind {
        self.indexed.kind
    }

    /// Whether searchers know its type.
    pub(in crate::lang) fn is_viewed(&self) -> bool {
        self.indexed.view == View::Typed
    }

    /// Whether searchers know that it is a keyword.
    pub(in crate::lang) fn is_known_keyword(&self) -> bool {
        self.kind() == IndexKind::Keyword && self.is_viewed()
    }

    fn test(&self, predicate: Predicate, place: Place) -> Expr {
        Expr::test(Subject::Field(Arc::clone(&self.key)), predicate, place)
    }

    /// How a term is compared. Folding of ASCII letters is asked for by the searcher, on known keywords alone; other
    /// relations are the normalizer's.
    fn case_of_terms(&self) -> Case {
        match self.compares {
            Case::Ascii if !self.is_known_keyword() => Case::Sensitive,
            Case::Sensitive | Case::Ascii | Case::Lower | Case::Fold => self.compares,
        }
    }

    /// How bounds are compared: ranges have no flag that folds.
    fn case_of_order(&self) -> Case {
        match self.compares {
            Case::Ascii => Case::Sensitive,
            Case::Sensitive | Case::Lower | Case::Fold => self.compares,
        }
    }

    fn note(&self, notes: &mut Notes) {
        match self.kind() {
            IndexKind::Constant => notes.assume(Name::ConstantLogged, &self.key, "a constant of the mapping holds for every event"),
            IndexKind::Analyzed => notes.assume(Name::PlainWords, &self.key, "the field is searched by words"),
            IndexKind::Date => notes.assume(Name::UtcDates, &self.key, "times are compared by their texts"),
            IndexKind::Keyword
            | IndexKind::Wildcard
            | IndexKind::Ip
            | IndexKind::Whole
            | IndexKind::Fraction
            | IndexKind::Boolean
            | IndexKind::Nested
            | IndexKind::Object
            | IndexKind::Other => {}
        }
    }

    fn unread(&self, place: Place) -> crate::diag::Diagnostic {
        unread(place, format!("a request on `{}`, whose type is not known here", self.key))
    }

    /// That there is a value (`exists`). An object has none of its own.
    pub(in crate::lang) fn exists(&self, place: Place, notes: &mut Notes) -> Result<Expr> {
        match self.kind() {
            IndexKind::Other | IndexKind::Nested => Err(self.unread(place)),
            IndexKind::Object => Ok(Expr::False),
            IndexKind::Constant => {
                self.note(notes);
                Ok(self.test(Predicate::Exists, place))
            }
            IndexKind::Keyword
            | IndexKind::Wildcard
            | IndexKind::Analyzed
            | IndexKind::Ip
            | IndexKind::Whole
            | IndexKind::Fraction
            | IndexKind::Boolean
            | IndexKind::Date => Ok(self.test(Predicate::Exists, place)),
        }
    }

    /// What a text finds (`match`, `match_phrase`, and `term` on what is not analyzed); `None` where its analysis
    /// leaves nothing to look for.
    pub(in crate::lang) fn finds(&self, text: &str, manner: Manner, place: Place, notes: &mut Notes) -> Result<Option<Expr>> {
        let predicate = match self.kind() {
            IndexKind::Keyword | IndexKind::Wildcard | IndexKind::Constant if text.len() <= LONGEST_TERM => {
                Predicate::like(Pattern::exact(text), self.case_of_terms())
            }
            IndexKind::Keyword | IndexKind::Wildcard | IndexKind::Constant => {
                return Err(invalid(place, format!("a term of more than {LONGEST_TERM} bytes")));
            }
            IndexKind::Analyzed => {
                let found = match manner {
                    Manner::SomeWord => word::some_word(text, place)?,
                    Manner::Phrase => word::phrase(text, place)?,
                };
                match found {
                    Sought::Found(predicate) => predicate,
                    Sought::Nothing => return Ok(None),
                    Sought::Never => {
                        self.note(notes);
                        return Ok(Some(Expr::False));
                    }
                }
            }
            IndexKind::Ip => address::term(text, place)?,
            IndexKind::Whole | IndexKind::Fraction => number::compare(self.kind(), Comparison::Eq, text, place)?,
            IndexKind::Boolean => self.boolean(text, place)?,
            IndexKind::Date => date::within(text, place)?,
            IndexKind::Object => return Ok(Some(Expr::False)),
            IndexKind::Nested | IndexKind::Other => return Err(self.unread(place)),
        };
        self.note(notes);
        Ok(Some(self.test(predicate, place)))
    }

    fn boolean(&self, text: &str, place: Place) -> Result<Predicate> {
        match text {
            // Records have these two texts alone, on which every case relation says the same; this is the one of rules.
            "true" | "false" => Ok(Predicate::like(Pattern::exact(text), Case::Fold)),
            _ => Err(invalid(place, format!("`{}` is boolean: `true` or `false`", self.key))),
        }
    }

    /// What a pattern finds (`wildcard`, `prefix`).
    pub(in crate::lang) fn covers(&self, pattern: &Pattern, place: Place, notes: &mut Notes) -> Result<Expr> {
        let predicate = match self.kind() {
            IndexKind::Keyword | IndexKind::Wildcard | IndexKind::Constant if *pattern == Pattern::everything() => Predicate::Exists,
            IndexKind::Keyword | IndexKind::Wildcard | IndexKind::Constant => Predicate::like(pattern.clone(), self.case_of_terms()),
            IndexKind::Analyzed => match word::covered(pattern, place)? {
                Sought::Found(predicate) => predicate,
                Sought::Nothing | Sought::Never => {
                    self.note(notes);
                    return Ok(Expr::False);
                }
            },
            IndexKind::Ip | IndexKind::Whole | IndexKind::Fraction | IndexKind::Boolean | IndexKind::Date => {
                return Err(invalid(place, format!("wildcards on `{}`, whose values are no texts", self.key)));
            }
            IndexKind::Object => return Ok(Expr::False),
            IndexKind::Nested | IndexKind::Other => return Err(self.unread(place)),
        };
        self.note(notes);
        Ok(self.test(predicate, place))
    }

    /// What is on one side of a bound (`range`).
    pub(in crate::lang) fn compares(&self, op: Comparison, bound: &str, place: Place, notes: &mut Notes) -> Result<Expr> {
        let predicate = match self.kind() {
            IndexKind::Keyword | IndexKind::Wildcard => Predicate::Order { op, text: bound.to_owned(), case: self.case_of_order() },
            IndexKind::Ip => match address::compare(op, bound, place)? {
                Some(predicate) => predicate,
                None => return Ok(Expr::False),
            },
            IndexKind::Whole | IndexKind::Fraction => number::compare(self.kind(), op, bound, place)?,
            IndexKind::Date => date::compare(op, bound, place)?,
            IndexKind::Object => return Ok(Expr::False),
            IndexKind::Constant | IndexKind::Analyzed | IndexKind::Boolean => {
                return Err(unread(place, format!("a range on `{}`, which holds neither numbers nor whole texts", self.key)));
            }
            IndexKind::Nested | IndexKind::Other => return Err(self.unread(place)),
        };
        self.note(notes);
        Ok(self.test(predicate, place))
    }
}
