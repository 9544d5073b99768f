//! Emitting: the text of a legal formula. Parentheses are computed from how tightly texts hold together.
//!
//! This and `wrap` are the only places where query text comes into being, and text is never looked at
//! again. A list of values goes by one text where one form says all of it. Deliberately absent: every
//! syntax of every target; it is all in the descriptor.

use super::choose::{Answer, Choice, Chooser, Field, Question, Why, pattern_key, test_key, value_of};
use super::descriptor::{Chain, Key};
use super::form::{Form, Need, Piece, Strength, Way};
use super::literal::Value;
use super::refuse::{self, Refusal, network_pattern};
use crate::diag::Diagnostic;
use crate::ir::{self, Expr, Predicate, Subject, Test};
use crate::source::Place;
use crate::storage::Assumption;
use std::collections::BTreeMap;

/// A text with what its surroundings need to know.
#[derive(Debug, Clone)]
struct Emitted {
    text: String,
    /// The text of the negation, where its form has one of its own.
    negated: Option<String>,
    binds: Strength,
    two_valued: bool,
    /// An upper bound of the height of the expression that an engine builds of it.
    height: usize,
    /// How many clauses of one kind or another stand in each other.
    clauses: usize,
}

/// The height of the highest test that a form writes (a CASE with a cast in it).
const TEST_HEIGHT: usize = 6;

/// How many clauses a constant may be: a negation of a test.
const CONSTANT_CLAUSES: usize = 2;

/// Formulas nested deeper than this are refused: they would exhaust the stack before any engine sees them.
const MAX_NESTING: usize = 200;

/// What a whole condition has around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stands {
    /// Nothing that could bind it.
    Alone,
    /// Other conditions, all of which have to hold.
    Beside,
}

/// The text of a legal formula.
pub(super) struct Emitter<'c> {
    pub(super) target: &'c str,
    pub(super) chooser: Chooser<'c>,
    pub(super) assumptions: Vec<Assumption>,
}

impl<'c> Emitter<'c> {
    /// The whole condition.
    ///
    /// # Errors
    /// What cannot be said or written, or is beyond the engine's limits.
    pub(super) fn condition(&mut self, expr: &Expr, stands: Stands) -> Result<String, Diagnostic> {
        let limit = self.chooser.stage.limits.height;
        let emitted = self.expr(expr, 0)?;
        if emitted.height > limit {
            return Err(refuse::too_high(self.target, limit));
        }
        if let Some(limit) = self.chooser.stage.limits.clauses.filter(|limit| emitted.clauses > *limit) {
            return Err(refuse::too_high(self.target, limit));
        }
        Ok(match stands {
            Stands::Alone => emitted.text,
            Stands::Beside => self.at_least(self.chooser.stage.logic.and.binds, emitted).text,
        })
    }

    /// What a list of ways makes of a field: its text, its number, its time.
    ///
    /// # Errors
    /// What cannot be said of such a column.
    pub(super) fn value(&mut self, key: Key, name: &str, place: Place) -> Result<String, Diagnostic> {
        let Some(field) = self.chooser.field(name) else { return Err(refuse::no_column(name, place)) };
        let question = Question { key, field: &field, other: None, value: Value::Nothing, case: None };
        let mut choices = self.chooser.choices(&question);
        let mut why = Why::NoWay;
        let chosen = choices.find_map(|choice| match choice {
            Ok(Choice::Form(form, answer)) => Some((form, answer)),
            Ok(Choice::Rewrite(..)) => None,
            Err(failed) => {
                if failed.weight() > why.weight() {
                    why = failed;
                }
                None
            }
        });
        drop(choices);
        let Some((form, answer)) = chosen else { return Err(Refusal::new(&question, why, place).diagnostic(self.target)) };
        self.say(form, &question, answer, place).map(|emitted| emitted.text)
    }

    fn expr(&mut self, expr: &Expr, depth: usize) -> Result<Emitted, Diagnostic> {
        if depth > MAX_NESTING {
            return Err(refuse::too_high(self.target, MAX_NESTING));
        }
        let logic = &self.chooser.stage.logic;
        match expr {
            Expr::True => Ok(self.constant(&logic.always)),
            Expr::False => Ok(self.constant(&logic.never)),
            Expr::And(children) => {
                let operands = children.iter().map(|child| self.expr(child, depth + 1)).collect::<Result<_, _>>()?;
                Ok(self.chain(&logic.and, operands))
            }
            Expr::Or(children) => {
                let mut operands = Vec::new();
                for child in children {
                    match child {
                        Expr::Test(test) => operands.extend(self.test(test)?),
                        Expr::True | Expr::False | Expr::And(_) | Expr::Or(_) | Expr::Not(_) => operands.push(self.expr(child, depth + 1)?),
                    }
                }
                Ok(self.chain(&logic.or, operands))
            }
            Expr::Not(child) => self.not(child, depth),
            Expr::Test(test) => {
                let pieces = self.test(test)?;
                Ok(self.chain(&logic.or, pieces))
            }
        }
    }

    fn constant(&self, text: &str) -> Emitted {
        Emitted {
            text: text.to_owned(),
            negated: None,
            binds: self.chooser.stage.tightest,
            two_valued: true,
            height: 1,
            clauses: CONSTANT_CLAUSES,
        }
    }

    /// Operands with a connective between them; a chain that is too long becomes a tree of chains.
    fn chain(&self, chain: &Chain, mut operands: Vec<Emitted>) -> Emitted {
        let limit = self.chooser.stage.limits.chain.max(2);
        while operands.len() > limit {
            let size = operands.len().div_ceil(operands.len().div_ceil(limit));
            let mut rest = operands.into_iter();
            let mut groups = Vec::new();
            loop {
                let group: Vec<Emitted> = rest.by_ref().take(size).collect();
                if group.is_empty() {
                    break;
                }
                groups.push(self.parenthesized(self.flat(chain, group)));
            }
            operands = groups;
        }
        self.flat(chain, operands)
    }

    fn flat(&self, chain: &Chain, operands: Vec<Emitted>) -> Emitted {
        let (count, two_valued) = (operands.len(), operands.iter().all(|operand| operand.two_valued));
        let height = operands.iter().map(|operand| operand.height).max().unwrap_or(0);
        let clauses = operands.iter().map(|operand| operand.clauses).max().unwrap_or(0);
        let mut operands = operands.into_iter();
        let first = match (operands.next(), count) {
            (Some(first), 1) => return first,
            (Some(first), _) => first,
            (None, _) => return self.constant(""),
        };
        let mut text = self.at_least(chain.operands, first).text;
        for operand in operands {
            text.push_str(&chain.join);
            text.push_str(&self.at_least(chain.operands, operand).text);
        }
        Emitted { text, negated: None, binds: chain.binds, two_valued, height: height + count - 1, clauses: clauses + 1 }
    }

    fn parenthesized(&self, emitted: Emitted) -> Emitted {
        Emitted { text: format!("({})", emitted.text), binds: self.chooser.stage.tightest, ..emitted }
    }

    fn at_least(&self, needed: Strength, emitted: Emitted) -> Emitted {
        if emitted.binds >= needed { emitted } else { self.parenthesized(emitted) }
    }

    /// A negation: of "there is a value" by its own list, of everything else by the first form that may.
    fn not(&mut self, child: &Expr, depth: usize) -> Result<Emitted, Diagnostic> {
        if let Some(missing) = self.missing(child)? {
            return Ok(missing);
        }
        let emitted = self.expr(child, depth + 1)?;
        if let Some(negated) = emitted.negated {
            return Ok(Emitted { text: negated, negated: Some(emitted.text), ..emitted });
        }
        let may = |form: &&Form| match form.needs {
            Some(Need::TwoValued) => emitted.two_valued,
            None => true,
        };
        let Some(form) = self.chooser.stage.logic.not.iter().find(may) else { return Err(refuse::incomplete(self.target, "logic.not")) };
        let mut text = String::new();
        for piece in &form.say {
            match piece {
                Piece::Text(own) => text.push_str(own),
                Piece::Operand(needed) => text.push_str(&self.at_least(*needed, emitted.clone()).text),
                Piece::Field(_) | Piece::Other(_) | Piece::Literal(_) => {}
            }
        }
        Ok(Emitted {
            text,
            negated: None,
            binds: form.binds,
            two_valued: form.two_valued || emitted.two_valued,
            height: emitted.height + 1,
            clauses: emitted.clauses + 1,
        })
    }

    /// The text for the absence of a value, where it is what is asked for and has one.
    fn missing(&mut self, child: &Expr) -> Result<Option<Emitted>, Diagnostic> {
        let Expr::Test(Test { subject: Subject::Field(name), predicate: Predicate::Exists, place }) = child else { return Ok(None) };
        let Some(field) = self.chooser.field(name) else { return Ok(None) };
        let question = Question { key: Key::Missing, field: &field, other: None, value: Value::Nothing, case: None };
        match self.choose(&question, *place) {
            Ok((form, answer)) => self.say(form, &question, answer, *place).map(Some),
            Err(_) => Ok(None),
        }
    }

    /// The alternatives that together say a test.
    fn test(&mut self, test: &Test) -> Result<Vec<Emitted>, Diagnostic> {
        let Subject::Field(name) = &test.subject else { return Err(self.no_field(test)) };
        let Some(field) = self.chooser.field(name) else { return Err(self.no_field(test)) };
        match &test.predicate {
            Predicate::Like { any, case } => {
                let one = |value: &'_ ir::Value| pattern_key(&value.pattern);
                let questions = any.iter().map(|value| Question {
                    key: one(value),
                    field: &field,
                    other: None,
                    value: Value::Pattern(&value.pattern),
                    case: Some(*case),
                });
                self.grouped(&questions.collect::<Vec<_>>(), test.place)
            }
            Predicate::Within { any } => {
                let shown: Vec<_> = any.iter().map(network_pattern).collect();
                let one = |pattern| Question { key: Key::Cidr, field: &field, other: None, value: Value::Pattern(pattern), case: None };
                self.grouped(&shown.iter().map(one).collect::<Vec<_>>(), test.place)
            }
            Predicate::Kind(_) => Err(Refusal::of_kind(&field, test.place).diagnostic(self.target)),
            Predicate::Regex(_)
            | Predicate::Compare { .. }
            | Predicate::TimePart { .. }
            | Predicate::Order { .. }
            | Predicate::Exists
            | Predicate::Relates { .. } => {
                let Some((key, case)) = test_key(test) else { return Err(Refusal::of_kind(&field, test.place).diagnostic(self.target)) };
                let other = self.chooser.other_field(test);
                let question = Question { key, field: &field, other: other.as_ref(), value: value_of(test), case };
                Ok(vec![self.single(&question, test.place)?])
            }
        }
    }

    fn no_field(&self, test: &Test) -> Diagnostic {
        refuse::unbound(self.target, &crate::storage::Unbound::Keywords, test)
    }

    fn single(&mut self, question: &Question<'_>, place: Place) -> Result<Emitted, Diagnostic> {
        let (form, answer) = self.choose(question, place)?;
        self.say(form, question, answer, place)
    }

    /// The form that legalizing found.
    fn choose(&self, question: &Question<'_>, place: Place) -> Result<(&'c Form, Answer), Diagnostic> {
        let chosen = self.chooser.choices(question).find_map(|choice| match choice {
            Ok(Choice::Form(form, answer)) => Some((form, answer)),
            Ok(Choice::Rewrite(..)) | Err(_) => None,
        });
        chosen.ok_or_else(|| Refusal::new(question, Why::NoWay, place).diagnostic(self.target))
    }

    /// Patterns and networks: those of one shape by one form where one says all of them, else each by its own.
    /// What one text can say together stands where its first value stood.
    fn grouped(&mut self, questions: &[Question<'_>], place: Place) -> Result<Vec<Emitted>, Diagnostic> {
        let mut together: BTreeMap<Key, Option<&'c Form>> = BTreeMap::new();
        for question in questions {
            together.entry(question.key).or_insert_with(|| self.one_for_all(questions, question.key));
        }
        let mut chosen: Vec<(&'c Form, Vec<Question<'_>>, Vec<Answer>)> = Vec::new();
        for question in questions {
            let shared = together.get(&question.key).copied().flatten();
            let shared = shared.and_then(|form| self.chooser.answer(form, question).ok().map(|answer| (form, answer)));
            let (form, answer) = shared.map_or_else(|| self.choose(question, place), Ok)?;
            match chosen.iter_mut().find(|(known, ..)| known.lists(form)) {
                Some((_, group, answers)) => {
                    group.push(*question);
                    answers.push(answer);
                }
                None => chosen.push((form, vec![*question], vec![answer])),
            }
        }
        chosen.into_iter().map(|(form, group, answers)| self.say_all(form, &group, answers, place)).collect()
    }

    /// The first form that says all the values of a shape, of which there are several, in one text.
    fn one_for_all(&self, questions: &[Question<'_>], key: Key) -> Option<&'c Form> {
        let own = || questions.iter().filter(|question| question.key == key);
        own().nth(1)?;
        self.chooser.ways(key).iter().find_map(|way| match way {
            Way::Say(form) if form.many.is_some() => own().all(|question| self.chooser.answer(form, question).is_ok()).then_some(form),
            Way::Say(_) | Way::By(..) => None,
        })
    }

    /// The text for values that one form says: for several of them its `many`.
    fn say_all(&mut self, form: &'c Form, questions: &[Question<'_>], answers: Vec<Answer>, place: Place) -> Result<Emitted, Diagnostic> {
        let Some(first) = questions.first() else { return Ok(self.constant("")) };
        let pieces = form.many.as_ref().filter(|_| questions.len() > 1).unwrap_or(&form.say);
        let column = |position: usize| {
            let texts: Vec<&str> = answers.iter().filter_map(|answer| answer.literals.get(position)).map(String::as_str).collect();
            texts.join(&form.separator)
        };
        let literals: Vec<String> = (0..form.literals.len()).map(column).collect();
        self.assumptions.extend(answers.into_iter().flat_map(|answer| answer.assumptions));
        let emitted = self.fill(pieces, form, first, &literals, place)?;
        // Several values in one text are alternatives in it.
        Ok(Emitted { clauses: if questions.len() > 1 { 2 } else { 1 }, ..emitted })
    }

    fn say(&mut self, form: &Form, question: &Question<'_>, answer: Answer, place: Place) -> Result<Emitted, Diagnostic> {
        self.assumptions.extend(answer.assumptions);
        self.fill(&form.say, form, question, &answer.literals, place)
    }

    fn fill(
        &self,
        pieces: &[Piece],
        form: &Form,
        question: &Question<'_>,
        literals: &[String],
        place: Place,
    ) -> Result<Emitted, Diagnostic> {
        let text = self.filled(pieces, question, literals, place)?;
        let negated = form.not.as_ref().map(|pieces| self.filled(pieces, question, literals, place)).transpose()?;
        Ok(Emitted { text, negated, binds: form.binds, two_valued: form.two_valued, height: TEST_HEIGHT, clauses: 1 })
    }

    fn filled(&self, pieces: &[Piece], question: &Question<'_>, literals: &[String], place: Place) -> Result<String, Diagnostic> {
        let mut text = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(own) => text.push_str(own),
                Piece::Literal(position) => text.push_str(literals.get(*position).map_or("", String::as_str)),
                Piece::Field(needed) => self.name(question.field, *needed, place, &mut text)?,
                Piece::Other(needed) => self.name(question.other.unwrap_or(question.field), *needed, place, &mut text)?,
                Piece::Operand(_) => {}
            }
        }
        Ok(text)
    }

    fn name(&self, field: &Field, needed: Strength, place: Place, text: &mut String) -> Result<(), Diagnostic> {
        let Some((name, binds)) = &field.written else { return Err(refuse::unnamed(self.target, &field.spelled, place)) };
        if *binds >= needed {
            text.push_str(name);
        } else {
            text.extend(["(", name, ")"]);
        }
        Ok(())
    }
}
