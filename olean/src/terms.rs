//! The store of names, levels and expressions.

use std::hash::{Hash, Hasher};

use indexmap::IndexSet;

use crate::id::MAX_IDS;
use crate::{Expr, ExprId, Level, LevelId, Name, NameId};

/// Names, levels and expressions, each once: two are equal just where their ids are. It only grows. Modules read into
/// the same one can be compared by id; ids of another one mean nothing here.
#[derive(Clone, Debug)]
pub struct Terms {
    names: IndexSet<Name>,
    /// [`Terms::name_len`] and [`Terms::name_depth`] of each.
    name_sizes: Vec<(u32, u32)>,
    levels: IndexSet<Level>,
    /// [`Terms::level_depth`] of each.
    level_depths: Vec<u32>,
    exprs: IndexSet<Node>,
}

impl Default for Terms {
    fn default() -> Terms {
        Terms {
            names: IndexSet::from([Name::Anonymous]),
            name_sizes: vec![(0, 0)],
            levels: IndexSet::from([Level::Zero]),
            level_depths: vec![0],
            exprs: IndexSet::new(),
        }
    }
}

impl Terms {
    /// The name with this id.
    pub fn name(&self, id: NameId) -> &Name {
        &self.names[id.0 as usize]
    }

    /// The level with this id.
    pub fn level(&self, id: LevelId) -> &Level {
        &self.levels[id.0 as usize]
    }

    /// The expression with this id.
    pub fn expr(&self, id: ExprId) -> &Expr {
        &self.exprs[id.0 as usize].0
    }

    /// The id of this name.
    pub fn intern_name(&mut self, name: Name) -> NameId {
        let (prefix, last) = match &name {
            Name::Anonymous => return NameId::ANONYMOUS,
            Name::Str(prefix, text) => (*prefix, text.len()),
            Name::Num(prefix, number) => (*prefix, number.bits() as usize / 3),
        };
        let len = self.name_len(prefix).saturating_add(last).saturating_add(1);
        let len = u32::try_from(len).unwrap_or(u32::MAX);
        let depth = self.name_depth(prefix).saturating_add(1);
        let (at, is_new) = self.names.insert_full(name);
        if is_new {
            self.name_sizes.push((len, depth));
        }
        NameId(index(at))
    }

    /// The id of the name `prefix.text`, where `text` is one part, whatever it holds.
    pub fn intern_str(&mut self, prefix: NameId, text: &str) -> NameId {
        self.intern_name(Name::Str(prefix, text.into()))
    }

    /// The id of a name whose parts are text without dots, as `Classical.choice`.
    pub fn intern_dotted(&mut self, name: &str) -> NameId {
        let parts = name.split('.');
        parts.fold(NameId::ANONYMOUS, |prefix, part| {
            self.intern_str(prefix, part)
        })
    }

    /// The id of this level.
    pub fn intern_level(&mut self, level: Level) -> LevelId {
        let below = match level {
            Level::Zero | Level::Param(_) => None,
            Level::Succ(of) => Some(self.level_depth(of)),
            Level::Max(a, b) | Level::IMax(a, b) => {
                Some(self.level_depth(a).max(self.level_depth(b)))
            }
        };
        let (at, is_new) = self.levels.insert_full(level);
        if is_new {
            let depth = below.map_or(0, |below| below.saturating_add(1));
            self.level_depths.push(depth);
        }
        LevelId(index(at))
    }

    /// The id of this expression.
    pub fn intern_expr(&mut self, expr: Expr) -> ExprId {
        ExprId(index(self.exprs.insert_full(Node(expr)).0))
    }

    /// The name whose parts are text without dots, where it is known.
    pub fn find_dotted(&self, name: &str) -> Option<NameId> {
        name.split('.').try_fold(NameId::ANONYMOUS, |prefix, part| {
            let index = self.names.get_index_of(&Name::Str(prefix, part.into()))?;
            Some(NameId(index as u32))
        })
    }

    /// The level, where it is known.
    pub(crate) fn find_level(&self, level: &Level) -> Option<LevelId> {
        Some(LevelId(self.levels.get_index_of(level)? as u32))
    }

    /// How many names, levels and expressions there are.
    pub(crate) fn counts(&self) -> (usize, usize, usize) {
        (self.names.len(), self.levels.len(), self.exprs.len())
    }

    /// About how long a name is when shown, in bytes.
    pub(crate) fn name_len(&self, name: NameId) -> usize {
        self.name_sizes[name.0 as usize].0 as usize
    }

    /// How many parts a name has.
    pub(crate) fn name_depth(&self, name: NameId) -> u32 {
        self.name_sizes[name.0 as usize].1
    }

    /// How deep a level is nested; 0 for one that has no others in it.
    pub(crate) fn level_depth(&self, level: LevelId) -> u32 {
        self.level_depths[level.0 as usize]
    }

    /// How many more names, levels or expressions there is room for.
    pub(crate) fn room(&self) -> usize {
        let (names, levels, exprs) = self.counts();
        MAX_IDS.saturating_sub(names.max(levels).max(exprs))
    }
}

fn index(index: usize) -> u32 {
    u32::try_from(index).expect("`read` has looked whether there is room")
}

/// An expression, equal to others as [`Expr`] says.
#[derive(Clone, Debug)]
struct Node(Expr);

impl PartialEq for Node {
    fn eq(&self, other: &Node) -> bool {
        self.0.identity() == other.0.identity()
    }
}

impl Eq for Node {}

impl Hash for Node {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.identity().hash(state);
    }
}
