//! Words that no proof needs, and what each could do.

pub const UNFINISHED: &str = "it leaves the goal unproved";
pub const RUNS_CODE: &str = "it runs code while Lean elaborates";
pub const COMPUTED: &str = "Lean runs the value of an option to know it";
pub const EFFECT: &str = "it could act on the machine where Lean runs it";
pub const NATIVE: &str = "it trusts compiled code, not Lean's kernel";
pub const UNCHECKED: &str = "it swaps or skips what the kernel checks";
pub const COMMAND: &str = "it is a command, and a proof holds none";
pub const SYNTAX: &str = "it changes Lean's syntax";
pub const OPTION: &str = "it changes how Lean checks";
pub const SUFFIX: &str = "it belongs to the declaration around the hole";
pub const READS_FILE: &str = "it reads a file";
pub const QUOTATION: &str = "it is a quotation";
pub const DECLARES: &str = "what it declares would stay behind";
pub const ATTRIBUTE: &str = "it gives an attribute";

/// Words that no candidate may hold, wherever they stand as a token of their own.
pub const WORDS: &[(&str, &str)] = &[
    ("sorry", UNFINISHED),
    ("admit", UNFINISHED),
    ("native_decide", NATIVE),
    ("bv_decide", NATIVE),
    ("bv_decide?", NATIVE),
    ("bv_check", NATIVE),
    ("run_tac", RUNS_CODE),
    ("run_conv", RUNS_CODE),
    ("run_cmd", RUNS_CODE),
    ("run_meta", RUNS_CODE),
    ("run_elab", RUNS_CODE),
    ("test_extern", RUNS_CODE),
    ("show_panel_widgets", RUNS_CODE),
    ("with_panel_widgets", RUNS_CODE),
    ("set_library_suggestions", RUNS_CODE),
    ("register_try?_tactic", RUNS_CODE),
    ("declare_config_elab", RUNS_CODE),
    ("declare_command_config_elab", RUNS_CODE),
    ("declare_simp_like_tactic", RUNS_CODE),
    ("declare_core_config_elab", RUNS_CODE),
    ("declare_term_config_elab", RUNS_CODE),
    ("def_eval_config_item", RUNS_CODE),
    ("register_sym_simproc", RUNS_CODE),
    ("unlock_limits", OPTION),
    ("idbg", EFFECT),
    ("cbv_simproc", RUNS_CODE),
    ("cbv_simproc_decl", RUNS_CODE),
    ("simproc", RUNS_CODE),
    ("dsimproc", RUNS_CODE),
    ("simproc_decl", RUNS_CODE),
    ("dsimproc_decl", RUNS_CODE),
    ("success_if_fail_with_msg", RUNS_CODE),
    ("plausible", RUNS_CODE),
    ("slim_check", RUNS_CODE),
    ("from_lrat", RUNS_CODE),
    ("lrat_proof", RUNS_CODE),
    ("by_elab", RUNS_CODE),
    ("eval%", RUNS_CODE),
    ("initialize", RUNS_CODE),
    ("builtin_initialize", RUNS_CODE),
    ("include_str", READS_FILE),
    ("unsafe", UNCHECKED),
    ("implemented_by", UNCHECKED),
    ("extern", UNCHECKED),
    ("csimp", UNCHECKED),
    ("set_option", OPTION),
    ("attribute", ATTRIBUTE),
    ("elab", SYNTAX),
    ("elab_rules", SYNTAX),
    ("macro", SYNTAX),
    ("macro_rules", SYNTAX),
    ("syntax", SYNTAX),
    ("declare_syntax_cat", SYNTAX),
    ("notation", SYNTAX),
    ("infix", SYNTAX),
    ("infixl", SYNTAX),
    ("infixr", SYNTAX),
    ("prefix", SYNTAX),
    ("postfix", SYNTAX),
    ("private", COMMAND),
    ("protected", COMMAND),
    ("noncomputable", COMMAND),
    ("nonrec", COMMAND),
    ("partial", COMMAND),
    ("local", COMMAND),
    ("where", SUFFIX),
    ("termination_by", SUFFIX),
    ("termination_by?", SUFFIX),
    ("decreasing_by", SUFFIX),
    ("deriving", SUFFIX),
];

/// Words like [`WORDS`] that are tactics only where a tactic can start.
pub const TACTICS: &[(&str, &str)] = &[("stop", UNFINISHED), ("trace", RUNS_CODE)];

/// Parts of names that stand for a hole, for compiled code or for what runs it, with or without `«»`.
pub const NAMES: &[(&str, &str)] = &[
    ("sorryAx", UNFINISHED),
    ("ofReduceBool", NATIVE),
    ("ofReduceNat", NATIVE),
    ("reduceBool", NATIVE),
    ("reduceNat", NATIVE),
    ("trustCompiler", NATIVE),
    ("lcProof", UNCHECKED),
    ("lcUnreachable", UNCHECKED),
    ("lcAny", UNCHECKED),
    ("autoParam", RUNS_CODE),
    ("ptrAddrUnsafe", UNCHECKED),
    ("println", EFFECT),
    ("dbg_trace", EFFECT),
];

/// Parts of names that stand for effects, in whatever namespace.
pub const EFFECTS: &[&str] = &[
    "IO",
    "EIO",
    "BaseIO",
    "EST",
    "RealWorld",
    "FS",
    // By these one type is taken for another.
    "TypeName",
    "Dynamic",
];

/// Beginnings of parts of names that go around Lean's checks, or tell what they compute.
pub const BEGINNINGS: &[(&str, &str)] = &[("unsafe", UNCHECKED), ("dbg", EFFECT)];

/// Tactics that take a term and no options.
pub const TERMS: &[&str] = &[
    "exact",
    "refine",
    "refine'",
    "show",
    "have",
    "haveI",
    "let",
    "letI",
    "obtain",
    "suffices",
    "specialize",
];
