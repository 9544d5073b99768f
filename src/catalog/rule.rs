//! The page of a rule, with its JSON and the files for what is too long for a page.

use super::frame::{self, Spot, license_url};
use super::lists::{kind_of_log, logsource_words, short_title};
use super::names;
use super::plan::{Entry, Site};
use super::rule_parts as parts;
use super::{Error, File, PAGE_LIMIT, samples};
use crate::explain::model::{Explanation, Header};
use minijinja::Value;

/// What a page is told of what surrounds it, and how much it may hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'s> {
    /// The site; a page that stands alone has none.
    pub(super) site: Option<(&'s Site<'s>, &'s str)>,
    /// So many rows of a table stand on the page.
    pub(super) rows: usize,
    /// So many bytes of values stand in a table.
    pub(super) values: usize,
    /// So many bytes of a query or of the rule stand on the page.
    pub(super) code: usize,
}

impl<'s> Scope<'s> {
    fn of_site(site: &'s Site<'s>, name: &'s str, divisor: usize) -> Self {
        Self { site: Some((site, name)), rows: 200 / divisor, values: 24_000 / divisor, code: 30_000 / divisor }
    }

    const ALONE: Scope<'static> = Scope { site: None, rows: usize::MAX, values: usize::MAX, code: usize::MAX };

    /// Where the rest of something goes, below the root.
    pub(super) fn path(&self, suffix: &str) -> Option<String> {
        self.site.map(|(_, name)| format!("r/{name}{suffix}"))
    }

    /// An address of the site.
    pub(super) fn find(&self, find: impl FnOnce(&Site<'_>) -> Option<String>) -> Option<String> {
        self.site.and_then(|(site, _)| find(site))
    }
}

/// A part of a page, and the files for what has no room on it.
#[derive(Debug, Default)]
pub(super) struct Extra {
    pub(super) files: Vec<File>,
}

impl Extra {
    /// Puts a text into a file, and says where.
    pub(super) fn put(&mut self, scope: &Scope<'_>, suffix: &str, text: &str) -> Value {
        let Some(path) = scope.path(suffix) else { return Value::from(()) };
        let link = view! { href => path, bytes => text.len() };
        self.files.push(File { path, bytes: text.as_bytes().to_vec() });
        link
    }
}

/// The page of a rule as a document that stands alone.
///
/// # Errors
/// A template is wrong.
pub fn page(explanation: &Explanation) -> Result<String, Error> {
    frame::alone("rule.html", view(explanation, &Scope::ALONE, &mut Extra::default()))
}

/// The files of a rule.
pub(super) fn files(site: &Site<'_>, entry: &Entry<'_>) -> Result<Vec<File>, Error> {
    const DIVISORS: [usize; 5] = [1, 2, 5, 20, 100];
    let path = entry.path();
    let spot = Spot { path: &path, section: "rules" };
    let mut made = Vec::new();
    for divisor in DIVISORS {
        let mut extra = Extra::default();
        let scope = Scope::of_site(site, &entry.name, divisor);
        let page = site.page("rule.html", spot, view(entry.explanation, &scope, &mut extra))?;
        let fits = page.bytes.len() <= PAGE_LIMIT;
        made = extra.files;
        made.push(page);
        if fits {
            break;
        }
    }
    made.push(File { path: format!("r/{}.json", entry.name), bytes: json(entry.explanation) });
    Ok(made)
}

fn json(explanation: &Explanation) -> Vec<u8> {
    let mut bytes = serde_json::to_vec(explanation).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

fn view(explanation: &Explanation, scope: &Scope<'_>, extra: &mut Extra) -> Value {
    let header = &explanation.rule;
    let limited = |text: &str, limit: usize| text.chars().take(limit).collect::<String>();
    view! {
        heading => short_title(&header.title), data => scope.path(".json"),
        lede => header.description.as_deref().map(|text| limited(text.trim(), scope.values)),
        facts => facts(header, scope), strip => parts::strip(explanation, scope),
        queries => parts::queries(explanation, scope, extra),
        attack => parts::attack(explanation, scope), unknown_tags => explanation.attack.unknown,
        attack_version => explanation.attack.version,
        events => parts::events(explanation, scope),
        stages => parts::stages(explanation, scope),
        exclusions => parts::exclusions(explanation, scope, extra),
        indicators => parts::indicators(explanation, scope, extra),
        examples => parts::examples(explanation, scope),
        falsepositives => parts::bounded(&header.falsepositives, scope), references => parts::bounded(&header.references, scope),
        neighbours => parts::neighbours(explanation, scope), samples => samples::of_rule(&explanation.samples, scope),
        body => parts::code(&explanation.body, scope, extra, ".yml"),
    }
}

/// The filters of other documents that are a part of the rule.
fn filters(scope: &Scope<'_>) -> Vec<Value> {
    let Some((site, name)) = scope.site else { return Vec::new() };
    let lists = site.lists.filters.iter().filter_map(|number| site.list(*number));
    let has = |number: &usize| site.entries.get(*number).is_some_and(|entry| entry.name == name);
    lists.filter(|list| list.members.iter().any(has)).map(|list| view! { title => list.heading, href => list.path() }).collect()
}

/// What the rule says of itself, and where it comes from.
fn facts(header: &Header, scope: &Scope<'_>) -> Value {
    let facet = |name: &str, value: &str| scope.find(|site| site.lists.facet(name, value).map(super::lists::List::path));
    let tree = scope.site.and_then(|(site, _)| site.tree(&header.source));
    let license = header.license.as_deref().or_else(|| tree.and_then(|tree| tree.license.as_deref()));
    let source_url = tree.and_then(|tree| tree.source_url.as_deref()).map(|url| format!("{url}{}", names::in_url(&header.source)));
    let kind = kind_of_log(&header.logsource);
    view! {
        filters => filters(scope), level => header.level, level_href => header.level.and_then(|level| facet("level", level)),
        status => header.status, status_href => header.status.and_then(|status| facet("status", status)),
        logsource => logsource_words(&header.logsource), definition => header.logsource.definition,
        logsource_href => scope.find(|site| site.lists.path(site.lists.logsources.get(&kind))),
        author => header.author, date => header.date, modified => header.modified, id => header.id, source => header.source, source_url,
        license, license_url => license.and_then(license_url), tags => header.tags,
    }
}
