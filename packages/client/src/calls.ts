import type createFetchClient from 'openapi-fetch';
import type { paths } from './schema.js';
import { answerOf } from './transport.js';
import type {
  Chat,
  LoginSession,
  Member,
  Message,
  Profile,
  Role,
  SyncAnswer,
  User,
  Visibility,
} from './types.js';

export type Api = ReturnType<typeof createFetchClient<paths>>;

interface Page<T> {
  data: T[];
  has_more: boolean;
}

/** What the API is asked, in one line each. All throw a Problem where it refuses. */
export class Calls {
  constructor(private readonly api: Api) {}

  sync(rooms: Record<string, number>, history: string | null): Promise<SyncAnswer> {
    const body = { rooms, ...(history !== null && { history }) };
    return answerOf(this.api.POST('/sync', { body }));
  }

  me(): Promise<User> {
    return answerOf(this.api.GET('/userauth/me'));
  }

  updateMe(body: Partial<Pick<User, 'fname' | 'lname' | 'profile'>>): Promise<User> {
    return answerOf(this.api.PATCH('/userauth/me', { body }));
  }

  async changePassword(current_password: string, new_password: string): Promise<void> {
    await this.api.PUT('/userauth/me/password', { body: { current_password, new_password } });
  }

  async eraseMe(proof: { password: string } | { token: string }): Promise<void> {
    await this.api.DELETE('/userauth/me', { body: proof });
  }

  async sessions(): Promise<LoginSession[]> {
    return (await answerOf(this.api.GET('/userauth/sessions'))).data;
  }

  async endSession(session_id: string): Promise<void> {
    await this.api.DELETE('/userauth/sessions/{session_id}', { params: { path: { session_id } } });
  }

  async endOtherSessions(): Promise<void> {
    await this.api.DELETE('/userauth/sessions');
  }

  async people(query: { email: string } | { ids: string[] }): Promise<Profile[]> {
    return (await answerOf(this.api.GET('/users/', { params: { query } }))).data;
  }

  createRoom(body: { chat_name: string; visibility?: 'public' | 'private' }): Promise<Chat> {
    return answerOf(this.api.POST('/chat/', { body }));
  }

  openDirect(user_id: string): Promise<Chat> {
    return answerOf(this.api.POST('/chat/direct', { body: { user_id } }));
  }

  /** With `q` an answer that has more names `next`: send it as `after`. */
  listRooms(query: {
    q?: string;
    after?: string;
    limit?: number;
  }): Promise<Page<Chat> & { next?: string }> {
    return answerOf(this.api.GET('/chat/', { params: { query } }));
  }

  getRoom(chat_id: string): Promise<Chat> {
    return answerOf(this.api.GET('/chat/{chat_id}', { params: { path: { chat_id } } }));
  }

  updateRoom(
    chat_id: string,
    body: { chat_name?: string; visibility?: Exclude<Visibility, 'direct'> },
  ): Promise<Chat> {
    return answerOf(this.api.PATCH('/chat/{chat_id}', { params: { path: { chat_id } }, body }));
  }

  async deleteRoom(chat_id: string): Promise<void> {
    await this.api.DELETE('/chat/{chat_id}', { params: { path: { chat_id } } });
  }

  async markRead(chat_id: string, seq: number): Promise<void> {
    const path = { chat_id };
    await this.api.PUT('/chat/{chat_id}/read', { params: { path }, body: { seq } });
  }

  listMembers(chat_id: string, after?: string): Promise<Page<Member>> {
    const params = { path: { chat_id }, query: { limit: 200, after } };
    return answerOf(this.api.GET('/chat/{chat_id}/members', { params }));
  }

  putMember(chat_id: string, user_id: string, role?: Role): Promise<Member> {
    const params = { path: { chat_id, user_id } };
    return answerOf(
      this.api.PUT('/chat/{chat_id}/members/{user_id}', { params, body: role ? { role } : {} }),
    );
  }

  async removeMember(chat_id: string, user_id: string): Promise<void> {
    const params = { path: { chat_id, user_id } };
    await this.api.DELETE('/chat/{chat_id}/members/{user_id}', { params });
  }

  send(
    chatid: string,
    message: string,
    client_id: string,
    reply_to: string | null,
    attachments: string[] = [],
  ): Promise<Message> {
    const body = { chatid, message, client_id, reply_to, attachments };
    return answerOf(this.api.POST('/message/', { body }));
  }

  listMessages(
    chat_id: string,
    query: { before?: number; after?: number; limit: number },
  ): Promise<Page<Message>> {
    return answerOf(this.api.GET('/message/', { params: { query: { chat_id, ...query } } }));
  }

  getMessage(message_id: string): Promise<Message> {
    return answerOf(this.api.GET('/message/{message_id}', { params: { path: { message_id } } }));
  }

  editMessage(message_id: string, message: string): Promise<Message> {
    const params = { path: { message_id } };
    return answerOf(this.api.PATCH('/message/{message_id}', { params, body: { message } }));
  }

  async deleteMessage(message_id: string): Promise<void> {
    await this.api.DELETE('/message/{message_id}', { params: { path: { message_id } } });
  }

  async react(message_id: string, emoji: string, me: boolean): Promise<void> {
    const path = '/message/{message_id}/reactions/{emoji}';
    const params = { path: { message_id, emoji } };
    await (me ? this.api.PUT(path, { params }) : this.api.DELETE(path, { params }));
  }
}
