import type { Message, RoomMessage } from '@conclave/client';
import { useClient, useStatus } from '@conclave/client/react';
import { useEffect, useMemo, useState } from 'react';

/** How many the server gives at once. */
const AT_ONCE = 100;

type ById = ReadonlyMap<string, Message>;
const NONE: ById = new Map();

interface Shown {
  id: string;
  messages: readonly RoomMessage[];
  /** Changes with whatever may have changed a message that is not among those. */
  edits: number;
}

/** The messages that others answer: as they are held here, else as the server has them, for as long as that is so. */
export function useQuoted({
  id,
  messages,
  edits,
}: Shown): (message: RoomMessage) => Message | null {
  const held = useMemo(() => new Map(messages.map((each) => [each.id, each])), [messages]);
  const wanted = messages.flatMap(({ reply_to }) =>
    reply_to !== null && !held.has(reply_to) ? [reply_to] : [],
  );
  const fetched = useFetched(id, [...new Set(wanted)].join(), edits);
  return ({ reply_to }) =>
    reply_to === null ? null : (held.get(reply_to) ?? fetched.get(reply_to) ?? null);
}

/** @param ids joined by commas, so that the same ones are the same */
function useFetched(chat_id: string, ids: string, edits: number): ById {
  const { api } = useClient();
  const isOnline = useStatus() === 'online';
  const [fetched, setFetched] = useState(NONE);
  useEffect(() => {
    if (!ids) return setFetched(NONE);
    if (!isOnline) return;
    let isWanted = true;
    const read = async (some: string[]): Promise<Message[]> => {
      const { data } = await api.GET('/message/', { params: { query: { chat_id, ids: some } } });
      return data!.data;
    };
    const keep = (pages: Message[][]): void => {
      if (isWanted) setFetched(new Map(pages.flat().map((each) => [each.id, each])));
    };
    Promise.all(inParts(ids.split(',')).map(read)).then(keep, () => undefined); // with the next change
    return () => {
      isWanted = false;
    };
  }, [api, chat_id, ids, edits, isOnline]);
  return fetched;
}

function inParts(ids: string[]): string[][] {
  const count = Math.ceil(ids.length / AT_ONCE);
  return Array.from({ length: count }, (_, i) => ids.slice(i * AT_ONCE, (i + 1) * AT_ONCE));
}
