import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../support/client.js';
import { EventSource } from '../support/event-source.js';
import { ResumingSocket } from '../support/resuming.js';
import { lacking, TwoApps } from '../support/two-apps.js';
import { until } from '../support/until.js';

const WRITERS = 6;
const SENDS = 40;
const LAST_MS = 20_000;
const THUMB = encodeURIComponent('👍');

describe.skipIf(lacking)(`the order of two processes${lacking && ` (${lacking})`}`, () => {
  let apps: TwoApps;
  beforeAll(async () => {
    apps = await TwoApps.start();
  });
  afterAll(() => apps.stop());

  /** Sends, and edits, reacts to or deletes what was sent, now and then; returns the ids. */
  async function write(client: Client, chatId: string): Promise<string[]> {
    const ids: string[] = [];
    for (let n = 0; n < SENDS; n++) {
      const { status, body } = await client.post('/message/', {
        chatid: chatId,
        message: `Message ${n}`,
      });
      expect(status).toBe(201);
      ids.push(body.id);
      const path = `/message/${ids[n >> 1]}`;
      if (n % 4 === 1) await client.patch(path, { message: `Edit ${n}` });
      if (n % 4 === 2) await client.request('PUT', `${path}/reactions/${THUMB}`);
      if (n % 8 === 3) await client.request('DELETE', path);
    }
    return ids;
  }

  it('is that of `change`, and nothing is missing, while both write', async () => {
    const { here, there } = apps;
    const { user, chatId } = await here.givenMember();
    const urls = [here.url, there.url];
    const streams = await Promise.all(
      urls.map((url) => EventSource.open(url, user.accessToken, { chatId, lastEventId: 0 })),
    );
    const sockets = await Promise.all(
      [0, 1].map((from) => ResumingSocket.open({ urls, from, token: user.accessToken, chatId })),
    );
    const clients = [user.client, apps.elsewhere(user)];
    const writers = Array.from({ length: WRITERS }, (_, n) => write(clients[n % 2], chatId));
    const ids = (await Promise.all(writers)).flat().sort();
    const { last_change: last } = (await user.client.get(`/chat/${chatId}`)).body;

    for (const stream of streams) {
      await stream.until(({ id }) => Number(id) >= last, LAST_MS);
      const changes = stream.events.flatMap(({ data }) => (data.message ? [data.change] : []));
      expect(changes).toEqual([...new Set(changes)].sort((one, other) => one - other));
      const places = stream.events.flatMap(({ id }) => (id === undefined ? [] : [Number(id)]));
      expect(places).toEqual([...places].sort((one, other) => one - other));
      const heard = stream.events.flatMap(({ data }) => (data.message ? [data.message.id] : []));
      expect([...new Set(heard)].sort()).toEqual(ids);
    }
    for (const socket of sockets) {
      await until(() => socket.kept.size === ids.length, LAST_MS, 'a socket has all');
      expect([...socket.kept.keys()].sort()).toEqual(ids);
      const seqs = [...socket.kept.values()].sort((one, other) => one - other);
      expect(seqs).toEqual(ids.map((_, n) => n + 1));
      expect({ repeated: socket.repeated, cuts: socket.cuts }).toEqual({ repeated: 0, cuts: 0 });
    }
    [...streams, ...sockets].forEach((each) => each.close());
  });
});
