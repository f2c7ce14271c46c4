/** What long work takes of one turn of the event loop. */
const SLICE_MS = 3;

/** When the first long work of this turn began. */
let begun: number | undefined;
const waiting: (() => void)[] = [];

/**
 * Does long work item by item and lets others in between. All long work shares one slice of each turn
 * of the event loop: however much of it there is at once, whoever asks for little waits no longer.
 */
export async function inSlices<T, R>(items: T[], work: (item: T) => R): Promise<Awaited<R>[]> {
  const results: Awaited<R>[] = [];
  for (const item of items) {
    if (isOver()) await nextTurn();
    results.push(await work(item));
  }
  return results;
}

function isOver(): boolean {
  if (begun === undefined) begin();
  return performance.now() - begun! > SLICE_MS;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => waiting.push(resolve));
}

/** The next turn is another one's who waits, if anybody does. */
function begin(): void {
  begun = performance.now();
  setImmediate(() => {
    begun = undefined;
    const next = waiting.shift();
    if (!next) return;
    begin();
    next();
  });
}

/** The items in their order, so many at a time. */
export function partsOf<T>(items: T[], size: number): T[][] {
  const parts: T[][] = [];
  for (let from = 0; from < items.length; from += size) parts.push(items.slice(from, from + size));
  return parts;
}
