import type { Client } from '../../support/client.js';
import type { Verdict } from './figures.js';

/** A message that the server said it has. */
export interface Acknowledged {
  id: string;
  seq: number;
  sender: string;
  text: string;
}

interface Message {
  id: string;
  seq: number;
  sender: { id: string };
  message: string | null;
}

/** Reads the whole room and compares it with what was acknowledged. */
export async function checkRoom(
  reader: Client,
  chatId: string,
  ledger: Acknowledged[],
): Promise<Verdict> {
  const room = await readRoom(reader, chatId);
  const byId = new Map(room.map((message) => [message.id, message]));
  const found = ledger.filter((entry) => isSame(entry, byId.get(entry.id))).length;
  const sends = new Set(room.map(({ sender, message }) => `${sender.id} ${message}`));
  const lastOf = (index: number): number => room[index - 1]?.seq ?? 0;
  return {
    acknowledged: ledger.length,
    found,
    lost: ledger.length - found,
    twice: room.length - sends.size,
    gaps: room.filter(({ seq }, index) => seq !== lastOf(index) + 1).length,
    total: room.length,
  };
}

async function readRoom(reader: Client, chatId: string): Promise<Message[]> {
  const room: Message[] = [];
  for (let more = true; more;) {
    const after = room.at(-1)?.seq ?? 0;
    const { status, body } = await reader.get(
      `/message/?chat_id=${chatId}&after=${after}&limit=200`,
    );
    if (status !== 200) throw new Error(`a page answered ${status}: ${JSON.stringify(body)}`);
    room.push(...body.data);
    more = body.has_more;
  }
  return room;
}

function isSame(entry: Acknowledged, message: Message | undefined): boolean {
  return (
    message?.seq === entry.seq &&
    message.sender.id === entry.sender &&
    message.message === entry.text
  );
}
