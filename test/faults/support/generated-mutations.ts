import fc, { type Arbitrary } from 'fast-check';
import { Fields, type Node, Raw } from './generated-nodes.js';
import { fieldsOf, type Plan } from './generated-plan.js';
import { HEADERS, CONTENT_TYPES, METHODS } from './generated-headers.js';

/** One change to a valid request. */
type Mutation = (plan: Plan) => Plan;

const ODD_TEXTS = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  'a\udfff',
  '😀'.repeat(300),
  'x'.repeat(20_000),
  '__proto__',
  'constructor',
  'me',
  'null',
  'true',
  '-1',
  '../../etc/hosts',
  "' OR 1=1 --",
  '"; DROP TABLE message; --',
  '{{7*7}}',
  '%00',
  '%',
  '\u202e',
  '\ufeff',
  '\r\nX-Injected: 1',
  '019AB3C1-6A10-7D3E-9B61-0C2D4E6F8A12',
  '019ab3c1-6a10-7d3e-9b61-0c2d4e6f8a12',
  '{019ab3c1-6a10-7d3e-9b61-0c2d4e6f8a12}',
  '019ab3c16a107d3e9b610c2d4e6f8a12',
  'urn:uuid:019ab3c1-6a10-7d3e-9b61-0c2d4e6f8a12',
  '00000000-0000-0000-0000-000000000000',
];
const ODD_NUMBERS = [
  '-0',
  '-1',
  '0',
  '1.5',
  '1.0',
  '1e2',
  '1e400',
  '-1e400',
  '1e-7',
  '2147483648',
  '9007199254740993',
  '99999999999999999999999999',
  '01',
  '0x10',
  'NaN',
  'Infinity',
];
const NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'id',
  'colour',
  '',
  'a.b',
  'a\0',
];

const nested = (open: string, close: string, depth: number): Raw =>
  new Raw(open.repeat(depth) + close.repeat(depth));

const oddText = fc.oneof(
  fc.constantFrom(...ODD_TEXTS),
  fc.string({ unit: 'binary', maxLength: 300 }),
);
const oddNode: Arbitrary<Node> = fc.oneof(
  oddText,
  fc.constantFrom(...ODD_NUMBERS).map((it) => new Raw(it)),
  fc.constantFrom<Node>(null, true, false, [], [null], [['x']], new Fields([])),
  fc.constantFrom<Node>(
    new Fields([['__proto__', new Fields([['isAdmin', true]])]]),
    new Fields([['$ne', null]]),
    nested('[', ']', 20),
    nested('[', ']', 50_000),
    nested('{"a":[', ']}', 6),
    new Raw(`[${'0,'.repeat(5000)}0]`),
  ),
  fc.jsonValue({ maxDepth: 3 }).map((it) => new Raw(JSON.stringify(it))),
);

const GARBLINGS: Record<string, Plan['garble']> = {
  'cut off': (it) => it.slice(0, -1),
  'cut in half': (it) => it.slice(0, it.length / 2),
  'nothing at all': () => '',
  'white space': () => ' \n ',
  'byte order mark': (it) => `\ufeff${it}`,
  'trailing comma': (it) => it.replace(/\}$/, ',}'),
  comment: (it) => `${it}// end`,
  twice: (it) => it + it,
  'single quotes': (it) => it.replaceAll('"', "'"),
  'not UTF-8': (it) => Buffer.concat([Buffer.from(it.slice(0, -2)), Buffer.from([0xff, 0xfe])]),
  'UTF-16': (it) => Buffer.from(it, 'utf16le'),
  'latin-1': (it) => Buffer.from(it.replace(/[a-z]/, 'é'), 'latin1'),
  'half a surrogate, escaped': (it) => it.replace(/:"/, ':"\\ud83d'),
  'NUL, bare': (it) => it.replace(/:"/, ':"\0'),
  'NUL, escaped': (it) => it.replace(/:"/, ':"\\u0000'),
  'each field twice': (it) => it.replace(/^\{(.*)\}$/s, '{$1,$1}'),
  '__proto__, escaped': (it) => it.replace(/^\{/, '{"__pro\\u0074o__":{"a":1},'),
  'constructor.prototype': (it) => it.replace(/^\{/, '{"constructor":{"prototype":{"a":1}},'),
  form: () => 'email=a%40example.org&password=x',
  '256 KiB and more': (it) => it.replace(/^\{/, `{${' '.repeat(256 * 1024)}`),
  'nearly 256 KiB': (it) => it.padEnd(256 * 1024 - 1),
  'a thousand fields': (it) =>
    it.replace(/^\{/, `{${Array.from({ length: 1000 }, (_, i) => `"f${i}":0,`).join('')}`),
};

const QUERIES = [
  'colour=red',
  'a[]=1',
  'a[b]=1',
  'limit=',
  'limit=1&limit=2',
  'limit[]=1',
  'limit=1e2',
  'limit=-0',
  'limit=%31',
  'limit=1.0',
  'limit=+1',
  'limit=%EF%BC%91',
  '__proto__=1',
  '__proto__[a]=1',
  'constructor=1',
  'constructor[prototype]=1',
  'toString=1',
  '&&&',
  '=',
  '=x',
  '%zz',
  '%00=%00',
  '%ff=%ff',
  'after=%ED%A0%80',
  'email=%00%40example.org',
  'email=%ff',
  'chat_id=',
  '?',
  'a;b=c',
  'callback=alert(1)',
  `x=${'y'.repeat(9000)}`,
  Array.from({ length: 150 }, (_, i) => `p${i}=`).join('&'),
];

const percent = (text: string, at: number): string =>
  `${text.slice(0, at)}%${(text.codePointAt(at) ?? 0).toString(16).padStart(2, '0')}${text.slice(at + 1)}`;

const BENDINGS: Record<string, Plan['bend']> = {
  'slash taken or given': (it) => (it.endsWith('/') ? it.slice(0, -1) : `${it}/`),
  'two slashes at the end': (it) => `${it.replace(/\/$/, '')}//`,
  'two slashes': (it) => it.replace(/(?<=.)\//, '//'),
  'slashes before it': (it) => `/${it}`,
  'a letter encoded': (it) => percent(it, 1),
  'the last letter encoded': (it) => (it.endsWith('%') ? it : percent(it, it.length - 1)),
  'a slash encoded': (it) => it.replace(/(?<=.)\//, '%2f'),
  'encoded twice': (it) => `/%25${it.slice(1)}`,
  NUL: (it) => `${it}%00`,
  'broken percent': (it) => `${it}%`,
  'bytes that are not UTF-8': (it) => `${it}%ff`,
  'overlong UTF-8': (it) => it.replace(/(?<=.)\//, '%c0%af'),
  dots: (it) => `${it}/../x`,
  'dots, encoded': (it) => `${it}/%2e%2e/x`,
  'up and down': (it) => `/docs/..${it}`,
  suffix: (it) => `${it}.json`,
  semicolon: (it) => `${it};a=1`,
  fragment: (it) => `${it}#x`,
  'upper case': (it) => it.toUpperCase(),
  'whole URL': (it) => `http://elsewhere.example${it}`,
  'no path': () => '*',
  'one level more': (it) => `${it.replace(/\/$/, '')}/extra`,
  'one level less': (it) => it.replace(/\/[^/]*\/?$/, '') || '/',
  'a long segment': (it) => `${it.replace(/\/$/, '')}/${'x'.repeat(300)}`,
  'longer than any URL': (it) => `${it}${'x'.repeat(20_000)}`,
  backslashes: (it) => it.replaceAll('/', '\\').replace('\\', '/'),
};

const named = <T>(record: Record<string, T>): Arbitrary<[string, T]> =>
  fc.constantFrom(...Object.entries(record));

/** What can be done to a valid request. */
export const mutation: Arbitrary<Mutation> = fc.oneof(
  fc.nat(9).map((pick) => changeBody('field left out', pick, () => [])),
  fc.nat(9).map((pick) => changeBody('null', pick, ([name]) => [[name, null]])),
  fc
    .tuple(fc.nat(9), oddNode)
    .map(([pick, odd]) => changeBody('odd value', pick, ([name]) => [[name, odd]])),
  fc
    .tuple(fc.nat(9), oddNode)
    .map(([pick, odd]) => changeBody('given twice', pick, (it) => [it, [it[0], odd]])),
  fc
    .tuple(fc.constantFrom(...NAMES), oddNode)
    .map(([name, odd]) => changeBody('extra field', 0, (it) => [[name, odd], ...(it ? [it] : [])])),
  oddNode.map((body) => did('another body', (it) => ({ ...it, body, ...asJson(it) }))),
  named(GARBLINGS).map(([name, garble]) =>
    did(name, (it) => ({ ...it, body: it.body ?? new Fields([]), garble, ...asJson(it) })),
  ),
  fc
    .constantFrom(...CONTENT_TYPES)
    .map((contentType) =>
      did(`content type ${contentType}`, (it) => ({ ...it, contentType, body: it.body ?? 'x' })),
    ),
  fc.tuple(fc.nat(3), oddText).map(([pick, text]) => changeParam(pick, text)),
  fc.tuple(fc.nat(5), oddText).map(([pick, text]) => changeQuery(pick, text)),
  fc
    .constantFrom(...QUERIES)
    .map((queryTail) => did(`query ${queryTail.slice(0, 30)}`, (it) => ({ ...it, queryTail }))),
  named(BENDINGS).map(([name, bend]) => did(`path: ${name}`, (it) => ({ ...it, bend }))),
  fc.constantFrom(...METHODS).map((method) => did(`method ${method}`, (it) => ({ ...it, method }))),
  fc
    .constantFrom(...HEADERS)
    .map((pairs) =>
      did(`header ${pairs[0][0]}`, (it) => ({ ...it, headers: [...it.headers, ...pairs] })),
    ),
);

function did(name: string, change: Mutation): Mutation {
  return (plan) => ({ ...change(plan), mutations: [...plan.mutations, name] });
}

const asJson = ({ contentType = 'application/json' }: Plan): Partial<Plan> => ({ contentType });

type Field = Fields['entries'][number];

/** Replaces one field of the body, if it has any, by those that `change` makes of it. */
function changeBody(name: string, pick: number, change: (field: Field) => Field[]): Mutation {
  return did(name, (plan) => {
    const fields = fieldsOf(plan);
    if (fields.length === 0) return { ...plan, body: new Raw('{"colour":1}'), ...asJson(plan) };
    const at = pick % fields.length;
    return { ...plan, body: new Fields(fields.flatMap((it, i) => (i === at ? change(it) : [it]))) };
  });
}

function changeParam(pick: number, text: string): Mutation {
  return did('odd path parameter', (plan) => {
    const names = Object.keys(plan.params);
    const name = names[pick % names.length] ?? 'none';
    return { ...plan, params: { ...plan.params, [name]: text } };
  });
}

function changeQuery(pick: number, text: string): Mutation {
  return did('odd query value', (plan) => {
    const names = plan.operation.parameters.filter((it) => it.in === 'query');
    const name = names[pick % names.length]?.name ?? 'q';
    return { ...plan, query: [...plan.query.filter(([it]) => it !== name), [name, text]] };
  });
}
