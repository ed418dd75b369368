const FIRST_BYTES = 4_096;
const EQUALS = 0x3d;
const LF = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;
/** `=`, CR, LF. */
const SOFT_BREAK_BYTES = 3;

/** Bytes one after the other, in memory that may have held a message before. */
export class Sheet {
  #memory: Buffer;
  #length = 0;

  /** @param memory - written to from its start, and replaced by a larger one where it is too small (default: 4 kB) */
  constructor(memory: Buffer = Buffer.allocUnsafe(FIRST_BYTES)) {
    this.#memory = memory;
  }

  add(bytes: Buffer): void {
    const end = this.#length + bytes.length;
    if (end > this.#memory.length) this.#grow(end);
    this.#memory.set(bytes, this.#length);
    this.#length = end;
  }

  /**
   * Ends a part in quoted-printable. The soft break that ends each piece joins it to the next one, and after the last
   * there is none; only white space at a line's end is kept safe by it.
   */
  endPart(): void {
    const start = this.#length - SOFT_BREAK_BYTES;
    const isSoft = start > 0 && this.#memory[start] === EQUALS && this.#memory[this.#length - 1] === LF;
    const before = this.#memory[start - 1];
    if (isSoft && before !== SPACE && before !== TAB) this.#length = start;
  }

  /** A view of what was added so far. */
  get written(): Buffer {
    return this.#memory.subarray(0, this.#length);
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#memory.length));
    larger.set(this.written);
    this.#memory = larger;
  }
}
