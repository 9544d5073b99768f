//! A rule set as a static site: a page for each rule, and pages that lead to them, as bytes.
//!
//! Pages are renderings of [`Explanation`]s and say nothing that these do not hold. The same input gives the same
//! bytes: everything is sorted, and no clock is read. No page is larger than [`PAGE_LIMIT`]: what is longer goes to a
//! file of its own that the page links to. Texts of rules are other people's: `html` is the only way from a text to
//! markup. Deliberately absent: reading rules and writing files; what is found about a rule (`explain`).

/// A map for a template: names, each with what it stands for, or the variable of this name.
macro_rules! view {
    (@value $key:ident) => { minijinja::Value::from(minijinja::value::Serde(&$key)) };
    (@value $key:ident $value:expr) => { minijinja::Value::from(minijinja::value::Serde(&$value)) };
    ($($key:ident $(=> $value:expr)?),* $(,)?) => { minijinja::context! { $($key => view!(@value $key $($value)?)),* } };
}

mod about;
mod assets;
mod attack;
mod backends;
mod changes;
mod compare;
mod digest;
mod download;
mod frame;
mod gather;
mod html;
mod indicators;
mod lists;
mod logs;
mod manifest;
mod matching;
mod names;
mod plan;
mod previous;
mod quality;
mod record;
mod rule;
mod rule_parts;
mod samples;
mod search;
mod state;

pub use compare::Counts;
pub use manifest::{Listed, MANIFEST, listed};
pub use plan::{Entry, Site, Unit};
pub use previous::{Previous, Unusable};
pub use rule::page;
pub use state::State;

use crate::explain::model::Explanation;
use crate::facts::attack::Attack;
use std::fmt;

/// No page has more bytes than this.
pub const PAGE_LIMIT: usize = 200_000;

/// A file of the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its path below the root of the site, with `/` between its parts.
    pub path: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// What a site is made of.
#[derive(Debug, Clone)]
pub struct Catalog {
    /// The name of the rule set.
    pub name: String,
    /// The rules.
    pub explanations: Vec<Explanation>,
    /// The targets that were asked for, in the order in which pages show them.
    pub targets: Vec<String>,
    /// Where rules come from, by the beginnings of their paths.
    pub trees: Vec<Tree>,
    /// What could not be read as a rule.
    pub broken: Vec<Broken>,
    /// The filters that were given with the rules.
    pub filters: Vec<Filter>,
    /// The date of the rule set, as it is to be shown.
    pub date: Option<String>,
    /// The list of an earlier build, of which a page says what changed since.
    pub previous: Option<Previous>,
    /// The matrix of ATT&CK, in which also the tags of the rules were looked up.
    pub attack: Attack,
    /// The file that it was read from; nothing for the one that the program brings along.
    pub attack_file: Option<Given>,
}

/// A file that a site was made with, besides rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Its name, without directories.
    pub name: String,
    /// Its SHA-256.
    pub sha256: String,
}

impl Given {
    /// A file of this name and content.
    pub fn new(name: &str, bytes: &[u8]) -> Self {
        Self { name: name.to_owned(), sha256: digest::hex(bytes) }
    }
}

/// A tree of rules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    /// How the paths of its rules begin; of several trees the longest counts.
    pub under: String,
    /// The licence of its rules, as an SPDX identifier.
    pub license: Option<String>,
    /// What stands before the path of a rule in the URL of its source.
    pub source_url: Option<String>,
}

/// A document that could not be read as a rule, or of which no page speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The path of the file.
    pub path: String,
    /// Its title.
    pub title: Option<String>,
    /// Why: a sentence each, without period.
    pub reasons: Vec<String>,
}

/// A filter, which is a part of the rules that it applies to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Its title.
    pub title: String,
    /// The path of its file.
    pub path: String,
    /// The rules that it was applied to, by their places in [`Catalog::explanations`].
    pub rules: Vec<usize>,
}

/// A page could not be made: a fault in a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(String);

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

/// All files of a site, sorted by path.
///
/// # Errors
/// A template is wrong.
pub fn site(catalog: &Catalog) -> Result<Vec<File>, Error> {
    let site = Site::new(catalog)?;
    let mut files = Vec::new();
    for unit in site.units() {
        files.extend(site.files(&unit)?);
    }
    let listed: Vec<Listed> = files.iter().map(Listed::new).collect();
    files.push(site.manifest(listed));
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}
