//! Lists of rules: by what they say of themselves, by log source, event, technique, and by what became of them.
//!
//! Every rule is reached through them without a script. A list that is too long for a page goes on on the next.

use super::frame::Spot;
use super::names;
use super::plan::{Entry, Site};
use super::rule_parts::is_plain;
use super::state::State;
use super::{Error, File, logs, search};
use crate::explain::model::Logsource;
use minijinja::Value;
use std::collections::BTreeMap;

pub(super) use super::gather::plan;

/// So many rules stand on a page of a list.
const ROWS: usize = 250;
/// So many characters of a title stand in a list.
const TITLE: usize = 160;

/// A list of rules with a page, or pages, of its own.
#[derive(Debug)]
pub(super) struct List {
    /// Its path, without number and extension.
    pub(super) stem: String,
    /// The section that it belongs to.
    pub(super) section: &'static str,
    /// What kind of list it is.
    pub(super) kicker: String,
    /// What it is called.
    pub(super) heading: String,
    /// Where others describe it: label, text, address.
    pub(super) source: Option<(&'static str, String, String)>,
    /// More to say.
    pub(super) facts: Vec<Fact>,
    /// What it is about.
    pub(super) note: Option<String>,
    /// What stands before its rules.
    pub(super) details: Vec<Detail>,
    /// Its rules, by their numbers.
    pub(super) members: Vec<usize>,
}

/// Something to say about a list.
#[derive(Debug)]
pub(super) struct Fact {
    pub(super) label: &'static str,
    pub(super) text: String,
}

/// A part of a list's page, with a heading.
#[derive(Debug)]
pub(super) enum Detail {
    /// A text of several lines that can be copied.
    Code { heading: &'static str, text: String },
    /// Other lists.
    Links { heading: &'static str, links: Vec<Link> },
    /// Names, each with a number of rules; and how many more there are.
    Counts { heading: &'static str, note: &'static str, rows: Vec<(String, usize)>, more: usize },
    /// Texts of rules.
    Texts { heading: &'static str, rows: Vec<String> },
}

/// A link to a list, with the number of rules that are meant.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub(super) label: String,
    pub(super) list: usize,
    pub(super) rules: usize,
}

impl Detail {
    /// What the template prints; nothing where there is nothing to say.
    fn view(&self, site: &Site<'_>) -> Option<Value> {
        let (heading, mut note, mut left_out, mut code) = (self.heading(), None, 0, None);
        let (mut linked, mut counts, mut texts): (Vec<Value>, Vec<Value>, &[String]) = (Vec::new(), Vec::new(), &[]);
        match self {
            Self::Code { text, .. } => code = Some(view! { text, file => (), plain => is_plain(text) }),
            Self::Links { links, .. } => {
                let link =
                    |link: &Link| site.list(link.list).map(|list| view! { label => link.label, href => list.path(), rules => link.rules });
                linked = links.iter().filter_map(link).collect();
            }
            Self::Counts { note: about, rows, more, .. } => {
                (note, left_out) = (Some(*about), *more);
                counts = rows.iter().map(|(name, rules)| view! { name, rules }).collect();
            }
            Self::Texts { rows, .. } => texts = rows,
        }
        let is_empty = code.is_none() && linked.is_empty() && counts.is_empty() && texts.is_empty();
        (!is_empty).then(|| view! { heading, note, code, links => linked, counts, more => left_out, texts })
    }

    fn heading(&self) -> &'static str {
        match self {
            Self::Code { heading, .. } | Self::Links { heading, .. } | Self::Counts { heading, .. } | Self::Texts { heading, .. } => {
                heading
            }
        }
    }
}

/// All lists, and how to find them.
#[derive(Debug, Default)]
pub(super) struct Lists {
    pub(super) all: Vec<List>,
    pub(super) facets: Vec<Facet>,
    pub(super) tactics: BTreeMap<String, usize>,
    pub(super) techniques: BTreeMap<String, usize>,
    pub(super) logsources: BTreeMap<Logsource, usize>,
    pub(super) events: BTreeMap<(String, u32), usize>,
    /// How many rules reach an event by a mapping of fields only.
    pub(super) mapped: BTreeMap<(String, u32), usize>,
    /// The product that writes an event, as a title has it.
    pub(super) products: BTreeMap<(String, u32), String>,
    /// Filters by title.
    pub(super) filters: Vec<usize>,
    /// By number of the target.
    pub(super) states: BTreeMap<(usize, State), usize>,
    /// Reasons of refusals by number of the target, the most frequent first.
    pub(super) reasons: BTreeMap<usize, Vec<usize>>,
    /// What is to be mended, in the order of the page.
    pub(super) checks: Vec<usize>,
}

/// An attribute of rules, with a list for each of its values.
#[derive(Debug)]
pub(super) struct Facet {
    /// Its name in paths.
    pub(super) name: &'static str,
    /// What it is called.
    pub(super) label: &'static str,
    /// Its values, in the order of pages.
    pub(super) values: Vec<(String, usize)>,
}

impl Lists {
    /// The list of an attribute's value.
    pub(super) fn facet(&self, name: &str, value: &str) -> Option<&List> {
        let facet = self.facets.iter().find(|facet| facet.name == name)?;
        facet.values.iter().find(|(own, _)| own == value).and_then(|(_, number)| self.all.get(*number))
    }

    /// The path of a list in one of the indices.
    pub(super) fn path(&self, number: Option<&usize>) -> Option<String> {
        number.and_then(|number| self.all.get(*number)).map(List::path)
    }
}

impl List {
    /// A list of rules, and nothing more to say about it.
    pub(super) fn new(stem: String, section: &'static str, kicker: String, heading: String, members: Vec<usize>) -> Self {
        Self { stem, section, kicker, heading, source: None, facts: Vec::new(), note: None, details: Vec::new(), members }
    }

    /// The path of its first page.
    pub(super) fn path(&self) -> String {
        format!("{}.html", self.stem)
    }

    fn path_of(&self, page: usize) -> String {
        if page == 0 { self.path() } else { format!("{}-page-{}.html", self.stem, page + 1) }
    }

    /// Its pages.
    pub(super) fn pages(&self, site: &Site<'_>) -> Result<Vec<File>, Error> {
        let pages: Vec<&[usize]> = if self.members.is_empty() { vec![&[]] } else { self.members.chunks(ROWS).collect() };
        let number = pages.len();
        pages.into_iter().enumerate().map(|(page, members)| self.page(site, page, number, members)).collect()
    }

    fn page(&self, site: &Site<'_>, page: usize, pages: usize, members: &[usize]) -> Result<File, Error> {
        let rows = members.iter().filter_map(|number| site.entries.get(*number)).map(|entry| site.row(entry));
        let facts = self.facts.iter().map(|fact| view! { label => fact.label, text => fact.text });
        let source = self.source.as_ref().map(|(label, text, url)| view! { label, text, url });
        let details = self.details.iter().filter_map(|detail| detail.view(site));
        let view = view! {
            kicker => self.kicker, heading => self.heading, note => self.note, total => self.members.len(), page => page + 1, pages, source,
            facts => facts.collect::<Vec<_>>(), details => if page == 0 { details.collect::<Vec<_>>() } else { Vec::new() },
            pager_links => pager(page, pages, |page| self.path_of(page)), rows => rows.collect::<Vec<_>>(), targets => site.catalog.targets,
        };
        site.page("list.html", Spot { path: &self.path_of(page), section: self.section }, view)
    }
}

/// Links to all pages of something; nothing where there is only one.
pub(super) fn pager(current: usize, pages: usize, path: impl Fn(usize) -> String) -> Vec<Value> {
    let link = |page| view! { href => path(page), number => page + 1, current => page == current };
    if pages < 2 { Vec::new() } else { (0..pages).map(link).collect() }
}

/// A title as lists show it.
pub(super) fn short_title(title: &str) -> String {
    match title.char_indices().nth(TITLE) {
        Some((end, _)) => format!("{}…", title.get(..end).unwrap_or_default()),
        None if title.trim().is_empty() => "(no title)".to_owned(),
        None => title.to_owned(),
    }
}

/// A log source in words: `windows / process_creation`.
pub(super) fn logsource_words(logsource: &Logsource) -> String {
    let parts = [&logsource.product, &logsource.category, &logsource.service];
    let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
    if parts.is_empty() { "any".to_owned() } else { parts.join(" / ") }
}

/// A log source in words that say what each part is: `zeek, service dns`.
pub(super) fn qualified_words(logsource: &Logsource) -> String {
    let Logsource { product, category, service, definition: _ } = logsource;
    let parts =
        [product.clone(), category.as_ref().map(|own| format!("category {own}")), service.as_ref().map(|own| format!("service {own}"))];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// A log source without what must be configured.
pub(super) fn kind_of_log(logsource: &Logsource) -> Logsource {
    Logsource { definition: None, ..logsource.clone() }
}

/// The pages that lead to lists.
pub(super) fn overviews(site: &Site<'_>) -> Result<Vec<File>, Error> {
    Ok(vec![browse(site)?, logsources(site)?, events(site)?, super::backends::overview(site)?])
}

fn browse(site: &Site<'_>) -> Result<File, Error> {
    let links = |values: &[(String, usize)]| {
        let link = |(value, number): &(String, usize)| {
            site.list(*number).map(|list| view! { label => value, href => list.path(), rules => list.members.len() })
        };
        values.iter().filter_map(link).collect::<Vec<_>>()
    };
    let groups = site.lists.facets.iter().map(|facet| view! { id => facet.name, label => facet.label, links => links(&facet.values) });
    let tactics: Vec<(String, usize)> =
        site.lists.tactics.values().filter_map(|number| Some((site.list(*number)?.heading.clone(), *number))).collect();
    let tactics = view! { id => "tactic", label => "Tactic", links => links(&tactics) };
    let filters: Vec<(String, usize)> =
        site.lists.filters.iter().filter_map(|number| Some((site.list(*number)?.heading.clone(), *number))).collect();
    let filters = (!filters.is_empty()).then(|| view! { id => "filter", label => "Filter", links => links(&filters) });
    let groups: Vec<Value> = groups.chain([tactics]).chain(filters).collect();
    site.page("browse.html", Spot { path: "browse.html", section: "browse" }, view! { groups })
}

fn logsources(site: &Site<'_>) -> Result<File, Error> {
    let rows = site.lists.logsources.iter().filter_map(|(logsource, number)| {
        let list = site.list(*number)?;
        let mut counts = Vec::new();
        for target in 0..site.catalog.targets.len() {
            counts.push(proved(site, &list.members, target));
        }
        Some(view! {
            href => list.path(), product => logsource.product, category => logsource.category, service => logsource.service,
            words => list.heading, rules => list.members.len(), counts,
        })
    });
    let view = view! { rows => rows.collect::<Vec<_>>(), targets => site.catalog.targets };
    site.page("logsources.html", Spot { path: "logsources.html", section: "logsources" }, view)
}

/// How many of some rules have a query on a target that was proved.
fn proved(site: &Site<'_>, members: &[usize], target: usize) -> usize {
    let is_proved = |entry: &&Entry<'_>| entry.states.get(target) == Some(&State::Proved);
    members.iter().filter_map(|number| site.entries.get(*number)).filter(is_proved).count()
}

fn events(site: &Site<'_>) -> Result<File, Error> {
    let mut products: BTreeMap<&str, BTreeMap<&str, Vec<Value>>> = BTreeMap::new();
    for (event, number) in &site.lists.events {
        let Some(list) = site.list(*number) else { continue };
        let title = list.facts.iter().find(|fact| fact.label == logs::EVENT_TITLE).map(|fact| fact.text.as_str());
        let mapped = site.lists.mapped.get(event).copied().unwrap_or_default();
        let row = view! { id => event.1, href => list.path(), title, rules => list.members.len(), mapped };
        let product = site.lists.products.get(event).map_or("", String::as_str);
        products.entry(product).or_default().entry(&event.0).or_default().push(row);
    }
    let both: Vec<String> =
        products.iter().flat_map(|(product, own)| own.keys().map(move |provider| format!("{product} {provider}"))).collect();
    let names = names::unique(both.iter().map(String::as_str));
    let group = |(product, providers): (&&str, &BTreeMap<&str, Vec<Value>>)| {
        let provider = |(provider, rows): (&&str, &Vec<Value>)| {
            view! { provider, id => names.get(format!("{product} {provider}").as_str()), rows }
        };
        let events: usize = providers.values().map(Vec::len).sum();
        let product = if product.is_empty() { "No product" } else { product };
        view! { product, id => format!("product-{}", names::slug(product)), events, providers => providers.iter().map(provider).collect::<Vec<_>>() }
    };
    let groups: Vec<Value> = products.iter().map(group).collect();
    let mapped = !site.lists.mapped.is_empty();
    site.page("events.html", Spot { path: "events.html", section: "events" }, view! { groups, mapped })
}

/// The first page, with its data.
pub(super) fn index(site: &Site<'_>) -> Result<Vec<File>, Error> {
    let paths: Vec<String> = site.entries.iter().map(Entry::path).collect();
    let rows = site.entries.iter().zip(&paths).map(|(entry, page)| search::Row { explanation: entry.explanation, page });
    let search = search::search(&rows.collect::<Vec<_>>(), &site.catalog.targets, &site.catalog.attack, ways(site));
    let page = site.page("index.html", Spot { path: "index.html", section: "rules" }, view! { index => search.index })?;
    Ok(search.files.into_iter().chain([page]).collect())
}

/// The ways to all rules that need no script.
fn ways(site: &Site<'_>) -> Vec<search::Group> {
    /// Attributes with more values stand on the page of all of them.
    const FEW: usize = 12;
    let link = |label: &str, number: usize| {
        site.list(number).map(|list| search::Link { label: label.to_owned(), href: list.path(), count: Some(list.members.len()) })
    };
    let facets = site.lists.facets.iter().filter(|facet| facet.values.len() <= FEW && facet.values.len() > 1).map(|facet| search::Group {
        heading: facet.label.to_owned(),
        links: facet.values.iter().filter_map(|(value, number)| link(value, *number)).collect(),
    });
    let pages = [
        ("All attributes of rules", "browse.html"),
        ("MITRE ATT&CK®", "attack.html"),
        ("Log sources", "logsources.html"),
        ("Numbered events", "events.html"),
        ("Backends", "backends.html"),
    ];
    let changes = site.catalog.previous.as_ref().map(|_| ("What changed", "changes.html"));
    let more = pages.into_iter().chain(changes);
    let more = more.map(|(label, href)| search::Link { label: label.to_owned(), href: href.to_owned(), count: None });
    facets.chain([search::Group { heading: "More ways".to_owned(), links: more.collect() }]).collect()
}
