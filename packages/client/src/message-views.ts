import type { MessageWindow } from './message-window.js';
import type { Optimistic } from './optimistic.js';
import type { Outgoing } from './outbox.js';
import type { Problem } from './problem.js';
import { sameList } from './readable.js';
import type { Message, Profile } from './types.js';
import type { Upload } from './upload.js';

/** A message as it is shown. */
export interface RoomMessage extends Message {
  /** The same from the first moment on, for lists of a page; what `retry` and `discard` take. */
  readonly key: string;
  /** What is `pending` or `failed` has no `id` and no `seq` (0) yet. */
  readonly state: 'sent' | 'pending' | 'failed';
  /** Why it has failed. */
  readonly problem: Problem | null;
  readonly isMine: boolean;
  /** The files of one that is not sent yet, on their way, in the order of its `attachments`. */
  readonly uploads: readonly Upload[];
}

const NONE: readonly Upload[] = [];

export interface MessageViews {
  /** A message of the user's own is shown under the key that it was sent by. */
  name(messageId: string, key: string): void;
  of(
    window: MessageWindow,
    outgoing: readonly Outgoing[],
    optimistic: Optimistic,
    me: Profile,
  ): readonly RoomMessage[];
}

/** Makes views of messages, the same object for the same message. */
export function messageViews(): MessageViews {
  const keys = new Map<string, string>();
  const views = new WeakMap<Message | Outgoing, RoomMessage>();
  let last: readonly RoomMessage[] = [];

  function kept(source: Message | Outgoing, make: () => RoomMessage): RoomMessage {
    const known = views.get(source);
    if (known) return known;
    const view = make();
    views.set(source, view);
    return view;
  }

  return {
    name: (messageId, key) => void keys.set(messageId, key),
    of(window, outgoing, optimistic, me) {
      const messages = [...window.messages, ...window.beyond];
      const here = new Set(messages.flatMap(({ id, client_id }) => [id, client_id]));
      const isHere = ({ clientId, messageId }: Outgoing): boolean =>
        here.has(clientId) || (messageId !== null && here.has(messageId));
      for (const { messageId, clientId } of outgoing)
        if (messageId !== null) keys.set(messageId, clientId);
      const waiting = window.hasNewer ? [] : outgoing.filter((item) => !isHere(item));
      const next = [
        ...messages.map((message) => {
          const shown = optimistic.shown(message);
          const key = keys.get(message.id) ?? message.id;
          if (shown !== message) return sent(shown, key, me);
          return kept(message, () => sent(message, key, me));
        }),
        ...waiting.map((item) => kept(item, () => unsent(item, me))),
      ];
      return (last = sameList(last, next));
    },
  };
}

function sent(message: Message, key: string, me: Profile): RoomMessage {
  const isMine = message.sender.id === me.id;
  return { ...message, key, state: 'sent', problem: null, isMine, uploads: NONE };
}

function unsent(item: Outgoing, me: Profile): RoomMessage {
  return {
    id: '',
    chat_id: item.chatId,
    seq: 0,
    change: 0,
    sender: me,
    message: item.text,
    client_id: item.clientId,
    reply_to: item.replyTo,
    reactions: [],
    attachments: item.files.map(({ attachment }) => attachment),
    created_at: item.createdAt,
    edited_at: null,
    deleted_at: null,
    key: item.clientId,
    state: item.state,
    problem: item.problem,
    isMine: true,
    uploads: item.files,
  };
}
