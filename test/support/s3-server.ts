import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { isSigned, type S3Keys, signatureFault } from './s3-signature.js';

export type Operation = 'PUT' | 'GET' | 'DELETE' | 'LIST';

/**
 * What goes wrong with a request:
 *
 * - `busy`: 503, come again; `page`: 404 by something that is no S3; `early`: 200 before the body
 * - `stall`: nothing is taken, nothing answered; `stall-half`: half of the answer, and nothing more
 * - `cut`: the connection, before anything; `cut-half`: in the middle of the body or the answer;
 *   `cut-after`: once it is done, so that nobody is told
 * - `short`: the answer ends before the length that it said; `less`: it says less than was asked for;
 *   `shifted`: it has another range; `swapped`: the right lengths, of other bytes
 */
export type Fault =
  | 'busy'
  | 'page'
  | 'early'
  | 'stall'
  | 'stall-half'
  | 'cut'
  | 'cut-half'
  | 'cut-after'
  | 'short'
  | 'less'
  | 'shifted'
  | 'swapped';

interface Broken {
  operation: Operation;
  fault: Fault;
  times: number;
}

const BUCKET = 'files-of-people';
const PIECE_BYTES = 65_536;
const STATUS: Record<string, number> = {
  NoSuchBucket: 404,
  NoSuchKey: 404,
  MissingContentLength: 411,
  InvalidRange: 416,
  BadDigest: 400,
  SlowDown: 503,
};

/** One bucket of an S3 in memory, which checks signatures and can go wrong in many ways. */
export class S3Server {
  /** By their whole names. */
  readonly objects = new Map<string, Buffer>();
  /** What the keys may not do. */
  readonly denied = new Set<Operation>();
  /** How often each was asked for, whatever came of it. */
  readonly asked: Record<Operation, number> = { PUT: 0, GET: 0, DELETE: 0, LIST: 0 };
  /** Names in one answer of a list. */
  pageSize = 1000;
  /** Bytes written as answers. */
  sent = 0;
  bucket = BUCKET;
  readonly keys: S3Keys = {
    region: 'eu-test-1',
    accessKeyId: `AK${randomBytes(8).toString('hex')}`,
    secretAccessKey: `${randomBytes(20).toString('base64')}+/=`,
  };
  private broken: Broken[] = [];
  private readonly sockets = new Set<Socket>();
  private server: Server;
  private port = 0;

  private constructor() {
    this.server = this.make();
  }

  static async start(): Promise<S3Server> {
    const s3 = new S3Server();
    await s3.listen();
    return s3;
  }

  /** Settings of a server of ours. @param prefix of the names of its objects */
  environment(prefix = 'chat/files'): NodeJS.ProcessEnv {
    return {
      ATTACHMENT_STORE: `s3://${BUCKET}/${prefix}`,
      S3_ENDPOINT: `http://127.0.0.1:${this.port}`,
      S3_REGION: this.keys.region,
      S3_ACCESS_KEY_ID: this.keys.accessKeyId,
      S3_SECRET_ACCESS_KEY: this.keys.secretAccessKey,
    };
  }

  /** Names of the objects of a file, without what is in front. */
  namesOf(fileId: string): string[] {
    const names = [...this.objects.keys()].filter((name) => name.includes(`/${fileId}/`));
    return names.map((name) => name.slice(name.lastIndexOf('/') + 1)).sort();
  }

  /** From now on, so many times. */
  break(operation: Operation, fault: Fault, times = Infinity): void {
    this.broken.push({ operation, fault, times });
  }

  mend(): void {
    this.broken = [];
  }

  /** Nobody is there any more; what is under way is cut. */
  async leave(): Promise<void> {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await once(this.server, 'close');
  }

  /** At the same address. */
  async comeBack(): Promise<void> {
    this.server = this.make();
    await this.listen();
  }

  async stop(): Promise<void> {
    if (this.server.listening) await this.leave();
  }

  private async listen(): Promise<void> {
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    ({ port: this.port } = this.server.address() as AddressInfo);
  }

  private make(): Server {
    const handle = (
      request: IncomingMessage,
      response: ServerResponse,
      isWaiting: boolean,
    ): void => {
      this.handle(request, response, isWaiting).catch(() => request.socket.destroy());
    };
    const server = createServer((request, response) => handle(request, response, false));
    server.on('checkContinue', (request, response) => handle(request, response, true));
    server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket)).on('error', () => undefined);
    });
    return server;
  }

  private async handle(
    request: IncomingMessage,
    response: ServerResponse,
    isWaiting: boolean,
  ): Promise<void> {
    const url = new URL(request.url!, 'http://s3');
    const [, bucket, ...rest] = url.pathname.split('/');
    const key = rest.join('/');
    const operation = (key === '' ? 'LIST' : request.method) as Operation;
    this.asked[operation]++;
    const fault = this.faultOf(operation);
    if (fault === 'stall') return;
    if (fault === 'cut') return void request.socket.destroy();
    if (fault === 'page') return void response.writeHead(404).end('<html>Not here</html>');
    if (fault === 'early') return void response.writeHead(200).end();
    const refusal =
      signatureFault(request, this.keys) ??
      (fault === 'busy' ? 'SlowDown' : undefined) ??
      (bucket !== this.bucket ? 'NoSuchBucket' : undefined) ??
      (this.denied.has(operation) ? 'AccessDenied' : undefined);
    if (refusal) return this.refuse(response, refusal);
    if (operation === 'LIST') return this.list(url.searchParams, response);
    if (operation === 'GET') return this.get(key, request, response, fault);
    if (operation === 'PUT') return this.put(key, request, response, isWaiting, fault);
    this.objects.delete(key);
    if (fault === 'cut-after') return void request.socket.destroy();
    response.writeHead(204).end();
  }

  private faultOf(operation: Operation): Fault | undefined {
    const broken = this.broken.find((each) => each.operation === operation && each.times > 0);
    if (broken) broken.times--;
    return broken?.fault;
  }

  private async put(
    key: string,
    request: IncomingMessage,
    response: ServerResponse,
    isWaiting: boolean,
    fault: Fault | undefined,
  ): Promise<void> {
    const length = request.headers['content-length'];
    if (length === undefined) return this.refuse(response, 'MissingContentLength');
    if (isWaiting) response.writeContinue();
    if (fault === 'stall-half') return;
    const pieces: Buffer[] = [];
    let received = 0;
    for await (const piece of request) {
      pieces.push(piece as Buffer);
      received += (piece as Buffer).length;
      if (fault === 'cut-half' && received >= Number(length) / 2) request.socket.destroy();
    }
    const body = Buffer.concat(pieces);
    if (body.length !== Number(length)) return; // cut on its way
    if (!isSigned(request, body)) return this.refuse(response, 'BadDigest');
    this.objects.set(key, body);
    if (fault === 'cut-after') return void request.socket.destroy();
    response.writeHead(200, { etag: '"0"' }).end();
  }

  private async get(
    key: string,
    { headers, socket }: IncomingMessage,
    response: ServerResponse,
    fault: Fault | undefined,
  ): Promise<void> {
    const stored = this.objects.get(key);
    if (!stored) return this.refuse(response, 'NoSuchKey');
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
    let [start, end] = [Number(first ?? 0), Math.min(Number(last ?? Infinity) + 1, stored.length)];
    if (start >= stored.length) return this.refuse(response, 'InvalidRange');
    if (fault === 'shifted') [start, end] = [start + 1, end + 1];
    if (fault === 'less') end -= 1;
    const range = { 'content-range': `bytes ${start}-${end - 1}/${stored.length}` };
    response.writeHead(first === undefined ? 200 : 206, {
      ...(first !== undefined && range),
      'content-length': end - start,
    });
    const bytes = stored.subarray(start, end);
    if (fault === 'swapped') return void response.end(randomBytes(bytes.length));
    const half = bytes.subarray(0, Math.ceil(bytes.length / 2));
    if (fault === 'stall-half') return void response.write(half);
    if (fault === 'cut-half') return void response.write(half, () => socket.destroy());
    if (fault === 'short') {
      return void response.write(bytes.subarray(0, -1), () => socket.end());
    }
    const gone = new Promise<void>((resolve) => response.once('close', resolve));
    for (let at = 0; at < bytes.length && !response.destroyed; at += PIECE_BYTES) {
      const piece = bytes.subarray(at, at + PIECE_BYTES);
      this.sent += piece.length;
      if (response.write(piece)) continue;
      await Promise.race([gone, new Promise((resolve) => response.once('drain', resolve))]);
    }
    response.end();
  }

  private list(query: URLSearchParams, response: ServerResponse): void {
    const after = query.get('continuation-token') ?? '';
    const most = Math.min(this.pageSize, Number(query.get('max-keys') ?? 1000));
    const names = [...this.objects.keys()]
      .filter((name) => name.startsWith(query.get('prefix') ?? '') && name > after)
      .sort();
    const page = names.slice(0, most);
    const isCut = names.length > page.length;
    const contents = page.map(
      (name) =>
        `<Contents><Key>${name.replaceAll('-', '&#45;')}</Key><Size>${this.objects.get(name)!.length}</Size></Contents>`,
    );
    const next = isCut ? `<NextContinuationToken>${page.at(-1)!}</NextContinuationToken>` : '';
    response
      .writeHead(200, { 'content-type': 'application/xml' })
      .end(
        `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">` +
          `<IsTruncated>${isCut}</IsTruncated>${next}${contents.join('')}</ListBucketResult>\n`,
      );
  }

  /** As S3 does: with much in it that nobody else is to see. */
  private refuse(response: ServerResponse, code: string): void {
    const { accessKeyId } = this.keys;
    const status = STATUS[code] ?? 403;
    response
      .writeHead(status, { 'content-type': 'application/xml', connection: 'close' })
      .end(
        `<?xml version="1.0"?><Error><Code>${code}</Code><Message>No</Message>` +
          `<BucketName>${BUCKET}</BucketName><AWSAccessKeyId>${accessKeyId}</AWSAccessKeyId></Error>`,
      );
  }
}
