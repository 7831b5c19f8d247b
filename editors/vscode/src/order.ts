// Engines in the order in which they are asked. Pure.

/** Those chosen first, in their order, then the others that are there. */
export function listed(chosen: readonly string[], available: readonly string[]): string[] {
  return [...chosen, ...available.filter(name => !chosen.includes(name))];
}

/** The list with `name` one place further up or down. */
export function moved(list: readonly string[], name: string, by: -1 | 1): string[] {
  const from = list.indexOf(name);
  const to = from + by;
  if (from < 0 || to < 0 || to >= list.length) return [...list];
  const result = [...list];
  result.splice(from, 1);
  result.splice(to, 0, name);
  return result;
}

/** What is written into the setting: nothing where all are asked in their usual order. */
export function asSetting(chosen: readonly string[], available: readonly string[]): string[] | undefined {
  const usual = chosen.length === available.length && chosen.every((name, i) => name === available[i]);
  return usual || chosen.length === 0 ? undefined : [...chosen];
}
