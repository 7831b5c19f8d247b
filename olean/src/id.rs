//! What names, levels and expressions are told by.

/// Numbers of ids are below this: the reader needs two bits beside them.
pub(crate) const MAX_IDS: usize = 1 << 30;

/// A [`Name`](crate::Name) in [`Terms`](crate::Terms).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameId(pub(crate) u32);

/// A [`Level`](crate::Level) in [`Terms`](crate::Terms).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LevelId(pub(crate) u32);

/// An [`Expr`](crate::Expr) in [`Terms`](crate::Terms).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExprId(pub(crate) u32);

impl NameId {
    /// The empty name.
    pub const ANONYMOUS: NameId = NameId(0);
}

impl LevelId {
    /// Level 0.
    pub const ZERO: LevelId = LevelId(0);
}
