//! The frame of pages: templates, what all pages have in common, and the policy that browsers hold them to.

use super::digest::sha256;
use super::{Catalog, Error, assets, html};
use crate::text::encoding::base64;
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, Value, context};

const TEMPLATES: &[(&str, &str)] = &[
    ("base.html", include_str!("../../templates/catalog/base.html")),
    ("parts.html", include_str!("../../templates/catalog/parts.html")),
    ("about.html", include_str!("../../templates/catalog/about.html")),
    ("attack.html", include_str!("../../templates/catalog/attack.html")),
    ("backend.html", include_str!("../../templates/catalog/backend.html")),
    ("backends.html", include_str!("../../templates/catalog/backends.html")),
    ("browse.html", include_str!("../../templates/catalog/browse.html")),
    ("changes.html", include_str!("../../templates/catalog/changes.html")),
    ("events.html", include_str!("../../templates/catalog/events.html")),
    ("index.html", include_str!("../../templates/catalog/index.html")),
    ("indicators.html", include_str!("../../templates/catalog/indicators.html")),
    ("list.html", include_str!("../../templates/catalog/list.html")),
    ("logsources.html", include_str!("../../templates/catalog/logsources.html")),
    ("quality.html", include_str!("../../templates/catalog/quality.html")),
    ("rule.html", include_str!("../../templates/catalog/rule.html")),
];

/// What the pages of a site may load: what stands beside them, and nothing else.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'";

/// The section that only a site with an earlier build has.
pub(super) const CHANGES: &str = "changes";

/// The pages that every page leads to: section, path, label.
const SECTIONS: &[(&str, &str, &str)] = &[
    ("rules", "index.html", "Rules"),
    ("browse", "browse.html", "Browse"),
    ("attack", "attack.html", "ATT&CK"),
    ("logsources", "logsources.html", "Log sources"),
    ("events", "events.html", "Events"),
    ("indicators", "indicators.html", "Indicators"),
    ("backends", "backends.html", "Backends"),
    ("quality", "quality.html", "Quality"),
    (CHANGES, "changes.html", "Changes"),
    ("about", "about.html", "About"),
];

/// Where a page stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot<'p> {
    /// Its path below the root.
    pub(super) path: &'p str,
    /// The section that it belongs to.
    pub(super) section: &'static str,
}

/// The compiled templates, and what they are told of the site.
#[derive(Debug)]
pub(super) struct Frame {
    environment: Environment<'static>,
    site: Value,
}

impl Frame {
    /// The frame of a site.
    pub(super) fn new(catalog: &Catalog) -> Result<Self, Error> {
        Ok(Self { environment: environment()?, site: about_site(catalog) })
    }

    /// Renders a page.
    pub(super) fn render(&self, template: &str, spot: Spot<'_>, page: Value) -> Result<String, Error> {
        let root = "../".repeat(spot.path.matches('/').count());
        let loaded = view! { css => assets::path("site", "css"), js => assets::path("site", "js") };
        let frame = view! {
            root, assets => loaded, style => (), policy => POLICY, version => version(), site => self.site.clone(),
            path => spot.path, section => spot.section, description => (),
        };
        render(&self.environment, template, context! { ..page, ..frame })
    }
}

/// A page that stands alone, with its style in it.
pub(super) fn alone(template: &str, page: Value) -> Result<String, Error> {
    let digest = base64(&sha256(assets::STYLE.as_bytes()));
    let policy = format!("default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'");
    let frame = view! {
        root => "", assets => (), style => Value::from_safe_string(assets::STYLE.to_owned()), policy, version => version(),
        site => (), path => "", section => "", description => (),
    };
    render(&environment()?, template, context! { ..page, ..frame })
}

/// The version of the program.
pub(super) fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

fn environment() -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().map_err(|error| Error(error.to_string()))?;
    environment.set_syntax(syntax);
    html::register(&mut environment);
    for (name, text) in TEMPLATES {
        environment.add_template(name, text).map_err(|error| Error(format!("template `{name}`: {error}")))?;
    }
    Ok(environment)
}

fn render(environment: &Environment<'_>, template: &str, context: Value) -> Result<String, Error> {
    let rendered = environment.get_template(template).and_then(|template| template.render(context));
    rendered.map_err(|error| {
        let mut text = format!("template `{template}`: {error}");
        let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(&error);
        while let Some(below) = cause {
            text += &format!(": {below}");
            cause = below.source();
        }
        Error(text)
    })
}

fn about_site(catalog: &Catalog) -> Value {
    let is_there = |section: &str| section != CHANGES || catalog.previous.is_some();
    let nav = SECTIONS.iter().filter(|(section, ..)| is_there(section)).map(|(section, href, label)| view! { section, href, label });
    let number = u64::try_from(catalog.explanations.len()).unwrap_or(u64::MAX);
    let rules = format!("{} {}", html::thousands(number), if number == 1 { "rule" } else { "rules" });
    let licenses = catalog.trees.iter().filter_map(|tree| {
        let name = tree.license.as_deref()?;
        Some(view! { label => tree.under, name, url => license_url(name) })
    });
    view! {
        name => catalog.name, date => catalog.date, rules, nav => Value::from_iter(nav), licenses => Value::from_iter(licenses),
        attack => catalog.attack.shown_version(),
    }
}

/// Where the text of a licence stands: that of a rule set's own, or that of the SPDX list.
pub(super) fn license_url(name: &str) -> Option<String> {
    let is_identifier = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+'));
    match name {
        "DRL-1.1" => Some("https://github.com/SigmaHQ/Detection-Rule-License/blob/main/LICENSE.Detection.Rules.md".to_owned()),
        _ if is_identifier && !name.starts_with("LicenseRef") => Some(format!("https://spdx.org/licenses/{name}.html")),
        _ => None,
    }
}
