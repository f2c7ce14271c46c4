// Sends at an even pace, answered or not; a process of its own, so that nothing else makes it late: takes one
// job after another, and answers how long each send took, in milliseconds.
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { call } from './call.js';
import { takeJobs } from './side-process.js';
import type { Person } from './transfers.js';

const EVERY_MS = 20;

export interface PacedSends {
  person: Person;
  seconds: number;
}

async function run({ person, seconds }: PacedSends): Promise<number[]> {
  const { url, token, chatId: chatid } = person;
  const body = { chatid, message: 'x'.repeat(200) };
  const sends: Promise<number>[] = [];
  const until = performance.now() + seconds * 1000;
  for (let due = performance.now(); due < until; due += EVERY_MS) {
    const wait = due - performance.now();
    if (wait > 0) await sleep(wait);
    const begun = performance.now();
    const sent = call(url, { method: 'POST', path: '/message/', token, body });
    sends.push(sent.then(() => performance.now() - begun));
  }
  return Promise.all(sends);
}

takeJobs(run);
