/**
 * Something that changes: `useSyncExternalStore(it.subscribe, it.getSnapshot)` in React, `$it` in Svelte.
 * A snapshot is the same object until something in it changes, and so is each object in it.
 */
export interface Readable<T> {
  readonly getSnapshot: () => T;
  /** Calls the listener at once, and after each change. @returns what ends that */
  readonly subscribe: (listener: (value: T) => void) => () => void;
}

/** A snapshot that is made when it is asked for; listeners hear once of what one turn of the event loop changed. */
export class Snapshot<T> implements Readable<T> {
  private value: T | undefined;
  private isStale = true;
  private isScheduled = false;
  /** What the listeners know of. */
  private told: T | undefined;
  private readonly listeners = new Set<(value: T) => void>();

  constructor(private readonly make: () => T) {}

  readonly getSnapshot = (): T => {
    if (this.isStale) {
      this.isStale = false;
      this.value = this.make();
    }
    return this.value as T;
  };

  readonly subscribe = (listener: (value: T) => void): (() => void) => {
    const own = (value: T): void => listener(value); // the same one may listen twice
    this.listeners.add(own);
    own(this.getSnapshot());
    return () => this.listeners.delete(own);
  };

  /** Something that the snapshot is made of has changed. */
  touch(): void {
    if (!this.isScheduled) this.told = this.value;
    this.isStale = true;
    if (this.isScheduled || this.listeners.size === 0) return;
    this.isScheduled = true;
    queueMicrotask(() => this.tell());
  }

  private tell(): void {
    this.isScheduled = false;
    const value = this.getSnapshot();
    if (Object.is(this.told, value)) return;
    for (const listener of [...this.listeners]) callback(listener, value);
  }
}

/** A value that is set. */
export class Variable<T> extends Snapshot<T> {
  constructor(private current: T) {
    super(() => this.current);
  }

  set(value: T): void {
    if (Object.is(value, this.current)) return;
    this.current = value;
    this.touch();
  }
}

/** Calls what somebody else wrote: should it throw, that is theirs, as of an event listener. */
export function callback<T>(listener: (value: T) => void, value: T): void {
  try {
    listener(value);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/** The list that was there before, where it holds the same objects. */
export function sameList<T>(before: readonly T[], now: readonly T[]): readonly T[] {
  const isSame = before.length === now.length && now.every((each, i) => each === before[i]);
  return isSame ? before : now;
}

/** The object that was there before, where it holds the same. */
export function sameFields<T extends object>(before: Partial<T>, now: T): T {
  const isSame = (Object.keys(now) as (keyof T)[]).every((key) => now[key] === before[key]);
  return isSame ? (before as T) : now;
}
