import {
  createContext,
  type ReactNode,
  useContext,
  useEffect,
  useMemo,
  useState,
  useSyncExternalStore,
} from 'react';
import type { ConclaveClient, SessionState } from './client.js';
import type { Problem } from './problem.js';
import type { Readable } from './readable.js';
import type { Status } from './realtime.js';
import type { Room, RoomSnapshot } from './room.js';
import type { Place } from './room-pages.js';
import type { Attachment, Chat, Profile, User } from './types.js';
import type { Upload, UploadState } from './upload.js';

export { SMALL_ROOM } from './room-state.js';

/** What `useRoom` hands on of a room; each may be passed on by itself. */
const ACTIONS = [
  'open',
  'loadOlder',
  'loadNewer',
  'attach',
  'send',
  'retry',
  'discard',
  'edit',
  'delete',
  'react',
  'markRead',
  'type',
  'loadMembers',
  'join',
  'leave',
  'putMember',
  'removeMember',
  'update',
  'deleteRoom',
] as const satisfies readonly (keyof Room)[];

export type RoomActions = {
  readonly [Name in (typeof ACTIONS)[number]]: (
    ...given: Parameters<Room[Name]>
  ) => ReturnType<Room[Name]>;
};

export interface UsedRoom extends RoomSnapshot, RoomActions {
  /** Why the room could not be opened, if it could not. */
  readonly problem: Problem | null;
}

/** How often it is looked whether a URL is to be renewed. */
const RENEWED_MS = 5 * 60_000;
const NO_ROOMS: readonly Chat[] = [];
const NO_ROOM: RoomSnapshot = {
  chat: null,
  messages: [],
  isOpen: false,
  isLoading: false,
  hasOlder: false,
  hasNewer: false,
  members: null,
  typing: [],
};

const Context = createContext<ConclaveClient | null>(null);
/** How many components show a room. */
const holders = new WeakMap<Room, number>();

/** Gives the client to the hooks below it. The client is made once, outside of all components. */
export function ConclaveProvider(props: {
  client: ConclaveClient;
  children?: ReactNode;
}): ReactNode {
  return <Context.Provider value={props.client}>{props.children}</Context.Provider>;
}

export function useClient(): ConclaveClient {
  const client = useContext(Context);
  if (!client) throw new Error('There is no <ConclaveProvider client={client}> above.');
  return client;
}

/** Whether somebody is signed in. */
export function useSession(): SessionState {
  return useReadable(useClient().session, 'restoring');
}

/** Who is signed in. */
export function useMe(): User | null {
  return useReadable(useClient().me, null);
}

export function useStatus(): Status {
  return useReadable(useClient().status, 'connecting');
}

/** The rooms that the user is in, the one with the newest message first. */
export function useRooms(): readonly Chat[] {
  return useReadable(useClient().rooms, NO_ROOMS);
}

/** How many messages are unread, in all rooms. */
export function useUnread(): number {
  return useReadable(useClient().unread, 0);
}

/**
 * A room, open as long as any component uses it.
 *
 * @param place where to open it, and again once that is another one; without it where it is open already,
 *   else at its newest message
 */
export function useRoom(id: string, place?: Place): UsedRoom {
  const room = useClient().room(id);
  const snapshot = useReadable(room, NO_ROOM);
  const actions = useMemo(() => actionsOf(room), [room]);
  const [problem, setProblem] = useState<Problem | null>(null);
  const session = useSession(); // whoever logs in next finds it open too
  const text = JSON.stringify(place);
  useEffect(() => {
    const wanted = text === undefined ? undefined : (JSON.parse(text) as Place);
    let isUsed = true;
    setProblem(null);
    if (hold(room) || wanted)
      room.open(wanted).catch((error: unknown) => isUsed && setProblem(error as Problem));
    return () => {
      isUsed = false;
      letGo(room);
    };
  }, [room, text, session]);
  return useMemo(() => ({ ...snapshot, ...actions, problem }), [snapshot, actions, problem]);
}

/** How far an upload is. */
export function useUpload(upload: Upload): UploadState {
  return useReadable(upload, upload.getSnapshot());
}

/** As `client.url`, and the next one before that expires; null too until it is known. */
export function useAttachmentUrl(
  { id }: Pick<Attachment, 'id'>,
  kind: 'content' | 'thumbnail' = 'content',
): string | null {
  const client = useClient();
  const status = useStatus(); // what was not answered is asked for again
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    let isUsed = true;
    const ask = (): void =>
      void client.url({ id }, kind).then(
        (next) => isUsed && setUrl(next),
        () => undefined,
      );
    ask();
    const timer = setInterval(ask, RENEWED_MS);
    return () => {
      isUsed = false;
      clearInterval(timer);
    };
  }, [client, id, kind, status]);
  return url;
}

/** Who types in a room, and what to call at each key. */
export function useTyping(id: string): { typing: readonly Profile[]; type: () => void } {
  const room = useClient().room(id);
  const { typing } = useReadable(room, NO_ROOM);
  return useMemo(() => ({ typing, type: () => room.type() }), [typing, room]);
}

/** @param first what a server renders, and a browser first, where nobody is signed in yet */
function useReadable<T>({ subscribe, getSnapshot }: Readable<T>, first: T): T {
  return useSyncExternalStore(subscribe, getSnapshot, () => first);
}

function actionsOf(room: Room): RoomActions {
  const bound = ACTIONS.map((name) => [name, (room[name] as () => unknown).bind(room)] as const);
  return Object.fromEntries(bound) as unknown as RoomActions;
}

/** @returns whether nobody else shows it */
function hold(room: Room): boolean {
  const count = holders.get(room) ?? 0;
  holders.set(room, count + 1);
  return count === 0;
}

/** Once the components are there that React puts in the place of this one, among them the same one again. */
function letGo(room: Room): void {
  holders.set(room, holders.get(room)! - 1);
  queueMicrotask(() => {
    if (holders.get(room) === 0) room.close();
  });
}
