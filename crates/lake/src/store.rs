//! The files of a lake's tables as Delta Lake and DataFusion see them: at URLs without the lake's path, and verified.
//!
//! The name of a data file ends with the hash of its bytes (`part-….b3-HASH.parquet`). A process reads and hashes a file
//! before it first uses a part of it, so that a changed byte is an error and never a value. A lake has a URL of its own,
//! `aldb-lake://N/tables/NAME/`: no character of the path of its folder is ever read as part of a URL.

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use async_trait::async_trait;
use deltalake_core::logstore::object_store::local::LocalFileSystem;
use deltalake_core::logstore::object_store::path::Path as Location;
use deltalake_core::logstore::object_store::{
    self, CopyOptions, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions,
};
use deltalake_core::logstore::{
    LogStore, LogStoreFactory, ObjectStoreFactory, ObjectStoreRef, StorageConfig, default_logstore, logstore_factories,
    object_store_factories,
};
use deltalake_core::{DeltaResult, DeltaTableError};
use futures::stream::BoxStream;
use futures::{StreamExt as _, TryStreamExt as _};
use url::Url;

use crate::LakeError;
use crate::durable::whole;
use crate::error::io;
use crate::exit_point::{self, Step};

/// The scheme of the URLs of tables.
const SCHEME: &str = "aldb-lake";

/// What precedes the hash in the name of a data file, and what follows it.
const BEFORE_HASH: &str = ".b3-";
const AFTER_HASH: &str = ".parquet";

/// How errors of the store name it.
const NAME: &str = "lake";

/// What the text of an error of the store has before the words of the [`LakeError`] in it.
pub(crate) fn words_before_error() -> String {
    format!("Generic {NAME} error: ")
}

/// 128 bits of the BLAKE3 hash of these bytes, in hexadecimal.
pub(crate) fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex()[..32].to_owned()
}

/// The same of the bytes of a file.
pub(crate) fn hash_of_file(path: &Path) -> std::io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(std::fs::File::open(path)?)?;
    Ok(hasher.finalize().to_hex()[..32].to_owned())
}

/// The hash that the name of a data file states; `None` if an earlier version of aldb, or another program, wrote it.
pub(crate) fn hash_in_name(name: &str) -> Option<&str> {
    name.strip_suffix(AFTER_HASH)?.rsplit_once(BEFORE_HASH).map(|(_, hash)| hash).filter(|hash| hash.len() == 32)
}

/// The name of a data file with the hash of its bytes.
fn with_hash(name: &str, hash: &str) -> String {
    format!("{}{BEFORE_HASH}{hash}{AFTER_HASH}", name.strip_suffix(AFTER_HASH).unwrap_or(name))
}

/// Gives a data file of this folder, which was written with so many bytes, the name with their hash.
///
/// # Errors
///
/// [`LakeError::Io`] if fewer bytes are read than were written: their hash would be wrong for ever.
pub(crate) fn name_by_hash(folder: &Path, name: &str, size: u64) -> Result<String, LakeError> {
    let path = folder.join(name);
    let mut hasher = blake3::Hasher::new();
    let read = std::fs::File::open(&path).and_then(|file| hasher.update_reader(file).map(|hasher| hasher.count()));
    let found = read.map_err(io("read", &path))?;
    if found != size {
        let text = format!("expected the {size} bytes that were written, found {found}");
        return Err(io("read", &path)(std::io::Error::other(text)));
    }
    let named = with_hash(name, &hasher.finalize().to_hex()[..32]);
    exit_point::before(Step::Rename);
    std::fs::rename(&path, folder.join(&named)).map_err(io("rename", &path))?;
    Ok(named)
}

/// Gives a data file a second name, with the hash of its bytes. The first stays: earlier versions of the table use it.
pub(crate) fn also_name_by_hash(folder: &Path, name: &str) -> Result<String, LakeError> {
    let path = folder.join(name);
    let named = with_hash(name, &hash_of_file(&path).map_err(io("read", &path))?);
    let other = folder.join(&named);
    if !other.exists() {
        exit_point::before(Step::Write);
        // Not every file system has hard links.
        std::fs::hard_link(&path, &other)
            .or_else(|_| std::fs::copy(&path, &other).map(drop))
            .map_err(io("write", &other))?;
    }
    Ok(named)
}

/// The folder of a lake, as a store of files.
#[derive(Debug)]
pub(crate) struct Store {
    root: PathBuf,
    files: LocalFileSystem,
    /// For each file that was needed, whether its bytes were verified.
    verified: Mutex<HashMap<PathBuf, Arc<Mutex<bool>>>>,
}

/// The stores by the host in their URL.
static STORES: LazyLock<Mutex<HashMap<String, Weak<Store>>>> = LazyLock::new(|| {
    if let Ok(scheme) = Url::parse(&format!("{SCHEME}://")) {
        object_store_factories().insert(scheme.clone(), Arc::new(Factory));
        logstore_factories().insert(scheme, Arc::new(Factory));
    }
    Mutex::default()
});

static NEXT: AtomicU64 = AtomicU64::new(0);

impl Store {
    /// The store of this folder, and its URL.
    pub(crate) fn new(root: &Path) -> Result<(Arc<Self>, Url), LakeError> {
        let failed = |error: object_store::Error| io("open", root)(std::io::Error::other(error));
        let files = LocalFileSystem::new_with_prefix(root).map_err(failed)?;
        let store = Arc::new(Self { root: root.to_owned(), files, verified: Mutex::default() });
        let host = NEXT.fetch_add(1, Ordering::Relaxed).to_string();
        let url = Url::parse(&format!("{SCHEME}://{host}/"))
            .map_err(|error| io("open", root)(std::io::Error::other(error)))?;
        STORES.lock().unwrap_or_else(PoisonError::into_inner).insert(host, Arc::downgrade(&store));
        Ok((store, url))
    }

    /// Verifies that a file has the bytes that its name states, once in this process.
    ///
    /// # Errors
    ///
    /// [`LakeError::Damaged`] if it has others, or cannot be read.
    pub(crate) fn verify(&self, path: &Path) -> Result<(), LakeError> {
        let name = path.file_name().and_then(std::ffi::OsStr::to_str);
        let Some(expected) = name.and_then(hash_in_name) else { return Ok(()) };
        let of_file = {
            let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
            verified.entry(path.to_owned()).or_default().clone()
        };
        // Whoever needs the same file waits until it is read.
        let mut is_verified = of_file.lock().unwrap_or_else(PoisonError::into_inner);
        if *is_verified {
            return Ok(());
        }
        let found = match hash_of_file(path) {
            Ok(found) if found == expected => {
                *is_verified = true;
                return Ok(());
            }
            Ok(_) => "its bytes do not have the hash in its name".to_owned(),
            Err(error) => error.to_string(),
        };
        Err(LakeError::Damaged { path: self.below(path), found })
    }

    /// A path below the lake.
    pub(crate) fn below(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.root).unwrap_or(path).to_owned()
    }

    fn verify_at(&self, location: &Location) -> object_store::Result<()> {
        let path = self.files.path_to_filesystem(location)?;
        self.verify(&path).map_err(|error| object_store::Error::Generic { store: NAME, source: Box::new(error) })
    }
}

impl std::fmt::Display for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the lake `{}`", self.root.display())
    }
}

#[async_trait]
impl ObjectStore for Store {
    async fn put_opts(
        &self,
        location: &Location,
        payload: PutPayload,
        options: PutOptions,
    ) -> object_store::Result<PutResult> {
        self.files.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Location,
        options: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        self.files.put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Location, options: GetOptions) -> object_store::Result<GetResult> {
        self.verify_at(location)?;
        let result = self.files.get_opts(location, options).await?;
        let is_log = location.parts().any(|part| part.as_ref() == "_delta_log");
        if is_log { log_file(result) } else { Ok(result) }
    }

    async fn get_ranges(&self, location: &Location, ranges: &[Range<u64>]) -> object_store::Result<Vec<bytes::Bytes>> {
        self.verify_at(location)?;
        self.files.get_ranges(location, ranges).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, object_store::Result<Location>>,
    ) -> BoxStream<'static, object_store::Result<Location>> {
        self.files.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Location>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        in_order(self.files.list(prefix))
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Location>,
        offset: &Location,
    ) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        match prefix.and_then(|prefix| Some((prefix, first_version(prefix, offset)?))) {
            Some((prefix, first)) => log_from(self.files.clone(), prefix.clone(), offset.clone(), first),
            None => in_order(self.files.list_with_offset(prefix, offset)),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Location>) -> object_store::Result<ListResult> {
        self.files.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Location, to: &Location, options: CopyOptions) -> object_store::Result<()> {
        self.files.copy_opts(from, to, options).await
    }

    async fn rename_opts(&self, from: &Location, to: &Location, options: RenameOptions) -> object_store::Result<()> {
        self.files.rename_opts(from, to, options).await
    }
}

/// A file of a log, read at once: one that gives fewer bytes than it has is an error, and not a log without the rest.
fn log_file(mut result: GetResult) -> object_store::Result<GetResult> {
    let is_all = result.range == (0..result.meta.size);
    result.payload = match result.payload {
        GetResultPayload::File(mut file, _) if is_all => {
            let bytes = whole(&mut file)
                .map_err(|error| object_store::Error::Generic { store: NAME, source: Box::new(error) })?;
            GetResultPayload::Stream(futures::stream::once(async move { Ok(bytes::Bytes::from(bytes)) }).boxed())
        }
        payload => payload,
    };
    Ok(result)
}

/// The number of the commit that a file of a table's log belongs to.
pub(crate) fn version_of(name: &str) -> Option<u64> {
    name.get(..20)?.parse().ok()
}

/// The version from which on a table's log is listed.
fn first_version(prefix: &Location, offset: &Location) -> Option<u64> {
    offset.filename().filter(|_| prefix.filename() == Some("_delta_log")).and_then(version_of)
}

/// The commits and checkpoints of a table's log from a version on, up to the first version that is not there. They are looked for by
/// their names: a log with a hundred thousand commits is not listed for the last few of them.
fn log_from(
    files: LocalFileSystem,
    prefix: Location,
    offset: Location,
    first: u64,
) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
    let versions = futures::stream::unfold(first, move |version| {
        let (files, prefix, offset) = (files.clone(), prefix.clone(), offset.clone());
        async move {
            let mut found = Vec::new();
            let mut is_there = false;
            for ending in ["checkpoint.parquet", "json"] {
                let location = prefix.clone().join(format!("{version:020}.{ending}"));
                let options = GetOptions { head: true, ..GetOptions::default() };
                match files.get_opts(&location, options).await {
                    Err(object_store::Error::NotFound { .. }) => continue,
                    Ok(_) if location <= offset => {}
                    result => found.push(result.map(|result| result.meta)),
                }
                is_there = true;
            }
            is_there.then(|| (futures::stream::iter(found), version + 1))
        }
    });
    versions.flatten().boxed()
}

/// Files in the order of their names, as Delta Lake expects them from every store but plain folders.
fn in_order(
    files: BoxStream<'static, object_store::Result<ObjectMeta>>,
) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
    let sorted = async move {
        let mut all: Vec<ObjectMeta> = files.try_collect().await?;
        all.sort_by(|a, b| a.location.cmp(&b.location));
        Ok::<_, object_store::Error>(futures::stream::iter(all.into_iter().map(Ok)))
    };
    futures::stream::once(sorted).try_flatten().boxed()
}

/// Finds the store of a URL for Delta Lake.
struct Factory;

impl ObjectStoreFactory for Factory {
    fn parse_url_opts(&self, url: &Url, _: &StorageConfig) -> DeltaResult<(ObjectStoreRef, Location)> {
        let stores = STORES.lock().unwrap_or_else(PoisonError::into_inner);
        let store = url.host_str().and_then(|host| stores.get(host)).and_then(Weak::upgrade);
        let store = store.ok_or_else(|| DeltaTableError::InvalidTableLocation(url.to_string()))?;
        let location =
            Location::from_url_path(url.path()).map_err(|_| DeltaTableError::InvalidTableLocation(url.to_string()))?;
        Ok((store, location))
    }
}

impl LogStoreFactory for Factory {
    fn with_options(
        &self,
        prefixed_store: ObjectStoreRef,
        root_store: ObjectStoreRef,
        location: &Url,
        options: &StorageConfig,
    ) -> DeltaResult<Arc<dyn LogStore>> {
        Ok(default_logstore(prefixed_store, root_store, location, options))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_data_file_states_its_hash() {
        let name = with_hash("part-00000-x.zstd.parquet", &hash(b"rows"));
        assert_eq!(hash_in_name(&name), Some(hash(b"rows").as_str()));
        assert_eq!(hash_in_name("part-00000-x.zstd.parquet"), None);
    }

    #[test]
    fn a_changed_byte_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = Store::new(folder.path()).unwrap();
        std::fs::write(folder.path().join("a.parquet"), b"rows").unwrap();
        let path = folder.path().join(name_by_hash(folder.path(), "a.parquet", 4).unwrap());
        store.verify(&path).unwrap();
        std::fs::write(&path, b"rowt").unwrap();
        let (store, _) = Store::new(folder.path()).unwrap();
        assert!(matches!(store.verify(&path), Err(LakeError::Damaged { .. })));
    }
}
