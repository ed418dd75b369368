// IANA names only. An offset such as +02:00 is refused: Postgres reads it the other way round (POSIX), Intl may not.
const NAME = /^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+){0,3}$/;
const NAME_MAX = 64;
// Asking Intl costs some 50 microseconds; an import asks for every line.
const CANONICAL = new Map(Intl.supportedValuesOf('timeZone').map((zone) => [zone.toLowerCase(), zone]));

/**
 * The IANA name in its canonical spelling as this Node knows it, or undefined. Links such as `US/Pacific` become the zone they point to.
 *
 * @param name - in any case
 */
export function canonicalTimezone(name: string): string | undefined {
  if (name.length > NAME_MAX || !NAME.test(name)) return undefined;
  const known = CANONICAL.get(name.toLowerCase());
  if (known !== undefined) return known;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    // RangeError: not a zone.
    return undefined;
  }
}
