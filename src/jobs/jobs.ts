import {
  BeforeApplicationShutdown,
  Injectable,
  Logger,
  OnApplicationBootstrap,
} from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { Database } from '../database/database.js';
import { Job, LocalJob, PeriodicJob } from './job.js';
import { JobLoop } from './job-loop.js';
import { JobLostError, JobOwner } from './job-owner.js';

/** A third of what a job is taken for. */
const RENEW_SECONDS = 10;

/** Finds all background work, runs it from the start of the server to its end, and stops it. */
@Injectable()
export class Jobs implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('jobs');
  private readonly loops: JobLoop[] = [];
  private periodic: PeriodicJob[] = [];
  private local: LocalJob[] = [];
  private readonly ending = new AbortController();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly database: Database,
    private readonly owner: JobOwner,
  ) {}

  /** Before the first request each process has looked at what others did. */
  async onApplicationBootstrap(): Promise<void> {
    const found = this.discovery.getProviders().map(({ instance }) => instance as unknown);
    const jobs = [...new Set(found)].filter((each) => each instanceof Job);
    this.periodic = jobs.filter((job) => job instanceof PeriodicJob).filter(({ isOn }) => isOn);
    this.local = jobs.filter((job) => job instanceof LocalJob);
    for (const job of this.periodic) this.add(job, () => this.runSteps(job));
    for (const job of this.local) this.add(job, () => job.run());
    const every = this.database.isShared ? RENEW_SECONDS : undefined;
    const owning = new JobLoop('job-owner', every, () => this.take());
    this.loops.push(owning);
    await Promise.allSettled([owning.settle(), ...this.local.map((job) => job.settle())]);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.ending.abort();
    await Promise.all(this.loops.map((loop) => loop.stop()));
    const last = this.local.filter(({ runsAtEnd }) => runsAtEnd).map((job) => job.run());
    for (const outcome of await Promise.allSettled([...last, this.owner.release()])) {
      if (outcome.status === 'fulfilled') continue;
      this.logger.warn({ event: 'job.failed', job: 'last-run', err: outcome.reason as unknown });
    }
  }

  private add(job: Job, work: () => Promise<void>): void {
    job.loop = new JobLoop(job.name, job.everySeconds, work);
    this.loops.push(job.loop);
  }

  private async take(): Promise<void> {
    const taken = await this.owner.take(this.periodic.map(({ name }) => name));
    for (const job of this.periodic) if (taken.includes(job.name)) job.wake();
  }

  private async runSteps(job: PeriodicJob): Promise<void> {
    const { signal } = this.ending;
    while (!signal.aborted && this.owner.owns(job.name)) {
      if (!(await this.runStep(job))) return;
      await job.rest?.(signal);
    }
  }

  private async runStep(job: PeriodicJob): Promise<boolean> {
    try {
      const hasMore = await this.database.write(async (tx) => {
        await this.owner.hold(tx, job.name);
        return job.step(tx);
      });
      await job.carryOut?.();
      return hasMore;
    } catch (error) {
      if (error instanceof JobLostError) return false;
      throw error;
    }
  }
}
