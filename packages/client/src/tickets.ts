import type { Api } from './calls.js';
import type { components } from './schema.js';
import type { Timers } from './timers.js';
import { answerOf, type Tokens } from './transport.js';

/** How many the server gives at once. */
const AT_ONCE = 200;
/** The server's are good for an hour at least. */
const LIFE_MS = 55 * 60_000;

type Ticket = components['schemas']['Ticket'];

interface Known {
  ticket: Promise<Ticket | undefined>;
  until: number;
  /** The one that it is good for. */
  session: string | null;
}

/** URLs of files: what one turn of the event loop wants is asked for at once, and again before it expires. */
export class Tickets {
  private readonly known = new Map<string, Known>();
  private wanted = new Map<string, (ticket: Promise<Ticket | undefined>) => void>();

  constructor(
    private readonly api: Api,
    private readonly timers: Timers,
    private readonly tokens: Pick<Tokens, 'session'>,
  ) {}

  /** @returns undefined where it is not there any more, or not the user's to see */
  of(id: string): Promise<Ticket | undefined> {
    const now = this.timers.now();
    const known = this.known.get(id);
    const { session } = this.tokens;
    if (known && known.until > now && known.session === session) return known.ticket;
    const ticket = new Promise<Ticket | undefined>((resolve) => {
      if (this.wanted.size === 0) this.timers.setTimeout(() => this.ask(), 0);
      this.wanted.set(id, resolve);
    });
    this.known.set(id, { ticket, until: now + LIFE_MS, session });
    const forget = (): void => {
      if (this.known.get(id)?.ticket === ticket) this.known.delete(id);
    };
    ticket.then((found) => found ?? forget(), forget);
    return ticket;
  }

  private ask(): void {
    const wanted = [...this.wanted];
    this.wanted = new Map();
    for (let i = 0; i < wanted.length; i += AT_ONCE) {
      const some = wanted.slice(i, i + AT_ONCE);
      const found = this.request(some.map(([id]) => id));
      for (const [id, resolve] of some) resolve(found.then((tickets) => tickets.get(id)));
    }
  }

  private async request(ids: string[]): Promise<Map<string, Ticket>> {
    const { data } = await answerOf(this.api.POST('/attachment/tickets', { body: { ids } }));
    return new Map(data.map((ticket) => [ticket.id, ticket]));
  }
}
