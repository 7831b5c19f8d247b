/-
Lean's compiler, kept warm: it compiles one text after the other, and begins where a text differs from the last one.

    lean --run compiler.lean

Prints `ready`, then one line for each line that it reads:

    {"text": "…", "common": 120, "file": "A.lean", "module": ["A"], "options": {"autoImplicit": false}, "to": "A.olean"}

The first `common` bytes of the text are those of the last one. What is compiled goes to the file `to`, if there are no
errors. The answer is `{"errors": [{"line": 3, "message": "…"}, …]}`, its lines counted from 0.
-/
import Lean.Elab.Frontend
import Lean.Elab.Import
import Lean.Data.Json.Parser
import Lean.Data.Json.Printer

open Lean Elab

/-- Lean between two commands, and where the second begins. -/
structure Stop where
  at_ : Nat
  state : Frontend.State
  /-- The errors up to there, the last first. -/
  errors : List Json

structure Kept where
  /-- The last stop first. -/
  stops : List Stop := []

def field (json : Json) (key : String) : Json :=
  match json.getObjVal? key with
  | .ok value => value
  | .error _ => .null

def string : Json → String
  | .str value => value
  | _ => ""

def nat : Json → Nat
  | .num number => number.mantissa.toNat
  | _ => 0

def moduleName (name : Name) : List Json → Name
  | [] => name
  | part :: rest => moduleName (.str name (string part)) rest

def optionOf (options : Options) (name : String) : Json → Options
  | .bool value => options.setBool name.toName value
  | .str value => options.setString name.toName value
  | .num number => options.setNat name.toName number.mantissa.toNat
  | _ => options

def optionsOf (options : Options) : List Json → Options
  | [] => options
  | .arr #[name, value] :: rest => optionsOf (optionOf options (string name) value) rest
  | _ :: rest => optionsOf options rest

def items : Json → List Json
  | .arr all => all.toList
  | _ => []

-- Lean's own function for it can't be called where its compiled form lacks what is private to it.
def inputOf (text file : String) : Parser.InputContext := by
  first
    | exact { inputString := text, fileName := file, fileMap := FileMap.ofString text }
    | exact Parser.mkInputContext text file

/-- The errors that a command has left, before others. -/
def errorsOf : List Message → List Json → IO (List Json)
  | [], others => return others
  | message :: rest, others =>
    match message.severity with
    | .error => do
      let text ← message.data.toString
      let line : JsonNumber := { mantissa := Int.ofNat (message.pos.line - 1), exponent := 0 }
      errorsOf rest (.mkObj [("line", .num line), ("message", .str text)] :: others)
    | _ => errorsOf rest others

/-- Lean behind a command, which has nothing to say any more. -/
def stop (state : Frontend.State) (errors : List Json) : IO Stop := do
  let errors ← errorsOf state.commandState.messages.toList errors
  let commandState := { state.commandState with messages := {} }
  return {
    at_ := state.parserState.pos.byteIdx
    state := { state with commandState, commands := #[] }
    errors
  }

/-- Lean behind a file's header. -/
def opened (input : Parser.InputContext) (options : Options) (module : Name) : IO Stop := do
  let (header, parser, messages) ← Parser.parseHeader input
  let (environment, messages) ← processHeader header options messages input (mainModule := module)
  let commandState := Command.mkState environment messages options
  stop { commandState, parserState := parser, cmdPos := parser.pos } []

/-- Lean behind the next command, and whether that was the last. -/
def next (input : Parser.InputContext) (last : Stop) : IO (Bool × Stop) := do
  let { commandState, parserState, .. } := last.state
  let context : Parser.ParserModuleContext := match commandState.scopes with
    | scope :: _ => {
        env := commandState.env
        options := scope.opts
        currNamespace := scope.currNamespace
        openDecls := scope.openDecls
      }
    | [] => { env := commandState.env, options := {} }
  let (command, parser, messages) := Parser.parseCommand input context parserState {}
  let errors ← errorsOf messages.toList last.errors
  let state := { last.state with parserState := parser, cmdPos := parserState.pos }
  let (_, state) ← ((Frontend.elabCommandAtFrontend command).run { inputCtx := input }).run state
  return (Parser.isTerminalCommand command, ← stop state errors)

/-- Goes on from the first of the stops, up to the end. -/
partial def run (input : Parser.InputContext) : List Stop → IO (List Stop)
  | [] => return []
  | first :: rest => do
    let (done, last) ← next input first
    let stops := last :: first :: rest
    if done then return stops
    run input stops

/-- Whether a token or the end is at an offset, and no blank or comment, which belong to what is before them. -/
def isToken (text : ByteArray) (at_ : Nat) : Bool :=
  let is (ahead : Nat) (byte : UInt8) := at_ + ahead < text.size && text.get! (at_ + ahead) == byte
  let isBlank := is 0 32 || is 0 9 || is 0 10 || is 0 13
  let isComment := (is 0 45 || is 0 47) && is 1 45
  !isBlank && !isComment

/--
The stops that a text shares of which `common` bytes are the same, and whose header ends at `header`: the end of a
command is where the next token begins.
-/
def shared (text : ByteArray) (common header : Nat) : List Stop → List Stop
  | [] => []
  | [first] =>
    if first.at_ == header && header <= common && isToken text header then [first] else []
  | stop :: rest =>
    match shared text common header rest with
    | [] => []
    | kept =>
      let isSame := stop.at_ + 3 < common || stop.at_ <= common && isToken text stop.at_
      if isSame then stop :: kept else kept

def step (kept : Kept) (json : Json) : IO (Kept × Json) := do
  let file := string (field json "file")
  let text := string (field json "text")
  let input := inputOf text file
  let (_, parser, _) ← Parser.parseHeader input
  let stops ← match shared text.toUTF8 (nat (field json "common")) parser.pos.byteIdx kept.stops with
    | [] => do
      let options := optionsOf {} (items (field json "options"))
      pure [← opened input options (moduleName .anonymous (items (field json "module")))]
    | stops => pure stops
  match ← run input stops with
  | [] => return ({}, .null)
  | last :: stops =>
    match last.errors with
    | [] => writeModule last.state.commandState.env (string (field json "to"))
    | _ => pure ()
    -- Nothing goes on behind the end.
    return ({ stops }, .mkObj [("errors", .arr last.errors.toArray)])

partial def serve (stdin stdout : IO.FS.Stream) (kept : Kept) : IO Unit := do
  let line ← stdin.getLine
  if line.isEmpty then return
  match Json.parse line with
  | .error problem => throw (IO.userError problem)
  | .ok json =>
    let (kept, answer) ← step kept json
    stdout.putStrLn answer.compress
    stdout.flush
    serve stdin stdout kept

def main (_ : List String) : IO Unit := do
  let stdout ← IO.getStdout
  stdout.putStrLn "ready"
  stdout.flush
  serve (← IO.getStdin) stdout {}
