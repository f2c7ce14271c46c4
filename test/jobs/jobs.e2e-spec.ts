import type { DiscoveryService } from '@nestjs/core';
import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Database } from '../../src/database/database.js';
import type { Transaction } from '../../src/database/transaction.js';
import { Job, LocalJob, PeriodicJob } from '../../src/jobs/job.js';
import { JobOwner } from '../../src/jobs/job-owner.js';
import { Jobs } from '../../src/jobs/jobs.js';
import { Gate } from '../support/gate.js';
import { TestApp } from '../support/test-app.js';
import { isPostgres } from '../support/test-database.js';
import { until } from '../support/until.js';

/** Writes down so many steps, and by whom; holds each up, or fails, where told to. */
class Steps extends PeriodicJob {
  readonly name = 'steps';
  readonly everySeconds = 600;
  left = 0;
  failures = 0;
  gate: Gate | undefined;

  constructor(private readonly by: string) {
    super();
  }

  async step(tx: Transaction): Promise<boolean> {
    if (this.left === 0) return false;
    await tx.manager.query(`INSERT INTO step (by_whom) VALUES ('${this.by}')`);
    await this.gate?.pass();
    if (this.failures-- > 0) throw new Error('a step failed');
    return --this.left > 0;
  }
}

class Counted extends LocalJob {
  readonly name = 'counted';
  readonly everySeconds = undefined;
  runs = 0;

  constructor(override readonly runsAtEnd: boolean) {
    super();
  }

  run(): Promise<void> {
    return Promise.resolve(void this.runs++);
  }
}

/** The jobs of one process. */
class Process {
  readonly owner: JobOwner;
  readonly steps: Steps;
  readonly local = new Counted(false);
  readonly last = new Counted(true);
  private readonly jobs: Jobs;

  constructor(name: string) {
    this.steps = new Steps(name);
    const database = app.nest.get(Database);
    this.owner = new JobOwner(database);
    const getProviders = (): { instance: unknown }[] =>
      [this.steps, this.local, this.last, this.last].map((instance: Job) => ({ instance }));
    this.jobs = new Jobs({ getProviders } as DiscoveryService, database, this.owner);
    processes.push(this);
  }

  async start(): Promise<this> {
    await this.jobs.onApplicationBootstrap();
    return this;
  }

  stop(): Promise<void> {
    return this.jobs.beforeApplicationShutdown();
  }

  /** As it does every ten seconds. */
  look(): Promise<string[]> {
    return this.owner.take(['steps']);
  }

  get isOwner(): boolean {
    return this.owner.owns('steps');
  }
}

let app: TestApp;
const processes: Process[] = [];
beforeAll(async () => {
  Logger.overrideLogger(false);
  app = await TestApp.start();
  await app.sql('CREATE TABLE step (by_whom varchar(10))');
});
beforeEach(() => app.sql('DELETE FROM step'));
afterEach(async () => {
  for (const each of processes.splice(0)) await each.stop();
});
afterAll(async () => {
  Logger.overrideLogger(true);
  await app.stop();
});

const written = async (): Promise<unknown[]> =>
  (await app.sql('SELECT by_whom FROM step')).map((row) => row.by_whom);
/** As so many seconds later. */
const passSeconds = (seconds: number): Promise<unknown> =>
  app.sql(`UPDATE job SET until = until - ? WHERE name = 'steps'`, [seconds * 1000]);

describe('a periodic job', () => {
  it('goes step by step until nothing is left', async () => {
    const { steps } = await new Process('one').start();
    steps.left = 3;
    await steps.settle();
    expect(await written()).toEqual(['one', 'one', 'one']);
  });

  it('undoes a step that fails, and begins with it again', async () => {
    const { steps } = await new Process('one').start();
    [steps.left, steps.failures] = [2, 1];
    await expect(steps.settle()).rejects.toThrow('a step failed');
    expect(await written()).toEqual([]);
    await steps.settle();
    expect(await written()).toEqual(['one', 'one']);
  });

  it('ends with the step that is under way', async () => {
    const one = await new Process('one').start();
    one.steps.left = 5;
    one.steps.gate = new Gate();
    one.steps.wake();
    await one.steps.gate.reached;
    const stopped = one.stop();
    one.steps.gate.open();
    await stopped;
    one.steps.wake();
    await new Promise((resolve) => setImmediate(resolve));
    expect(await written()).toEqual(['one']);
  });
});

it('a job of every process runs as it begins and, where it is to, as it ends', async () => {
  const one = await new Process('one').start();
  const two = await new Process('two').start();
  const runs = (): number[] => [one, two].flatMap(({ local, last }) => [local.runs, last.runs]);
  expect(runs()).toEqual([1, 1, 1, 1]);
  await one.stop();
  expect(runs()).toEqual([1, 2, 1, 1]);
});

describe.skipIf(!isPostgres)('of several processes', () => {
  it('one alone is the owner, and does it', async () => {
    const one = await new Process('one').start();
    const two = await new Process('two').start();
    expect([one.isOwner, two.isOwner]).toEqual([true, false]);
    one.steps.left = two.steps.left = 2;
    await Promise.all([one.steps.settle(), two.steps.settle()]);
    expect(await written()).toEqual(['one', 'one']);
  });

  it('one alone is, although they begin at once', async () => {
    const all = ['one', 'two', 'three', 'four'].map((name) => new Process(name));
    await Promise.all(all.map((each) => each.start()));
    expect(all.filter(({ isOwner }) => isOwner)).toHaveLength(1);
  });

  it('another one takes over at once when the owner ends', async () => {
    const one = await new Process('one').start();
    const two = await new Process('two').start();
    await one.stop();
    expect(await two.look()).toEqual(['steps']);
  });

  it('another one takes over from an owner that is gone, after thirty seconds', async () => {
    await new Process('one').start();
    const two = await new Process('two').start();
    await passSeconds(29);
    expect(await two.look()).toEqual([]);
    await passSeconds(1);
    expect(await two.look()).toEqual(['steps']);
  });

  it('none takes over from an owner that looks every ten seconds', async () => {
    const one = await new Process('one').start();
    const two = await new Process('two').start();
    for (let n = 0; n < 5; n++) {
      await passSeconds(10);
      expect([await one.look(), await two.look()]).toEqual([[], []]);
    }
    expect([one.isOwner, two.isOwner]).toEqual([true, false]);
  });

  it('none takes over while a step is under way', async () => {
    const one = await new Process('one').start();
    const two = await new Process('two').start();
    await passSeconds(20);
    one.steps.left = 1;
    one.steps.gate = new Gate();
    const settled = one.steps.settle();
    await one.steps.gate.reached;
    expect(await two.look()).toEqual([]); // and does not wait for it
    one.steps.gate.open();
    await settled;
    await passSeconds(29); // the step renewed it
    expect(await two.look()).toEqual([]);
  });

  it('one that has lost its job does nothing more of it', async () => {
    const one = await new Process('one').start();
    const two = await new Process('two').start();
    one.steps.left = two.steps.left = 2;
    await passSeconds(31); // it stood still for as long
    expect(await two.look()).toEqual(['steps']);
    expect(one.isOwner).toBe(true); // as it believes
    await one.steps.settle();
    expect(await written()).toEqual([]);
    expect(one.isOwner).toBe(false);
    await two.steps.settle();
    expect(await written()).toEqual(['two', 'two']);
  });

  it('a step begins at once where a job is taken', async () => {
    const one = await new Process('one').start();
    const two = new Process('two');
    two.steps.left = 1;
    await one.stop();
    await two.start();
    await until(async () => (await written()).length === 1);
  });
});
