//! The words that start a command, and the kind of command or declaration that each starts.

/// The kind of a command, told by its keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandKind {
    /// `import`, `module`, `prelude`: what a file starts with.
    Header,
    /// A declaration, which may have holes.
    Declaration(DeclarationKind),
    /// `alias`: another name for a declaration.
    Alias,
    /// `mutual`.
    Mutual,
    /// `namespace` or `section`.
    Scope,
    /// `end`.
    End,
    /// A command that holds up to the end of its scope: `open`, `variable`, `set_option`, …
    Directive,
    /// A command that adds to Lean's syntax: `notation`, `macro`, …
    Notation,
    /// Any other: `#eval`, `deriving instance`, …
    Other,
}

/// The kind of a declaration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeclarationKind {
    /// `theorem` or `lemma`.
    Theorem,
    /// `example`.
    Example,
    /// `def` or `abbrev`.
    Def,
    /// `instance`.
    Instance,
    /// `inductive`.
    Inductive,
    /// `structure` or `class`.
    Structure,
    /// `axiom`, `opaque`, `initialize`.
    Other,
}

/// Whether a command's keyword is also that of a tactic and of a term: `open … in`, `set_option … in`.
pub fn also_in_proofs(word: &str) -> bool {
    matches!(word, "open" | "set_option")
}

/// The command that a word starts wherever it stands outside brackets: Lean reserves these words.
pub fn reserved(word: &str) -> Option<CommandKind> {
    use CommandKind::{Declaration, Directive, End, Header, Mutual, Notation, Other, Scope};

    Some(match word {
        "theorem" => Declaration(DeclarationKind::Theorem),
        "example" => Declaration(DeclarationKind::Example),
        "def" | "abbrev" => Declaration(DeclarationKind::Def),
        "instance" => Declaration(DeclarationKind::Instance),
        "inductive" | "coinductive" => Declaration(DeclarationKind::Inductive),
        "structure" | "class" => Declaration(DeclarationKind::Structure),
        "axiom" | "opaque" | "initialize" | "builtin_initialize" => {
            Declaration(DeclarationKind::Other)
        }
        "mutual" => Mutual,
        "namespace" | "section" => Scope,
        "end" => End,
        "import" => Header,
        "open" | "set_option" | "export" | "variable" | "universe" | "attribute" => Directive,
        "macro" | "macro_rules" | "syntax" | "notation" | "infix" | "infixl" | "infixr"
        | "prefix" | "postfix" | "elab" | "elab_rules" | "declare_syntax_cat" => Notation,
        "deriving"
        | "init_quot"
        | "run_cmd"
        | "run_elab"
        | "run_meta"
        | "simproc"
        | "dsimproc"
        | "builtin_simproc"
        | "simproc_decl"
        | "dsimproc_decl"
        | "register_option"
        | "register_builtin_option"
        | "register_simp_attr"
        | "register_label_attr"
        | "unif_hint"
        | "add_decl_doc"
        | "with_weak_namespace"
        | "gen_injective_theorems" => Other,
        _ => return None,
    })
}

/// The command that a word starts at the start of a line; elsewhere, or without an import, it may
/// be a name.
pub fn leading(word: &str) -> Option<CommandKind> {
    use CommandKind::{Alias, Declaration, Directive, Notation, Other};
    Some(match word {
        "lemma" => Declaration(DeclarationKind::Theorem),
        "irreducible_def" => Declaration(DeclarationKind::Def),
        "alias" => Alias,
        "include" | "omit" => Directive,
        "notation3" | "binder_predicate" => Notation,
        "seal"
        | "unseal"
        | "proof_wanted"
        | "library_note"
        | "assert_not_exists"
        | "assert_not_imported"
        | "suppress_compilation"
        | "unsuppress_compilation"
        | "initialize_simps_projections"
        | "declare_aesop_rule_sets"
        | "add_aesop_rules"
        | "erase_aesop_rules"
        | "extend_docs"
        | "compile_inductive"
        | "compile_def"
        | "mk_iff_of_inductive_prop"
        | "grind_pattern"
        | "recommended_spelling"
        | "tactic_extension"
        | "register_tactic_tag"
        | "declare_simp_like_tactic"
        | "declare_config_elab"
        | "count_heartbeats"
        | "whatsnew"
        | "deprecated_module"
        | "docs_to_verso"
        | "scoped_instance" => Other,
        _ => return None,
    })
}

/// The words that may stand before a command's keyword.
pub const MODIFIERS: &[&str] = &[
    "private",
    "protected",
    "public",
    "meta",
    "noncomputable",
    "unsafe",
    "partial",
    "nonrec",
    "local",
    "scoped",
];

/// The names after `#` that are commands wherever they stand; others only at a line's very start
/// (`#s` is a cardinality to Mathlib).
pub const HASH_COMMANDS: &[&str] = &[
    "eval",
    "eval!",
    "check",
    "check_failure",
    "print",
    "reduce",
    "synth",
    "exit",
    "guard",
    "guard_msgs",
    "guard_expr",
    "lint",
    "find",
    "help",
    "where",
    "version",
    "simp",
    "norm_num",
    "conv",
    "instances",
    "time",
    "import_path",
    "count_heartbeats",
    "with_exporting",
    "widget",
    "check_tactic",
    "check_simp",
    "discr_tree",
    "info_trees",
    "grind_lint",
    "html",
    "test",
    "sample",
];

/// Words at the very start of a line that go on with the command before them. Any other word there,
/// after a blank line, is taken for a command that some import has defined.
pub const CONTINUATIONS: &[&str] = &[
    "where",
    "with",
    "by",
    "do",
    "fun",
    "match",
    "if",
    "then",
    "else",
    "let",
    "have",
    "show",
    "from",
    "calc",
    "at",
    "in",
    "using",
    "termination_by",
    "termination_by?",
    "decreasing_by",
    "partial_fixpoint",
    "inductive_fixpoint",
    "coinductive_fixpoint",
    "extends",
    "deriving",
    "return",
    "for",
    "unless",
    "try",
    "catch",
    "finally",
];

/// Whether a word at the very start of a line belongs to a file's header; elsewhere it is a name.
pub fn is_header(word: &str) -> bool {
    matches!(word, "module" | "prelude")
}

/// Whether a token at the very start of a line starts a command.
pub fn starts_command(token: &str) -> bool {
    reserved(token).is_some()
        || leading(token).is_some()
        || MODIFIERS.contains(&token)
        || is_header(token)
        || matches!(token, "@[" | "#")
}

/// Whether a word starts or introduces a declaration, whatever stands around it.
pub fn starts_declaration(word: &str) -> bool {
    matches!(
        reserved(word),
        Some(
            CommandKind::Declaration(_)
                | CommandKind::Scope
                | CommandKind::End
                | CommandKind::Mutual
        )
    ) || matches!(word, "private" | "protected" | "noncomputable")
}
