import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp, { type Metadata } from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { FileChecks } from '../../src/attachment/file-checks.js';
import { LeftChecks } from '../../src/attachment/left-checks.js';
import { Thumbnails } from '../../src/attachment/thumbnails.js';
import { KeyVerification } from '../../src/encryption/key-verification.js';
import { Files, PIXEL } from '../support/attachments.js';
import { expectProblem } from '../support/expect-problem.js';
import { blackPng, frames, halves } from '../support/pictures.js';
import { TestApp, type TestUser } from '../support/test-app.js';

let app: TestApp;
let files: Files;
let user: TestUser;
let chatId: string;
beforeAll(async () => {
  app = await TestApp.start();
  files = new Files(app);
});
afterAll(() => app.stop());
beforeEach(async () => {
  ({ user, chatId } = await app.givenMember());
});

interface Shown {
  id: string;
  content_type: string;
  width: number | null;
  height: number | null;
  has_thumbnail: boolean;
}

/** What a message shows of a file. */
async function shown(bytes: Buffer, given: object = {}): Promise<Shown> {
  const { messageId } = await files.send(user, chatId, bytes, given);
  return (await user.client.get(`/message/${messageId}`)).body.attachments[0];
}

async function thumbnail(id: string): Promise<{ bytes: Buffer; facts: Metadata }> {
  const answer = await files.thumbnail(user, id);
  expect(answer.status).toBe(200);
  const bytes = Buffer.from(await answer.arrayBuffer());
  return { bytes, facts: await sharp(bytes).metadata() };
}

const folderOf = (id: string): string =>
  join(app.database.dataDir, 'attachments', id.slice(-2), id);
const storedThumbnails = (id: string): string[] =>
  readdirSync(folderOf(id)).filter((name) => name.startsWith('t-'));

describe('a picture', () => {
  it('has its size as it is seen, and a thumbnail that is turned as it says', async () => {
    const turned = await halves(900, 600).jpeg().withMetadata({ orientation: 6 }).toBuffer();
    const { id, ...facts } = await shown(turned);
    expect(facts).toMatchObject({ width: 600, height: 900, has_thumbnail: true });
    const small = await thumbnail(id);
    expect(small.facts).toMatchObject({ format: 'webp', width: 320, height: 480 });
    expect(small.facts.orientation).toBeUndefined();
    const { data, info } = await sharp(small.bytes).raw().toBuffer({ resolveWithObject: true });
    const [left, right] = [0, info.width - 1].map((x) => data[x * info.channels]);
    expect([left < 30, right > 225]).toEqual([true, true]); // what was above is on the right
  });

  it('keeps where it was taken to itself in its thumbnail, and tells it in full', async () => {
    const place = { GPSLatitudeRef: 'N', GPSLatitude: '51/1 30/1 3230/100' };
    const given = { IFD0: { ImageDescription: 'Planted harbour' }, IFD3: place };
    const bytes = await halves(60, 60).jpeg().withExif(given).withXmp('<x>Planted</x>').toBuffer();
    const { id } = await shown(bytes);
    const { exif, xmp } = await sharp(await files.bytes(user, id)).metadata();
    expect([exif?.includes('Planted harbour'), xmp?.includes('Planted')]).toEqual([true, true]);
    const small = await thumbnail(id);
    const { exif: none, xmp: nor, icc, iptc } = small.facts;
    expect([none, nor, icc, iptc]).toEqual([undefined, undefined, undefined, undefined]);
    expect(small.bytes.includes('Planted')).toBe(false);
  });

  const wide = { width: 600, height: 300 };
  const KINDS: [string, () => Promise<Buffer>][] = [
    ['a PNG of 16 bits', () => halves(600, 300).toColourspace('rgb16').png().toBuffer()],
    ['a PNG that lets through', () => halves(600, 300).ensureAlpha(0.5).png().toBuffer()],
    ['a PNG with a palette', () => halves(600, 300).png({ palette: true }).toBuffer()],
    ['an interlaced PNG', () => halves(600, 300).png({ progressive: true }).toBuffer()],
    ['a JPEG for printers', () => halves(600, 300).toColourspace('cmyk').jpeg().toBuffer()],
    ['a grey JPEG', () => halves(600, 300).greyscale().jpeg().toBuffer()],
    ['a progressive JPEG', () => halves(600, 300).jpeg({ progressive: true }).toBuffer()],
    ['a GIF', () => halves(600, 300).gif().toBuffer()],
    ['an animated GIF', async () => (await frames(600, 300)).gif().toBuffer()],
    ['a WebP', () => halves(600, 300).webp().toBuffer()],
    ['an animated WebP', async () => (await frames(600, 300)).webp().toBuffer()],
    ['an AVIF', () => halves(600, 300).avif({ effort: 0 }).toBuffer()],
  ];

  it.each(KINDS)('has a thumbnail: %s', async (_, make) => {
    const { id, ...facts } = await shown(await make());
    expect(facts).toMatchObject({ ...wide, has_thumbnail: true });
    const small = await thumbnail(id);
    expect(small.facts).toMatchObject({ format: 'webp', width: 480, height: 240, space: 'srgb' });
    expect(small.facts.pages ?? 1).toBe(1);
  });

  it('is not made larger', async () => {
    const { id, ...facts } = await shown(PIXEL);
    expect(facts).toMatchObject({ width: 1, height: 1, has_thumbnail: true });
    expect((await thumbnail(id)).facts).toMatchObject({ width: 1, height: 1 });
  });
});

describe('no thumbnail has', () => {
  const SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';
  const none = { width: null, height: null, has_thumbnail: false };
  const unknown = { ...none, content_type: 'application/octet-stream' };
  const whole = (): Promise<Buffer> => halves(600, 300).jpeg().toBuffer();
  const broken = async (make: Promise<Buffer>): Promise<Buffer> => {
    const bytes = await make;
    return bytes.fill(0xa5, bytes.length >> 1);
  };
  const KINDS: [string, () => Buffer | Promise<Buffer>, object][] = [
    ['an SVG that says it is a PNG', () => Buffer.from(SVG), unknown],
    ['HTML that says so', () => Buffer.from('<html><script>alert(1)</script>'), unknown],
    ['an SVG behind white space', () => Buffer.from(`\n\n  <?xml version="1.0"?>${SVG}`), unknown],
    ['an SVG with the first bytes of a GIF', () => Buffer.from(`GIF89a${SVG}`), {}],
    [
      'a PNG that ends early',
      async () => (await halves(600, 300).png().toBuffer()).subarray(0, 200),
      {},
    ],
    ['a JPEG that ends early', async () => (await whole()).subarray(0, 900), {}],
    ['a broken PNG', () => broken(halves(600, 300).png().toBuffer()), {}],
    ['a broken WebP', () => broken(halves(600, 300).webp({ lossless: true }).toBuffer()), {}],
    ['the first bytes of a JPEG', () => Buffer.from('ffd8ffe0', 'hex'), none],
  ];

  it.each(KINDS)('%s', async (_, make, facts) => {
    const bytes = await make();
    const { id, ...seen } = await shown(bytes, { content_type: 'image/png' });
    expect(seen).toMatchObject({ has_thumbnail: false, ...facts });
    expect((await files.bytes(user, id)).equals(bytes)).toBe(true);
    expect((await files.thumbnail(user, id)).status).toBe(404);
    const { headers } = await files.get(user, id);
    const [disposition] = headers.get('content-disposition')!.split(';');
    const isShown = seen.content_type.startsWith('image/');
    expect(disposition).toBe(isShown ? 'inline' : 'attachment');
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; sandbox");
    const { body } = await user.client.post('/attachment/tickets', { ids: [id] });
    expect(body.data[0].thumbnail_url).toBeNull();
  });

  it('one of 256 megapixels, whose size is told all the same', async () => {
    const bytes = blackPng(16_000, 16_000);
    expect(bytes.length).toBeLessThan(800_000);
    const facts = await shown(bytes);
    const side = { width: 16_000, height: 16_000 };
    expect(facts).toMatchObject({ ...side, content_type: 'image/png', has_thumbnail: false });
  });
});

describe('a thumbnail', () => {
  it('is sent as files are: by token or ticket, by range, and not again', async () => {
    const { id } = await shown(await halves(600, 300).png().toBuffer(), { file_name: 'a b.png' });
    const whole = await files.thumbnail(user, id);
    const bytes = Buffer.from(await whole.arrayBuffer());
    expect(Object.fromEntries(whole.headers)).toMatchObject({
      'content-type': 'image/webp',
      'content-disposition': "inline; filename*=UTF-8''a%20b.png.webp",
      'content-length': String(bytes.length),
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-cache',
    });
    const part = await files.thumbnail(user, id, { range: 'bytes=8-11' });
    expect([part.status, await part.text()]).toEqual([206, 'WEBP']);
    const etag = whole.headers.get('etag')!;
    expect((await files.thumbnail(user, id, { 'if-none-match': etag })).status).toBe(304);
    expect(etag).not.toBe((await files.get(user, id)).headers.get('etag'));

    const { body } = await user.client.post('/attachment/tickets', { ids: [id] });
    const url = app.url + body.data[0].thumbnail_url;
    const byTicket = await fetch(url);
    expect(Buffer.from(await byTicket.arrayBuffer()).equals(bytes)).toBe(true);
    expect(byTicket.headers.get('cache-control')).toMatch(/^private, max-age=\d+$/);
    const other = await files.upload(user, chatId, PIXEL);
    expect((await fetch(url.replace(id, other))).status).toBe(401);
    await user.client.post('/userauth/logout');
    expect((await fetch(url)).status).toBe(401);
  });

  it('is sealed like a part, verified like one, and goes with its message', async () => {
    const bytes = await halves(600, 300).png().toBuffer();
    const { id, messageId } = await files.send(user, chatId, bytes);
    const [name] = storedThumbnails(id);
    const path = join(folderOf(id), name);
    const sealed = readFileSync(path);
    expect([sealed.includes('WEBP'), sealed[0]]).toEqual([false, 40]);
    sealed[sealed.length - 1] ^= 1;
    writeFileSync(path, sealed);
    const { parts } = await app.nest.get(KeyVerification).verify({ messages: true });
    expect(parts.find(({ part }) => part === 'files')?.failures).toEqual([id]);
    expect((await files.thumbnail(user, id)).status).toBe(500);
    expect((await user.client.request('DELETE', `/message/${messageId}`)).status).toBe(204);
    expect((await files.thumbnail(user, id)).status).toBe(404);
  });
});

describe('a check', () => {
  /** A picture whose check somebody began, and who is no more. */
  async function givenLeft(): Promise<string> {
    const id = await files.upload(user, chatId, await halves(600, 300).png().toBuffer());
    const sql = "UPDATE attachment SET state = 'checking', checking_at = ? WHERE id = ?";
    await app.sql(sql, [Date.now() - 31_000, id]);
    await app.sql('UPDATE users SET upload_count = upload_count + 1 WHERE id = ?', [user.id]);
    return id;
  }
  const facts = async (id: string): Promise<object> => {
    const message = { chatid: chatId, message: '', attachments: [id] };
    return (await user.client.post('/message/', message)).body.attachments[0];
  };

  it('that a crash has left is taken up, and leaves one thumbnail', async () => {
    const id = await givenLeft();
    const [left] = storedThumbnails(id);
    await app.nest.get(LeftChecks).settle();
    const stored = storedThumbnails(id);
    expect([stored.length, stored.includes(left)]).toEqual([1, false]);
    expect(await facts(id)).toMatchObject({ width: 600, height: 300, has_thumbnail: true });
    expect((await thumbnail(id)).facts.width).toBe(480);
  });

  it('by two at once leaves one thumbnail, which opens', async () => {
    const id = await givenLeft();
    const checks = app.nest.get(FileChecks);
    await Promise.all([checks.check(id), checks.check(id)]);
    expect(storedThumbnails(id)).toHaveLength(1);
    expect((await thumbnail(id)).facts.width).toBe(480);
    const sql = 'SELECT upload_count FROM users WHERE id = ?';
    expect(await app.sql(sql, [user.id])).toEqual([{ upload_count: 0 }]);
  });

  it('of what ends meanwhile leaves no thumbnail of its own', async () => {
    const id = await givenLeft();
    const [named] = storedThumbnails(id);
    const thumbnails = app.nest.get(Thumbnails);
    const look = thumbnails.look.bind(thumbnails);
    vi.spyOn(thumbnails, 'look').mockImplementationOnce(async (...words) => {
      const seen = await look(...words);
      await user.client.request('DELETE', `/attachment/${id}`);
      return seen;
    });
    await app.nest.get(FileChecks).check(id);
    expectProblem(await user.client.get(`/attachment/${id}`), 404, 'not-found');
    expect(storedThumbnails(id)).toEqual([named]); // which goes with the row that names it
  });
});
