import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from '../support/client.js';
import { ServerProcess } from '../support/server-process.js';

const PYTHON = '/usr/bin/python3';
const PATIENCE_MS = 15_000;

const read = (file: string): string =>
  readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
const blocks = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))].map(
    ([, body]) => body,
  );

/** What differs from run to run, put out of sight. */
const mask = (text: string): string =>
  text
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'ID')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .trimEnd();

const hasCryptography = ((): boolean => {
  if (!existsSync(PYTHON)) return false;
  try {
    execFileSync(PYTHON, ['-c', 'import cryptography'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

let folder: string;
let server: ServerProcess;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'conclave-readme-'));
  server = await ServerProcess.start({ PORT: '0' }, folder);
});
afterAll(async () => {
  await server?.stop('SIGTERM');
  rmSync(folder, { recursive: true });
});

describe('the README', () => {
  it('shows in its first five minutes what really happens', () => {
    const lines = blocks(read('README.md'), 'console').join('').trimEnd().split('\n');
    const marked = lines
      .filter((line) => line.startsWith('$ '))
      .map((line) => `echo ${quote(line)}\n${line.slice(2)}\necho`);
    const { host } = new URL(server.url);
    const script = marked.join('\n').replaceAll('localhost:3000', host);
    const output = execFileSync('bash', ['-c', script], { cwd: folder, encoding: 'utf8' });
    const shown = output.replaceAll(/\n+/g, '\n').replaceAll(host, 'localhost:3000');
    expect(mask(shown)).toBe(mask(lines.join('\n')));
  });
});

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

describe('docs/realtime.md', () => {
  type Hear = (event: { message?: { message: string } }) => void;

  it('reads a stream in a browser, and comes back with the last id', async () => {
    const account = { email: 'sse@example.org', password: 'correct horse battery staple' };
    const anonymous = new Client(server.url);
    await anonymous.post('/userauth/userSignup', account);
    const logIn = async (): Promise<string> =>
      (await anonymous.post('/userauth/userLogin', account)).body.access_token;
    const snippet = blocks(read('docs/realtime.md'), 'js').find((it) => it.includes('/events?'))!;
    const source = snippet.replace('http://localhost:3000', server.url);
    // eslint-disable-next-line @typescript-eslint/no-implied-eval
    const listen = new Function(`${source}; return listen;`)() as (
      ...words: [chatId: string, token: string, hear: Hear]
    ) => Promise<void>;
    const heard: string[] = [];
    const hear: Hear = ({ message }) => message && heard.push(message.message);

    const client = new Client(server.url, await logIn());
    const { body: chat } = await client.post('/chat/', { chat_name: 'Streams' });
    const openStreams = async (): Promise<string> => {
      const text = await (await fetch(`${server.url}/metrics`)).text();
      return /^conclave_event_streams (\d+)/m.exec(text)![1];
    };
    const hearUntil = async (last: string, ...texts: string[]): Promise<void> => {
      const token = await logIn();
      const stream = listen(chat.id, token, hear);
      await expect.poll(openStreams, { timeout: PATIENCE_MS }).toBe('1');
      for (const message of texts) await client.post('/message/', { chatid: chat.id, message });
      await expect.poll(() => heard.at(-1), { timeout: PATIENCE_MS }).toBe(last);
      await new Client(server.url, token).post('/userauth/logout'); // which ends the stream
      await stream;
    };
    await hearUntil('two: 2', 'one\n\ndata: x', 'two: 2');
    await client.post('/message/', { chatid: chat.id, message: 'meanwhile' });
    await hearUntil('three', 'three');
    expect(heard).toEqual(['one\n\ndata: x', 'two: 2', 'meanwhile', 'three']);
  });
});

describe('docs/encryption.md', () => {
  const withPython = it.skipIf(!hasCryptography);
  withPython('opens a row with Python (where its package cryptography is there)', async () => {
    const credentials = { email: 'py@example.org', password: 'correct horse battery staple' };
    const anonymous = new Client(server.url);
    const { body: me } = await anonymous.post('/userauth/userSignup', credentials);
    const client = new Client(server.url, me.access_token);
    const { body: chat } = await client.post('/chat/', { chat_name: 'Python' });
    const text = { chatid: chat.id, message: 'Grüße, 🐍\nand NUL \0' };
    const { body: sent } = await client.post('/message/', text);
    const program = join(folder, 'opens.py');
    writeFileSync(program, blocks(read('docs/encryption.md'), 'python')[0]);
    const masterKey = readFileSync(join(folder, 'data/master.key'), 'utf8').trim();
    const output = execFileSync(
      PYTHON,
      [program, join(folder, 'data/conclave.sqlite'), masterKey, sent.id],
      { encoding: 'utf8', env: { PYTHONIOENCODING: 'utf8' } },
    );
    expect(output).toBe(`${text.message}\n`);
  });
});
