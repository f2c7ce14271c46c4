import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { MAX_COUNT } from '../chat/locked-members.js';
import { upTo } from '../common/cache-bound.js';
import { inSlices } from '../common/slices.js';
import { Database } from '../database/database.js';
import {
  completeSeq,
  coveredUpTo,
  nextTask,
  type SegmentRange,
  SegmentSizes,
  type Task,
} from './segment-plan.js';
import { SegmentReader } from './segment-reader.js';
import { ROOM_COUNTS, ROOMS_BEFORE } from './segment-statements.js';

/** After every id. */
const LAST = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
/** Rooms, or segments of one, that are read at once. */
const STEP = 500;
const KNOWN_ROOMS = 50_000;
/** So long it is believed that no other process has deleted segments of a room. */
const BELIEVED_MS = 600_000;
const SPARED = 10_000;

/** PostgreSQL answers bigint as text. */
type Counts = [lastSeq: number, lastChange: number, deletedAt: number | string | null];

/** The room that is worked on. */
export interface RoomToIndex {
  chatId: string;
  lastSeq: number;
  /** As of before its rows are read. */
  lastChange: number;
  /** Its segments; undefined where they are to be read anew. */
  ranges: SegmentRange[] | undefined;
  failures: number;
  /** What comes after this `seq` changes too often: it is left for the next time. */
  upTo: number;
}

/** A room in which everything was done. */
interface Known {
  complete: number;
  segments: number;
  /** By the monotonic clock, in milliseconds. */
  until: number;
}

/** Messages that are in segments, and those that are to come into some. */
export interface Progress {
  indexed: number;
  left: number;
  segments: number;
}

/** Goes through all rooms, the newest first, and finds what is to be done there. */
@Injectable()
export class RoomsToIndex {
  /** As of the last time through, with what was done since. */
  progress: Progress = { indexed: 0, left: 0, segments: 0 };
  private readonly known = new LRUCache<string, Known>(upTo(KNOWN_ROOMS));
  /** By room and last `seq`: neighbours that hold too much text to be merged. */
  private readonly spared = new LRUCache<string, true>(upTo(SPARED));
  private walk: { last: string; found: Progress } | undefined;
  private todo: string[] = [];
  private current: RoomToIndex | undefined;
  private forgotten = 0;

  constructor(
    private readonly database: Database,
    private readonly reader: SegmentReader,
    private readonly sizes: SegmentSizes,
  ) {}

  /** Whether it has gone through all of them, and nothing is to be done any more. */
  get isOver(): boolean {
    return !this.walk && this.todo.length === 0 && !this.current;
  }

  begin(): void {
    this.walk = { last: LAST, found: { indexed: 0, left: 0, segments: 0 } };
    this.todo = [];
    this.current = undefined;
  }

  /** What is to be done next; undefined where it has to look on, or is over. */
  async next(): Promise<{ room: RoomToIndex; task: Task } | undefined> {
    if (this.walk) return this.look(this.walk).then(() => undefined);
    const room = (this.current ??= this.take());
    const { forgotten } = this;
    const ranges = room && (await this.refresh(room));
    if (!ranges) return this.leave();
    const task = this.taskIn(room.chatId, room.lastSeq, ranges);
    if (task) return { room, task };
    if (room.upTo === Infinity) this.know(room.chatId, room.lastSeq, ranges, forgotten);
    return this.leave();
  }

  /** A segment was stored, in place of so many. */
  note(room: RoomToIndex, range: SegmentRange, replaced: SegmentRange[]): void {
    const { progress } = this;
    progress.segments += 1 - replaced.length;
    if (replaced.length === 0) {
      const count = range.lastSeq - range.firstSeq + 1;
      progress.indexed += count;
      progress.left = Math.max(0, progress.left - count);
    }
    const others = room.ranges?.filter(({ lastSeq }) => !isWithin(lastSeq, range)) ?? [];
    room.ranges = room.ranges && [...others, range].sort((a, b) => a.lastSeq - b.lastSeq);
  }

  /** These neighbours are to stay as they are. */
  spare(chatId: string, lastSeq: number): void {
    this.spared.set(`${chatId} ${lastSeq}`, true);
  }

  /** Something of a room has changed: it is looked at again. */
  forget(chatId: string): void {
    this.forgotten++;
    this.known.delete(chatId);
    if (this.current?.chatId === chatId) this.current.ranges = undefined;
  }

  /** Leaves the present room for the next time. */
  leave(): undefined {
    this.current = undefined;
  }

  private take(): RoomToIndex | undefined {
    const chatId = this.todo.shift();
    if (chatId === undefined) return undefined;
    return { chatId, lastSeq: 0, lastChange: 0, ranges: undefined, failures: 0, upTo: Infinity };
  }

  /** How the room stands now. @returns its segments; undefined where nothing is to be done there */
  private async refresh(room: RoomToIndex): Promise<SegmentRange[] | undefined> {
    const [counts] = await this.database.rows<Counts>(ROOM_COUNTS, [room.chatId]);
    if (!counts || !this.isMeant(counts)) return undefined;
    [room.lastSeq, room.lastChange] = [Math.min(counts[0], room.upTo), counts[1]];
    return (room.ranges ??= await this.rangesOf(room.chatId));
  }

  /** One step of the walk. */
  private async look(walk: { last: string; found: Progress }): Promise<void> {
    const rows = await this.database.rows<[string, ...Counts]>(ROOMS_BEFORE, [walk.last, STEP]);
    const meant = rows.filter(([, ...counts]) => this.isMeant(counts));
    await inSlices(meant, ([chatId, lastSeq]) => this.lookAt(chatId, lastSeq, walk.found));
    if (rows.length === STEP) walk.last = rows[STEP - 1][0];
    else [this.walk, this.progress] = [undefined, walk.found];
  }

  private async lookAt(chatId: string, lastSeq: number, found: Progress): Promise<void> {
    const complete = completeSeq(lastSeq, this.sizes);
    const known = this.known.get(chatId);
    if (known?.complete === complete && known.until > performance.now()) {
      found.indexed += complete;
      found.segments += known.segments;
      return;
    }
    const { forgotten } = this;
    const ranges = await this.rangesOf(chatId);
    const covered = coveredUpTo(complete, ranges);
    found.indexed += covered;
    found.left += complete - covered;
    found.segments += ranges.length;
    if (this.taskIn(chatId, lastSeq, ranges)) this.todo.push(chatId);
    else this.know(chatId, lastSeq, ranges, forgotten);
  }

  /** Of a room that has counted to its end it could not be told what has changed. */
  private isMeant([lastSeq, lastChange, deletedAt]: Counts): boolean {
    return completeSeq(lastSeq, this.sizes) > 0 && lastChange < MAX_COUNT && deletedAt === null;
  }

  private taskIn(chatId: string, lastSeq: number, ranges: SegmentRange[]): Task | undefined {
    return nextTask(lastSeq, ranges, this.sizes, (end) => this.spared.has(`${chatId} ${end}`));
  }

  /** @param forgotten as of before its segments were read */
  private know(chatId: string, lastSeq: number, ranges: SegmentRange[], forgotten: number): void {
    if (forgotten !== this.forgotten) return;
    const complete = completeSeq(lastSeq, this.sizes);
    const until = performance.now() + BELIEVED_MS;
    this.known.set(chatId, { complete, segments: ranges.length, until });
  }

  private async rangesOf(chatId: string): Promise<SegmentRange[]> {
    const all: SegmentRange[] = [];
    for (;;) {
      const ranges = await this.reader.ranges(chatId, (all.at(-1)?.lastSeq ?? 0) + 1, STEP);
      all.push(...ranges);
      if (ranges.length < STEP) return all;
    }
  }
}

function isWithin(seq: number, { firstSeq, lastSeq }: SegmentRange): boolean {
  return firstSeq <= seq && seq <= lastSeq;
}
