import { MessageWindow } from '../../src/message-window.js';
import type {
  Chat,
  Member,
  MemberEvent,
  Message,
  MessageEvent,
  Profile,
  ReactionEvent,
} from '../../src/types.js';

export const ME = 'me';
const AT = '2026-01-01T00:00:00.000Z';

export function person(id: string, fname: string | null = id): Profile {
  return { id, fname, lname: null, profile: null };
}

export function chat(given: Partial<Chat> = {}): Chat {
  return {
    id: 'room',
    chat_name: 'Room',
    visibility: 'public',
    created_by: ME,
    created_at: AT,
    last_message: null,
    last_message_at: null,
    last_seq: 0,
    last_change: 0,
    member_count: 2,
    role: 'member',
    read_seq: 0,
    unread_count: 0,
    ...given,
  };
}

/** The message of that `seq`, whose last change is the same number. */
export function message(seq: number, given: Partial<Message> = {}): Message {
  return {
    id: `m${seq}`,
    chat_id: 'room',
    seq,
    change: seq,
    sender: person('ada'),
    message: `text ${seq}`,
    client_id: null,
    reply_to: null,
    reactions: [],
    attachments: [],
    created_at: AT,
    edited_at: null,
    deleted_at: null,
    ...given,
  };
}

export function messages(from: number, to: number): Message[] {
  return Array.from({ length: to - from + 1 }, (_, i) => message(from + i));
}

export function messageEvent(
  kind: 'created' | 'updated' | 'deleted',
  of: Message,
): MessageEvent & { message: Message } {
  return { type: `message.${kind}`, chat_id: of.chat_id, change: of.change, message: of };
}

/** The message of that `seq` is created by the change of the same number, or of another one. */
export function created(seq: number, given: Partial<Message> = {}): MessageEvent {
  return messageEvent('created', message(seq, given));
}

/** Somebody takes an emoji, of which there are `count` then, or takes it back. */
export function reaction(
  of: Message,
  {
    change,
    by,
    added = true,
    count,
  }: Record<'change' | 'count', number> & { by: string; added?: boolean },
): ReactionEvent {
  const reactions = count > 0 ? [{ emoji: '👍', count }] : [];
  return {
    type: 'reaction.changed',
    chat_id: of.chat_id,
    change,
    user_id: by,
    emoji: '👍',
    added,
    message: { ...of, change, reactions },
  };
}

export function member(id: string, given: Partial<Member> = {}): Member {
  return { user: person(id), role: 'member', joined_at: AT, read_seq: 0, ...given };
}

export function memberEvent(
  action: MemberEvent['action'],
  change: number,
  of: Member,
): MemberEvent {
  return { type: 'member.changed', chat_id: 'room', change, member: of, member_count: 3, action };
}

export function windowOf(list: Message[]): MessageWindow {
  const window = new MessageWindow();
  window.fill(list, { hasOlder: false, hasNewer: false });
  return window;
}
