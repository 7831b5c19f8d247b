/-
Lean's kernel, asked by lines on stdin, in a process that elaborates nothing.

    lean --run kernel.lean

Prints `ready`, then one line for each `finish` that it reads. Reads the lines of lean4export's format 3.1 (names,
levels, expressions and declarations, each numbered in the order in which it comes) and two more:

    {"imports": [{"module": ["Init"], "importAll": false, "isExported": true, "isMeta": false}, …]}
    {"finish": {"ticket": "…", "used": [["Nat", "rec"], …]}}

The first begins anew, on top of what is imported. Each declaration is then given to the kernel. The answer to the last
is `["…", null or [name, why], [[name, axiom], …]]`: the first declaration that the kernel does not take, and for each
name that is `used` the axioms that it rests on. A name in these is the list of its parts.

Much of Lean's library can't be called where its compiled form lacks what is private to it, so this is written with
little of it.
-/
import Lean.Util.CollectAxioms
import Lean.AddDecl
import Lean.Data.Json.Parser
import Lean.Data.Json.Printer

open Lean

structure State where
  names : Array Name := #[.anonymous]
  levels : Array Level := #[.zero]
  exprs : Array Expr := #[]
  /-- The last imports, and what they hold. -/
  imported : Option (List Import × Environment) := none
  kernel : Option Kernel.Environment := none
  refused : Option (Name × String) := none

def field (json : Json) (key : String) : Json :=
  match json.getObjVal? key with
  | .ok value => value
  | .error _ => .null

def isNull : Json → Bool
  | .null => true
  | _ => false

def nat : Json → Nat
  | .num number => number.mantissa.toNat
  | _ => 0

def natOf (json : Json) (key : String) : Nat := nat (field json key)

def boolOf (json : Json) (key : String) : Bool :=
  match field json key with
  | .bool value => value
  | _ => false

def string : Json → String
  | .str value => value
  | _ => ""

def stringOf (json : Json) (key : String) : String := string (field json key)

def list : Json → List Json
  | .arr all => all.toList
  | _ => []

def listOf (json : Json) (key : String) : List Json := list (field json key)

def join {α : Type} : List α → List α → List α
  | [], others => others
  | one :: rest, others => one :: join rest others

-- A number that stands for nothing becomes what no kernel takes.
def nameOf (s : State) (json : Json) : Name := s.names.getD (nat json) .anonymous
def levelOf (s : State) (json : Json) : Level := s.levels.getD (nat json) (.param .anonymous)
def exprOf (s : State) (json : Json) : Expr := s.exprs.getD (nat json) (.bvar 0)

def namesOf (s : State) : List Json → List Name
  | [] => []
  | json :: rest => nameOf s json :: namesOf s rest

def levelsOf (s : State) : List Json → List Level
  | [] => []
  | json :: rest => levelOf s json :: levelsOf s rest

def binderInfo (v : Json) : BinderInfo :=
  match stringOf v "binderInfo" with
  | "implicit" => .implicit
  | "strictImplicit" => .strictImplicit
  | "instImplicit" => .instImplicit
  | _ => .default

def numeral (digits : String) : Nat :=
  match digits.toNat? with
  | some value => value
  | none => 0

/-- A name: a part behind another. -/
def toName (s : State) (json : Json) : Name :=
  let text := field json "str"
  if isNull text then
    let number := field json "num"
    .num (nameOf s (field number "pre")) (natOf number "i")
  else
    .str (nameOf s (field text "pre")) (stringOf text "str")

def toLevel (s : State) (json : Json) : Level :=
  match field json "succ", field json "max", field json "imax" with
  | .num n, _, _ => .succ (levelOf s (.num n))
  | _, .arr two, _ => .max (levelOf s (two.getD 0 .null)) (levelOf s (two.getD 1 .null))
  | _, _, .arr two => .imax (levelOf s (two.getD 0 .null)) (levelOf s (two.getD 1 .null))
  | _, _, _ => .param (nameOf s (field json "param"))

def toExprOf (s : State) (kind : String) (v : Json) : Expr :=
  let name := nameOf s (field v "name")
  let type := exprOf s (field v "type")
  let body := exprOf s (field v "body")
  match kind with
  | "app" => .app (exprOf s (field v "fn")) (exprOf s (field v "arg"))
  | "const" => .const name (levelsOf s (listOf v "us"))
  | "bvar" => .bvar (nat v)
  | "lam" => .lam name type body (binderInfo v)
  | "forallE" => .forallE name type body (binderInfo v)
  | "letE" => .letE name type (exprOf s (field v "value")) body (boolOf v "nondep")
  | "sort" => .sort (levelOf s v)
  | "natVal" => .lit (.natVal (numeral (string v)))
  | "strVal" => .lit (.strVal (string v))
  | "proj" => .proj (nameOf s (field v "typeName")) (natOf v "idx") (exprOf s (field v "struct"))
  | _ => .bvar 0

/-- The first of `keys` that a line has, and what stands there. -/
def keyed (json : Json) : List String → String × Json
  | [] => ("", .null)
  | key :: rest =>
    let value := field json key
    if isNull value then keyed json rest else (key, value)

def toExpr (s : State) (json : Json) : Expr :=
  let (kind, v) := keyed json
    ["app", "const", "bvar", "lam", "forallE", "letE", "sort", "natVal", "strVal", "proj"]
  toExprOf s kind v

def constantVal (s : State) (v : Json) : ConstantVal :=
  { name := nameOf s (field v "name")
    levelParams := namesOf s (listOf v "levelParams")
    type := exprOf s (field v "type") }

def hints (v : Json) : ReducibilityHints :=
  match field v "hints" with
  | .str "abbrev" => .abbrev
  | .str _ => .opaque
  | height => .regular (UInt32.ofNat (natOf height "regular"))

def constructorsOf (s : State) (type : Name) : List Json → List Constructor
  | [] => []
  | v :: rest =>
    let others := constructorsOf s type rest
    if nameOf s (field v "induct") == type then
      { name := nameOf s (field v "name"), type := exprOf s (field v "type") } :: others
    else
      others

def typesOf (s : State) (constructors : List Json) : List Json → List InductiveType
  | [] => []
  | v :: rest =>
    let name := nameOf s (field v "name")
    let type : InductiveType :=
      { name, type := exprOf s (field v "type"), ctors := constructorsOf s name constructors }
    type :: typesOf s constructors rest

def toDeclaration (s : State) (kind : String) (v : Json) : Option (Name × Declaration) :=
  let own := constantVal s v
  let value := exprOf s (field v "value")
  let all := namesOf s (listOf v "all")
  match kind with
  | "axiom" => some (own.name, .axiomDecl { own with isUnsafe := false })
  | "def" => some (own.name, .defnDecl { own with value, hints := hints v, safety := .safe, all })
  | "thm" => some (own.name, .thmDecl { own with value, all })
  | "opaque" => some (own.name, .opaqueDecl { own with value, isUnsafe := false, all })
  | "inductive" =>
    match listOf v "types" with
    | [] => none
    | first :: rest =>
      let types := typesOf s (listOf v "ctors") (first :: rest)
      let own := constantVal s first
      some (own.name, .inductDecl own.levelParams (natOf first "numParams") types false)
  | _ => none

def take (kernel : Kernel.Environment) (declaration : Declaration) :
    Except Kernel.Exception Kernel.Environment := by
  first
    | exact kernel.addDeclCore 0 declaration none
    | exact kernel.addDeclCore 0 0 declaration none

def why : Kernel.Exception → String
  | .unknownConstant .. => "it uses a constant that is not there"
  | .alreadyDeclared .. => "it is declared already"
  | .declTypeMismatch .. => "it is not of its type"
  | .declHasMVars .. => "it has metavariables"
  | .declHasFVars .. => "it has free variables"
  | .funExpected .. => "it applies what is no function"
  | .typeExpected .. => "it has something else where a type must be"
  | .letTypeMismatch .. => "a value in it is not of its type"
  | .exprTypeMismatch .. => "a term in it is not of its type"
  | .appTypeMismatch .. => "an argument in it is not of the type that is needed"
  | .invalidProj .. => "a projection in it is wrong"
  | .deepRecursion => "it is nested too deeply"
  | .excessiveMemory => "it takes too much memory"
  | .deterministicTimeout => "it takes too long"
  | .other said => said
  | _ => "it is refused"

def ofParts (name : Name) : List Json → Name
  | [] => name
  | .str part :: rest => ofParts (.str name part) rest
  | part :: rest => ofParts (.num name (nat part)) rest

def ofAllParts : List Json → List Name
  | [] => []
  | name :: rest => ofParts .anonymous (list name) :: ofAllParts rest

def toImports : List Json → List Import
  | [] => []
  | v :: rest =>
    { module := ofParts .anonymous (listOf v "module"), importAll := boolOf v "importAll"
      isExported := boolOf v "isExported", isMeta := boolOf v "isMeta" } :: toImports rest

def sameImports : List Import → List Import → Bool
  | [], [] => true
  | a :: as, b :: bs =>
    a.module == b.module && a.importAll == b.importAll && a.isExported == b.isExported
      && a.isMeta == b.isMeta && sameImports as bs
  | _, _ => false

def parts : Name → List Json → Json
  | .anonymous, found => .arr found.toArray
  | .str rest last, found => parts rest (.str last :: found)
  | .num rest last, found => parts rest (.num last :: found)

/-- Whether an axiom is none, but what a module keeps to itself: the proof of a theorem, say. -/
def isHidden (environment : Environment) (name : Name) : Bool := by
  first
    | exact match getOriginalConstKind? environment name with
      | some .axiom => false
      | some _ => true
      | none => false
    | exact (fun (_ : Environment) (_ : Name) => false) environment name

/-- The axioms that a constant rests on. -/
def axioms (environment : Environment) (name : Name) : List Name := by
  first
    | exact (((CollectAxioms.collect name).run environment).run {}).2.axioms.toList
    | exact
        let _ : MonadEnv (StateM Environment) := ⟨get, modify⟩
        ((collectAxioms name : StateM Environment (Array Name)).run environment).1.toList

def pairs (environment : Environment) (name : Name) : List Name → List Json
  | [] => []
  | one :: rest =>
    let others := pairs environment name rest
    if isHidden environment one then others else .arr #[parts name [], parts one []] :: others

def allPairs (environment : Environment) : List Name → List Json
  | [] => []
  | name :: rest =>
    join (pairs environment name (axioms environment name)) (allPairs environment rest)

def answer (s : State) (v : Json) : Json :=
  let refused : Json := match s.refused with
    | some (name, why) => .arr #[parts name [], .str why]
    | none => .null
  let found := match s.imported with
    | some (_, environment) => allPairs environment (ofAllParts (listOf v "used"))
    | none => []
  .arr #[field v "ticket", refused, .arr found.toArray]

def begin (s : State) (v : Json) : IO State := do
  let wanted := toImports (list v)
  match s.imported with
  | some (known, environment) =>
    if sameImports known wanted then
      return { s with kernel := some environment.toKernelEnv, refused := none }
  | none => pure ()
  let environment ← importModules wanted.toArray {} 0
  return { s with imported := some (wanted, environment), kernel := some environment.toKernelEnv }

def declared (s : State) (json : Json) : State :=
  match s.refused, s.kernel with
  | none, some kernel =>
    let (kind, v) := keyed json ["thm", "def", "inductive", "axiom", "opaque"]
    match toDeclaration s kind v with
    | none => s
    | some (name, declaration) =>
      match take kernel declaration with
      | .ok kernel => { s with kernel := some kernel }
      | .error error => { s with refused := some (name, why error) }
  | _, _ => s

def step (stdout : IO.FS.Stream) (s : State) (json : Json) : IO State := do
  let (kind, v) := keyed json ["ie", "in", "il", "imports", "finish"]
  match kind with
  | "ie" => return { s with exprs := s.exprs.push (toExpr s json) }
  | "in" => return { s with names := s.names.push (toName s json) }
  | "il" => return { s with levels := s.levels.push (toLevel s json) }
  | "imports" => begin s v
  | "finish" =>
    stdout.putStrLn (answer s v).compress
    stdout.flush
    return { imported := s.imported }
  | _ => return declared s json

partial def serve (stdin stdout : IO.FS.Stream) (s : State) : IO Unit := do
  let line ← stdin.getLine
  if line.isEmpty then return
  match Json.parse line with
  | .error problem => throw (IO.userError problem)
  | .ok json => serve stdin stdout (← step stdout s json)

def main (_ : List String) : IO Unit := do
  let stdout ← IO.getStdout
  stdout.putStrLn "ready"
  stdout.flush
  serve (← IO.getStdin) stdout {}
