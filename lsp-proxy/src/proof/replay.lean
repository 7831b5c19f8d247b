/-
Has Lean's kernel check a compiled file once more, in a process that has not elaborated it, and compares it
with the same file as it was before a hole of `declaration` was filled.

    lean --run replay.lean BEFORE AFTER SCRATCH DECLARATION [AXIOM …]

With AXIOMs, `declaration` may rest on no other; without them Lean can't tell, and only those of the file
itself count. Prints `replaying`, then `replayed`, or why not and fails: the code that a `main` returns is not always what
Lean ends with.

Much of Lean's library can't be called where its compiled form lacks what is private to it, so this is
written with little of it.
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

/-- The constants of a file as a map: what is loaded of a module that imports nothing. -/
def constants (data : ModuleData) (scratch : FilePath) (name : String) : IO Environment := do
  let module := Name.mkSimple name
  saveModuleData (scratch / (name ++ ".olean")) module { data with imports := #[], entries := #[] }
  searchPathRef.set (scratch :: (← searchPathRef.get))
  importModules #[{ module }] {} 0

/-- What the kernel has made of `constants` on top of `imported`. -/
def replayed (constants : Std.HashMap Name ConstantInfo) (imported : Environment) : IO Environment := by
  first
    | exact imported.replay constants
    | exact (do return .ofKernelEnv (← imported.toKernelEnv.replay constants))
    | exact (do return .ofKernelEnv (← Lean.Environment.replay constants imported.toKernelEnv))

/-- The axioms that a constant rests on. -/
def axioms (name : Name) (environment : Environment) : List Name := by
  first
    | exact (((CollectAxioms.collect name).run environment).run {}).2.axioms.toList
    | exact
        let _ : MonadEnv (StateM Environment) := ⟨get, modify⟩
        ((collectAxioms name : StateM Environment (Array Name)).run environment).1.toList

def shown : Name → String
  | .anonymous => ""
  | .str .anonymous last => last
  | .num .anonymous last => last.repr
  | .str rest last => shown rest ++ "." ++ last
  | .num rest last => shown rest ++ "." ++ last.repr

def userName (name : Name) : Name :=
  match privateToUserName? name with
  | some name => name
  | none => name

def isOneOf (name : Name) : List String → Bool
  | [] => false
  | other :: rest => name == userName other.toName || isOneOf name rest

def sameNames : List Name → List Name → Bool
  | [], [] => true
  | a :: as, b :: bs => a == b && sameNames as bs
  | _, _ => false

/-- Whether a constant means the same, whatever proves it. -/
def same (a b : ConstantInfo) : Bool :=
  sameNames a.levelParams b.levelParams && a.type == b.type &&
    match a, b with
    | .thmInfo _, .thmInfo _ => true
    | .axiomInfo _, .axiomInfo _ => true
    | .defnInfo a, .defnInfo b => a.value == b.value
    | .opaqueInfo a, .opaqueInfo b => a.value == b.value
    | .inductInfo a, .inductInfo b => sameNames a.ctors b.ctors && a.numParams == b.numParams
    | .ctorInfo _, .ctorInfo _ => true
    | .recInfo _, .recInfo _ => true
    | .quotInfo _, .quotInfo _ => true
    | _, _ => false

/-- The constant that the file calls so. -/
def called (declaration : Name) : List ConstantInfo → Option ConstantInfo
  | [] => none
  | constant :: rest =>
    if userName constant.name == declaration then some constant else called declaration rest

/-- The first constant that `after` has not as it was before; what belongs to `declaration` may change. -/
def changed (declaration : Name) (after : Environment) : List ConstantInfo → Option Name
  | [] => none
  | constant :: rest =>
    let free := constant.isUnsafe || constant.isPartial || declaration.isPrefixOf (userName constant.name)
    let kept := match after.find? constant.name with
      | some other => same constant other
      | none => false
    if free || kept then changed declaration after rest else some constant.name

/-- The first of `axioms` that nobody knows of. -/
def foreign (imported before : Environment) (allowed : List String) : List Name → Option Name
  | [] => none
  | name :: rest =>
    let known := match allowed, imported.find? name with
      | [], some _ => name != `sorryAx
      | [], none => (before.find? name).isSome
      | _, _ => isOneOf (userName name) allowed
    if known then foreign imported before allowed rest else some name

def check (before after scratch name : String) (allowed : List String) : IO Unit := do
  IO.println "replaying"
  let declaration := name.toName
  let before ← load before
  let after ← load after
  let imported ← importModules after.imports {} 0
  let new ← constants after scratch "UnsorryAfter"
  let old ← constants before scratch "UnsorryBefore"
  let whole ← replayed new.constants.map₁ imported
  let no (why : String) : IO Unit := do
    IO.println why
    IO.Process.exit 1
  match called declaration before.constants.toList with
  | none => no "it has no such declaration"
  | some stated =>
  match whole.find? stated.name with
  | none => no "its declaration is gone"
  | some proved =>
  if !(sameNames stated.levelParams proved.levelParams && stated.type == proved.type) then
    no "its declaration says something else"
  else
  match changed declaration whole before.constants.toList with
  | some name => no ("it changes " ++ shown (userName name))
  | none =>
  match foreign imported old allowed (axioms stated.name whole) with
  | some name => no ("it depends on " ++ shown (userName name))
  | none =>
    IO.println "replayed"
    IO.Process.exit 0

def main (arguments : List String) : IO Unit :=
  match arguments with
  | before :: after :: scratch :: name :: allowed => check before after scratch name allowed
  | _ => throw (IO.userError "BEFORE AFTER SCRATCH DECLARATION [AXIOM …]")
