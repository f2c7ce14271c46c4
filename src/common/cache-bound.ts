/**
 * Options of an `LRUCache` of so many entries, which takes memory as it fills. With `max` it makes room for all
 * of them at once: eleven empty caches took 10 MiB of the heap. Reads and writes cost the same either way.
 */
export function upTo(entries: number): { maxSize: number; sizeCalculation: () => number } {
  return { maxSize: entries, sizeCalculation: () => 1 };
}
