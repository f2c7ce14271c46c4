import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Files } from '../support/attachments.js';
import { Client } from '../support/client.js';
import { ServerProcess } from '../support/server-process.js';
import type { TestUser } from '../support/test-app.js';
import { TestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';
import { isRefused, note } from './support/figures.js';
import { InjectedErrors } from './support/injected-errors.js';

const NAME = 'I/O errors, files in a folder';
/** System calls of a part on its way to the disk, and what becomes of them. */
const FAULTS = [
  ['rename,renameat,renameat2', 'error=EIO'],
  ['fsync', 'error=EIO'],
  ['fsync', 'error=EIO:when=2+2'],
] as const;

const refusal = InjectedErrors.refusal();
let database: TestDatabase;
let errors: InjectedErrors | undefined;
beforeEach(async () => {
  database = await TestDatabase.create();
});
afterEach(async () => {
  await errors?.stop();
  await ServerProcess.killAll();
  await database.drop();
});

it.skipIf(isRefused(NAME, refusal))(
  `${NAME}: 503, nothing lost, nothing left, needs strace`,
  async () => {
    const server = await ServerProcess.start(database.environment);
    const account = { email: 'ada@example.org', password: 'correct horse battery staple' };
    const { body } = await new Client(server.url).post('/userauth/userSignup', account);
    const client = new Client(server.url, body.access_token);
    const user = { client, accessToken: body.access_token } as TestUser;
    const { body: room } = await client.post('/chat/', { chat_name: 'Files' });
    const files = new Files(server);
    let refused = 0;
    for (const [calls, inject] of FAULTS) {
      const bytes = randomBytes(1_000_000);
      const id = await files.begin(user, room.id, bytes.length);
      errors = await InjectedErrors.into(server.pid, calls, inject);
      for (let n = 0; n < 5; n++) {
        const status = await files.put(user, id, 1, bytes).then(
          (answer) => answer.status,
          () => 0, // its answer could not be written
        );
        expect([0, 204, 409, 503], `${calls} ${inject}`).toContain(status);
        if (status === 503) refused++;
      }
      await errors.stop();
      const stateOf = async (): Promise<string> =>
        (await client.get(`/attachment/${id}`)).body.state;
      if ((await stateOf()) === 'uploading') await files.put(user, id, 1, bytes);
      // A check that failed is taken up after thirty seconds.
      await until(async () => (await stateOf()) === 'complete', 90_000);
      expect((await files.bytes(user, id)).equals(bytes), `${calls} ${inject}`).toBe(true);
      const folder = join(database.dataDir, 'attachments', id.slice(-2), id);
      expect(readdirSync(folder)).toHaveLength(1);
    }
    note(`${NAME}: ${FAULTS.length} kinds, 503 × ${refused}`);
    expect(refused).toBeGreaterThan(FAULTS.length);
  },
);
