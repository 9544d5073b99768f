//! How a target holds events: columns, their types and collations, the record of an event, and the
//! assumptions under which a query means what its rule means.
//!
//! Readers, backends and verification share this description. A storage says what inserting or indexing
//! an event does ([`Storage::record`]); what a query means is said about records. An [`Assumption`] is a
//! named predicate on (event, record) with the reason why it was needed; the list is closed
//! ([`Name`]). Deliberately absent: query text, and schema files (each language reads its own).

use crate::event::{Event, Member};
use crate::ir::{Case, Comparison, Expr, Pattern, Predicate, Subject, Test};
use crate::text::fold::{ascii_suffices, is_cased};
use crate::text::ip;
use crate::text::number::Decimal;
use crate::text::pattern::Part;
use serde::Deserialize;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// How a target holds events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storage {
    /// The table or index that queries name; `None` accepts any one.
    pub table: Option<String>,
    /// How names of columns compare.
    pub names: Names,
    /// The columns.
    pub columns: Columns,
    /// The column that holds the unparsed text of the event, if the user named one: keywords search it.
    pub raw: Option<String>,
}

/// How names of columns compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Names {
    /// Exactly.
    Sensitive,
    /// Ignoring the case of ASCII letters.
    IgnoreCase,
}

/// The columns of a storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Columns {
    /// Every name is a column of this type.
    Open(ColumnType),
    /// These and no others.
    Listed(Vec<Column>),
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The name as declared.
    pub name: String,
    /// The type.
    pub kind: ColumnType,
}

/// The type of a column: one nullable scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnType {
    /// What becomes of a value that is put in.
    pub affinity: Affinity,
    /// How letters compare in `=`, `<` and lists.
    pub compares: Case,
}

/// What becomes of a value that is put into a column (SQLite, "Datatypes", section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Affinity {
    /// Numbers become texts.
    Text,
    /// Texts that look like numbers become numbers; a fraction of zero is dropped.
    Integer,
    /// As `Integer`.
    Numeric,
    /// Texts that look like numbers become numbers, all of them floating point.
    Real,
    /// Values stay as they are.
    Untyped,
}

impl Storage {
    /// The column that a name denotes: its key in records, and its type. `None` where a listed storage has
    /// no such column. Keys of an open storage that ignores case are lower case.
    pub fn column(&self, name: &str) -> Option<(String, ColumnType)> {
        match &self.columns {
            Columns::Open(kind) => Some((self.key(name), *kind)),
            Columns::Listed(columns) => {
                columns.iter().find(|column| self.same_name(&column.name, name)).map(|column| (self.key(&column.name), column.kind))
            }
        }
    }

    fn key(&self, name: &str) -> String {
        match self.names {
            Names::Sensitive => name.to_owned(),
            Names::IgnoreCase => name.to_ascii_lowercase(),
        }
    }

    /// Whether two names denote the same column.
    pub fn same_name(&self, a: &str, b: &str) -> bool {
        match self.names {
            Names::Sensitive => a == b,
            Names::IgnoreCase => a.eq_ignore_ascii_case(b),
        }
    }

    /// The record that putting the event into the storage makes: see [`Recorder::record`].
    pub fn record(&self, event: &Event, names: &[&str]) -> Option<Event> {
        self.recorder(names).record(event)
    }

    /// What makes records of events. Only the columns that `names` denote are filled, and for a listed storage
    /// all of its columns.
    pub fn recorder<'s>(&'s self, names: &[&'s str]) -> Recorder<'s> {
        let filled = match &self.columns {
            Columns::Open(kind) => names.iter().map(|name| Filled { name, key: self.key(name), kind: *kind }).collect(),
            Columns::Listed(columns) => {
                let filled = |name: &'s str, own: &Column| Filled { name, key: self.key(&own.name), kind: own.kind };
                // A name that is spelled as its column is among the columns already.
                let column = |name: &str| columns.iter().find(|own| self.same_name(&own.name, name)).filter(|own| own.name != name);
                let spelled = names.iter().filter_map(|name| Some(filled(name, column(name)?)));
                spelled.chain(columns.iter().map(|own| filled(&own.name, own))).collect()
            }
        };
        Recorder { storage: self, filled }
    }

    /// The members of a field, found under another case where names ignore it.
    fn members<'e>(&self, event: &'e Event, name: &str) -> Vec<Member<'e>> {
        let members = event.field(name);
        if !members.is_empty() || self.names == Names::Sensitive {
            return members;
        }
        event.root().keys().filter(|key| key.eq_ignore_ascii_case(name)).flat_map(|key| event.field(key)).collect()
    }
}

/// Makes records of events, with the columns that it fills looked up once.
#[derive(Debug, Clone)]
pub struct Recorder<'s> {
    storage: &'s Storage,
    filled: Vec<Filled<'s>>,
}

/// A column that is filled: the name under which events have it, its key in records, its type.
#[derive(Debug, Clone)]
struct Filled<'s> {
    name: &'s str,
    key: String,
    kind: ColumnType,
}

impl Recorder<'_> {
    /// The record that putting the event into the storage makes, as an event whose keys are those of
    /// [`Storage::column`] and whose values are those that the columns hold.
    ///
    /// `None` where the event has no record: an array of several values or an object for a column, or two
    /// names for one column with different values. What no column holds is not part of the record.
    pub fn record(&self, event: &Event) -> Option<Event> {
        let mut columns: BTreeMap<&str, Value> = BTreeMap::new();
        for Filled { name, key, kind } in &self.filled {
            let members = self.storage.members(event, name);
            let stored = match members.as_slice() {
                [] => continue,
                [one] => store(*one, kind.affinity)?,
                _ => return None,
            };
            if columns.insert(key, stored.clone()).is_some_and(|before| before != stored) {
                return None;
            }
        }
        Some(Event::new(columns.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()))
    }
}

/// What a column of this affinity holds after the value was put in; `None` where no record says it: objects,
/// numbers beyond doubles, and numbers that become texts which versions of SQLite write differently.
fn store(member: Member<'_>, affinity: Affinity) -> Option<Value> {
    let number = match member {
        Member::Object => return None,
        Member::Text(text) => match affinity {
            Affinity::Text | Affinity::Untyped => return Some(Value::String(text.to_owned())),
            Affinity::Integer | Affinity::Numeric | Affinity::Real => match looks_numeric(text.split('\0').next().unwrap_or_default()) {
                Some(number) => StoredNumber::parse(&number)?,
                None => return Some(Value::String(text.to_owned())),
            },
        },
        // SQLite has no booleans: hosts bind them as 1 and 0.
        Member::Boolean(boolean) => StoredNumber::Integer(i64::from(boolean)),
        Member::Number(number) => StoredNumber::parse(number.as_str())?,
    };
    match affinity {
        Affinity::Text => number.text().map(Value::String),
        Affinity::Untyped => number.value(),
        Affinity::Integer | Affinity::Numeric => number.integral().value(),
        Affinity::Real => StoredNumber::Real(number.as_real()).value(),
    }
}

/// A number as SQLite stores it.
#[derive(Debug, Clone, Copy)]
enum StoredNumber {
    Integer(i64),
    Real(f64),
}

/// Doubles from here on have no fraction.
const INTEGRAL: f64 = 9_007_199_254_740_992.0;

impl StoredNumber {
    /// The number that a token is; `None` beyond doubles.
    fn parse(token: &str) -> Option<Self> {
        if let Ok(integer) = token.parse() {
            return Some(Self::Integer(integer));
        }
        token.parse().ok().filter(|real: &f64| real.is_finite()).map(Self::Real)
    }

    fn as_real(self) -> f64 {
        match self {
            Self::Integer(integer) => integer as f64,
            Self::Real(real) => real,
        }
    }

    /// What an integer column makes of it: a double without a fraction becomes an integer.
    fn integral(self) -> Self {
        match self {
            Self::Real(real) if real.fract() == 0.0 && real > i64::MIN as f64 && real < i64::MAX as f64 => Self::Integer(real as i64),
            Self::Integer(_) | Self::Real(_) => self,
        }
    }

    /// The number as a value of records, which compares with integers as the double does: with its exact
    /// digits where they are those of an integer, else with the fewest that name it.
    fn value(self) -> Option<Value> {
        let token = match self {
            Self::Integer(integer) => integer.to_string(),
            Self::Real(0.0) => "0.0".to_owned(),
            Self::Real(real) if (INTEGRAL..1e19).contains(&real.abs()) => format!("{real:.1}"),
            Self::Real(real) => format!("{real:?}"),
        };
        serde_json::from_str::<serde_json::Number>(&token).ok().map(Value::Number)
    }

    /// The text that every version of SQLite writes; `None` where they differ: older ones write 15 significant
    /// digits, newer ones 17.
    fn text(self) -> Option<String> {
        match self {
            Self::Integer(integer) => Some(integer.to_string()),
            Self::Real(0.0) => Some("0.0".to_owned()),
            Self::Real(real) => {
                let digits = format!("{:e}", real.abs()).bytes().take_while(|b| *b != b'e').filter(u8::is_ascii_digit).count();
                (digits <= 15 && (1e-4..1e15).contains(&real.abs())).then(|| format!("{real:?}"))
            }
        }
    }
}

/// The number that a text looks like to SQLite's affinity: blanks around it, a plus sign, leading zeros
/// and a bare point are allowed.
fn looks_numeric(text: &str) -> Option<String> {
    let trimmed = text.trim_matches(|c: char| matches!(c, ' ' | '\t' | '\n' | '\u{b}' | '\u{c}' | '\r'));
    let (sign, unsigned) = match trimmed.strip_prefix(['+', '-']) {
        Some(rest) if trimmed.starts_with('-') => ("-", rest),
        Some(rest) => ("", rest),
        None => ("", trimmed),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let exponent_fits = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    let number = digits(integer) && digits(fraction) && integer.len() + fraction.len() > 0 && exponent_fits;
    number.then(|| format!("{sign}{unsigned}"))
}

macro_rules! assumptions {
    ($($variant:ident $name:literal $wording:literal,)+) => {
        /// The names of all assumptions.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Name { $(#[doc = $wording] $variant,)+ }

        impl Name {
            /// All of them, in order.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name as users write it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// What it says.
            pub fn wording(self) -> &'static str {
                match self { $(Self::$variant => $wording),+ }
            }

            /// The assumption of this name.
            pub fn find(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|assumption| assumption.name() == name)
            }
        }
    };
}

assumptions! {
    AsciiCase "ascii-case" "full Unicode case folding and ASCII folding give the same answer for this field and value",
    AsciiClasses "ascii-classes" "`\\d`, `\\w`, `\\s` and `\\b` meet ASCII text only in this field",
    CanonicalNumbers "canonical-numbers" "numbers and booleans of this field are held as their canonical text (5, not 5.0)",
    CanonicalIps "canonical-ips" "this field holds an IP address that was given to somebody, in canonical text (RFC 5952), or nothing",
    ExactNumbers "exact-numbers" "numbers in texts of this field keep their value as the engine's 64-bit integers or doubles",
    NoNul "no-nul" "no value of this field contains a NUL character",
    RawHoldsValues "raw-holds-values" "the raw text contains this keyword exactly when some value of the event does",
    RegexpFunction "regexp-function" "the host registers REGEXP with the syntax of Rust's regex crate",
}

/// An instance of an assumption: what is assumed, of which field and value, and why it was needed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Assumption {
    /// What is assumed.
    pub name: Name,
    /// Of which field, by its key in records.
    pub field: Option<String>,
    /// For which pattern.
    pub pattern: Option<Pattern>,
    /// Why it was needed: one short clause for people.
    pub because: String,
}

impl Assumption {
    /// An assumption about a field, whatever the pattern.
    pub fn on_field(name: Name, field: &str, because: impl Into<String>) -> Self {
        Self { name, field: Some(field.to_owned()), pattern: None, because: because.into() }
    }

    /// An assumption about a field and a pattern.
    pub fn on_pattern(name: Name, field: &str, pattern: &Pattern, because: impl Into<String>) -> Self {
        Self { name, field: Some(field.to_owned()), pattern: Some(pattern.clone()), because: because.into() }
    }

    /// An assumption about the target as a whole.
    pub fn global(name: Name, because: impl Into<String>) -> Self {
        Self { name, field: None, pattern: None, because: because.into() }
    }

    /// Whether it holds for an event and its record in this storage.
    pub fn holds(&self, storage: &Storage, event: &Event, record: &Event) -> bool {
        let field = self.field.as_deref().unwrap_or_default();
        let texts: Vec<_> = record.field(field).into_iter().filter_map(Member::canonical).collect();
        match (self.name, &self.pattern) {
            (Name::AsciiCase, Some(pattern)) => {
                // ASCII letters among themselves fold alike under both.
                let is_plain = pattern.literal_chars().all(|c| c.is_ascii());
                let agrees = |text: &str| pattern.matches(text, Case::Fold) == pattern.matches(text, Case::Ascii);
                texts.iter().all(|text| (is_plain && text.is_ascii()) || agrees(text))
            }
            (Name::AsciiCase, None) => texts.iter().all(|text| text.chars().all(|c| c.is_ascii() || !is_cased(c, Case::Fold))),
            (Name::AsciiClasses, _) => texts.iter().all(|text| text.is_ascii()),
            (Name::CanonicalNumbers, _) => {
                let before: Vec<_> = storage.members(event, field).into_iter().map(Member::canonical).collect();
                let after: Vec<_> = record.field(field).into_iter().map(Member::canonical).collect();
                // With a pattern: values keep their canonical text. Without: the engine also writes it so.
                before == after && (self.pattern.is_some() || record.field(field).into_iter().all(is_written_canonically))
            }
            (Name::CanonicalIps, _) => texts.iter().all(|text| ip::is_canonical(text)),
            (Name::ExactNumbers, _) => texts.iter().all(|text| is_kept_by_doubles(text)),
            (Name::NoNul, _) => texts.iter().all(|text| !text.contains('\0')),
            (Name::RawHoldsValues, Some(pattern)) => {
                let leaves = event.leaves();
                let in_leaf = leaves.iter().filter_map(|leaf| leaf.canonical()).any(|text| pattern.matches(&text, Case::Fold));
                in_leaf == texts.iter().any(|text| pattern.matches(text, Case::Fold))
            }
            (Name::RawHoldsValues, None) | (Name::RegexpFunction, _) => true,
        }
    }
}

/// Whether the storage writes a stored value as its canonical text, wherever it needs a text.
fn is_written_canonically(member: Member<'_>) -> bool {
    match member {
        Member::Number(number) => {
            StoredNumber::parse(number.as_str()).and_then(StoredNumber::text) == member.canonical().map(Cow::into_owned)
        }
        Member::Text(_) | Member::Boolean(_) | Member::Object => true,
    }
}

/// Whether 64-bit integers and doubles keep the number that a text is, in value and in order: it is such an
/// integer, or has at most 15 significant digits and a magnitude at which decimals of so many digits differ
/// as doubles. No text has an exponent, or so many digits, that a double would become 0.
fn is_kept_by_doubles(text: &str) -> bool {
    let exponent = text.rsplit_once(['e', 'E']).map_or("", |(_, exponent)| exponent.trim_start_matches(['+', '-']));
    let bounded = text.len() <= 300 && exponent.bytes().take_while(u8::is_ascii_digit).count() <= 2;
    if Decimal::parse(text).is_none() || text.parse::<i64>().is_ok() {
        return bounded;
    }
    let mantissa: String = text.split(['e', 'E']).next().unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
    bounded && mantissa.trim_matches('0').len() <= 15 && text.parse().is_ok_and(|number: f64| number.abs() < 1e15)
}

/// Why a formula cannot be said about a storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unbound {
    /// The storage has no column for this field.
    NoColumn(String),
    /// These two fields are one column.
    SameColumn(String, String),
    /// Keywords, and no listed columns or raw text to search.
    Keywords,
    /// A keyword that must be a whole value, which the raw text cannot show.
    WholeKeyword,
}

/// A test that cannot be said about a storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnboundTest {
    /// Why.
    pub why: Unbound,
    /// The test, as it was written.
    pub test: Test,
}

impl Storage {
    /// The formula about records that a formula about events becomes: names of fields become keys of
    /// columns, keywords become tests on the listed columns or on the raw text.
    ///
    /// # Errors
    /// The first reason, in the order of the formula, why there is no such formula, with the test.
    pub fn bind(&self, expr: &Expr) -> Result<(Expr, Vec<Assumption>), Box<UnboundTest>> {
        let (expanded, assumptions) = self.expand(expr)?;
        Ok((self.keyed(&expanded), assumptions))
    }

    /// The same formula with names of fields as they are spelled in it (keywords: as the storage spells
    /// them), which is what people are to read.
    ///
    /// # Errors
    /// As for [`Storage::bind`].
    pub fn expand(&self, expr: &Expr) -> Result<(Expr, Vec<Assumption>), Box<UnboundTest>> {
        let mut binding = Binding { storage: self, spelled: BTreeMap::new(), assumptions: Vec::new() };
        let expanded = binding.expr(expr)?;
        Ok((expanded, binding.assumptions))
    }

    /// An expanded formula as one about records: with the keys of columns for the names of fields, and, since
    /// a column holds a scalar or nothing, with presence for every pattern that accepts any text.
    pub fn keyed(&self, expr: &Expr) -> Expr {
        match expr {
            Expr::True | Expr::False => expr.clone(),
            Expr::And(children) => Expr::and(children.iter().map(|child| self.keyed(child))),
            Expr::Or(children) => Expr::or(children.iter().map(|child| self.keyed(child))),
            Expr::Not(child) => Expr::not(self.keyed(child)),
            Expr::Test(test) if accepts_everything(&test.predicate) => {
                self.renamed(&Expr::test(test.subject.clone(), Predicate::Exists, test.place))
            }
            Expr::Test(_) => self.renamed(expr),
        }
    }

    /// A formula about records with numeric equality said as equality of texts, wherever the column makes numbers
    /// of all texts that look like some: then only numbers are equal to a number, and those that are have its
    /// canonical text.
    pub fn equal_texts(&self, expr: &Expr) -> Expr {
        match expr {
            Expr::True | Expr::False => expr.clone(),
            Expr::And(children) => Expr::and(children.iter().map(|child| self.equal_texts(child))),
            Expr::Or(children) => Expr::or(children.iter().map(|child| self.equal_texts(child))),
            Expr::Not(child) => Expr::not(self.equal_texts(child)),
            Expr::Test(test) => match (&test.subject, &test.predicate) {
                (Subject::Field(field), Predicate::Compare { op: Comparison::Eq, number }) if self.makes_numbers(field) => {
                    let text = Pattern::exact(&number.to_string());
                    Expr::test(test.subject.clone(), Predicate::like(text, Case::Sensitive), test.place)
                }
                _ => expr.clone(),
            },
        }
    }

    fn makes_numbers(&self, name: &str) -> bool {
        self.column(name).is_some_and(|(_, kind)| match kind.affinity {
            Affinity::Integer | Affinity::Numeric | Affinity::Real => true,
            Affinity::Text | Affinity::Untyped => false,
        })
    }

    fn renamed(&self, expr: &Expr) -> Expr {
        expr.map_fields(&|name| self.column(name).map_or_else(|| name.into(), |(key, _)| key.into()))
    }

    /// What must be assumed because putting events into the storage changes how numbers and booleans read,
    /// wherever a test of the formula could see the difference.
    pub fn distortions(&self, expr: &Expr) -> Vec<Assumption> {
        let mut assumptions = Vec::new();
        expr.for_each_test(&mut |test| {
            let Subject::Field(field) = &test.subject else { return };
            if !sees_storage(&test.predicate) {
                return;
            }
            let other = if let Predicate::Relates { other, .. } = &test.predicate { Some(other) } else { None };
            for field in std::iter::once(field).chain(other) {
                let because = format!("a test on `{field}` could see how numbers and booleans are stored");
                let key = self.column(field).map_or_else(|| field.to_string(), |(key, _)| key);
                assumptions.push(Assumption::on_pattern(Name::CanonicalNumbers, &key, &Pattern::everything(), because));
            }
        });
        assumptions
    }
}

/// Whether a predicate could tell a number or a boolean from what a storage makes of it.
fn sees_storage(predicate: &Predicate) -> bool {
    match predicate {
        Predicate::Like { any, case } => any.iter().any(|value| sees_numbers(&value.pattern, *case)),
        Predicate::Compare { .. } | Predicate::Regex(_) | Predicate::Order { .. } | Predicate::Relates { .. } => true,
        Predicate::Within { .. } | Predicate::Kind(_) | Predicate::Exists => false,
    }
}

struct Binding<'s> {
    storage: &'s Storage,
    /// For each key the spelling that the formula uses: two spellings of one column cannot both be stored.
    spelled: BTreeMap<String, String>,
    assumptions: Vec<Assumption>,
}

impl Binding<'_> {
    fn expr(&mut self, expr: &Expr) -> Result<Expr, Box<UnboundTest>> {
        Ok(match expr {
            Expr::True => Expr::True,
            Expr::False => Expr::False,
            Expr::And(children) => Expr::and(children.iter().map(|child| self.expr(child)).collect::<Result<Vec<_>, _>>()?),
            Expr::Or(children) => Expr::or(children.iter().map(|child| self.expr(child)).collect::<Result<Vec<_>, _>>()?),
            Expr::Not(child) => Expr::not(self.expr(child)?),
            Expr::Test(test) => self.test(test).map_err(|why| Box::new(UnboundTest { why, test: test.clone() }))?,
        })
    }

    fn test(&mut self, test: &Test) -> Result<Expr, Unbound> {
        match &test.subject {
            Subject::Field(name) => {
                self.field(name)?;
                if let Predicate::Relates { other, .. } = &test.predicate {
                    self.field(other)?;
                }
                Ok(Expr::Test(test.clone()))
            }
            Subject::AnyLeaf => self.keyword(test),
            Subject::Raw => Ok(Expr::Test(test.clone())),
        }
    }

    /// Checks that the field is a column, and the only spelling of it.
    fn field(&mut self, name: &str) -> Result<(), Unbound> {
        let (key, _) = self.storage.column(name).ok_or_else(|| Unbound::NoColumn(name.to_owned()))?;
        let spelled = self.spelled.entry(key).or_insert_with(|| name.to_owned());
        if spelled != name {
            return Err(Unbound::SameColumn(spelled.clone(), name.to_owned()));
        }
        Ok(())
    }

    fn keyword(&mut self, test: &Test) -> Result<Expr, Unbound> {
        match (&self.storage.raw, &self.storage.columns) {
            (Some(raw), _) => self.raw_keyword(test, &raw.clone()),
            (None, Columns::Listed(columns)) => {
                Ok(Expr::or(columns.iter().map(|column| Expr::test(Subject::field(&column.name), test.predicate.clone(), test.place))))
            }
            (None, Columns::Open(_)) => Err(Unbound::Keywords),
        }
    }

    fn raw_keyword(&mut self, test: &Test, raw: &str) -> Result<Expr, Unbound> {
        let (key, _) = self.storage.column(raw).ok_or_else(|| Unbound::NoColumn(raw.to_owned()))?;
        let Predicate::Like { any, .. } = &test.predicate else { return Err(Unbound::WholeKeyword) };
        for value in any {
            let open = |part: Option<&crate::text::pattern::Part>| part == Some(&Part::Any);
            if !open(value.pattern.parts().first()) || !open(value.pattern.parts().last()) {
                return Err(Unbound::WholeKeyword);
            }
            let because = format!("keywords are searched in `{raw}`");
            self.assumptions.push(Assumption::on_pattern(Name::RawHoldsValues, &key, &value.pattern, because));
        }
        Ok(Expr::test(Subject::field(raw), test.predicate.clone(), test.place))
    }
}

fn accepts_everything(predicate: &Predicate) -> bool {
    matches!(predicate, Predicate::Like { any, .. } if any.iter().any(|value| value.pattern == Pattern::everything()))
}

/// Whether a pattern could tell some number or boolean from what a storage makes of it: its literal
/// characters could all stand in a number, or it tells `true` from `1` or `false` from `0`.
pub fn sees_numbers(pattern: &Pattern, case: Case) -> bool {
    let tells = |a: &str, b: &str| pattern.matches(a, case) != pattern.matches(b, case);
    let is_empty = pattern.literal_chars().next().is_none() && !pattern.parts().contains(&Part::One);
    let in_number = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E');
    (!is_empty && pattern.literal_chars().all(in_number)) || tells("true", "1") || tells("false", "0")
}

/// Whether a literal needs [`Name::AsciiCase`] when it is compared under ASCII instead of full folding.
pub fn needs_ascii_case(pattern: &Pattern) -> bool {
    !pattern.literal_chars().all(ascii_suffices)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::ir::eval::matches;
    use crate::source::Place;
    use serde_json::json;

    /// On whatever a column of numbers holds, equality of numbers is equality of canonical texts.
    #[test]
    fn equal_numbers_have_equal_texts_in_columns_of_numbers() {
        let texts =
            ["5", "5.0", "05", "+5", " 5", "5e0", "50e-1", "5x", "x", "", "-0", "0", "1e3", "1000", "5\0", "9007199254740993", "1e400"];
        let numbers = ["5", "5.0", "5e0", "0", "-0", "-0.0", "1e3", "0.5", "9007199254740993", "9007199254740992", "1e20"];
        let values = texts.iter().map(|text| json!(text)).chain(numbers.iter().map(|number| serde_json::from_str(number).unwrap()));
        let values: Vec<Value> = values.chain([json!(true), json!(null)]).collect();
        for affinity in [Affinity::Integer, Affinity::Numeric, Affinity::Real] {
            let column = Column { name: "a".to_owned(), kind: ColumnType { affinity, compares: Case::Sensitive } };
            let storage = Storage { table: None, names: Names::IgnoreCase, columns: Columns::Listed(vec![column]), raw: None };
            for number in numbers.iter().filter_map(|number| Decimal::parse(number)) {
                let equal = Expr::test(Subject::field("a"), Predicate::Compare { op: Comparison::Eq, number }, Place::NOWHERE);
                let text = storage.equal_texts(&equal);
                assert_ne!(equal, text);
                for record in values.iter().filter_map(|value| storage.record(&Event::default().with("a", value.clone()), &["a"])) {
                    assert_eq!(matches(&equal, &record), matches(&text, &record), "{equal:?} on {record:?} ({affinity:?})");
                }
            }
        }
    }
}
