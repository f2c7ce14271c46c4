import type { Message } from './message.entity.js';

/** When a message was changed: not before it was made or last edited, whatever the clock does. */
export function timeOfChange(
  { createdAt, editedAt }: Pick<Message, 'createdAt' | 'editedAt'>,
  time = new Date(),
): Date {
  return new Date(Math.max(time.getTime(), createdAt.getTime(), editedAt?.getTime() ?? 0));
}

/** Since when a message reads as a tombstone: it was deleted, or its sender's account has ended. */
export function goneAt(
  message: Pick<Message, 'createdAt' | 'editedAt' | 'deletedAt'>,
  { erasedAt }: { erasedAt: Date | null },
): Date | null {
  return message.deletedAt ?? (erasedAt && timeOfChange(message, erasedAt));
}
