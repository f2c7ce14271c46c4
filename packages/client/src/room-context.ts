import type { Calls } from './calls.js';
import type { Optimistic } from './optimistic.js';
import type { Outbox } from './outbox.js';
import type { RoomState } from './room-state.js';
import type { Typing } from './typing.js';
import type { Chat, Profile } from './types.js';
import type { Transfer, UploadOptions } from './upload.js';

/** What a room needs of its client. */
export interface RoomContext {
  readonly calls: Calls;
  readonly outbox: Outbox;
  readonly optimistic: Optimistic;
  readonly typing: Typing;
  readonly absences: number;
  refreshPeople(): Promise<void>;
  watchPeople(): () => void;
  state(chatId: string): RoomState | undefined;
  readonly myId: string;
  /** As soon as that is known. */
  me(): Profile | null;
  markRead(chatId: string, seq: number): void;
  attach(chatId: string, file: Blob, options: UploadOptions): Transfer;
  adopt(chat: Chat): void;
  drop(chatId: string): void;
}
