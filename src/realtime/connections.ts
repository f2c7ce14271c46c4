import { Injectable, OnModuleDestroy } from '@nestjs/common';
import { DeadTokenError } from '../auth/auth.errors.js';
import { SessionService } from '../auth/session.service.js';
import { ChatRepository } from '../chat/chat.repository.js';
import { UnavailableError } from '../common/errors.js';
import type { Connection } from './connection.js';
import { ConnectionIndex } from './connection-index.js';
import { HeardRooms, tellReady } from './heard-rooms.js';
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
  /** Of each look at the database underway: users and rooms whose memberships changed meanwhile. */
  private readonly looks = new Set<Set<string>>();
  /** The server goes: whoever comes is to go to another one. */
  isClosed = false;

  constructor(
    private readonly sessions: SessionService,
    private readonly chats: ChatRepository,
    private readonly rooms: HeardRooms,
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
   * Lets a connection hear its rooms. Once this resolves, no event from then on is missed without
   * its client being told.
   *
   * @param admit asks whether it may connect, once the end of its session would be heard of
   * @throws DeadTokenError when its session is over
   * @throws TooManyConnectionsError
   */
  async open(connection: Connection, admit?: () => Promise<unknown>): Promise<void> {
    const { user } = connection;
    if (this.isClosed) throw new UnavailableError('The server is shutting down. Try again.', 2);
    if (this.ofUser.get(user.id).size >= MAX_CONNECTIONS) {
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
    for (const chatId of connection.chatIds) this.rooms.leave(connection, chatId);
  }

  of(userId: string): Connection[] {
    return [...this.ofUser.get(userId)];
  }

  endSessions(sessionIds: string[]): void {
    for (const id of sessionIds)
      for (const connection of this.ofSession.get(id)) this.end(connection);
  }

  /** A user has joined a room, by this change of it. Resolves when its events come here. */
  async join(userId: string, chatId: string, change: number): Promise<void> {
    this.mark(userId);
    const entered = this.of(userId).filter((each) => this.rooms.enter(each, chatId, change));
    await this.rooms.follow([chatId], entered);
  }

  /** A user has left a room. */
  part(userId: string, chatId: string): void {
    this.mark(userId);
    for (const connection of this.ofUser.get(userId)) this.rooms.leave(connection, chatId);
  }

  /** A room is over. */
  closeRoom(chatId: string): void {
    this.mark(chatId);
    for (const connection of this.rooms.hearing(chatId)) this.rooms.leave(connection, chatId);
  }

  /**
   * Looks at the database again: for sessions that have ended, rooms that were joined or left, and
   * changes whose events have not come. Who may have missed some is told.
   *
   * @param hasMissed whether that may be anyone
   */
  async lookAgain(hasMissed = false): Promise<void> {
    const connections = [...this.all];
    const changes = new Map<string, number>();
    for (let i = 0; i < connections.length; i += CONNECTIONS_PER_QUERY) {
      await this.look(connections.slice(i, i + CONNECTIONS_PER_QUERY), changes);
    }
    const behind = this.rooms.behind(changes);
    tellReady(hasMissed ? [...this.all] : behind);
  }

  onModuleDestroy(): void {
    this.isClosed = true;
    for (const connection of this.all) connection.release();
  }

  /** @param changes takes in how far the rooms have come */
  private async look(
    connections: Connection[],
    changes = new Map<string, number>(),
  ): Promise<void> {
    const changed = new Set<string>();
    this.looks.add(changed);
    try {
      for (let rest = connections; rest.length > 0;) {
        changed.clear();
        const [living, joined] = await Promise.all([
          this.sessions.living([...new Set(rest.map(({ user }) => user.sessionId))]),
          this.chats.joinedChanges([...new Set(rest.map(({ user }) => user.id))]),
        ]);
        const settled = rest.filter(({ user }) => !changed.has(user.id));
        rest = rest.filter(({ user }) => changed.has(user.id));
        for (const rooms of joined.values()) {
          for (const chatId of changed) rooms.delete(chatId); // over by now
          for (const [chatId, change] of rooms) changes.set(chatId, change);
        }
        await this.bringInLine(settled, living, joined);
      }
    } finally {
      this.looks.delete(changed);
    }
  }

  private async bringInLine(
    connections: Connection[],
    living: Set<string>,
    joined: Map<string, Map<string, number>>,
  ): Promise<void> {
    const entered: Connection[] = [];
    const chatIds: string[] = [];
    for (const connection of connections) {
      const { id, sessionId } = connection.user;
      const isLiving = living.has(sessionId);
      if (!isLiving) this.end(connection);
      const fresh = isLiving ? this.enterAll(connection, joined.get(id)!) : [];
      if (fresh.length > 0) entered.push(connection);
      chatIds.push(...fresh);
    }
    await this.rooms.follow(chatIds, entered);
  }

  /** Returns the rooms that it has not heard so far. */
  private enterAll(connection: Connection, joined: Map<string, number>): string[] {
    if (!this.all.has(connection)) return [];
    for (const chatId of connection.chatIds) {
      if (!joined.has(chatId)) this.rooms.leave(connection, chatId);
    }
    return [...joined].flatMap(([id, change]) =>
      this.rooms.enter(connection, id, change) ? id : [],
    );
  }

  /** Looks underway are not to count for a user or a room, about whom there is news. */
  private mark(id: string): void {
    for (const look of this.looks) look.add(id);
  }

  private end(connection: Connection): void {
    this.remove(connection);
    connection.end();
  }
}
