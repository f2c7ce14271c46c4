import { Injectable } from '@nestjs/common';
import { Pause } from '../common/pause.js';
import type { Transaction } from '../database/transaction.js';
import { PeriodicJob } from '../jobs/job.js';
import { type RoomToIndex, RoomsToIndex } from './rooms-to-index.js';
import { type NewSegment, SegmentBuilder } from './segment-builder.js';
import { SegmentMerger } from './segment-merger.js';
import type { SegmentRange, Task } from './segment-plan.js';
import { SegmentReader } from './segment-reader.js';
import { SegmentStore } from './segment-store.js';

/** A fifth of a core. While others take more than 0.6 of it, it rests on, but for a piece now and then. */
const SHARES = { idle: 4, busy: 4, busyFrom: 0.6 };
const LONGEST_REST_MS = 10_000;
/** What has changed so often while it was made is left for the next time. */
const MOST_FAILURES = 3;

/** A segment to be stored, and those in whose place. */
interface Made {
  room: RoomToIndex;
  segment: NewSegment;
  of: SegmentRange[];
}

/**
 * Makes segments of what has none, the newest rooms first, and merges them: in small pieces, each made outside
 * of the transaction that stores it. It looks for work each minute; where it has not been yet, rows are read.
 */
@Injectable()
export class SegmentIndexer extends PeriodicJob {
  readonly name = 'search-index';
  readonly everySeconds = 60;
  /** Since the start: the time that it took, and what it has stored. */
  readonly counts = { seconds: 0, stored: { rows: 0, segments: 0 } };
  private readonly pause = new Pause(SHARES);
  private isUnderWay = false;
  private made: Made | undefined;

  constructor(
    private readonly rooms: RoomsToIndex,
    private readonly builder: SegmentBuilder,
    private readonly merger: SegmentMerger,
    private readonly store: SegmentStore,
    reader: SegmentReader,
  ) {
    super();
    reader.watch((chatId) => this.rooms.forget(chatId));
  }

  /** Stores what was made since the last step. */
  async step(tx: Transaction): Promise<boolean> {
    const { made } = this;
    if (!made) {
      if (!this.isUnderWay) this.rooms.begin();
      this.isUnderWay = !this.rooms.isOver;
      return this.isUnderWay;
    }
    const isStored = await this.store.put(tx, made.segment, made.of);
    tx.onCommit(() => {
      this.made = undefined;
      if (isStored) this.note(made);
      else this.fail(made.room, made.segment.place.firstSeq);
    });
    return true;
  }

  /** Makes the next one. */
  override async carryOut(): Promise<void> {
    if (!this.isUnderWay || this.made) return;
    this.pause.begin();
    try {
      const next = await this.rooms.next();
      this.made = next && (await this.make(next.room, next.task));
    } catch (error) {
      this.rooms.leave(); // the others do not wait for this one
      throw error;
    } finally {
      this.counts.seconds += this.pause.end() / 1000;
    }
  }

  override async rest(ending: AbortSignal): Promise<void> {
    const begun = performance.now();
    do await this.pause.rest(ending);
    while (this.pause.isBusy && !ending.aborted && performance.now() - begun < LONGEST_REST_MS);
  }

  private async make(room: RoomToIndex, task: Task): Promise<Made | undefined> {
    const { chatId, lastChange } = room;
    if (task.kind === 'build') {
      const segment = await this.builder.build(chatId, task, lastChange);
      if (!segment) this.fail(room, task.firstSeq);
      return segment && { room, segment, of: [] };
    }
    const { ranges } = task;
    const segment = await this.merger.merge(chatId, ranges);
    if (segment === 'changed') this.fail(room, ranges[0].firstSeq);
    else if (segment) return { room, segment, of: ranges };
    else this.rooms.spare(chatId, ranges.at(-1)!.lastSeq);
    return undefined;
  }

  private note({ room, segment, of }: Made): void {
    this.counts.stored[of.length > 0 ? 'segments' : 'rows']++;
    const { firstSeq, lastSeq } = segment.place;
    this.rooms.note(room, { firstSeq, lastSeq, change: segment.change }, of);
  }

  /** What it was to be made of has changed: where it does so again and again, what stands before it comes next. */
  private fail(room: RoomToIndex, firstSeq: number): void {
    this.rooms.forget(room.chatId);
    if (++room.failures < MOST_FAILURES) return;
    [room.upTo, room.failures] = [firstSeq - 1, 0];
  }
}
