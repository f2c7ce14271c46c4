import type { Type } from '@nestjs/common';
import {
  ChatDeletedDto,
  ChatUpdatedDto,
  MemberChangedDto,
  ReadChangedDto,
} from '../chat/chat-event.dto.js';
import type { RoomEventName } from '../events/events.js';
import { MessageChangedDto, ReactionChangedDto } from '../message/message-event.dto.js';
import { ReadyDto, ResetDto, TypingDto } from '../realtime/realtime-event.dto.js';
import { UserUpdatedDto } from '../user/user-event.dto.js';
import type { Schema } from './document.js';
import { schemaName, SCHEMAS } from './schema-names.js';

interface Heard {
  payload: Type<object>;
  summary: string;
  /** What makes the example of the payload's schema true of this event. */
  example?: { change?: number; message?: object };
}

/** Every event that clients hear, and what it carries. */
export const HEARD: Record<RoomEventName | 'user.updated' | 'ready' | 'reset', Heard> = {
  'message.created': {
    payload: MessageChangedDto,
    summary: 'A message was sent',
    example: { message: { reactions: [] } },
  },
  'message.updated': {
    payload: MessageChangedDto,
    summary: 'A message was edited',
    example: {
      change: 6,
      message: {
        change: 6,
        message: 'Hello again!',
        reactions: [{ emoji: '👍', count: 1 }],
        edited_at: '2026-11-22T17:33:00.000Z',
      },
    },
  },
  'message.deleted': {
    payload: MessageChangedDto,
    summary: 'A message was deleted',
    example: {
      change: 7,
      message: {
        change: 7,
        message: null,
        reactions: [],
        edited_at: '2026-11-22T17:33:00.000Z',
        deleted_at: '2026-11-22T17:34:00.000Z',
      },
    },
  },
  'reaction.changed': {
    payload: ReactionChangedDto,
    summary: 'A reaction was given or taken back',
    example: { change: 5, message: { change: 5, reactions: [{ emoji: '👍', count: 1 }] } },
  },
  'chat.updated': {
    payload: ChatUpdatedDto,
    summary: 'A room was renamed, or who sees it changed',
  },
  'chat.deleted': { payload: ChatDeletedDto, summary: 'A room exists no more' },
  'member.changed': { payload: MemberChangedDto, summary: 'Somebody came, went, or changed roles' },
  'read.changed': { payload: ReadChangedDto, summary: 'A member has read further' },
  typing: { payload: TypingDto, summary: 'Somebody is typing' },
  'user.updated': {
    payload: UserUpdatedDto,
    summary: 'Somebody you share a small room with, or you, changed names or profile',
  },
  ready: {
    payload: ReadyDto,
    summary: 'You hear your rooms, or may have missed some: call POST /sync',
  },
  reset: { payload: ResetDto, summary: 'Streams of one room: drop what you have of it' },
};

export const EVENT_PAYLOADS = [...new Set(Object.values(HEARD).map(({ payload }) => payload))];

/** Any event: `type` tells which. */
export function anyEvent(): Schema {
  const entries = Object.entries(HEARD).map(([name, { payload }]) => {
    return [name, SCHEMAS + schemaName(payload.name)] as const;
  });
  return {
    description: 'What happened; `type` says what it is.',
    oneOf: [...new Set(entries.map(([, $ref]) => $ref))].map(($ref) => ({ $ref })),
    discriminator: { propertyName: 'type', mapping: Object.fromEntries(entries) },
  };
}
