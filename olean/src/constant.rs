//! A compiled module and its constants.

use crate::{ExprId, NameId};

/// How wide the words (pointers, sizes) of the Lean were that wrote a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// 4 bytes.
    Four,
    /// 8 bytes.
    Eight,
}

impl Word {
    /// The width in bytes.
    pub fn bytes(self) -> usize {
        match self {
            Word::Four => 4,
            Word::Eight => 8,
        }
    }
}

/// What Lean compiled of one file of Lean text.
#[derive(Clone, Debug)]
pub struct Module {
    /// The version of the Lean that wrote it, as `4.28.0`, by the file's own word.
    pub lean_version: String,
    /// The Git commit of that Lean, by the file's own word; empty where it was not known.
    pub githash: String,
    /// The width of its words.
    pub word: Word,
    /// Whether its text began with `module`.
    pub is_module: bool,
    /// The modules it imports, in the order of its text.
    pub imports: Vec<Import>,
    /// The constants it declares, each with a name of its own, in the file's order, which says nothing.
    pub constants: Vec<Constant>,
}

/// An import of a [`Module`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Import {
    /// The imported module.
    pub module: NameId,
    /// Whether it is `import all`.
    pub import_all: bool,
    /// Whether who imports this module gets that one too.
    pub is_exported: bool,
    /// Whether it is `meta import`.
    pub is_meta: bool,
}

/// A declared constant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constant {
    /// Its name, unique in its module.
    pub name: NameId,
    /// Its universe parameters.
    pub level_params: Vec<NameId>,
    /// Its type; for a theorem, the statement.
    pub ty: ExprId,
    /// What it is, with what only its kind has.
    pub kind: ConstantKind,
}

/// The kinds of constants. `all` are the names declared together with one (in a `mutual` block), itself among them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named as Lean names them")]
pub enum ConstantKind {
    /// Taken as true, or given, without a value.
    Axiom { is_unsafe: bool },
    /// A value that the kernel unfolds.
    Definition {
        value: ExprId,
        hints: Hints,
        safety: Safety,
        all: Vec<NameId>,
    },
    /// A proof.
    Theorem { value: ExprId, all: Vec<NameId> },
    /// A value that nothing unfolds.
    Opaque {
        value: ExprId,
        is_unsafe: bool,
        all: Vec<NameId>,
    },
    /// A part of the built-in quotient.
    Quot { kind: QuotKind },
    /// An inductive type.
    Inductive {
        num_params: u32,
        num_indices: u32,
        all: Vec<NameId>,
        ctors: Vec<NameId>,
        num_nested: u32,
        is_rec: bool,
        is_unsafe: bool,
        is_reflexive: bool,
    },
    /// A constructor of the inductive type `induct`, its `cidx`th.
    Constructor {
        induct: NameId,
        cidx: u32,
        num_params: u32,
        num_fields: u32,
        is_unsafe: bool,
    },
    /// A recursor of the inductive types `all`.
    Recursor {
        all: Vec<NameId>,
        num_params: u32,
        num_indices: u32,
        num_motives: u32,
        num_minors: u32,
        rules: Vec<RecursorRule>,
        k: bool,
        is_unsafe: bool,
    },
}

/// How a recursor computes on a constructor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecursorRule {
    /// The constructor.
    pub ctor: NameId,
    /// How many fields that has.
    pub nfields: u32,
    /// The result, as a function of parameters, motives, minor premises and fields.
    pub rhs: ExprId,
}

/// When the kernel unfolds a definition; of no meaning for what it accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hints {
    /// Last.
    Opaque,
    /// First.
    Abbrev,
    /// Those of greater height before others.
    Regular(u32),
}

/// Whether the kernel believes a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Safety {
    /// It may do anything, and nothing safe may use it.
    Unsafe,
    /// It is as any other.
    Safe,
    /// It need not terminate, and nothing safe may unfold it.
    Partial,
}

/// The parts of the quotient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuotKind {
    /// `Quot`
    Type,
    /// `Quot.mk`
    Ctor,
    /// `Quot.lift`
    Lift,
    /// `Quot.ind`
    Ind,
}

impl Constant {
    /// Whether it is a theorem.
    pub fn is_theorem(&self) -> bool {
        matches!(self.kind, ConstantKind::Theorem { .. })
    }

    /// Its value: of a definition, a theorem or an opaque constant.
    pub fn value(&self) -> Option<ExprId> {
        match &self.kind {
            ConstantKind::Definition { value, .. }
            | ConstantKind::Theorem { value, .. }
            | ConstantKind::Opaque { value, .. } => Some(*value),
            _ => None,
        }
    }

    /// Its type, its value and the results of its rules: all expressions it holds.
    pub fn exprs(&self) -> impl Iterator<Item = ExprId> {
        let rules = match &self.kind {
            ConstantKind::Recursor { rules, .. } => rules.as_slice(),
            _ => &[],
        };
        let results = rules.iter().map(|rule| rule.rhs);
        std::iter::once(self.ty).chain(self.value()).chain(results)
    }
}
