import { newId } from '../crypto/ids.js';
import type { Chat, Visibility } from './chat.entity.js';
import type { Member, Role } from './member.entity.js';

export function newChat(createdBy: string, visibility: Visibility, chatName: string | null): Chat {
  return {
    id: newId(),
    chatName,
    visibility,
    createdBy,
    createdAt: new Date(),
    lastMessageAt: null,
    lastSeq: 0,
    lastChange: 1,
    lastDeletedSeq: 0,
    memberCount: 1,
    directKey: null,
    deletedAt: null,
  };
}

export function newMember(chat: Chat, userId: string, role: Role): Member {
  return { chatId: chat.id, userId, role, joinedAt: chat.createdAt, readSeq: 0, invitedBy: null };
}
