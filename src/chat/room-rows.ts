import type { Row } from '../database/statement.js';
import type { Chat, Visibility } from './chat.entity.js';
import type { Member, Role } from './member.entity.js';

/** Rooms and members as statements read and write them: columns, and what becomes of a row. */

export const CHAT_COLUMNS = `chat.id, chat.chat_name, chat.visibility, chat.created_by,
  chat.created_at, chat.last_message_at, chat.last_seq, chat.last_change, chat.last_deleted_seq,
  chat.member_count, chat.direct_key, chat.deleted_at`;

export const CHAT_WIDTH = CHAT_COLUMNS.split(',').length;

export type ChatRow = [
  id: string,
  chatName: string | null,
  visibility: Visibility,
  createdBy: string,
  createdAt: Time,
  lastMessageAt: Time | null,
  lastSeq: number,
  lastChange: number,
  lastDeletedSeq: number,
  memberCount: number,
  directKey: string | null,
  deletedAt: Time | null,
];

export const MEMBER_COLUMNS = `member.chat_id, member.user_id, member.role, member.joined_at,
  member.read_seq, member.invited_by`;

export const MEMBER_WIDTH = MEMBER_COLUMNS.split(',').length;

export type MemberRow = [
  chatId: string,
  userId: string,
  role: Role,
  joinedAt: Time,
  readSeq: number,
  invitedBy: string | null,
];

/** Milliseconds since 1970; PostgreSQL answers bigint as text. */
type Time = string | number;

export function toChat(row: ChatRow): Chat {
  return {
    id: row[0],
    chatName: row[1],
    visibility: row[2],
    createdBy: row[3],
    createdAt: new Date(Number(row[4])),
    lastMessageAt: row[5] === null ? null : new Date(Number(row[5])),
    lastSeq: row[6],
    lastChange: row[7],
    lastDeletedSeq: row[8],
    memberCount: row[9],
    directKey: row[10],
    deletedAt: row[11] === null ? null : new Date(Number(row[11])),
  };
}

export function toMember(row: MemberRow): Member {
  return {
    chatId: row[0],
    userId: row[1],
    role: row[2],
    joinedAt: new Date(Number(row[3])),
    readSeq: row[4],
    invitedBy: row[5],
  };
}

export function chatRow(chat: Chat): Row {
  return {
    id: chat.id,
    chat_name: chat.chatName,
    visibility: chat.visibility,
    created_by: chat.createdBy,
    created_at: chat.createdAt.getTime(),
    last_message_at: chat.lastMessageAt && chat.lastMessageAt.getTime(),
    last_seq: chat.lastSeq,
    last_change: chat.lastChange,
    last_deleted_seq: chat.lastDeletedSeq,
    member_count: chat.memberCount,
    direct_key: chat.directKey,
    deleted_at: chat.deletedAt && chat.deletedAt.getTime(),
  };
}

export function memberRow(member: Member): Row {
  return {
    chat_id: member.chatId,
    user_id: member.userId,
    role: member.role,
    joined_at: member.joinedAt.getTime(),
    read_seq: member.readSeq,
    invited_by: member.invitedBy,
  };
}
