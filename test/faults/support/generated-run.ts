import fc from 'fast-check';
import { mutation } from './generated-mutations.js';
import type { Cast } from './generated-cast.js';
import { type Plan, send, type Sent, validPlans } from './generated-plan.js';
import { Pool } from './generated-pool.js';
import { curl, type Received, Sender } from './generated-send.js';
import type { Judge } from './generated-verdict.js';
import type { ApiDocument } from './openapi-document.js';
import { parsed } from './openapi-check.js';

const LANES = 32;
const BATCH = 500;

export interface Failure {
  faults: string[];
  /** Where the request stands in the run, from 0. */
  number: number;
  mutations: string[];
  reproduction: string;
  answer: string;
  /** The request before it on its connection. */
  previous: string;
}

/** Sends generated requests and has each answer judged. */
export class GeneratedRun {
  readonly failures: Failure[] = [];
  /** Answers by operation and status. */
  readonly counts = new Map<string, Map<number, number>>();
  private readonly pool: Pool;
  private readonly sender: Sender;
  private next = 0;
  private batch: Plan[] = [];

  constructor(
    private readonly url: string,
    private readonly document: ApiDocument,
    private readonly judge: Judge,
    private readonly seed: number,
  ) {
    this.pool = new Pool(url);
    this.sender = new Sender(url, LANES);
  }

  /** Requests that kept users and rooms there to be asked for. */
  get upkeep(): number {
    return this.pool.upkeep;
  }

  async run(requests: number): Promise<void> {
    const lane = async (): Promise<void> => {
      while (this.next < requests) {
        const number = this.next++;
        await this.ask(number, this.planOf(number));
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    this.sender.close();
  }

  /** The same for a seed and a number; which live values it draws depends on the answers before. */
  private planOf(number: number): Plan {
    const at = number % BATCH;
    if (at === 0) {
      const mutations = fc.oneof(
        fc.constant([]),
        fc.array(mutation, { minLength: 1, maxLength: 1 }),
        fc.array(mutation, { minLength: 1, maxLength: 3 }),
      );
      const plans = fc
        .tuple(validPlans(this.document), mutations)
        .map(([plan, changes]) => changes.reduce((it, change) => change(it), plan));
      this.batch = fc.sample(plans, { seed: this.seed + number, numRuns: BATCH });
    }
    return this.batch[at];
  }

  private async ask(number: number, plan: Plan): Promise<void> {
    const cast = await this.pool.castOf(plan);
    const draw = (live: Parameters<Pool['draw']>[2]): string =>
      this.pool.draw(cast, plan.role, live);
    const sent = send(plan, draw, cast.token(plan));
    try {
      const answer = await this.sender.send(sent);
      this.count(this.judge.nameOf(sent), answer.status);
      this.keep(number, plan, sent, this.judge.faults(sent, answer), answer);
      await this.learn(cast, plan, sent, answer);
    } catch (error) {
      // What is too long to be read is refused with a body, whatever method it may have had.
      if (plan.method === 'HEAD' && /Data after `Connection: close`/.test(String(error))) return;
      this.keep(number, plan, sent, [`no answer: ${String(error)}`]);
    }
  }

  private async learn(cast: Cast, plan: Plan, sent: Sent, answer: Received): Promise<void> {
    await this.pool.learn(cast, plan, sent.body && parsed(sent.body), answer);
  }

  private count(name: string, status: number): void {
    const statuses = this.counts.get(name) ?? new Map<number, number>();
    this.counts.set(name, statuses.set(status, (statuses.get(status) ?? 0) + 1));
  }

  private keep(number: number, plan: Plan, sent: Sent, faults: string[], answer?: Received): void {
    if (faults.length === 0) return;
    this.failures.push({
      faults,
      number,
      mutations: [`by ${plan.role}`, ...plan.mutations],
      reproduction: curl(sent, this.url),
      previous: answer?.previous ? curl(answer.previous, this.url) : '',
      answer: answer ? `${answer.status} ${answer.body.toString().slice(0, 500)}` : '',
    });
  }
}
