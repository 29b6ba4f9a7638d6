//! A lake: Delta tables, whole-lake snapshots, the raw archive and the disposable index of one folder.
//!
//! [`Lake`] finds and opens it. [`Snapshot`] reads: every table at the version that one row of `snapshots` names,
//! so that a batch becomes visible all at once. [`Writer`] writes: one at a time, each batch ending with a new row
//! of `snapshots`. What a process killed within a batch left behind is never visible, and is undone by the next writer.
//!
//! Never: the meaning of rows. This crate depends on neither instruments nor fits.

mod archive;
mod aside;
mod backup;
mod durable;
mod error;
mod evolution;
mod examine;
mod exit_point;
mod files;
mod index;
mod journal;
mod keys;
mod lake;
mod layout;
mod lock;
mod maintain;
mod repair;
mod snapshot;
mod state;
mod store;
mod torn;
mod uses;
mod writer;

pub use archive::{Archive, file_id};
pub use backup::{BackedUp, BackupError};
pub use durable::write_file;
pub use error::{LakeError, cause};
pub use examine::{Damage, Examined, Part};
pub use index::{Index, SeenFile, nanoseconds};
pub use keys::{KeySet, Keys};
pub use lake::{AsOf, Lake};
pub use maintain::{MaintainOptions, Maintained, Merged};
pub use repair::Repairs;
pub use snapshot::{Changes, Snapshot};
pub use writer::{MakeRows, Writer};
