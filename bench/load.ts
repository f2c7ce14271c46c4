// The load generator, a process of its own: takes one job after another and answers each.
import { performance } from 'node:perf_hooks';
import autocannon from 'autocannon';
import { type Call, call, headersOf } from './call.js';
import { type CallSet, CALL_SETS, type CallSetName } from './call-sets.js';
import { takeJobs } from './side-process.js';
import { quantile } from './statistics.js';
import type { World } from './world.js';

const PROBES = 10;
const ANSWER_SECONDS = 30;

export interface Job {
  url: string;
  world: World;
  calls: CallSetName;
  connections: number;
  /** For how long, in seconds, or how many requests. */
  seconds?: number;
  amount?: number;
  /** Whether to look at a few answers first. */
  isProbed?: boolean;
}

export interface Load {
  requests: number;
  elapsedMs: number;
  /** Answers other than 2xx, broken connections and requests without an answer. */
  failed: number;
  medianMs: number;
  p99Ms: number;
}

async function run(job: Job): Promise<Load> {
  const calls = await CALL_SETS[job.calls](job.url, job.world);
  if (job.isProbed) await probe(job.url, calls);
  const times: number[] = [];
  let ended = 0;
  const begun = performance.now();
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const options = {
      url: job.url,
      connections: job.connections,
      pipelining: 1,
      timeout: ANSWER_SECONDS,
      sampleInt: 100,
      ...(job.amount === undefined ? { duration: job.seconds } : { amount: job.amount }),
      requests: [requestOf(calls)],
    };
    const instance = autocannon(options, (error, value) =>
      error ? reject(error) : resolve(value),
    );
    instance.on('response', (_client, _status, _bytes, ms: number) => {
      times.push(ms);
      ended = performance.now();
    });
  });
  return {
    requests: times.length,
    elapsedMs: ended - begun,
    failed: result.non2xx + result.errors, // a timeout is an error too
    medianMs: quantile(times, 0.5),
    p99Ms: quantile(times, 0.99),
  };
}

/** @throws Error when the server answers something else than it should */
async function probe(url: string, { next, isRight }: CallSet): Promise<void> {
  for (let n = 0; n < PROBES; n++) {
    const request = next();
    if (request.path.startsWith('/userauth/') && n > 0) return; // each takes half a second
    const answer = await call<unknown>(url, request);
    if (!isRight(answer)) throw new Error(`Not the answer to ${request.method} ${request.path}`);
  }
}

function requestOf({ next, isConstant }: CallSet): autocannon.Request {
  return isConstant ? written(next()) : { setupRequest: () => written(next()) };
}

function written(request: Call): autocannon.Request {
  const { method, path, body } = request;
  return {
    method,
    path,
    headers: headersOf(request),
    ...(body !== undefined && { body: JSON.stringify(body) }),
  };
}

takeJobs(run);
