import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Real answers may stand beside the project; they are never part of it, and tests pass, smaller, without them.
const folder = fileURLToPath(new URL('../../../shared/data/', import.meta.url));

/** The path of a file or folder of the data beside the project; undefined where it is absent. */
export function sharedPath(...parts: string[]): string | undefined {
  const path = join(folder, ...parts);
  return existsSync(path) ? path : undefined;
}

/** Real daily lists by day, oldest first; empty where there are none. */
export function sharedDays(): Map<string, unknown[]> {
  const path = sharedPath('huggingface', 'days');
  const days = new Map<string, unknown[]>();
  if (path === undefined) return days;
  for (const name of readdirSync(path).sort()) {
    const items: unknown = JSON.parse(readFileSync(join(path, name), 'utf8'));
    if (name.endsWith('.json') && Array.isArray(items)) days.set(name.slice(0, -5), items);
  }
  return days;
}
