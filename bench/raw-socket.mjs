// A Socket.IO client that counts what it is sent and does no more, so that the server is measured.
import { randomBytes } from 'node:crypto';
import { request } from 'node:http';

const TEXT = 0x81;

/** A masked frame of less than 64 KiB, as clients send them. */
function frame(text) {
  const body = Buffer.from(text);
  const mask = randomBytes(4);
  for (let i = 0; i < body.length; i++) body[i] ^= mask[i % 4];
  const head =
    body.length < 126
      ? [TEXT, 0x80 | body.length]
      : [TEXT, 0x80 | 126, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.from(head), mask, body]);
}

/** The texts of the whole frames at the beginning of what has arrived, and what is left of it. */
function split(buffer) {
  const texts = [];
  for (;;) {
    if (buffer.length < 2) break;
    const short = buffer[1] & 127;
    const start = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (buffer.length < start) break;
    const length =
      short < 126
        ? short
        : short === 126
          ? buffer.readUInt16BE(2)
          : Number(buffer.readBigUInt64BE(2));
    if (buffer.length < start + length) break;
    texts.push(buffer.subarray(start, start + length));
    buffer = buffer.subarray(start + length);
  }
  return { texts, rest: buffer };
}

/** Connects; resolves once events come. `onEvent` is given the text of each one. */
export function connect(url, token, onEvent) {
  const { promise, resolve, reject } = withResolvers();
  const upgrade = request(`${url}/socket.io/?EIO=4&transport=websocket`, {
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': randomBytes(16).toString('base64'),
    },
  });
  upgrade.on('response', ({ statusCode }) => reject(new Error(`upgrade answered ${statusCode}`)));
  upgrade.on('error', reject);
  upgrade.on('upgrade', (_response, socket, head) => {
    let waiting = head;
    const take = (data) => {
      const { texts, rest } = split(waiting.length > 0 ? Buffer.concat([waiting, data]) : data);
      waiting = rest;
      for (const text of texts) hear(text);
    };
    const hear = (text) => {
      const kind = String.fromCharCode(...text.subarray(0, 2));
      if (kind[0] === '0') socket.write(frame(`40${JSON.stringify({ token })}`));
      else if (kind[0] === '2') socket.write(frame('3'));
      else if (kind === '40') resolve(socket);
      else if (kind === '42') onEvent(text);
      else if (kind === '44') reject(new Error(text.toString()));
    };
    socket.on('data', take);
    socket.on('error', reject);
    take(Buffer.alloc(0));
  });
  upgrade.end();
  return promise;
}

function withResolvers() {
  let resolve, reject;
  const promise = new Promise((...both) => ([resolve, reject] = both));
  return { promise, resolve, reject };
}
