// The cryptography of the reference, straight on node:crypto.
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  pbkdf2,
  randomBytes,
  randomFillSync,
  timingSafeEqual,
} from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify(pbkdf2);
const ITERATIONS = 600_000;
const TOKEN_SECONDS = 86_400;
const SECRET = process.env.JWT_SECRET;
const MASTER_KEY = Buffer.from(process.env.MASTER_KEY, 'hex');

const hmac = (key, data) => createHmac('sha256', key).update(data).digest();

// One system call for many values of 16 random bytes.
const pool = Buffer.allocUnsafeSlow(8192);
let poolOffset = pool.length;

/** 16 random bytes of the caller's own. */
export function random16() {
  if (poolOffset === pool.length) {
    randomFillSync(pool);
    poolOffset = 0;
  }
  const bytes = Buffer.from(pool.subarray(poolOffset, poolOffset + 16));
  poolOffset += 16;
  return bytes;
}

/** HKDF-SHA256 is an extract and an expand; only the expand differs between messages. */
const extracted = new Map();

function extractedKey(chatId, authorId) {
  const chat = Number(chatId);
  let ofChat = extracted.get(chat);
  if (!ofChat) extracted.set(chat, (ofChat = new Map()));
  let key = ofChat.get(authorId);
  if (!key) {
    const chatKey = hmac(MASTER_KEY, `chat ${chat}`);
    const authorKey = hmac(MASTER_KEY, `author ${authorId}`);
    key = hmac('', Buffer.concat([chatKey, authorKey]));
    ofChat.set(authorId, key);
  }
  return key;
}

/** What a key is for: the nonce of its message, followed by the number of the block. */
const info = Buffer.from(`message/${' '.repeat(16)}\x01`);

function messageKey(chatId, authorId, nonce) {
  nonce.copy(info, 8);
  return hmac(extractedKey(chatId, authorId), info);
}

/** @returns {string} a Fernet token under the message's own key */
export function seal(chatId, authorId, nonce, text) {
  const key = messageKey(chatId, authorId, nonce);
  const iv = random16();
  const head = Buffer.allocUnsafe(25);
  head[0] = 0x80;
  head.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 1000)), 1);
  iv.copy(head, 9);
  const cipher = createCipheriv('aes-128-cbc', key.subarray(16), iv);
  const body = Buffer.concat([head, cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([body, hmac(key.subarray(0, 16), body)]).toString('base64url');
}

/** @throws {Error} when the token does not open */
export function open(chatId, authorId, nonce, token) {
  const key = messageKey(chatId, authorId, nonce);
  const raw = Buffer.from(token, 'base64url');
  const end = raw.length - 32;
  const mac = hmac(key.subarray(0, 16), raw.subarray(0, end));
  if (raw[0] !== 0x80 || !timingSafeEqual(mac, raw.subarray(end))) throw new Error('bad token');
  const decipher = createDecipheriv('aes-128-cbc', key.subarray(16), raw.subarray(9, 25));
  return decipher.update(raw.subarray(25, end), undefined, 'utf8') + decipher.final('utf8');
}

const HEADER = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url');

export function issueToken(userId) {
  const claims = {
    sub: userId,
    jti: randomBytes(16).toString('hex'),
    exp: Math.floor(Date.now() / 1000) + TOKEN_SECONDS,
  };
  const signed = `${HEADER}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
  return { claims, token: `${signed}.${hmac(SECRET, signed).toString('base64url')}` };
}

/** @returns the claims of a token of ours that has not expired, else null */
export function verifyToken(token) {
  const [first, last] = [token.indexOf('.'), token.lastIndexOf('.')];
  if (first < 1 || last <= first || token.slice(0, first) !== HEADER) return null;
  const mac = Buffer.from(token.slice(last + 1), 'base64url');
  const expected = hmac(SECRET, token.slice(0, last));
  if (mac.length !== expected.length || !timingSafeEqual(mac, expected)) return null;
  const claims = JSON.parse(Buffer.from(token.slice(first + 1, last), 'base64url').toString());
  return claims.exp > Date.now() / 1000 ? claims : null;
}

export async function hashPassword(password) {
  const salt = randomBytes(16);
  const hash = await derive(password, salt, ITERATIONS, 32, 'sha256');
  return `${salt.toString('hex')}$${hash.toString('hex')}`;
}

export async function checkPassword(password, stored) {
  const [salt, hash] = stored.split('$').map((part) => Buffer.from(part, 'hex'));
  return timingSafeEqual(await derive(password, salt, ITERATIONS, 32, 'sha256'), hash);
}
