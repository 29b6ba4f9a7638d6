//! Causes as types: each has a stable code for programs and a meaning for people, both stated once.
//!
//! docs/CLI.md lists the codes of all rooms, and a test compares the two.

#[doc(hidden)]
pub use serde;

/// Declares an enum of causes, one line each: variant, stable code in snake_case, meaning.
///
/// The enum gets `ALL` (in the order of the lines), `as_str` and `meaning`, and is shown and serialised as its code.
///
/// ```
/// aldb_codes::codes! {
///     /// Why a door is shut.
///     DoorCause {
///         Locked "locked" "somebody locked it",
///         Stuck "stuck" "it does not move",
///     }
/// }
/// assert_eq!(DoorCause::ALL, [DoorCause::Locked, DoorCause::Stuck]);
/// assert_eq!(DoorCause::Stuck.to_string(), "stuck");
/// assert_eq!(DoorCause::from_code("stuck"), Some(DoorCause::Stuck));
/// assert_eq!(DoorCause::Stuck.meaning(), "it does not move");
/// ```
#[macro_export]
macro_rules! codes {
    ($(#[$about:meta])* $name:ident { $($variant:ident $code:literal $meaning:literal,)+ }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $(#[doc = $meaning] $variant,)+
        }

        impl $name {
            /// Every code, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The code; it never changes its meaning.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// The cause with this code.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.as_str() == code)
            }

            /// What it means, for people.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl $crate::serde::Serialize for $name {
            fn serialize<S: $crate::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}
