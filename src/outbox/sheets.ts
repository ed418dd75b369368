/** A message has less (see DIGEST_BYTES_MAX), but for a title as long as a book. */
const SHEET_BYTES = 112 * 1024;
/** Kept for the next messages: as many as have been under way at once, and not more than these. */
const SHEETS_KEPT = 128;

/** Memory for messages, a sheet each. */
export interface Sheets {
  take(): Buffer;
  /** What gives a sheet back, once, however often it is called; only who knows that nobody reads it any more may. */
  giver(sheet: Buffer): () => void;
}

/**
 * Memory for messages, used again and again: fresh memory for each cost a sixth of the sender's time, in page faults and
 * in collecting it (`npm run bench`).
 */
export function createSheets(): Sheets {
  const free: Buffer[] = [];
  return {
    take: () => free.pop() ?? Buffer.allocUnsafeSlow(SHEET_BYTES),
    giver(sheet: Buffer) {
      let given = false;
      return () => {
        if (!given && free.length < SHEETS_KEPT) free.push(sheet);
        given = true;
      };
    },
  };
}
