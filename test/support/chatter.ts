import { type ConclaveClient, Problem, type Room, type RoomMessage } from '@conclave/client';

/** Of a file at most: it comes at once, or not at all. */
const MOST_BYTES = 100_000;
const EMOJIS = ['👍', '❤️', '🎉'];

export interface Sent {
  room: Room;
  text: string;
  key: string;
  /** Of its file, where it has one. */
  bytes?: Buffer;
}

/** A client that does at random what people do. */
export class Chatter {
  /** Texts that were sent, and the rooms. */
  readonly sent: Sent[] = [];
  private count = 0;

  constructor(
    readonly name: string,
    readonly client: ConclaveClient,
    readonly id: string,
    private readonly random: () => number,
  ) {}

  /** One thing; what the server refuses is no fault. */
  async act(others: Chatter[], publicRooms: string[]): Promise<void> {
    try {
      await this.pick(this.deeds(others, publicRooms))();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
    }
  }

  private deeds(others: Chatter[], publicRooms: string[]): (() => unknown)[] {
    const { client } = this;
    const chats = client.rooms.getSnapshot();
    const room = client.room(chats.length > 0 ? this.pick(chats).id : this.pick(publicRooms));
    const other = this.pick(others);
    const { messages, chat } = room.getSnapshot();
    const own = messages.filter(({ isMine, state }) => isMine && state === 'sent');
    const message = messages.length > 0 ? this.pick(messages) : undefined;
    const onMessage = (work: (it: RoomMessage) => unknown) => () => message?.id && work(message);
    return [
      ...Array.from({ length: 8 }, () => () => this.send(room)),
      ...Array.from({ length: 2 }, () => () => this.sendFile(room)),
      ...Array.from({ length: 3 }, () => () => room.open(this.pick(['newest', 'unread'] as const))),
      () => own.length > 0 && room.edit(this.pick(own).id, `${this.name} edits ${++this.count}`),
      onMessage(({ id }) => room.delete(id)),
      onMessage(({ id }) => room.react(id, this.pick(EMOJIS))),
      onMessage(({ id }) => room.react(id, this.pick(EMOJIS))),
      onMessage(({ id }) => room.react(id, this.pick(EMOJIS), false)),
      onMessage(({ seq }) => room.markRead(seq)),
      onMessage(({ id }) => room.open({ messageId: id })),
      () => room.markRead(),
      () => room.loadOlder(),
      () => room.loadNewer(),
      () => room.loadMembers(),
      () => room.close(),
      () => room.type(),
      () => client.cut(),
      () => client.createRoom(`Room of ${this.name}`, this.pick(['public', 'private'] as const)),
      () => client.openDirect(other.id),
      () => client.room(this.pick(publicRooms)).join(),
      () => this.random() < 0.3 && room.leave(),
      () => room.putMember(other.id, this.pick(['admin', 'member'] as const)),
      () => this.random() < 0.3 && room.removeMember(other.id),
      () => chat?.visibility !== 'direct' && room.update({ chat_name: `Named ${++this.count}` }),
      () => client.updateProfile({ fname: `${this.name} ${++this.count}` }),
    ];
  }

  private send(room: Room): void {
    const text = `${this.name} says ${++this.count}`;
    const { messages } = room.getSnapshot();
    const replyTo = this.random() < 0.2 ? messages.find(({ id }) => id)?.id : null;
    this.sent.push({ room, text, key: room.send(text, { replyTo }) });
  }

  private sendFile(room: Room): void {
    const text = `${this.name} shows ${++this.count}`;
    const bytes = Buffer.alloc(1 + Math.floor(this.random() * MOST_BYTES), text);
    const upload = room.attach(new File([bytes], `${this.count}.bin`));
    const key = room.send(text, { attachments: [upload] });
    this.sent.push({ room, text, key, bytes });
  }

  private pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.random() * list.length)];
  }
}
