/**
 * A line in which callers take turns: who has much in it waits for himself. Who comes after he was gone
 * for a round goes before those who have more to come (as in fq_codel, RFC 8290).
 */
export class FairLine<T> {
  /** What each caller has in line; whose turn is next comes first. */
  private readonly fresh = new Map<string, T[]>();
  /** Those who had their turn, also where nothing is left of theirs, for one round. */
  private readonly served = new Map<string, T[]>();
  private count = 0;

  get length(): number {
    return this.count;
  }

  push(caller: string, item: T): void {
    const line = this.lineOf(caller);
    if (line) line.push(item);
    else this.fresh.set(caller, [item]);
    this.count++;
  }

  shift(): T | undefined {
    for (const lines of [this.fresh, this.served]) {
      for (const [caller, line] of lines) {
        lines.delete(caller);
        if (line.length === 0) continue;
        this.served.set(caller, line); // behind the others
        if (--this.count === 0) this.served.clear();
        return line.shift();
      }
    }
    return undefined;
  }

  /** Whether somebody has more in line than one who comes would have with one more. */
  hasRoomFor(newcomer: string): boolean {
    return this.longest().length > (this.lineOf(newcomer)?.length ?? 0) + 1;
  }

  /** Takes out the newest of the caller who has most. */
  giveWay(): T | undefined {
    if (this.count > 0) this.count--;
    return this.longest().pop();
  }

  private lineOf(caller: string): T[] | undefined {
    return this.fresh.get(caller) ?? this.served.get(caller);
  }

  private longest(): T[] {
    let longest: T[] = [];
    for (const lines of [this.fresh, this.served]) {
      for (const line of lines.values()) if (line.length > longest.length) longest = line;
    }
    return longest;
  }
}
