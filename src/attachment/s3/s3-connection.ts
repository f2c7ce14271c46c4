import * as http from 'node:http';
import * as https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { S3Place } from '../../config/attachment-settings.js';
import { sha256, signRequest, UNSIGNED_PAYLOAD } from '../../crypto/aws-signature.js';
import { S3Error } from './s3-error.js';
import { STALL_MS, textOf, within } from './s3-patience.js';

/** What is asked again where it failed by what passes, and after which pauses. */
const PAUSES_MS = [100, 300];
/** So long S3 may take to say that it wants a body, which not each does. */
const CONTINUE_MS = 1000;
const MOST_IDLE = 16;
/** Of what it says of a fault. */
const MOST_TEXT = 65_536;
const EMPTY = sha256('');

type Query = Record<string, string>;
type Headers = Record<string, string>;

/** A request, and its answer, which may come before the whole of the body has gone. */
interface Sending {
  request: http.ClientRequest;
  answer: Promise<http.IncomingMessage>;
}

/** Signed requests to one bucket, whose name stands in the path. */
export class S3Connection {
  private readonly agent: http.Agent;

  constructor(
    private readonly place: S3Place,
    readonly stallMs = STALL_MS,
  ) {
    const options = { keepAlive: true, maxFreeSockets: MOST_IDLE };
    this.agent = this.isSecure ? new https.Agent(options) : new http.Agent(options);
  }

  /**
   * Asks for something without a body.
   *
   * @param key of an object; empty: the bucket itself
   * @returns an answer of 2xx, whose body has to be read
   * @throws S3Error
   */
  ask(
    method: 'GET' | 'DELETE',
    key: string,
    { query = {}, headers = {} }: { query?: Query; headers?: Headers } = {},
  ): Promise<http.IncomingMessage> {
    return this.again(async () => {
      const { request, answer } = this.open(method, this.urlOf(key, query), headers, EMPTY);
      request.end();
      return this.accepted(method, request, await this.arrived(request, answer));
    });
  }

  /**
   * Stores an object, whose bytes are taken as fast as S3 takes them, and not signed.
   *
   * @throws S3Error, and what the bytes throw; nothing is stored then
   */
  async put(key: string, size: number, bytes: AsyncIterable<Buffer>): Promise<void> {
    const sending = await this.again(() => this.beginPut(key, size));
    const { request, answer } = sending;
    try {
      await this.write(sending, size, bytes);
      request.end();
      const response = await this.accepted('PUT', request, await this.arrived(request, answer));
      await textOf(response, MOST_TEXT, this.stallMs);
    } finally {
      request.destroy();
    }
  }

  /** Waits until S3 wants the body: where it refuses, or is not there, none of it is lost. */
  private async beginPut(key: string, size: number): Promise<Sending> {
    const headers = { 'content-length': String(size), expect: '100-continue' };
    const sending = this.open('PUT', this.urlOf(key, {}), headers, UNSIGNED_PAYLOAD);
    const { request, answer } = sending;
    const wanted = new Promise<void>((resolve) => request.once('continue', resolve));
    request.flushHeaders();
    const response = await Promise.race([
      wanted,
      sleep(CONTINUE_MS, undefined, { ref: false }),
      answer,
    ]);
    if (response) await this.early(sending, response);
    return sending;
  }

  private async write(sending: Sending, size: number, bytes: AsyncIterable<Buffer>): Promise<void> {
    const { request, answer } = sending;
    let sent = 0;
    const early = answer.then(async (response) => {
      if (sent < size) await this.early(sending, response);
    });
    early.catch(() => undefined);
    for await (const piece of bytes) {
      sent += piece.length;
      if (request.write(piece)) continue;
      const drained = new Promise<void>((resolve) => request.once('drain', resolve));
      await within(this.stallMs, Promise.race([drained, early]));
    }
  }

  /** An answer to what has not all been sent. */
  private async early({ request }: Sending, response: http.IncomingMessage): Promise<never> {
    await this.accepted('PUT', request, response);
    request.destroy();
    throw S3Error.wrong('answers a PUT before it has all of it');
  }

  /** @param headers those that are not signed stand with those that are: S3 does not mind */
  private open(method: string, url: URL, headers: Headers, payloadHash: string): Sending {
    const { expect, ...signed } = headers;
    const all = signRequest({ method, url, headers: signed, payloadHash }, this.place);
    const options = {
      method,
      agent: this.agent,
      headers: { ...all, ...(expect !== undefined && { expect }) },
    };
    const request = this.isSecure ? https.request(url, options) : http.request(url, options);
    const answer = new Promise<http.IncomingMessage>((resolve, reject) => {
      request.once('response', resolve);
      request.on('error', (error) => reject(S3Error.cut(error)));
    });
    answer.catch(() => undefined); // told to who waits for it
    return { request, answer };
  }

  private async arrived(
    request: http.ClientRequest,
    answer: Promise<http.IncomingMessage>,
  ): Promise<http.IncomingMessage> {
    try {
      return await within(this.stallMs, answer);
    } catch (error) {
      request.destroy();
      throw error;
    }
  }

  private async accepted(
    method: string,
    request: http.ClientRequest,
    response: http.IncomingMessage,
  ): Promise<http.IncomingMessage> {
    const { statusCode: status = 0 } = response;
    if (status >= 200 && status < 300) return response;
    try {
      throw S3Error.refused(method, status, await textOf(response, MOST_TEXT, this.stallMs));
    } finally {
      if (!request.writableEnded) request.destroy();
    }
  }

  private async again<T>(work: () => Promise<T>): Promise<T> {
    for (const pauseMs of PAUSES_MS) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof S3Error) || !error.isPassing) throw error;
      }
      await sleep(pauseMs);
    }
    return work();
  }

  private get isSecure(): boolean {
    return this.place.endpoint.protocol === 'https:';
  }

  private urlOf(key: string, query: Query): URL {
    const { endpoint, bucket } = this.place;
    const base = endpoint.pathname.replace(/\/$/, '');
    const url = new URL(`${base}/${bucket}${key && `/${key}`}`, endpoint);
    const pairs = Object.entries(query).map((pair) => pair.map(encoded).join('='));
    url.search = pairs.join('&');
    return url;
  }
}

/** As AWS signs it: all but letters, digits and `-._~`. */
function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
