import type { Message } from './types.js';

/** How many messages a window holds at most: what is furthest from where the reader goes is let go. */
const MOST = 1000;

/** A run of a room's messages without a gap, by `seq`. */
export class MessageWindow {
  hasOlder = false;
  hasNewer = false;
  /** Shown until what is so now is here; nothing goes into it any more. */
  isStale = false;
  /** Whether the reader goes towards the newest: then it is the oldest that are let go. */
  isFollowing = true;
  /** Known, but beyond a message that is not here yet. */
  private readonly ahead = new Map<number, Message>();
  private list: readonly Message[] = [];

  /** The same array until one of them changes. */
  get messages(): readonly Message[] {
    return this.list;
  }

  /** Those beyond one that is not here yet, by `seq`. */
  get beyond(): Message[] {
    return [...this.ahead.values()].sort((a, b) => a.seq - b.seq);
  }

  get firstSeq(): number {
    return this.list[0]?.seq ?? 1;
  }

  get lastSeq(): number {
    return this.list.at(-1)?.seq ?? 0;
  }

  at(seq: number): Message | undefined {
    return this.list[seq - this.firstSeq];
  }

  /** Begins anew with what a page shows. */
  fill(
    messages: Message[],
    { hasOlder, hasNewer }: { hasOlder: boolean; hasNewer: boolean },
  ): void {
    this.list = messages;
    this.hasOlder = hasOlder;
    this.hasNewer = hasNewer;
    this.isFollowing = true;
    this.ahead.clear();
  }

  /** A page right before the first one. */
  prepend(messages: Message[], hasMore: boolean): void {
    this.list = [...messages, ...this.list];
    this.hasOlder = hasMore;
    this.isFollowing = false;
    if (this.list.length <= MOST) return;
    this.list = this.list.slice(0, MOST);
    this.hasNewer = true;
    this.ahead.clear();
  }

  /** A page right after the last one. */
  append(messages: Message[], hasMore: boolean): void {
    this.hasNewer = hasMore;
    this.isFollowing = true;
    const known = this.list;
    this.list = [...known, ...messages.filter(({ seq }) => seq > this.lastSeq)];
    for (const message of messages) this.put(message);
    this.trim();
  }

  /** A message as of some change: kept where it is newer than what is here, or the next one. */
  put(message: Message): void {
    if (this.isStale) return;
    const { seq } = message;
    const held = this.at(seq);
    if (!isNews(message, held ?? this.ahead.get(seq))) return;
    if (held) this.list = this.list.with(seq - this.firstSeq, message);
    else if (seq > this.lastSeq && !this.hasNewer) this.add(message);
  }

  /** Shows what `change` makes of each. */
  map(change: (message: Message) => Message): void {
    const next = this.list.map(change);
    if (next.some((message, i) => message !== this.list[i])) this.list = next;
    for (const [seq, message] of this.ahead) this.ahead.set(seq, change(message));
  }

  private add(message: Message): void {
    this.ahead.set(message.seq, message);
    if (message.seq > this.lastSeq + 1) return;
    if (this.list.length >= MOST && !this.isFollowing) {
      this.hasNewer = true;
      return this.ahead.clear();
    }
    for (let next = message as Message | undefined; next; next = this.ahead.get(next.seq + 1)) {
      this.ahead.delete(next.seq);
      this.list = [...this.list, next];
    }
    this.trim();
  }

  private trim(): void {
    if (this.list.length <= MOST) return;
    this.list = this.list.slice(-MOST);
    this.hasOlder = true;
  }
}

/** Events leave out the `client_id`, which answers show to the sender. */
function isNews(message: Message, held: Message | undefined): boolean {
  if (!held || message.change > held.change) return true;
  return message.change === held.change && message.client_id !== null && held.client_id === null;
}
