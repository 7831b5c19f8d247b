//! Words that no proof needs, and the harm that each could do.

use super::refusal::Harm;

/// Words that no candidate may hold, wherever they stand as a token of their own.
pub const WORDS: &[(&str, Harm)] = &[
    ("sorry", Harm::Unfinished),
    ("admit", Harm::Unfinished),
    ("native_decide", Harm::Native),
    ("bv_decide", Harm::Native),
    ("bv_decide?", Harm::Native),
    ("bv_check", Harm::Native),
    ("run_tac", Harm::RunsCode),
    ("run_conv", Harm::RunsCode),
    ("run_cmd", Harm::RunsCode),
    ("run_meta", Harm::RunsCode),
    ("run_elab", Harm::RunsCode),
    ("test_extern", Harm::RunsCode),
    ("show_panel_widgets", Harm::RunsCode),
    ("with_panel_widgets", Harm::RunsCode),
    ("set_library_suggestions", Harm::RunsCode),
    ("register_try?_tactic", Harm::RunsCode),
    ("declare_config_elab", Harm::RunsCode),
    ("declare_command_config_elab", Harm::RunsCode),
    ("declare_simp_like_tactic", Harm::RunsCode),
    ("declare_core_config_elab", Harm::RunsCode),
    ("declare_term_config_elab", Harm::RunsCode),
    ("def_eval_config_item", Harm::RunsCode),
    ("register_sym_simproc", Harm::RunsCode),
    ("unlock_limits", Harm::Option),
    ("idbg", Harm::Effect),
    ("cbv_simproc", Harm::RunsCode),
    ("cbv_simproc_decl", Harm::RunsCode),
    ("simproc", Harm::RunsCode),
    ("dsimproc", Harm::RunsCode),
    ("simproc_decl", Harm::RunsCode),
    ("dsimproc_decl", Harm::RunsCode),
    ("success_if_fail_with_msg", Harm::RunsCode),
    ("plausible", Harm::RunsCode),
    ("slim_check", Harm::RunsCode),
    ("from_lrat", Harm::RunsCode),
    ("lrat_proof", Harm::RunsCode),
    ("by_elab", Harm::RunsCode),
    ("initialize", Harm::RunsCode),
    ("builtin_initialize", Harm::RunsCode),
    ("include_str", Harm::ReadsFile),
    // What these stand for has the names of the declaration and its file in it.
    ("panic!", Harm::TellsPlace),
    ("unreachable!", Harm::TellsPlace),
    ("assert!", Harm::TellsPlace),
    ("todo!", Harm::TellsPlace),
    ("unsafe", Harm::Unchecked),
    ("implemented_by", Harm::Unchecked),
    ("extern", Harm::Unchecked),
    ("csimp", Harm::Unchecked),
    ("set_option", Harm::Option),
    ("attribute", Harm::Attribute),
    ("elab", Harm::Syntax),
    ("elab_rules", Harm::Syntax),
    ("macro", Harm::Syntax),
    ("macro_rules", Harm::Syntax),
    ("syntax", Harm::Syntax),
    ("declare_syntax_cat", Harm::Syntax),
    ("notation", Harm::Syntax),
    ("infix", Harm::Syntax),
    ("infixl", Harm::Syntax),
    ("infixr", Harm::Syntax),
    ("prefix", Harm::Syntax),
    ("postfix", Harm::Syntax),
    ("private", Harm::Command),
    ("protected", Harm::Command),
    ("noncomputable", Harm::Command),
    ("nonrec", Harm::Command),
    ("partial", Harm::Command),
    ("local", Harm::Command),
    ("where", Harm::Suffix),
    ("termination_by", Harm::Suffix),
    ("termination_by?", Harm::Suffix),
    ("decreasing_by", Harm::Suffix),
    ("deriving", Harm::Suffix),
];

/// Words like [`WORDS`] that are tactics only where a tactic can start.
pub const TACTICS: &[(&str, Harm)] = &[
    ("stop", Harm::Unfinished),
    ("trace", Harm::RunsCode),
    ("sleep", Harm::Waits),
];

/// Parts of names that stand for a hole, for compiled code or for what runs it, with or without `«»`.
pub const NAMES: &[(&str, Harm)] = &[
    ("sorryAx", Harm::Unfinished),
    ("ofReduceBool", Harm::Native),
    ("ofReduceNat", Harm::Native),
    ("reduceBool", Harm::Native),
    ("reduceNat", Harm::Native),
    ("trustCompiler", Harm::Native),
    ("lcProof", Harm::Unchecked),
    ("lcUnreachable", Harm::Unchecked),
    ("lcAny", Harm::Unchecked),
    ("autoParam", Harm::RunsCode),
    ("ptrAddrUnsafe", Harm::Unchecked),
    ("println", Harm::Effect),
    ("dbg_trace", Harm::Effect),
];

/// Parts of names that stand for effects, in whatever namespace; `IO` by itself may be a hypothesis.
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
pub const BEGINNINGS: &[(&str, Harm)] = &[("unsafe", Harm::Unchecked), ("dbg", Harm::Effect)];
