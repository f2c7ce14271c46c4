import type { Kind } from './generated-nodes.js';

const KEPT = 200;

/** Values that exist, or did: those last met of each kind. */
export class Known {
  private readonly values = new Map<Kind, string[]>();

  add(kind: Kind, value: string): void {
    const list = this.values.get(kind) ?? [];
    if (!list.includes(value)) list.push(value);
    if (list.length > KEPT) list.shift();
    this.values.set(kind, list);
  }

  pick(kind: Kind, number: number): string | undefined {
    const list = this.values.get(kind) ?? [];
    return list[number % list.length];
  }

  /** Learns what an answer tells of. */
  learn(value: unknown): void {
    if (Array.isArray(value)) for (const item of value) this.learn(item);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
    const fields = value as Record<string, unknown>;
    const kind = kindOf(fields);
    if (kind && typeof fields.id === 'string') this.add(kind, fields.id);
    if (typeof fields.refresh_token === 'string') this.add('refresh_token', fields.refresh_token);
    if (typeof fields.email === 'string') this.add('email', fields.email);
    if (typeof fields.change === 'number') this.add('seq', String(fields.change));
    for (const item of Object.values(fields)) this.learn(item);
  }
}

function kindOf(fields: Record<string, unknown>): Kind | undefined {
  if ('chat_name' in fields) return 'chat';
  if ('sender' in fields) return 'message';
  if ('user_agent' in fields) return 'session';
  return 'fname' in fields ? 'user' : undefined;
}
