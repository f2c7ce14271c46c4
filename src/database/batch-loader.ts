/** With as many a query asks for no more. */
const FULL = 500;

interface Asked<T> {
  ids: Set<string>;
  found: Promise<Map<string, T>>;
}

/** Finds things by their ids: whoever asks at the same moment shares one query. */
export class BatchLoader<T> {
  private next: Asked<T> | undefined;

  constructor(private readonly query: (ids: string[]) => Promise<Map<string, T>>) {}

  /** What there is of these, by id; each is named once. */
  async find(ids: string[]): Promise<Map<string, T>> {
    if (ids.length === 0) return new Map();
    const asked = (this.next ??= this.open());
    for (const id of ids) asked.ids.add(id);
    if (asked.ids.size >= FULL) this.next = undefined;
    const found = await asked.found;
    if (asked.ids.size === ids.length) return found; // nobody asked for more
    const own = new Map<string, T>();
    for (const id of ids) {
      const item = found.get(id);
      if (item !== undefined) own.set(id, item);
    }
    return own;
  }

  private open(): Asked<T> {
    const ids = new Set<string>();
    const found = new Promise((resolve) => process.nextTick(resolve)).then(() => {
      if (this.next?.ids === ids) this.next = undefined;
      return this.query([...ids]);
    });
    return { ids, found };
  }
}
