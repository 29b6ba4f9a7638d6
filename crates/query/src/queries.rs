//! The query files: those that ship with aldb, and those of the lake, which replace shipped files of the same name.

use std::collections::BTreeMap;
use std::path::Path;

use crate::QueryError;

static SHIPPED: include_dir::Dir<'_> = include_dir::include_dir!("$CARGO_MANIFEST_DIR/../../queries");

/// A folder of `queries/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryFolder {
    /// Views.
    Views,
    /// Jobs, one for each derived table.
    Derived,
    /// Checks.
    Checks,
}

impl QueryFolder {
    fn name(self) -> &'static str {
        match self {
            Self::Views => "views",
            Self::Derived => "derived",
            Self::Checks => "checks",
        }
    }
}

/// Beginning of a header line about a column.
const COLUMN: &str = "column ";

/// One SQL file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryFile {
    /// Its name without `.sql`: the view or table that it makes.
    pub name: String,
    /// Its text.
    pub text: String,
}

impl QueryFile {
    /// The comment lines at its top, without the dashes.
    pub fn header(&self) -> impl Iterator<Item = &str> {
        self.text.lines().map_while(|line| line.trim().strip_prefix("--")).map(str::trim)
    }

    /// Meaning of a row, for people: the header without its lines about columns.
    #[must_use]
    pub fn meaning(&self) -> String {
        self.header().filter(|line| !line.starts_with(COLUMN)).collect::<Vec<_>>().join(" ")
    }

    /// Unit and meaning of a column, from a header line `-- column NAME [UNIT]: MEANING`, the unit where it has one.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<(Option<&str>, &str)> {
        self.header().find_map(|line| {
            let (described, meaning) = line.strip_prefix(COLUMN)?.split_once(": ")?;
            let (column, unit) = match described.split_once(" [") {
                Some((column, unit)) => (column, unit.strip_suffix(']')),
                None => (described, None),
            };
            (column == name).then_some((unit, meaning))
        })
    }
}

/// The files of a folder, by name: those that ship, and those in the folder of a lake.
///
/// # Errors
///
/// [`QueryError::File`] where a file of the lake cannot be read.
pub(crate) fn query_files(lake: Option<&Path>, folder: QueryFolder) -> Result<BTreeMap<String, QueryFile>, QueryError> {
    let mut files = BTreeMap::new();
    let shipped = SHIPPED.get_dir(folder.name()).into_iter().flat_map(include_dir::Dir::files);
    for file in shipped {
        if let (Some(name), Some(text)) = (sql_name(file.path()), file.contents_utf8()) {
            files.insert(name.clone(), QueryFile { name, text: text.to_owned() });
        }
    }
    let Some(lake) = lake else { return Ok(files) };
    let own = lake.join("queries").join(folder.name());
    let entries = match std::fs::read_dir(&own) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(files),
        Err(source) => return Err(QueryError::File { path: own, source }),
    };
    for entry in entries {
        let path = entry.map_err(|source| QueryError::File { path: own.clone(), source })?.path();
        if let Some(name) = sql_name(&path) {
            let text = std::fs::read_to_string(&path).map_err(|source| QueryError::File { path, source })?;
            files.insert(name.clone(), QueryFile { name, text });
        }
    }
    Ok(files)
}

/// The query of a derived table: that of the folder of a lake, or the one that ships.
///
/// # Errors
///
/// [`QueryError::File`] where a file of the lake cannot be read; [`QueryError::UnknownJob`] for another name.
pub fn derived_query(lake: Option<&Path>, table: &str) -> Result<String, QueryError> {
    let mut files = query_files(lake, QueryFolder::Derived)?;
    let file = files.remove(table);
    let unknown =
        || QueryError::UnknownJob { job: table.to_owned(), known: files.into_keys().collect::<Vec<_>>().join(", ") };
    file.map(|file| file.text).ok_or_else(unknown)
}

fn sql_name(path: &Path) -> Option<String> {
    let is_sql = path.extension().is_some_and(|extension| extension == "sql");
    let name = path.file_stem()?.to_str()?;
    (is_sql && !name.starts_with('.')).then(|| name.to_owned())
}
