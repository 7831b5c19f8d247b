// The user's settings as the program wants them. Pure.

/** What was set, by the setting's name behind `unsorry.`: `search.headStart`. What was not set is not there. */
export type Preferences = Record<string, unknown>;

/** As in a project's .unsorry.toml: `{"search": {"head_start": "10s"}}`. */
export function asConfig(preferences: Preferences): Record<string, Record<string, unknown>> {
  const config: Record<string, Record<string, unknown>> = {};
  for (const [name, value] of Object.entries(preferences)) {
    if (isUnset(name, value)) continue;
    const [section = '', key = ''] = name.split('.');
    (config[section] ??= {})[snake(key)] = value;
  }
  return config;
}

/** The setting that an error of the program is about: of those that are set, the one whose key it names. */
export function settingNamedIn(error: string, preferences: Preferences): string | undefined {
  const words = new Set(error.match(/[a-z_]+/g));
  return Object.keys(preferences).find(name => words.has(snake(name.split('.')[1] ?? '')));
}

// An empty text or list in VS Code's settings means that nothing is said.
function isUnset(name: string, value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  if (Array.isArray(value) && value.length === 0) return true;
  return name === 'local.mode' && value === 'both';
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, letter => '_' + letter.toLowerCase());
}
