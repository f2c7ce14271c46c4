import { Injectable, OnModuleDestroy } from '@nestjs/common';
import { DeadTokenError } from '../auth/auth.errors.js';
import { SessionService } from '../auth/session.service.js';
import { ChatRepository } from '../chat/chat.repository.js';
import { UnavailableError } from '../common/errors.js';
import { EventBus } from '../events/event-bus.js';
import type { Connection } from './connection.js';
import { ConnectionIndex } from './connection-index.js';
import { TooManyConnectionsError } from './realtime.errors.js';

/** Of one user, in one process. */
const MAX_CONNECTIONS = 50;
const CONNECTIONS_PER_QUERY = 500;

/**
 * Everyone who listens to this process, and to which rooms. What is in the database when a
 * connection opens is brought in line by news from then on, and by looking again where news may
 * have been missed.
 */
@Injectable()
export class Connections implements OnModuleDestroy {
  private readonly all = new Set<Connection>();
  private readonly ofUser = new ConnectionIndex();
  private readonly ofSession = new ConnectionIndex();
  private readonly inRoom = new ConnectionIndex();
  /** Of each look at the database underway: users whose memberships have changed meanwhile. */
  private readonly looks = new Set<Set<string>>();
  private isClosed = false;

  constructor(
    private readonly sessions: SessionService,
    private readonly chats: ChatRepository,
    private readonly bus: EventBus,
  ) {}

  has(connection: Connection): boolean {
    return this.all.has(connection);
  }

  get size(): number {
    return this.all.size;
  }

  count(isCounted: (connection: Connection) => boolean): number {
    return [...this.all].filter(isCounted).length;
  }

  /**
   * Lets a connection hear its rooms. Once this resolves, no event from then on is missed.
   *
   * @param admit asks whether it may connect, once the end of its session would be heard of
   * @throws DeadTokenError when its session is over
   * @throws TooManyConnectionsError
   */
  async open(connection: Connection, admit?: () => Promise<unknown>): Promise<void> {
    const { user } = connection;
    if (this.isClosed) throw new UnavailableError('The server is shutting down. Try again.', 2);
    if (this.ofUser.count(user.id) >= MAX_CONNECTIONS) {
      throw new TooManyConnectionsError(MAX_CONNECTIONS);
    }
    this.all.add(connection);
    this.ofUser.add(user.id, connection);
    this.ofSession.add(user.sessionId, connection);
    try {
      await admit?.();
      await this.look([connection]);
    } catch (error) {
      this.remove(connection);
      throw error;
    }
    if (!this.all.has(connection)) throw new DeadTokenError();
  }

  remove(connection: Connection): void {
    if (!this.all.delete(connection)) return;
    this.ofUser.delete(connection.user.id, connection);
    this.ofSession.delete(connection.user.sessionId, connection);
    for (const chatId of connection.chatIds) this.leave(connection, chatId);
  }

  /** Those who hear a room. */
  hearing(chatId: string): Connection[] {
    return this.inRoom.get(chatId);
  }

  of(userId: string): Connection[] {
    return this.ofUser.get(userId);
  }

  endSessions(sessionIds: string[]): void {
    for (const id of sessionIds)
      this.ofSession.get(id).forEach((connection) => this.end(connection));
  }

  /** A user has joined a room. Resolves when its events come here. */
  async join(userId: string, chatId: string): Promise<void> {
    for (const look of this.looks) look.add(userId);
    const isNew = this.of(userId).map((connection) => this.enter(connection, chatId));
    if (isNew.includes(true)) await this.bus.follow([chatId]);
  }

  /** A user has left a room. */
  part(userId: string, chatId: string): void {
    for (const look of this.looks) look.add(userId);
    for (const connection of this.of(userId)) this.leave(connection, chatId);
  }

  /** A room is over. */
  closeRoom(chatId: string): void {
    for (const connection of this.hearing(chatId)) this.leave(connection, chatId);
  }

  /** Looks at the database again: for sessions that have ended, and rooms that were joined or left. */
  async lookAgain(): Promise<void> {
    const connections = [...this.all];
    for (let i = 0; i < connections.length; i += CONNECTIONS_PER_QUERY) {
      await this.look(connections.slice(i, i + CONNECTIONS_PER_QUERY));
    }
  }

  readyAll(): void {
    for (const connection of this.all) connection.ready();
  }

  onModuleDestroy(): void {
    this.isClosed = true;
    for (const connection of this.all) connection.release();
  }

  private async look(connections: Connection[]): Promise<void> {
    const changed = new Set<string>();
    this.looks.add(changed);
    try {
      for (let rest = connections; rest.length > 0;) {
        changed.clear();
        const [living, joined] = await Promise.all([
          this.sessions.living([...new Set(rest.map(({ user }) => user.sessionId))]),
          this.chats.joinedIds([...new Set(rest.map(({ user }) => user.id))]),
        ]);
        const settled = rest.filter(({ user }) => !changed.has(user.id));
        rest = rest.filter(({ user }) => changed.has(user.id));
        const followed = settled.flatMap((connection) =>
          living.has(connection.user.sessionId)
            ? this.bringInLine(connection, joined.get(connection.user.id)!)
            : this.end(connection),
        );
        await this.bus.follow(followed);
      }
    } finally {
      this.looks.delete(changed);
    }
  }

  /** Returns the rooms that nobody here heard so far. */
  private bringInLine(connection: Connection, joined: string[]): string[] {
    if (!this.all.has(connection)) return [];
    const { chatId: only, chatIds } = connection;
    const wanted = new Set(only === undefined ? joined : joined.filter((id) => id === only));
    for (const chatId of chatIds) if (!wanted.has(chatId)) this.leave(connection, chatId);
    return [...wanted].filter((chatId) => this.enter(connection, chatId));
  }

  private enter(connection: Connection, chatId: string): boolean {
    const { chatId: only, chatIds } = connection;
    if (chatIds.has(chatId) || (only !== undefined && only !== chatId)) return false;
    chatIds.add(chatId);
    connection.enter(chatId);
    return this.inRoom.add(chatId, connection);
  }

  private leave(connection: Connection, chatId: string): void {
    if (!connection.chatIds.delete(chatId)) return;
    connection.leave(chatId);
    if (this.inRoom.delete(chatId, connection)) this.bus.unfollow([chatId]);
  }

  private end(connection: Connection): string[] {
    this.remove(connection);
    connection.end();
    return [];
  }
}
