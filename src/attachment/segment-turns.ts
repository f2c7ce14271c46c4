/**
 * Of 64 KiB each, sealed and opened at once: twice as many in one turn of the event loop, in its callbacks
 * and in the immediates after them, which are one to four milliseconds.
 */
const AT_ONCE = 4;

/** Since the last immediates. */
let begun = 0;
const waiting: (() => void)[] = [];

/**
 * The time to seal or to open one more segment: now, or in a later turn of the event loop, first come
 * first served. However many files are under way, and however much of them has come at once, whoever asks
 * for little waits no longer.
 */
export function segmentTurn(): Promise<void> | undefined {
  if (begun === 0) setImmediate(beginTurn);
  if (begun < AT_ONCE && waiting.length === 0) return void begun++;
  return new Promise((resolve) => waiting.push(resolve));
}

function beginTurn(): void {
  const due = waiting.splice(0, AT_ONCE);
  begun = due.length;
  if (begun > 0) setImmediate(beginTurn);
  for (const begin of due) begin();
}
