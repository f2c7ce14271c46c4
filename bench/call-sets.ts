import { type Call, call } from './call.js';
import type { World } from './world.js';

const PAGE = 50;
const BODY = 'x'.repeat(200);
const TO_THE_END = 2_147_483_647;
/** The share of the large room that counts as deep: its oldest tenth. */
const DEEP = 10;

/** What a scenario asks for, again and again: always the same, or something else each time. */
export interface CallSet {
  next: () => Call;
  isConstant: boolean;
  /** Whether an answer is what it should be; asked of a few before anything is measured. */
  isRight: (answer: unknown) => boolean;
}

const isMessage = (answer: unknown): boolean =>
  (answer as { message?: string } | undefined)?.message === BODY;
const isAnything = (): boolean => true;

/** Fifty different messages, all opened. */
function isPage(answer: unknown): boolean {
  const { data } = answer as { data: { id: string; message: string | null }[] };
  const opened = data.filter(({ message }) => message?.length === BODY.length);
  return new Set(opened.map(({ id }) => id)).size === PAGE;
}

const constant = (request: Call, isRight: CallSet['isRight']): CallSet => ({
  next: () => request,
  isConstant: true,
  isRight,
});

const varied = (next: () => Call, isRight: CallSet['isRight']): CallSet => ({
  next,
  isConstant: false,
  isRight,
});

const send = ({ token }: World, chatid: World['sendRoom']): Call => {
  return { method: 'POST', path: '/message/', token, body: { chatid, message: BODY } };
};

const page = ({ token, largeRoom }: World, before?: number): Call => {
  const range = before === undefined ? '' : `&before=${before}`;
  const path = `/message/?chat_id=${largeRoom}&limit=${PAGE}${range}`;
  return { method: 'GET', path, token };
};

/** Pages one after another, older and older, from a random one on; round and round. */
function walk(world: World, newest: number): () => Call {
  const pages = Math.floor(newest / PAGE);
  let at = Math.floor(Math.random() * pages);
  return () => page(world, newest + 1 - PAGE * (at++ % pages));
}

/** Of ten calls seven sends, two read markers of a reader, and an edit. */
function sendsMarkersEdits(world: World): () => Call {
  const { token, readerToken, sendRoom, editable } = world;
  const sent = send(world, sendRoom);
  const body = { seq: TO_THE_END };
  const path = `/chat/${sendRoom}/read`;
  const mark: Call = { method: 'PUT', path, token: readerToken, body };
  let at = 0;
  return () => {
    const turn = at++ % 10;
    if (turn === 9) {
      const path = `/message/${editable[at % editable.length]}`;
      return { method: 'PATCH', path, token, body: { message: `${at} ${BODY}`.slice(0, 200) } };
    }
    return turn === 3 || turn === 6 ? mark : sent;
  };
}

/** A client that has every room but for one change in the large one. */
async function sync(url: string, { token, largeRoom }: World): Promise<CallSet> {
  const request: Call = { method: 'POST', path: '/sync', token, body: {} };
  const { rooms } = await call<{ rooms: Record<string, number> }>(url, request);
  rooms[largeRoom]--;
  return constant({ ...request, body: { rooms } }, (answer) => {
    const { chats, messages } = answer as { chats: unknown[]; messages: unknown[] };
    return chats.length === 1 && messages.length === 1;
  });
}

export const CALL_SETS = {
  send: (_url, world) => constant(send(world, world.sendRoom), isMessage),
  sendsMarkersEdits: (_url, world) => varied(sendsMarkersEdits(world), isAnything),
  newestPage: (_url, world) => constant(page(world), isPage),
  walk: (_url, world) => varied(walk(world, world.messages), isPage),
  deepWalk: (_url, world) => varied(walk(world, Math.floor(world.messages / DEEP)), isPage),
  pagesAndSends: (_url, world) => {
    let at = 0;
    const [read, sent] = [page(world), send(world, world.largeRoom)];
    return varied(() => (at++ % 10 === 9 ? sent : read), isAnything);
  },
  rooms: (_url, { token }) =>
    constant({ method: 'GET', path: '/chat/?limit=200', token }, (answer) => {
      return (answer as { data: unknown[] }).data.length === 200;
    }),
  sync,
  logIn: (_url, { email, password }) => {
    const body = { email, password };
    return constant({ method: 'POST', path: '/userauth/userLogin', body }, (answer) => {
      return typeof (answer as { access_token?: unknown }).access_token === 'string';
    });
  },
} satisfies Record<string, (url: string, world: World) => CallSet | Promise<CallSet>>;

export type CallSetName = keyof typeof CALL_SETS;
