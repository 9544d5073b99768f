//! Refusals: what a target cannot say, as diagnostics that name the field, the construct, the reason, and a
//! command that would succeed where there is one.

use super::choose::{Field, Question, Why, display};
use super::descriptor::Key;
use super::literal::{Unwritten, Value};
use crate::diag::ticks::fenced;
use crate::diag::{Code, Diagnostic, Severity};
use crate::ir::print::inline;
use crate::ir::{Expr, Pattern, Test};
use crate::source::Place;
use crate::storage::{Assumption, Unbound};

/// Why one value of a test cannot be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    key: Key,
    field: String,
    value: String,
    pub(super) why: Why,
    place: Place,
}

impl Refusal {
    /// The refusal of a question at a place.
    pub(super) fn new(question: &Question<'_>, why: Why, place: Place) -> Self {
        let value = match question.value {
            Value::Nothing => question.other.map_or_else(String::new, |other| other.spelled.clone()),
            Value::Pattern(pattern) => display(pattern),
            Value::Text(text) | Value::Name(text) => text.to_owned(),
            // The expression as it was written stands at the place; its normal form is nothing to read.
            Value::Regex(_) => String::new(),
            Value::Number(number) | Value::Compared(_, number) => number.to_string(),
        };
        Self { key: question.key, field: question.field.spelled.clone(), value, why, place }
    }

    /// The refusal of a test that no list is for.
    pub(super) fn of_kind(field: &Field, place: Place) -> Self {
        Self { key: Key::Anything, field: field.spelled.clone(), value: String::new(), why: Why::NoWay, place }
    }

    /// As a diagnostic about this target.
    pub(super) fn diagnostic(&self, target: &str) -> Diagnostic {
        if self.why == Why::Unnamed {
            return unnamed(target, &self.field, self.place);
        }
        let value = if self.value.is_empty() { String::new() } else { format!(" {}", fenced(&shortened(&self.value))) };
        let message = format!("`{target}` cannot say {}{value} of the field `{}`: {}", construct(self.key), self.field, self.because());
        let diagnostic = Diagnostic::error(self.code(), self.place, message);
        match &self.why {
            Why::Denied(name) => diagnostic.help(format!("leave out `--deny {}`", name.name())),
            Why::Column if self.code() == Code::RefusedNumber => {
                diagnostic.help(format!("if `{}` is a field of numbers, declare it as one in the `--schema` file", self.field))
            }
            Why::Literal(Unwritten::Blank) => {
                diagnostic.help(format!("if `{}` is a keyword that the data view knows, declare it as one", self.field))
            }
            Why::Real => diagnostic.help(format!("declare `{}` as INTEGER, NUMERIC or TEXT in the `--schema` file", self.field)),
            Why::NoWay | Why::Unnamed | Why::Column | Why::Case | Why::NoRewrite | Why::Literal(_) => diagnostic,
        }
    }

    /// As a warning that the target says something else instead, by permission.
    pub(super) fn replaced(&self, target: &str, by: &Expr) -> Diagnostic {
        let instead = match by {
            Expr::True => "it counts as true".to_owned(),
            Expr::False => "it counts as false".to_owned(),
            Expr::And(_) | Expr::Or(_) | Expr::Not(_) | Expr::Test(_) => format!("it is replaced by `{}`", inline(by)),
        };
        let message = format!("{}; {instead}", self.diagnostic(target).message);
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(Code::Approximated, self.place, message) }
    }

    fn because(&self) -> String {
        match &self.why {
            Why::Unnamed => "it cannot write the name".to_owned(),
            Why::NoWay => "it has nothing for such a test".to_owned(),
            Why::Column => "it has nothing for such a test on a column of this type".to_owned(),
            Why::Case => "it cannot compare letters as the rule asks".to_owned(),
            Why::NoRewrite => "there is no exact way to rewrite it".to_owned(),
            Why::Real => "numbers in a REAL column read as `5.0`, not `5`".to_owned(),
            Why::Literal(unwritten) => unwritten.to_string(),
            Why::Denied(name) => format!("`{}` would have to be assumed, which is denied", name.name()),
        }
    }

    fn code(&self) -> Code {
        match (self.key, &self.why) {
            (_, Why::Unnamed) => Code::RefusedFieldName,
            (Key::Regex, _) => Code::RefusedRegex,
            (Key::Cidr, _) => Code::RefusedCidr,
            (Key::Lt | Key::Lte | Key::Gt | Key::Gte | Key::Eq, _) => Code::RefusedNumber,
            (Key::Fieldref | Key::FieldrefStartswith | Key::FieldrefEndswith | Key::FieldrefContains, _) => Code::RefusedFieldref,
            (Key::AsText | Key::AsNumber | Key::AsTime | Key::IsTime, _) => Code::RefusedCorrelation,
            (_, Why::Case) => Code::RefusedCase,
            (_, Why::Literal(_)) => Code::RefusedLiteral,
            (_, Why::NoWay | Why::Column | Why::NoRewrite | Why::Real | Why::Denied(_)) => Code::RefusedTest,
        }
    }
}

/// What a list is for, in the words of rules.
fn construct(key: Key) -> &'static str {
    match key {
        Key::Equals => "the value",
        Key::Startswith | Key::Endswith | Key::Contains | Key::Wildcards => "the pattern",
        Key::Anything | Key::Exists => "the test",
        Key::Missing => "the absence",
        Key::AsText => "the text",
        Key::AsNumber => "the number",
        Key::AsTime | Key::IsTime => "the time",
        Key::Regex => "the regular expression",
        Key::Cidr => "the network",
        Key::Lt | Key::Lte | Key::Gt | Key::Gte | Key::Eq => "the comparison with",
        Key::Minute => "the comparison of the minute with",
        Key::Hour => "the comparison of the hour with",
        Key::Day => "the comparison of the day with",
        Key::Week => "the comparison of the week with",
        Key::Month => "the comparison of the month with",
        Key::Year => "the comparison of the year with",
        Key::TextLt | Key::TextLte | Key::TextGt | Key::TextGte | Key::TextEq => "the comparison with the text",
        Key::Fieldref | Key::FieldrefStartswith | Key::FieldrefEndswith | Key::FieldrefContains => "the comparison with the field",
    }
}

fn shortened(value: &str) -> String {
    const SHOWN: usize = 60;
    let shown = |text: String| text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect();
    if value.chars().count() <= SHOWN { shown(value.to_owned()) } else { shown(value.chars().take(SHOWN).chain(['…']).collect()) }
}

/// Why a formula is about nothing that the storage holds.
pub(super) fn unbound(target: &str, why: &Unbound, test: &Test) -> Diagnostic {
    let error = |code, message: String| Diagnostic::error(code, test.place, message);
    match why {
        Unbound::NoColumn(name) => no_column(name, test.place),
        Unbound::SameColumn(one, other) => error(
            Code::RefusedFieldName,
            format!("the fields `{one}` and `{other}` are one column for `{target}`, which ignores case in names"),
        )
        .help("spell the field the same everywhere in the rule"),
        Unbound::Keywords => error(Code::RefusedKeywords, format!("keywords name no field, and `{target}` has nothing to search them in"))
            .help("name a column that holds the whole event with `-O keyword_field=COLUMN`, or list the columns with `--schema FILE`"),
        Unbound::WholeKeyword => {
            error(Code::RefusedKeywords, "a keyword that is a whole value cannot be told in the text of the whole event".to_owned())
                .help("name in the rule the field whose whole value it is")
        }
    }
}

/// A field that the storage has no column for.
pub(super) fn no_column(name: &str, place: Place) -> Diagnostic {
    Diagnostic::error(Code::RefusedColumn, place, format!("the schema has no column for the field `{name}`"))
        .help(format!("add the column `{name}` to the `--schema` file"))
}

/// A correlation that the target cannot say.
pub(super) fn correlation(target: &str, place: Place, why: &str) -> Diagnostic {
    Diagnostic::error(Code::RefusedCorrelation, place, format!("`{target}` cannot say this correlation: {why}"))
}

/// An assumption that a correlation needs, and that is denied.
pub(super) fn denied_correlation(target: &str, place: Place, assumption: &Assumption) -> Diagnostic {
    let name = assumption.name.name();
    correlation(target, place, &format!("`{name}` would have to be assumed, which is denied ({})", assumption.because))
        .help(format!("leave out `--deny {name}`"))
}

/// A formula beyond what the target's engine can bear.
pub(super) fn too_high(target: &str, limit: usize) -> Diagnostic {
    Diagnostic::error(
        Code::RefusedSize,
        Place::NOWHERE,
        format!("the condition is nested deeper than `{target}` can bear ({limit} levels)"),
    )
}

/// A part of a descriptor that loading makes sure of.
pub(super) fn incomplete(target: &str, key: &str) -> Diagnostic {
    Diagnostic::error(Code::InvalidDescriptor, Place::NOWHERE, format!("`{target}` lacks `{key}`"))
}

/// An assumption that keywords need, and that is denied.
pub(super) fn denied(target: &str, assumption: &Assumption) -> Diagnostic {
    let name = assumption.name.name();
    let message = format!("`{target}` cannot say keywords: `{name}` would have to be assumed, which is denied ({})", assumption.because);
    Diagnostic::error(Code::RefusedKeywords, Place::NOWHERE, message).help(format!("leave out `--deny {name}`"))
}

/// A name that the target cannot write.
pub(super) fn unnamed(target: &str, name: &str, place: Place) -> Diagnostic {
    Diagnostic::error(Code::RefusedFieldName, place, format!("`{target}` cannot write the name `{}`", name.escape_debug()))
}

/// For messages about networks, which are no patterns.
pub(super) fn network_pattern(net: &ipnet::IpNet) -> Pattern {
    Pattern::exact(&net.to_string())
}
