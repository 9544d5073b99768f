//! The table of ATT&CK that a command uses: the one of the program, or the file that `--attack` names.

use super::exit::Stop;
use super::input;
use std::borrow::Cow;
use std::path::PathBuf;
use verisigma::catalog::Given;
use verisigma::facts::attack::Attack;

/// A table, and the file that it was read from.
#[derive(Debug)]
pub(crate) struct Table {
    /// The table.
    pub(crate) attack: Cow<'static, Attack>,
    /// The file; nothing for the table of the program.
    pub(crate) file: Option<Given>,
}

/// The table of a command.
///
/// # Errors
/// The file cannot be read, or is no table of ATT&CK.
pub(crate) fn table(given: Option<&PathBuf>) -> Result<Table, Stop> {
    let Some(path) = given else { return Ok(Table { attack: Cow::Borrowed(Attack::built_in()), file: None }) };
    let source = input::read(path)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let file = Some(Given::new(&name, source.text.as_bytes()));
    match Attack::read(&source) {
        Ok(attack) => Ok(Table { attack: Cow::Owned(attack), file }),
        Err(error) => Err(Stop::Failed(source, vec![error])),
    }
}
