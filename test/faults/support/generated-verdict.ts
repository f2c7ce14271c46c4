import type { ApiDocument, Operation, Schema } from './openapi-document.js';
import { Contract, parsed } from './openapi-check.js';
import type { Sent } from './generated-plan.js';
import { NO_HOST, type Received } from './generated-send.js';

/** Said of a Host, a Content-Encoding or headers that are wrong, as the document says at its beginning. */
const WHATEVER_IS_ASKED = new Set([415, 421, 431]);

/** What an unreadable or oversized head is answered with, whatever route it names. */
const BEFORE_ROUTING = new Set(['malformed-request', 'headers-too-large', 'uri-too-long']);
/** Traces of the inside that no answer may hold. */
const NO_ANSWER_HOLDS = [/gAAAA[\w-]{20}/, /pbkdf2_sha256/, /-----BEGIN/];
const NO_ERROR_HOLDS = [
  /\bat .+:\d+:\d+/,
  /node_modules|\.[jt]s\b/,
  /\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|SAVEPOINT)\b.*"/,
  /SQLITE|QueryFailed|constraint|relation "/i,
  /(^|[\s"'(])\/(home|root|tmp|usr|var|etc|app)\//,
];

/** Judges answers: by the document where the request addresses an operation, else as refusals. */
export class Judge {
  private readonly contract: Contract;

  /** @param secrets what the server was given and tells nobody */
  constructor(
    private readonly document: ApiDocument,
    private readonly secrets: string[],
  ) {
    this.contract = new Contract(document);
  }

  /** The name of what was asked for, for a table. */
  nameOf({ method, target }: Sent): string {
    const found = this.document.find(method, target);
    return found ? `${found.operation.method} ${found.operation.path}` : 'no operation';
  }

  faults(sent: Sent, answer: Received): string[] {
    return [
      ...(answer.status >= 500 ? [`status ${answer.status}`] : []),
      ...(answer.status >= 400 && sent.method !== 'HEAD'
        ? this.contract.problemFaults(answer)
        : []),
      ...this.leaks(answer),
      ...this.routeFaults(sent, answer),
    ];
  }

  private routeFaults(sent: Sent, answer: Received): string[] {
    const found = this.document.find(sent.method, sent.target);
    const kind = kindOf(answer) ?? '';
    const lacksHost = sent.headers.some(([name]) => name === NO_HOST);
    if (WHATEVER_IS_ASKED.has(answer.status)) return [];
    if (lacksHost && sent.method !== 'OPTIONS') {
      const isRefused =
        kind === 'malformed-request' || (sent.method === 'HEAD' && answer.status === 400);
      return isRefused ? [] : [`${answer.status} without a Host`];
    }
    if (sent.method === 'OPTIONS') return BEFORE_ROUTING.has(kind) ? [] : optionsFaults(answer);
    if (!found) return this.refusalFaults(sent, answer, kind);
    if (found.isOdd && kind === 'unknown-route') return [];
    const { operation } = found;
    return [
      ...this.contract.answerFaults(operation, answer, sent.method === 'HEAD'),
      ...(answer.status < 300 ? this.undueFaults(operation, sent) : []),
      ...(kind === 'unknown-route' ? ['unknown route'] : []),
    ];
  }

  /** Nothing is there, so that nothing is done and nothing is told. */
  private refusalFaults(
    { method, target }: Sent,
    { status, headers }: Received,
    kind = '',
  ): string[] {
    const isDocs = status < 400 && /^(https?:\/\/[^/]*)?\/(docs|openapi\.json|$|\?)/.test(target);
    if (isDocs) return [];
    const isRefused = kind === 'unknown-route' || BEFORE_ROUTING.has(kind);
    if (isRefused || (method === 'HEAD' && status >= 400 && status < 500)) return [];
    return [`no such operation, yet ${status} ${kind} ${headers['content-type']}`];
  }

  /** What was done although the document forbids to ask for it. */
  private undueFaults({ body, needsBody, parameters }: Operation, sent: Sent): string[] {
    const query = new URLSearchParams(sent.target.split('#')[0].split('?').slice(1).join('?'));
    return [
      ...(body && sent.body?.length ? this.contract.faults(body, parsed(sent.body)) : []),
      ...(needsBody && !sent.body?.length ? ['no body'] : []),
      ...parameters
        .filter((it) => it.in === 'query')
        .flatMap(({ name, schema, required }) => {
          const values = query.getAll(name);
          if (values.length === 0) return required ? [`${name} is missing`] : [];
          if (values.length > 1) return [`${name} is given more than once`];
          return this.contract.faults(schema, inQuery(schema, values[0]));
        }),
    ].map((fault) => `done although: ${fault}`);
  }

  private leaks({ status, headers, body }: Received): string[] {
    const text = JSON.stringify(headers) + body.toString();
    const patterns = [...NO_ANSWER_HOLDS, ...(status >= 400 ? NO_ERROR_HOLDS : [])];
    return [
      ...patterns.filter((it) => it.test(text)).map((it) => `holds ${it}`),
      ...(this.secrets.some((it) => text.includes(it)) ? ['holds a secret'] : []),
    ];
  }
}

/** What a text stands for in a query. */
function inQuery({ type }: Schema, text: string): unknown {
  if (type === 'array') return text.split(',');
  return type === 'integer' && /^\d+$/.test(text) ? Number(text) : text;
}

function optionsFaults({ status, headers, body }: Received): string[] {
  if (status !== 204) return status === 404 ? [] : [`status ${status} to OPTIONS`];
  const isPreflight = headers['access-control-allow-methods'] !== undefined;
  return isPreflight && body.length === 0 ? [] : ['204 to OPTIONS that is no preflight'];
}

function kindOf({ status, body }: Received): string | undefined {
  if (status < 400) return undefined;
  const { type } = (parsed(body) ?? {}) as { type?: string };
  return type?.split(':').at(-1);
}
