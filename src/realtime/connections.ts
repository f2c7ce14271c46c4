import { Injectable, OnModuleDestroy } from '@nestjs/common';
import { DeadTokenError } from '../auth/auth.errors.js';
import { SessionService } from '../auth/session.service.js';
import { ChatRepository } from '../chat/chat.repository.js';
import { UnavailableError } from '../common/errors.js';
import type { Connection } from './connection.js';
import { ConnectionIndex } from './connection-index.js';
import { Subscriptions } from './subscriptions.js';
import { TooManyConnectionsError } from './realtime.errors.js';

/** Of one user, in one process. */
const MAX_CONNECTIONS = 50;

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
    private readonly rooms: Subscriptions,
  ) {}

  has(connection: Connection): boolean {
    return this.all.has(connection);
  }

  get size(): number {
    return this.all.size;
  }

  list(): Connection[] {
    return [...this.all];
  }

  get sessionIds(): Iterable<string> {
    return this.ofSession.keys;
  }

  get userIds(): Iterable<string> {
    return this.ofUser.keys;
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
      for (const connection of this.ofSession.get(id)) this.close(connection);
  }

  /** A user has joined a room, by this change of it. Resolves when its events come here. */
  async join(userId: string, chatId: string, change: number): Promise<void> {
    this.mark(userId);
    const entered = this.of(userId).filter((each) => this.rooms.enter(each, chatId, change));
    await this.rooms.follow([chatId], entered);
  }

  /** A user has left a room. Answers who heard it. */
  part(userId: string, chatId: string): Connection[] {
    this.mark(userId);
    return this.of(userId).filter((each) => this.rooms.leave(each, chatId));
  }

  /** A room is over. Answers who heard it. */
  closeRoom(chatId: string): Connection[] {
    this.mark(chatId);
    return [...this.rooms.subscribers(chatId)].filter((each) => this.rooms.leave(each, chatId));
  }

  onModuleDestroy(): void {
    this.isClosed = true;
    for (const connection of this.all) connection.release();
  }

  /**
   * Reads from the database while news may come.
   *
   * @param read is given a set that takes in users and rooms whose memberships change meanwhile
   */
  async reading<T>(read: (changed: Set<string>) => Promise<T>): Promise<T> {
    const changed = new Set<string>();
    this.looks.add(changed);
    try {
      return await read(changed);
    } finally {
      this.looks.delete(changed);
    }
  }

  /** Lets connections hear the rooms that their users are in now. Answers those to which this is new. */
  look(connections: Connection[]): Promise<Connection[]> {
    return this.reading(async (changed) => {
      const others: Connection[] = [];
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
        }
        others.push(...(await this.bringInLine(settled, living, joined)));
      }
      return others;
    });
  }

  private async bringInLine(
    connections: Connection[],
    living: Set<string>,
    joined: Map<string, Map<string, number>>,
  ): Promise<Connection[]> {
    const entered: Connection[] = [];
    const others: Connection[] = [];
    const chatIds: string[] = [];
    for (const connection of connections) {
      const { id, sessionId } = connection.user;
      if (!living.has(sessionId)) this.close(connection);
      if (!this.all.has(connection)) continue;
      const left = [...connection.chatIds].filter((chatId) => !joined.get(id)!.has(chatId));
      for (const chatId of left) this.rooms.leave(connection, chatId);
      const fresh = this.enterAll(connection, joined.get(id)!);
      if (fresh.length > 0) entered.push(connection);
      if (fresh.length + left.length > 0) others.push(connection);
      chatIds.push(...fresh);
    }
    await this.rooms.follow(chatIds, entered);
    return others;
  }

  /** Returns the rooms that it has not heard so far. */
  private enterAll(connection: Connection, joined: Map<string, number>): string[] {
    return [...joined].flatMap(([id, change]) =>
      this.rooms.enter(connection, id, change) ? id : [],
    );
  }

  /** Looks underway are not to count for a user or a room, about whom there is news. */
  private mark(id: string): void {
    for (const look of this.looks) look.add(id);
  }

  private close(connection: Connection): void {
    this.remove(connection);
    connection.close();
  }
}
