//! Formulas as text for people: an indented tree, one test a line, patterns in Sigma's own notation.
//!
//! Deterministic, and complete: two formulas print alike exactly when they are equal. Nothing reads it back.

use super::{Case, Comparison, Expr, Kind, Pattern, Predicate, Relation, Subject, Test};
use crate::text::pattern::Part;
use std::fmt::Write;

/// The formula as an indented tree that ends in a line break.
pub fn print(expr: &Expr) -> String {
    let mut text = String::new();
    write_expr(expr, 0, &mut text);
    text
}

/// The formula on one line, for messages: `a and (b or not c)`.
pub fn inline(expr: &Expr) -> String {
    match expr {
        Expr::True => "true".to_owned(),
        Expr::False => "false".to_owned(),
        Expr::Test(test) => test_line(test),
        Expr::And(children) => joined(children, " and "),
        Expr::Or(children) => joined(children, " or "),
        Expr::Not(child) => format!("not {}", operand(child)),
    }
}

fn joined(children: &[Expr], word: &str) -> String {
    children.iter().map(operand).collect::<Vec<_>>().join(word)
}

fn operand(expr: &Expr) -> String {
    match expr {
        Expr::And(_) | Expr::Or(_) => format!("({})", inline(expr)),
        Expr::True | Expr::False | Expr::Not(_) | Expr::Test(_) => inline(expr),
    }
}

fn write_expr(expr: &Expr, depth: usize, text: &mut String) {
    let mut line = |content: &str| {
        let _ = writeln!(text, "{}{content}", "  ".repeat(depth));
    };
    match expr {
        Expr::True => line("true"),
        Expr::False => line("false"),
        Expr::Test(test) => line(&test_line(test)),
        Expr::And(children) => {
            line("and");
            children.iter().for_each(|child| write_expr(child, depth + 1, text));
        }
        Expr::Or(children) => {
            line("or");
            children.iter().for_each(|child| write_expr(child, depth + 1, text));
        }
        Expr::Not(child) => {
            line("not");
            write_expr(child, depth + 1, text);
        }
    }
}

fn test_line(test: &Test) -> String {
    let subject = match &test.subject {
        Subject::Field(name) => name.to_string(),
        Subject::AnyLeaf => "<any value>".to_owned(),
        Subject::Raw => "<raw text>".to_owned(),
    };
    let predicate = match &test.predicate {
        Predicate::Like { any, case } => {
            let patterns: Vec<String> = any.iter().map(|value| pattern(&value.pattern)).collect();
            format!("like{} {}", case_word(*case), patterns.join(" | "))
        }
        Predicate::Regex(regex) => format!("matches /{}/", regex.pattern()),
        Predicate::Within { any } => {
            let networks: Vec<String> = any.iter().map(ToString::to_string).collect();
            format!("within {}", networks.join(" | "))
        }
        Predicate::Compare { op, number } => format!("{} {number}", comparison(*op)),
        Predicate::TimePart { part, op, number } => format!("{} {} {number}", part.name(), comparison(*op)),
        Predicate::Order { op, text, case } => format!("sorts{} {} {text:?}", case_word(*case), comparison(*op)),
        Predicate::Kind(kind) => format!("is {}", kind_word(*kind)),
        Predicate::Exists => "exists".to_owned(),
        Predicate::Relates { other, how, case } => format!("{}{} field {other}", relation(*how), case_word(*case)),
    };
    format!("{subject} {predicate}")
}

/// A pattern in Sigma's notation, quoted: `*` and `?` are wildcards, a backslash escapes.
pub fn pattern(pattern: &Pattern) -> String {
    let mut text = String::from("'");
    for part in pattern.parts() {
        match part {
            Part::Any => text.push('*'),
            Part::One => text.push('?'),
            Part::Text(literal) => literal.chars().for_each(|c| write_char(c, &mut text)),
        }
    }
    text.push('\'');
    text
}

fn write_char(c: char, text: &mut String) {
    match c {
        '*' | '?' | '\\' => {
            text.push('\\');
            text.push(c);
        }
        c if c.is_control() => text.extend(c.escape_default()),
        c => text.push(c),
    }
}

fn case_word(case: Case) -> &'static str {
    match case {
        Case::Sensitive => " cased",
        Case::Ascii => " (ASCII case)",
        Case::Lower => " (lower case)",
        Case::Fold => "",
    }
}

fn comparison(op: Comparison) -> &'static str {
    match op {
        Comparison::Lt => "<",
        Comparison::Lte => "<=",
        Comparison::Gt => ">",
        Comparison::Gte => ">=",
        Comparison::Eq => "=",
    }
}

fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "text",
        Kind::Integer => "an integer",
        Kind::Real => "a real number",
        Kind::Boolean => "a boolean",
    }
}

fn relation(how: Relation) -> &'static str {
    match how {
        Relation::Equal => "equals",
        Relation::Prefix => "starts with",
        Relation::Suffix => "ends with",
        Relation::Infix => "contains",
    }
}
