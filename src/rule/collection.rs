//! Rules across documents: names, references, filters.
//!
//! Follows sigma.md §1.2 (D-6, D-7), §7 and §8. A name is an id (compared ignoring case, as UUIDs are) or a `name`, never a
//! title. What is wrong is reported into the documents, and a document with an error gives no rule any more; so a
//! correlation over it is wrong as well, and says so. Deliberately absent: reading files.

mod filters;
mod names;
mod references;
mod size;

use super::Document;
use super::correlation::Reference;
use super::program::{Node, Program, Slot};
use names::Names;
use std::collections::{BTreeMap, BTreeSet};

/// What the documents of a collection have to do with each other, by their numbers in it.
#[derive(Debug, Clone, Default)]
pub struct Links {
    /// For each correlation rule without errors the documents that it refers to, in the order of its rules.
    slots: BTreeMap<usize, Vec<usize>>,
    /// Where each correlation rule stands in an order in which each comes after those that it refers to.
    ranks: BTreeMap<usize, usize>,
    /// The documents that only a correlation asks for.
    absorbed: BTreeSet<usize>,
}

impl Links {
    /// The program of a correlation rule; `None` for any other document, and where something is wrong with what it
    /// refers to.
    pub fn program<'d>(&self, documents: &[&'d Document], number: usize) -> Option<Program<'d>> {
        let order = self.below(number)?;
        let places: BTreeMap<usize, usize> = order.iter().enumerate().map(|(at, number)| (*number, at)).collect();
        let mut nodes = Vec::with_capacity(order.len());
        for number in &order {
            let document = documents.get(*number)?;
            nodes.push(match self.slots.get(number) {
                None => Node::Rule(document.rule.as_ref()?),
                Some(rules) => Node::Correlation {
                    correlation: document.correlation.as_deref()?,
                    slots: rules.iter().map(|rule| slot(documents, *rule, &places)).collect::<Option<Vec<_>>>()?,
                },
            });
        }
        Some(Program { nodes })
    }

    /// Whether a document is to be used on its own: not if the correlations that refer to it do not `generate` it (D-7).
    pub fn stands_alone(&self, number: usize) -> bool {
        !self.absorbed.contains(&number)
    }

    /// A correlation rule and all documents below it, each after those that it refers to.
    fn below(&self, number: usize) -> Option<Vec<usize>> {
        self.slots.get(&number)?;
        let mut order: Vec<usize> = references::reached(&self.slots, number).into_iter().collect();
        order.sort_by_key(|number| self.ranks.get(number).copied());
        Some(order)
    }
}

fn slot(documents: &[&Document], rule: usize, places: &BTreeMap<usize, usize>) -> Option<Slot> {
    let names = documents.get(rule)?.names.iter().map(|name| name.name.clone()).collect();
    Some(Slot { node: *places.get(&rule)?, names })
}

/// Links the documents of a collection: applies filters to rules, resolves references, and reports what is wrong into
/// the documents.
pub fn link(documents: &mut [&mut Document]) -> Links {
    let names = Names::collect(documents);
    filters::apply(documents, &names);
    let (slots, ranks) = references::resolve(documents, &names);
    let mut links = Links { slots, ranks, absorbed: BTreeSet::new() };
    links.absorbed = absorbed(documents, &links.slots);
    links
}

/// The documents that correlations refer to, and none with `generate`.
fn absorbed(documents: &[&mut Document], slots: &BTreeMap<usize, Vec<usize>>) -> BTreeSet<usize> {
    let (mut asked, mut generated) = (BTreeSet::new(), BTreeSet::new());
    for (number, rules) in slots {
        let generate = documents.get(*number).and_then(|document| document.correlation.as_ref()).is_some_and(|own| own.generate);
        if generate { generated.extend(rules.iter().copied()) } else { asked.extend(rules.iter().copied()) }
    }
    asked.difference(&generated).copied().collect()
}

/// Reports errors into a document, which then gives no rule; nothing where there are none.
fn reject(document: &mut Document, problems: Vec<crate::diag::Diagnostic>) {
    if problems.is_empty() {
        return;
    }
    document.rule = None;
    document.correlation = None;
    document.filter = None;
    document.diagnostics.extend(problems);
    super::document::settle(&mut document.diagnostics);
}

/// What a document is called in messages.
fn shown(document: &Document) -> String {
    let name = document.title.as_deref().or(document.names.first().map(|Reference { name, .. }| name.as_str()));
    crate::diag::quote(name.unwrap_or_default())
}

#[cfg(test)]
mod tests;
