import fc, { type Arbitrary } from 'fast-check';
import { claimsOf, signToken } from '../../support/exchange-token.js';
import type { ApiDocument, Operation, Schema } from './openapi-document.js';
import { Fields, type Kind, Live, type Node } from './generated-nodes.js';

/** What the names of ids and secrets stand for; a bare `after`, or `ids`, are of what is listed. */
const KINDS: Record<string, Kind> = {
  chat_id: 'chat',
  chatid: 'chat',
  message_id: 'message',
  reply_to: 'message',
  user_id: 'user',
  session_id: 'session',
  refresh_token: 'refresh_token',
  email: 'email',
  password: 'password',
  current_password: 'password',
  seq: 'seq',
};
const LISTED: Record<string, Kind> = {
  findUsers: 'user',
  listChats: 'chat',
  listMembers: 'user',
  listMessages: 'message',
};
const EMOJIS = ['👍', '❤', '❤️', '👨‍👩‍👧‍👦', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '1️⃣', '👋🏽', 'x', '👍👍'];

/** Of one kind now and then, else a new value. */
const orLive = (kind: Kind, fresh: Arbitrary<Node>, share: number): Arbitrary<Node> =>
  fc.oneof({ arbitrary: live(kind), weight: share }, { arbitrary: fresh, weight: 10 - share });

export const live = (kind: Kind): Arbitrary<Live> => fc.nat(9999).map((it) => new Live(kind, it));

/** Arbitraries of what the document calls valid. */
export class Values {
  constructor(private readonly document: ApiDocument) {}

  body({ operationId, body }: Operation): Arbitrary<Node> {
    return body ? this.of('', body, operationId) : fc.constant(null);
  }

  of(name: string, given: Schema, operationId: string): Arbitrary<Node> {
    const schema = this.document.resolve(given);
    const [first] = schema.anyOf ?? [];
    if (first) return fc.oneof(...schema.anyOf!.map((it) => this.of(name, it, operationId)));
    if (schema.const !== undefined) return fc.constant(schema.const as Node);
    if (schema.enum) return fc.constantFrom(...(schema.enum as Node[]));
    const types = [schema.type ?? 'string'].flat();
    const arbitraries = types.map((type) => this.ofType(type, name, schema, operationId));
    return fc.oneof(...arbitraries);
  }

  private ofType(type: string, name: string, schema: Schema, id: string): Arbitrary<Node> {
    switch (type) {
      case 'null':
        return fc.constant(null);
      case 'boolean':
        return fc.boolean();
      case 'integer':
      case 'number':
        return wholeNumber(name, schema);
      case 'array':
        return fc.array(this.of(name, schema.items ?? {}, id), { maxLength: 3 });
      case 'object':
        return this.object(schema, id);
      default:
        return text(name, schema, id);
    }
  }

  private object(schema: Schema, id: string): Arbitrary<Node> {
    if (!schema.properties) {
      const entry = fc.tuple(live('chat'), orLive('seq', fc.nat(50), 2));
      return fc.array(entry, { maxLength: 4 }).map((entries) => new Fields(entries));
    }
    const fields = Object.entries(schema.properties).map(([name, field]) => {
      const value = this.of(name, field, id).map((it): Fields['entries'] => [[name, it]]);
      const isRequired = schema.required?.includes(name);
      return isRequired ? value : fc.oneof(value, fc.constant<Fields['entries']>([]));
    });
    return fc.tuple(...fields).map((entries) => new Fields(entries.flat()));
  }
}

function wholeNumber(
  name: string,
  { minimum = 0, maximum = 2 ** 31 - 1 }: Schema,
): Arbitrary<Node> {
  const any = fc.oneof(
    fc.integer({ min: minimum, max: Math.min(maximum, minimum + 20) }),
    fc.integer({ min: minimum, max: maximum }),
    fc.constantFrom(minimum, maximum),
  );
  return /seq|before|after/.test(name) ? orLive('seq', any, 4) : any;
}

function text(name: string, schema: Schema, operationId: string): Arbitrary<Node> {
  const kind = KINDS[name] ?? (/^(after|ids)$/.test(name) ? LISTED[operationId] : undefined);
  if (schema.format === 'uuid') return orLive(kind ?? 'message', fc.uuid(), kind ? 9 : 1);
  if (schema.format === 'date-time') return time;
  // Without a room it is another one's, and refused.
  if (operationId === 'searchMessages' && name === 'before')
    return orLive('seq', fc.constant('1'), 5);
  if (name === 'token') return fc.oneof(exchangeToken, plainText(schema));
  if (name === 'emoji') return fc.constantFrom(...EMOJIS);
  if (kind === 'email') return orLive(kind, email, operationId === 'signUp' ? 1 : 8);
  if (kind) return orLive(kind, plainText(schema), 9);
  return plainText(schema);
}

const email = fc
  .integer({ min: 0, max: 2 ** 31 - 1 })
  .chain((it) => fc.constantFrom(`u${it}@example.org`, `U${it}@Example.Org`, `"a b"${it}@x.org`));

/** Of one of a few users. */
const exchangeToken = fc
  .tuple(fc.nat(9), fc.option(email))
  .map(([n, address]) => signToken(claimsOf({ sub: `generated ${n}`, email: address })));

const time = fc.integer({ min: 0, max: 4_102_444_800_000 }).map((it) => new Date(it).toISOString());

const UNITS = ['grapheme', 'grapheme-ascii', 'binary', 'binary-ascii'] as const;

/** Counted in code points, as the document counts. */
function plainText({ minLength = 0, maxLength = 60 }: Schema): Arbitrary<string> {
  const short = fc
    .constantFrom(...UNITS)
    .chain((unit) =>
      fc.string({ unit, minLength, maxLength: Math.max(minLength, Math.min(maxLength, 40)) }),
    );
  const words = fc
    .array(fc.constantFrom('seven', 'wax', 'seals', 'on', 'a', 'door', '👍', 'é'), { minLength: 3 })
    .map((it) => [...it.join(' ').padEnd(minLength, '.')].slice(0, maxLength).join(''));
  const longest = fc.constantFrom('x', '😀', 'é', '\u0000').map((it) => it.repeat(maxLength));
  return fc.oneof(
    { arbitrary: words, weight: 6 },
    { arbitrary: short, weight: 3 },
    { arbitrary: longest, weight: 1 },
  );
}
