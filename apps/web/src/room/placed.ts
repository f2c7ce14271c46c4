import type { RoomMessage } from '@conclave/client';
import { dayKey, dayName } from '../times';

export interface PlacedMessage {
  message: RoomMessage;
  /** The name of a day that begins with it. */
  day: string | null;
  /** Whether the sender's name stands above it. */
  isFirst: boolean;
  isFirstUnread: boolean;
}

const TOGETHER_MS = 5 * 60_000;

/** Where each message stands: under which day, after whose, and which is the first unread one. */
export function placed(messages: readonly RoomMessage[], readSeq: number | null): PlacedMessage[] {
  let unread = readSeq === null ? undefined : messages.find((each) => each.seq > readSeq);
  if (unread?.isMine) unread = undefined;
  return messages.map((message, i) => {
    const before = messages[i - 1] as RoomMessage | undefined;
    const isNewDay = !before || dayKey(before.created_at) !== dayKey(message.created_at);
    const isFirstUnread = message === unread;
    const isFirst =
      isNewDay ||
      isFirstUnread ||
      before.sender.id !== message.sender.id ||
      Date.parse(message.created_at) - Date.parse(before.created_at) > TOGETHER_MS;
    return { message, isFirst, isFirstUnread, day: isNewDay ? dayName(message.created_at) : null };
  });
}
