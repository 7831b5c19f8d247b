// Where `sorry`, or `admit` in its place, stands in a text. Pure.

// Comments and strings first, so that no `sorry` in them counts; a name is taken whole, with its dots.
const TOKENS =
  /--[^\n]*|\/-|"(?:\\[^]|[^"\\])*"|'(?:\\.|[^\\'\n])'|«[^»\n]*»|[\p{L}_][\p{L}\p{N}_'!?₀-₉]*(?:\.[\p{L}_][\p{L}\p{N}_'!?₀-₉]*)*/gu;
const WORDS = ['sorry', 'admit'];
const LENGTH = 'sorry'.length;
const COMMENT_MARKS = /\/-|-\//g;

/** The offsets at which a `sorry` begins in Lean's code. */
export function sorries(text: string): number[] {
  const found: number[] = [];
  const tokens = new RegExp(TOKENS);
  for (let token = tokens.exec(text); token; token = tokens.exec(text)) {
    if (WORDS.includes(token[0])) found.push(token.index);
    if (token[0] === '/-') tokens.lastIndex = endOfComment(text, tokens.lastIndex);
  }
  return found;
}

// Comments are nested.
function endOfComment(text: string, from: number): number {
  const marks = new RegExp(COMMENT_MARKS);
  marks.lastIndex = from;
  for (let depth = 1; depth > 0; ) {
    const mark = marks.exec(text);
    if (!mark) return text.length;
    depth += mark[0] === '/-' ? 1 : -1;
  }
  return marks.lastIndex;
}

/** The `sorry` that the cursor touches, else the next one, else the first of the file. */
export function nearest(text: string, cursor: number): { offset: number; touched: boolean } | undefined {
  const all = sorries(text);
  const offset = all.find(start => cursor <= start + LENGTH) ?? all[0];
  return offset === undefined ? undefined : { offset, touched: offset <= cursor && cursor <= offset + LENGTH };
}
