//! The keys, and who may set them. Most sections list their keys with [`keys!`], the tables of models beside their structs: what is read from a file, what
//! a project and an editor may do to it, and where it goes, all follow from the key's line there.

use std::fmt;

use anyhow::{Result, bail};

/// The source of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The user's own file.
    User,
    /// A project's file, which may come from anywhere.
    Project,
    /// An editor's settings, which may come from the project as well.
    Editor,
}

/// The changes that others than the user may make to a key, given what the user's own file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Permission {
    /// They may set it to anything.
    Free,
    /// They may set it to less. No limit is more than any limit, true is more than false.
    Lower,
    /// They may set it to more.
    Raise,
    /// They may not name it at all.
    Forbidden,
}

/// A key, and what others than the user may do to it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    /// The table that it is in; none where it is itself a list at the top of the file.
    pub table: Option<&'static str>,
    /// The key's name in its table.
    pub name: &'static str,
    /// The permission of a project's file.
    pub project: Permission,
    /// The permission of an editor's settings.
    pub editor: Permission,
    /// The reason, where something is forbidden and a reason is worth giving.
    pub reason: Option<&'static str>,
}

impl Key {
    /// Returns what `origin` may do to the key.
    pub fn permission(&self, origin: Origin) -> Permission {
        match origin {
            Origin::User => Permission::Free,
            Origin::Project => self.project,
            Origin::Editor => self.editor,
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.table {
            Some(table) => write!(f, "{table}.{}", self.name),
            None => f.write_str(self.name),
        }
    }
}

/// Refuses `file` if it names a key that `origin` must not name. What is not among `keys` is refused,
/// too, where the user's own file may have it.
///
/// # Errors
/// The message names the key, and those of its table that `origin` may set.
pub(super) fn check_permissions(file: &toml::Table, origin: Origin, keys: &[Key]) -> Result<()> {
    let refuse = |table: Option<&str>, name: &str| {
        let key = keys
            .iter()
            .find(|key| key.table == table && key.name == name);
        match key {
            Some(key) if key.permission(origin) == Permission::Forbidden => {
                bail!(refusal(key, keys))
            }
            None if origin != Origin::User => {
                bail!("`{name}` is not for a project or an editor to set")
            }
            _ => Ok(()),
        }
    };
    for (name, value) in file {
        match value {
            toml::Value::Table(table) => {
                for key in table.keys() {
                    refuse(Some(name), key)?;
                }
            }
            // It says nothing.
            toml::Value::Array(list) if list.is_empty() => {}
            _ => refuse(None, name)?,
        }
    }
    Ok(())
}

fn refusal(key: &Key, keys: &[Key]) -> String {
    let whose = match key.project {
        Permission::Forbidden => {
            "not for a project or an editor to set, only for your own config.toml"
        }
        _ => "not for an editor to set, only for files",
    };
    let reason = key.reason.map(|reason| format!(": {reason}"));
    let others = keys
        .iter()
        .filter(|other| other.table == key.table && other.editor != Permission::Forbidden);
    let others: Vec<&str> = others.map(|other| other.name).collect();
    let others = match key.table {
        Some(table) if !others.is_empty() => {
            format!("; of `{table}` they may set {}", others.join(", "))
        }
        _ => String::new(),
    };
    format!("`{key}` is {whose}{}{others}", reason.unwrap_or_default())
}

/// The place in the configuration that a key's value goes to.
pub(super) trait Place<V> {
    /// Takes a `value` as far as `permission` goes.
    fn put(&mut self, value: V, permission: Permission);
}

impl<V: PartialOrd> Place<V> for V {
    fn put(&mut self, value: V, permission: Permission) {
        let is_allowed = match permission {
            Permission::Free => true,
            Permission::Lower => value < *self,
            Permission::Raise => value > *self,
            Permission::Forbidden => false,
        };
        if is_allowed {
            *self = value;
        }
    }
}

/// A limit, where none is more than any.
impl<V: PartialOrd> Place<V> for Option<V> {
    fn put(&mut self, value: V, permission: Permission) {
        match (self, permission) {
            (Some(limit), permission) => limit.put(value, permission),
            (limit, Permission::Free | Permission::Lower) => *limit = Some(value),
            (_, Permission::Raise | Permission::Forbidden) => {}
        }
    }
}

/// Declares the keys of a table, one a line: name, type, place among the values, and what a project
/// and an editor may do. Makes the struct that is read from a file, and [`Key`]s for [`check_permissions`].
macro_rules! keys {
    (
        $(#[$meta:meta])*
        struct $Keys:ident of $table:literal for $Target:ty {
            $(
                $(#[$attribute:meta])*
                $name:ident: $ty:ty => $($place:ident).+,
                project: $project:ident, editor: $editor:ident $(, because $reason:literal)?;
            )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Default, serde::Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub(super) struct $Keys {
            $( $(#[$attribute])* $name: Option<$ty>, )*
        }

        impl $Keys {
            /// The keys, each with who may set it.
            pub(super) const KEYS: &[$crate::config::permission::Key] = &[$(
                $crate::config::permission::Key {
                    table: Some($table),
                    name: stringify!($name),
                    project: $crate::config::permission::Permission::$project,
                    editor: $crate::config::permission::Permission::$editor,
                    reason: {
                        #[allow(unused)]
                        let reason: Option<&'static str> = None;
                        $( let reason = Some($reason); )?
                        reason
                    },
                },
            )*];

            /// Puts each value into its place, as far as `origin` may.
            pub(super) fn merge_into(self, values: &mut $Target, origin: $crate::config::permission::Origin) {
                use $crate::config::permission::Place as _;
                let mut keys = Self::KEYS.iter();
                $(
                    // The keys are listed in the order of the fields.
                    let key = keys.next().map(|key| key.permission(origin));
                    if let (Some(value), Some(permission)) = (self.$name, key) {
                        values.$($place).+.put(value, permission);
                    }
                )*
            }
        }
    };
}
pub(super) use keys;
