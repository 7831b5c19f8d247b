/-
Has Lean's kernel check a compiled file once more, in a process that has not elaborated it, and compares it
with the same file as it was before a hole of `declaration` was filled.

    lean --run replay.lean BEFORE AFTER SCRATCH DECLARATION

Prints `replaying` once the first is checked, then `replayed`, or why not and fails. What begins with `unknown:`
can't be told. The code that a `main` returns is not always what Lean ends with.

Of AFTER nothing is believed: it may have been written by anyone. Much of Lean's library can't be called where
its compiled form lacks what is private to it, so this is written with little of it.
-/
import Lean.Replay
import Lean.Util.CollectAxioms

open Lean System

/-- What a compiled file holds: the last of its parts has everything. -/
def load (olean : String) : IO ModuleData := do
  let server := olean ++ ".server"
  let whole := olean ++ ".private"
  if ← FilePath.pathExists whole then
    let parts ← (by
      first
        | exact readModuleDataParts #[olean, server, whole]
        | exact (throw (IO.userError "this Lean can't read its own parts of a module"))
      : IO (Array (ModuleData × CompactedRegion)))
    match parts.toList with
    | [_, _, (data, _)] => return data
    | _ => throw (IO.userError "a module has other parts than are known")
  else
    let (data, _) ← readModuleData olean
    return data

/-- What the kernel has made of `constants` on top of `imported`. -/
def replayed (constants : Std.HashMap Name ConstantInfo) (imported : Environment) : IO Environment := by
  first
    | exact imported.replay constants
    | exact (do return .ofKernelEnv (← imported.toKernelEnv.replay constants))
    | exact (do return .ofKernelEnv (← Lean.Environment.replay constants imported.toKernelEnv))

/-- What the kernel makes of a file. As a map its constants are what is loaded of a module that imports
nothing, and that has nothing else which Lean would run. -/
def checked (data : ModuleData) (imported : Environment) (scratch : FilePath) (name : String) :
    IO Environment := do
  let module := Name.mkSimple name
  saveModuleData (scratch / (name ++ ".olean")) module { data with imports := #[], entries := #[] }
  searchPathRef.set (scratch :: (← searchPathRef.get))
  let alone ← importModules #[{ module }] {} 0
  replayed alone.constants.map₁ imported

/-- The axioms that a constant rests on. -/
def axioms (name : Name) (environment : Environment) : List Name := by
  first
    | exact (((CollectAxioms.collect name).run environment).run {}).2.axioms.toList
    | exact
        let _ : MonadEnv (StateM Environment) := ⟨get, modify⟩
        ((collectAxioms name : StateM Environment (Array Name)).run environment).1.toList

/-- Whether an axiom is none, but what a module keeps to itself: the proof of a theorem, say. -/
def isHidden (name : Name) (environment : Environment) : Bool := by
  first
    | exact match getOriginalConstKind? environment name with
      | some .axiom => false
      | some _ => true
      | none => false
    | exact false

def userName (name : Name) : Name :=
  match privateToUserName? name with
  | some name => name
  | none => name

def shown : Name → String
  | .anonymous => ""
  | .str .anonymous last => last
  | .num .anonymous last => last.repr
  | .str rest last => shown rest ++ "." ++ last
  | .num rest last => shown rest ++ "." ++ last.repr

def isOneOf (name : Name) : List Name → Bool
  | [] => false
  | other :: rest => name == other || isOneOf name rest

def join : List Name → List Name → List Name
  | [], others => others
  | name :: rest, others => name :: join rest others

def sameNames : List Name → List Name → Bool
  | [], [] => true
  | a :: as, b :: bs => a == b && sameNames as bs
  | _, _ => false

def sameImports : List Import → List Import → Bool
  | [], [] => true
  | a :: as, b :: bs => a.module == b.module && sameImports as bs
  | _, _ => false

/-- Whether two constants are of one kind and say the same. -/
def same (a b : ConstantInfo) : Bool :=
  sameNames a.levelParams b.levelParams && a.type == b.type &&
    match a, b with
    | .thmInfo _, .thmInfo _ => true
    | .axiomInfo _, .axiomInfo _ => true
    | .defnInfo _, .defnInfo _ => true
    | .opaqueInfo _, .opaqueInfo _ => true
    | .inductInfo a, .inductInfo b => sameNames a.ctors b.ctors && a.numParams == b.numParams
    | .ctorInfo _, .ctorInfo _ => true
    | .recInfo _, .recInfo _ => true
    | .quotInfo _, .quotInfo _ => true
    | _, _ => false

/-- Whether Lean made a constant in elaborating `declaration`, and may make another one next time. -/
def isOwn (declaration : Name) (constant : ConstantInfo) : Bool :=
  let isMade := match userName constant.name with
    | .str _ last => last.startsWith "_" || last.startsWith "match_"
    | .num _ _ => true
    | .anonymous => false
  let isAxiom := match constant with
    | .axiomInfo _ => true
    | _ => false
  isMade && !isAxiom && declaration.isPrefixOf (userName constant.name)

/-- The names of those constants of a file that must not change. -/
def fixed (declaration : Name) : List ConstantInfo → List Name
  | [] => []
  | constant :: rest =>
    let free := constant.isUnsafe || constant.isPartial || isOwn declaration constant
    if free then fixed declaration rest else constant.name :: fixed declaration rest

/-- The constant that the file calls so. -/
def called (declaration : Name) : List ConstantInfo → Option ConstantInfo
  | [] => none
  | constant :: rest =>
    if userName constant.name == declaration then some constant else called declaration rest

def dependsOnSorry (environment : Environment) : List Name → Bool
  | [] => false
  | name :: rest => isOneOf `sorryAx (axioms name environment) || dependsOnSorry environment rest

structure Files where
  imported : Environment
  before : Environment
  after : Environment
  declaration : Name

/-- What a constant stands for; of a theorem that does not matter. -/
def value : ConstantInfo → Option Expr
  | .defnInfo info => some info.value
  | .opaqueInfo info => some info.value
  | _ => none

/-- Whether Lean has made a theorem of a part of the declaration: which one does not matter. -/
def isOwnTheorem (files : Files) (name : Name) : Bool :=
  match files.before.find? name with
  | some (.thmInfo info) => isOwn (userName files.declaration) (.thmInfo info)
  | _ => false

/-- Whether a term is a proof in the declaration, or one that is still to be found. -/
def isOwnProof (files : Files) (term : Expr) : Bool :=
  match term.getAppFn with
  | .const `sorryAx [level] => level.isAlwaysZero
  | .const name _ => isOwnTheorem files name
  | _ => false

/-- Whether `b` is `a` but for such proofs. -/
partial def alike (files : Files) : Expr → Expr → Bool
  | a, b => a == b || isOwnProof files a || match a, b with
    | .app f x, .app g y => alike files f g && alike files x y
    | .lam _ t x _, .lam _ u y _ => alike files t u && alike files x y
    | .forallE _ t x _, .forallE _ u y _ => alike files t u && alike files x y
    | .letE _ t v x _, .letE _ u w y _ => alike files t u && alike files v w && alike files x y
    | .mdata _ x, .mdata _ y => alike files x y
    | .proj s i x, .proj t j y => s == t && i == j && alike files x y
    | _, _ => false

def sameValue (files : Files) (a b : ConstantInfo) : Bool :=
  match value a, value b with
  | some x, some y => if a.name == files.declaration then alike files x y else x == y
  | none, none => true
  | _, _ => false

inductive Difference where
  | none
  | changed (name : Name)
  | value

instance : Nonempty Difference := ⟨.none⟩

/-- The first difference among constants and all that they are made of, as far as it is of the file. -/
partial def difference (files : Files) (seen : NameSet) : List Name → Difference
  | [] => .none
  | name :: rest =>
    if seen.contains name || (files.imported.find? name).isSome || isOwnTheorem files name then
      difference files seen rest
    else
      match files.before.find? name, files.after.find? name with
      | some old, some new =>
        if !same old new then
          .changed name
        else
          let seen := seen.insert name
          let holds := name == files.declaration
          let used := old.type.getUsedConstants.toList
          match value old with
          | some whole =>
            if sameValue files old new then
              difference files seen (join whole.getUsedConstants.toList (join used rest))
            else if holds then
              .value
            else
              .changed name
          | none => difference files seen (join used rest)
      | _, _ => .changed name

/-- The first axiom among `found` that is neither allowed nor hidden in an import. -/
def foreign (imported : Environment) (allowed : List Name) : List Name → Option Name
  | [] => none
  | name :: rest =>
    let ofImports := (imported.find? name).isSome && isHidden name imported
    let known := name != `sorryAx && (isOneOf name allowed || ofImports)
    if known then foreign imported allowed rest else some name

def check (before after scratch name : String) : IO String := do
  let before ← load before
  let imported ← importModules before.imports {} 0
  let old ← checked before imported scratch "UnsorryBefore"
  let listed := before.constants.toList
  match called name.toName listed with
  | none => return "it has no such declaration"
  | some stated =>
  let rested := axioms stated.name old
  if !isOneOf `sorryAx rested then return "its declaration has no hole" else
  if dependsOnSorry old stated.type.getUsedConstants.toList then
    return "unknown: its statement rests on a sorry"
  else
  IO.println "replaying"
  let after ← load after
  if !sameImports before.imports.toList after.imports.toList then return "it imports something else" else
  let new ← checked after imported scratch "UnsorryAfter"
  let files := { imported, before := old, after := new, declaration := stated.name }
  match difference files {} (stated.name :: fixed name.toName listed) with
  | .changed name =>
    if name == stated.name then return "its declaration says something else"
    else return "it changes " ++ shown (userName name)
  | .value => return "unknown: whether only a proof has changed in its value"
  | .none =>
  let allowed := `propext :: `Classical.choice :: `Quot.sound :: rested
  match foreign imported allowed (axioms stated.name new) with
  | some name => return "it depends on " ++ shown (userName name)
  | none => return "replayed"

def main (arguments : List String) : IO Unit := do
  match arguments with
  | [before, after, scratch, name] =>
    let said ← try check before after scratch name catch error => pure (toString error)
    IO.println said
    IO.Process.exit (if said == "replayed" then 0 else 1)
  | _ => throw (IO.userError "BEFORE AFTER SCRATCH DECLARATION")
