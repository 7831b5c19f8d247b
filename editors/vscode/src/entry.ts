// Our entry in the setting lean4.envPathExtensions, in the text of a settings.json. Pure.
import { applyEdits, findNodeAtLocation, getNodeValue, modify, parseTree } from 'jsonc-parser';

export const SETTING = 'lean4.envPathExtensions';

/** The text without `folder` in the setting; the setting goes when nothing else is in it. All else stays. */
export function withoutEntry(text: string, folder: string): string {
  const tree = parseTree(text, [], { allowTrailingComma: true });
  const node = tree && findNodeAtLocation(tree, [SETTING]);
  const entries: unknown = node && getNodeValue(node);
  if (!Array.isArray(entries)) return text;
  const at = entries.indexOf(folder);
  if (at < 0) return text;
  const place = entries.length === 1 ? [SETTING] : [SETTING, at];
  const formattingOptions = { insertSpaces: true, tabSize: 4 };
  return withoutEntry(applyEdits(text, modify(text, place, undefined, { formattingOptions })), folder);
}
