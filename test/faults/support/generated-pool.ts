import { mediaType } from './openapi-check.js';
import type { Received } from './generated-send.js';
import { Cast, Gone } from './generated-cast.js';
import { Known } from './generated-known.js';
import type { Live } from './generated-nodes.js';
import type { Plan } from './generated-plan.js';

const CASTS = 6;
/** Requests after which a group of users has done its work: too much of it is gone. */
const WORN_OUT_AFTER = 600;

/** Groups of users with their rooms, from which requests draw what they need. */
export class Pool {
  private readonly everything = new Known();
  private readonly casts: Promise<Cast>[];
  /** Requests that were needed to keep the pool alive. */
  upkeep = 0;

  constructor(private readonly url: string) {
    this.casts = Array.from({ length: CASTS }, () => this.raise());
  }

  /** The group that a request is about. */
  async castOf({ pick }: Plan): Promise<Cast> {
    const at = pick % CASTS;
    const held = this.casts[at];
    const cast = await held;
    if (++cast.uses < WORN_OUT_AFTER && !cast.isBroken) return cast;
    if (this.casts[at] === held) this.casts[at] = this.raise();
    return this.casts[at];
  }

  /** Of the group's own three times in four. */
  draw(cast: Cast, role: Plan['role'], { kind, pick }: Live): string {
    if (kind === 'password') return cast.password(role);
    const isNear = pick % 4 > 0;
    const number = Math.floor(pick / 4);
    const near = isNear ? cast.known.pick(kind, number) : undefined;
    return near ?? this.everything.pick(kind, number) ?? (kind === 'seq' ? '1' : 'none');
  }

  /** Learns from the answer. */
  async learn(
    cast: Cast,
    plan: Plan,
    sentBody: unknown,
    { status, headers, body }: Received,
  ): Promise<void> {
    const isJson = mediaType(headers['content-type']) === 'application/json';
    if (status < 300 && isJson && plan.method !== 'HEAD') {
      const answer: unknown = JSON.parse(body.toString());
      this.everything.learn(answer);
      if (plan.role !== 'stranger') cast.known.learn(answer);
    }
    await cast.learn(plan, sentBody, status).catch((error: unknown) => {
      if (!(error instanceof Gone)) throw error;
      cast.isBroken = true;
    });
  }

  private raise(): Promise<Cast> {
    return Cast.raise(this.url, () => this.upkeep++);
  }
}
