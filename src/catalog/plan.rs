//! What a site consists of: its rules under their names, the lists that lead to them, and its units of work.

use super::frame::{Frame, Spot};
use super::indicators::Shared;
use super::lists::{List, Lists};
use super::record::Record;
use super::state::State;
use super::{
    Catalog, Error, File, PAGE_LIMIT, Tree, about, assets, attack, backends, changes, digest, indicators, lists, names, quality, rule,
};
use crate::explain::model::{Explanation, Neighbour};
use minijinja::Value;
use std::collections::BTreeMap;

/// A rule of the site.
#[derive(Debug)]
pub struct Entry<'c> {
    /// What is said about it.
    pub explanation: &'c Explanation,
    /// Its name in paths.
    pub name: String,
    /// What became of it on each target, in the order of the targets.
    pub states: Vec<State>,
}

impl Entry<'_> {
    /// The path of its page.
    pub fn path(&self) -> String {
        format!("r/{}.html", self.name)
    }
}

/// A site that is planned: who renders its units has its files.
#[derive(Debug)]
pub struct Site<'c> {
    /// What it is made of.
    pub catalog: &'c Catalog,
    /// Its rules, by title.
    pub entries: Vec<Entry<'c>>,
    /// What its list says of each rule, in the same order.
    pub(super) records: Vec<Record>,
    pub(super) lists: Lists,
    pub(super) shared: Shared<'c>,
    by_id: BTreeMap<&'c str, usize>,
    by_place: BTreeMap<(&'c str, &'c str), usize>,
    frame: Frame,
}

/// A part of a site that is rendered by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unit {
    /// Style sheets and scripts.
    Assets,
    /// The first page, with its search.
    Index,
    /// The page of a rule, by its number in [`Site::entries`].
    Rule(usize),
    /// The pages of a list of rules.
    List(usize),
    /// The matrix and its layers; of the rules whose query was proved on a target, by its number.
    Matrix(Option<usize>),
    /// The pages of indicators that several rules have.
    Indicators,
    /// The page of a target.
    Backend(usize),
    /// Pages that lead to lists.
    Overviews,
    /// The page of what is to be mended.
    Quality,
    /// The page of what changed since an earlier build.
    Changes,
    /// The page of words, sources and licences.
    About,
}

impl<'c> Site<'c> {
    /// Plans a site.
    ///
    /// # Errors
    /// A template is wrong.
    pub fn new(catalog: &'c Catalog) -> Result<Self, Error> {
        let entries = entries(catalog);
        let (mut by_id, mut by_place) = (BTreeMap::new(), BTreeMap::new());
        for (number, entry) in entries.iter().enumerate() {
            let header = &entry.explanation.rule;
            by_id.extend(header.id.as_deref().map(|id| (id, number)));
            by_place.insert((header.source.as_str(), header.title.as_str()), number);
        }
        let lists = lists::plan(catalog, &entries);
        let shared = indicators::shared(&entries);
        let records = entries.iter().map(|entry| Record::new(catalog, entry)).collect();
        Ok(Self { frame: Frame::new(catalog)?, catalog, entries, records, lists, shared, by_id, by_place })
    }

    /// Its units.
    pub fn units(&self) -> Vec<Unit> {
        let targets = 0..self.catalog.targets.len();
        let mut units = vec![Unit::Assets, Unit::Index, Unit::Matrix(None), Unit::Indicators, Unit::Overviews, Unit::Quality, Unit::About];
        units.extend(self.catalog.previous.as_ref().map(|_| Unit::Changes));
        units.extend(targets.clone().map(|target| Unit::Matrix(Some(target))));
        units.extend(targets.map(Unit::Backend));
        units.extend((0..self.lists.all.len()).map(Unit::List));
        units.extend((0..self.entries.len()).map(Unit::Rule));
        units
    }

    /// The files of a unit.
    ///
    /// # Errors
    /// A template is wrong.
    pub fn files(&self, unit: &Unit) -> Result<Vec<File>, Error> {
        match unit {
            Unit::Assets => Ok(assets::files()),
            Unit::Index => lists::index(self),
            Unit::Rule(number) => self.entries.get(*number).map_or_else(|| Ok(Vec::new()), |entry| rule::files(self, entry)),
            Unit::List(number) => self.lists.all.get(*number).map_or_else(|| Ok(Vec::new()), |list| list.pages(self)),
            Unit::Matrix(target) => attack::files(self, *target),
            Unit::Indicators => indicators::pages(self),
            Unit::Backend(target) => backends::page(self, *target),
            Unit::Overviews => lists::overviews(self),
            Unit::Quality => quality::page(self),
            Unit::Changes => changes::files(self),
            Unit::About => about::page(self),
        }
    }

    /// Renders a page.
    pub(super) fn page(&self, template: &str, spot: Spot<'_>, page: Value) -> Result<File, Error> {
        Ok(File { path: spot.path.to_owned(), bytes: self.frame.render(template, spot, page)?.into_bytes() })
    }

    /// The rule of the site that a neighbour is.
    pub(super) fn neighbour(&self, neighbour: &Neighbour) -> Option<&Entry<'c>> {
        let by_place = neighbour.source.as_deref().zip(neighbour.title.as_deref()).and_then(|place| self.by_place.get(&place));
        let number = by_place.or_else(|| neighbour.id.as_deref().and_then(|id| self.by_id.get(id)));
        number.and_then(|number| self.entries.get(*number))
    }

    /// The tree that a rule belongs to.
    pub(super) fn tree(&self, source: &str) -> Option<&'c Tree> {
        self.catalog.trees.iter().filter(|tree| source.starts_with(&tree.under)).max_by_key(|tree| tree.under.len())
    }

    /// A rule as a row of a list.
    pub(super) fn row(&self, entry: &Entry<'c>) -> Value {
        let header = &entry.explanation.rule;
        view! {
            href => entry.path(), title => lists::short_title(&header.title), level => header.level,
            logsource => lists::logsource_words(&header.logsource),
            states => entry.states.iter().map(|state| state.word()).collect::<Vec<_>>(),
        }
    }

    /// A list by its number.
    pub(super) fn list(&self, number: usize) -> Option<&List> {
        self.lists.all.get(number)
    }
}

/// The first version of a page that is small enough, from those with ever tighter limits; the last one, if none is.
pub(super) fn fitting(mut page: impl FnMut(usize) -> Result<File, Error>) -> Result<File, Error> {
    const TIGHTER: [usize; 4] = [2, 5, 20, 100];
    let mut made = page(1)?;
    for divisor in TIGHTER {
        if made.bytes.len() <= PAGE_LIMIT {
            break;
        }
        made = page(divisor)?;
    }
    Ok(made)
}

/// The rules by title, each with a name that no other has.
fn entries(catalog: &Catalog) -> Vec<Entry<'_>> {
    let mut sorted: Vec<&Explanation> = catalog.explanations.iter().collect();
    sorted.sort_by_cached_key(|explanation| {
        let header = &explanation.rule;
        (header.title.to_lowercase(), header.title.clone(), header.source.clone(), header.id.clone(), digest::short(&explanation.body))
    });
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for id in sorted.iter().filter_map(|explanation| explanation.rule.id.as_deref()) {
        *times.entry(id.to_ascii_lowercase()).or_default() += 1;
    }
    let mut same: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let entry =
        |explanation: &'_ Explanation| -> Vec<State> { catalog.targets.iter().map(|target| State::of_rule(explanation, target)).collect() };
    let named = sorted.into_iter().map(|explanation| {
        let header = &explanation.rule;
        let id = header.id.as_deref().filter(|id| times.get(&id.to_ascii_lowercase()) == Some(&1));
        let number = same.entry((&header.source, &header.title)).or_default();
        let name = names::of_rule(id, &header.source, &header.title, *number);
        *number += 1;
        Entry { explanation, name, states: entry(explanation) }
    });
    named.collect()
}
