import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import SqliteDatabase from 'better-sqlite3';
import pg from 'pg';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { ErasureTask } from '../../src/erasure/erasure-task.js';
import { ServerProcess } from '../support/server-process.js';
import { TestApp } from '../support/test-app.js';
import { isPostgres, TestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

/** That within which whatever was interrupted goes on. */
const BACK_MS = 60_000;

let app: TestApp;
afterEach(() => app.stop());
afterAll(() => ServerProcess.killAll());

/** An account that has just been erased: what it wrote into a room is still to be deleted. */
async function givenErased(): Promise<{ userId: string; chatId: string }> {
  const [user, other] = [await app.givenUser(), await app.givenUser()];
  const chatId = await app.givenChat(other);
  const { status } = await user.client.post('/message/', { chatid: chatId, message: 'hello' });
  expect(status).toBe(201);
  await app.sql('UPDATE users SET erased_at = ? WHERE id = ?', [Date.now(), user.id]);
  return { userId: user.id, chatId };
}

const untilCleared = (userId: string): Promise<void> =>
  until(
    async () => {
      const [row] = await app.sql('SELECT cleared_at FROM users WHERE id = ?', [userId]);
      return row.cleared_at !== null;
    },
    BACK_MS,
    'the erasure is finished',
  );

async function expectGone(userId: string): Promise<void> {
  const left = await app.sql('SELECT id FROM message WHERE sender_id = ? AND deleted_at IS NULL', [
    userId,
  ]);
  expect(left).toEqual([]);
}

/** Keeps everyone from changing a room, on SQLite from changing anything. Answers how to end that. */
async function lock({ database }: TestApp, chatId: string): Promise<() => Promise<unknown>> {
  if (!database.url) {
    const file = new SqliteDatabase(join(database.dataDir, 'conclave.sqlite'));
    file.exec('BEGIN IMMEDIATE');
    return () => Promise.resolve(file.close());
  }
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query('BEGIN');
  await client.query('SELECT id FROM chat WHERE id = $1 FOR UPDATE', [chatId]);
  return () => client.end();
}

describe('an erasure', () => {
  it(
    'that meets a lock for longer than a statement waits goes on by itself',
    async () => {
      app = await TestApp.start();
      const warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
      const { userId, chatId } = await givenErased();
      const unlock = await lock(app, chatId);
      const failed = app.nest.get(ErasureTask).settle();
      await expect(failed).rejects.toThrow();
      expect(warn).toHaveBeenCalledWith(
        expect.objectContaining({ event: 'job.failed', job: 'erasure' }),
      );
      warn.mockRestore();
      await unlock();
      await untilCleared(userId);
      await expectGone(userId);
    },
    BACK_MS,
  );

  it.skipIf(!isPostgres)(
    'goes on in another process when the one that had it is killed',
    async () => {
      const database = await TestDatabase.create();
      const server = await ServerProcess.start(database.environment);
      app = await TestApp.start({}, database);
      const jobs = () => app.sql<{ owner: string }>('SELECT name, owner FROM job ORDER BY name');
      const [{ owner }] = await jobs();
      expect((await jobs()).map((job) => job.owner)).toEqual((await jobs()).map(() => owner));
      await server.stop('SIGKILL');
      const { userId } = await givenErased();
      await app.sql('UPDATE job SET until = until - 30000'); // as half a minute later
      await untilCleared(userId);
      await expectGone(userId);
      expect((await jobs()).some((job) => job.owner === owner)).toBe(false);
    },
    BACK_MS,
  );
});
