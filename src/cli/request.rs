//! What was typed about a target becomes a job.

use super::args::{Approximation, Settings};
use super::exit::Stop;
use super::{input, report};
use std::collections::BTreeMap;
use std::path::Path;
use verisigma::diag::{Diagnostic, quote};
use verisigma::engine::{self, Direction, Job, Request, Schema, Target};

/// What queries may rest on.
#[derive(Debug, Clone, Default)]
pub(crate) struct Latitude {
    /// Names of assumptions that none may need.
    pub(crate) denied: Vec<String>,
    /// In which directions they may differ from their rules.
    pub(crate) allowed: Vec<Approximation>,
}

/// The job that the arguments ask for; everything that is wrong with them, else.
pub(crate) fn job(target: &str, format: Option<String>, settings: Settings, latitude: Latitude) -> Result<Job, Stop> {
    let options = options(settings.options)?;
    let schema = match (settings.schema, engine::target(target)) {
        (Some(schema), Some(target)) => find_schema(target, &schema)?,
        (Some(_) | None, Some(_) | None) => Schema::Default,
    };
    let direction = |allowed: &Approximation| match allowed {
        Approximation::Over => Direction::Over,
        Approximation::Under => Direction::Under,
    };
    let allowed = latitude.allowed.iter().map(direction).collect();
    Ok(Job::new(Request { target: target.to_owned(), format, schema, options, denied: latitude.denied, allowed })?)
}

fn options(typed: Vec<(String, String)>) -> Result<BTreeMap<String, String>, Diagnostic> {
    let mut options = BTreeMap::new();
    for (key, value) in typed {
        if options.contains_key(&key) {
            return Err(report::usage(format!("`-O {key}` is given twice")).help("several values of one option are separated by commas"));
        }
        options.insert(key, value);
    }
    Ok(options)
}

/// A built-in schema of this name, or the file of this path.
fn find_schema(target: &Target, schema: &Path) -> Result<Schema, Stop> {
    let name = schema.to_string_lossy();
    if target.schemas.iter().any(|known| known.name == name) {
        return Ok(Schema::Named(name.into_owned()));
    }
    if !schema.exists() && !name.contains(['.', '/', '\\']) {
        if target.schemas.is_empty() {
            let help = format!("there is no file of this name, and `{}` has no built-in schemas", target.name);
            return Err(report::usage(format!("there is no schema {}", quote(&name))).help(help).into());
        }
        return Ok(Schema::Named(name.into_owned()));
    }
    let source = input::read(schema)?;
    engine::schema(target, &source).map(Schema::Given).map_err(|error| Stop::Failed(source, vec![error]))
}
