import type { Message, RoomEvent } from './types.js';

export type Change =
  | { kind: 'edit'; text: string }
  | { kind: 'delete' }
  | { kind: 'react'; emoji: string; me: boolean };

interface Wish {
  id: string;
  change: Change;
  /** The server has done it, and the event that says so is on its way. */
  isAnswered: boolean;
}

/** What the user has changed and sees at once, until the server's word is here. */
export class Optimistic {
  private wishes: readonly Wish[] = [];

  /** As the user wants it. The same object where they want nothing of it. */
  shown(message: Message): Message {
    return this.wishes
      .filter(({ id }) => id === message.id)
      .reduce((so, { change }) => changed(so, change), message);
  }

  /** Shows the change while `work` is done, and not any more should that fail. */
  async during<T>(
    id: string,
    change: Change,
    work: () => Promise<T>,
    touch: () => void,
  ): Promise<T> {
    const wish: Wish = { id, change, isAnswered: false };
    this.wishes = [...this.wishes, wish];
    touch();
    try {
      const answer = await work();
      wish.isAnswered = true;
      if (change.kind === 'edit') this.drop((each) => each === wish);
      return answer;
    } catch (error) {
      this.drop((each) => each === wish);
      throw error;
    } finally {
      touch();
    }
  }

  /** What the server says has happened needs no wish any more. */
  note(event: RoomEvent, myId: string): void {
    if (event.type === 'message.deleted') this.drop(({ id }) => id === event.message.id);
    if (event.type !== 'reaction.changed' || event.user_id !== myId) return;
    const { message, emoji } = event;
    this.drop(
      ({ id, change }) => id === message.id && change.kind === 'react' && change.emoji === emoji,
    );
  }

  /** Everything that was done is here. */
  settle(): void {
    this.drop(({ isAnswered }) => isAnswered);
  }

  private drop(isDone: (wish: Wish) => boolean): void {
    this.wishes = this.wishes.filter((wish) => !isDone(wish));
  }
}

function changed(message: Message, change: Change): Message {
  if (message.deleted_at) return message;
  const now = new Date().toISOString();
  switch (change.kind) {
    case 'edit':
      return { ...message, message: change.text, edited_at: now };
    case 'delete':
      return {
        ...message,
        ...{ message: null, reactions: [], attachments: [], client_id: null, deleted_at: now },
      };
    case 'react':
      return { ...message, reactions: reacted(message.reactions, change) };
  }
}

function reacted(
  reactions: Message['reactions'],
  { emoji, me }: { emoji: string; me: boolean },
): Message['reactions'] {
  const held = reactions.find((each) => each.emoji === emoji);
  if (!held) return me ? [...reactions, { emoji, count: 1, me }] : reactions;
  if (held.me === me) return reactions;
  const count = held.count + (me ? 1 : -1);
  return reactions.flatMap((each) =>
    each !== held ? [each] : count > 0 ? [{ emoji, count, me }] : [],
  );
}
