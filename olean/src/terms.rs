//! The store of names, levels and expressions.

use std::collections::HashSet;
use std::hash::{Hash, Hasher};

use indexmap::IndexSet;

use crate::{Expr, ExprId, Level, LevelId, Name, NameId};

/// Names, levels and expressions, each once: two are equal just where their ids are. It only grows. Modules read into
/// the same one can be compared by id; ids of another one mean nothing here.
#[derive(Debug)]
pub struct Terms {
    names: IndexSet<Name>,
    /// [`Terms::name_len`] of each.
    name_lens: Vec<u32>,
    levels: IndexSet<Level>,
    exprs: IndexSet<Node>,
}

impl Default for Terms {
    fn default() -> Terms {
        Terms {
            names: IndexSet::from([Name::Anonymous]),
            name_lens: vec![0],
            levels: IndexSet::from([Level::Zero]),
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
        let (at, is_new) = self.names.insert_full(name);
        if is_new {
            self.name_lens.push(u32::try_from(len).unwrap_or(u32::MAX));
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
        LevelId(index(self.levels.insert_full(level).0))
    }

    /// The id of this expression.
    pub fn intern_expr(&mut self, expr: Expr) -> ExprId {
        ExprId(index(self.exprs.insert_full(Node(expr)).0))
    }

    /// The constants that an expression names, each once; also the types of which it takes a field. Each of its parts
    /// is visited once, however often it occurs.
    pub fn constants_in(&self, expr: ExprId) -> impl Iterator<Item = NameId> {
        let mut stack = vec![expr];
        let mut seen = HashSet::from([expr]);
        let mut found = HashSet::new();
        std::iter::from_fn(move || {
            while let Some(id) = stack.pop() {
                let expr = self.expr(id);
                stack.extend(expr.children().filter(|child| seen.insert(*child)));
                if let Expr::Const(name, _) | Expr::Proj(name, ..) = expr
                    && found.insert(*name)
                {
                    return Some(*name);
                }
            }
            None
        })
    }

    /// About how long a name is when shown, in bytes.
    pub(crate) fn name_len(&self, name: NameId) -> usize {
        self.name_lens[name.0 as usize] as usize
    }

    /// How many more names, levels or expressions there is room for.
    pub(crate) fn room(&self) -> usize {
        let most = [self.names.len(), self.levels.len(), self.exprs.len()]
            .into_iter()
            .max();
        (u32::MAX as usize).saturating_sub(most.unwrap_or_default())
    }
}

fn index(index: usize) -> u32 {
    u32::try_from(index).expect("`read` has looked whether there is room")
}

/// An expression, equal to others as [`Expr`] says.
#[derive(Debug)]
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
