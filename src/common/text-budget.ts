/** What one answer holds at most, but for the message that passes it. */
export const ANSWER_BYTES = 1_048_576;

/**
 * How much text an answer still has room for: it ends with the message whose text passes 1 MiB. That
 * is counted as the length of the ciphertext, so that nothing is opened to be thrown away.
 */
export class TextBudget {
  private left = ANSWER_BYTES;

  /** Whether the answer ends here. */
  get isSpent(): boolean {
    return this.left < 0;
  }

  /** The first of these rows, up to the one that passes the bound. */
  take<T extends { ciphertext: string | null }>(rows: T[]): T[] {
    let count = 0;
    while (count < rows.length && !this.isSpent) this.left -= rows[count++].ciphertext?.length ?? 0;
    return rows.slice(0, count);
  }
}
