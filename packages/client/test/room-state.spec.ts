import { beforeEach, describe, expect, it } from 'vitest';
import { type News, RoomState } from '../src/room-state.js';
import type { Message } from '../src/types.js';
import {
  chat,
  created,
  ME,
  message,
  messageEvent,
  messages,
  person,
  reaction,
  windowOf,
} from './support/given.js';

let room: RoomState;
const texts = (): (string | null)[] => room.window!.messages.map((each) => each.message);
const news = (given: Partial<News>): News => ({
  change: 3,
  messages: [],
  isReset: false,
  ...given,
});

/** With three messages, two of them unread, all of them shown. */
beforeEach(() => {
  room = new RoomState(
    chat({ last_seq: 3, last_change: 3, read_seq: 1, unread_count: 2, last_message: message(3) }),
    ME,
  );
  room.window = windowOf(messages(1, 3));
});

describe('events', () => {
  it('change the room and what is shown of it', () => {
    room.receive(created(4));
    expect(texts()).toEqual(['text 1', 'text 2', 'text 3', 'text 4']);
    expect(room.change).toBe(4);
    expect(room.view).toMatchObject({
      last_seq: 4,
      last_change: 4,
      last_message: { id: 'm4' },
      last_message_at: message(4).created_at,
      unread_count: 3,
    });
  });

  it('count once', () => {
    room.receive(created(3, { message: 'again' }));
    room.receive(created(4));
    room.receive(created(4, { message: 'again' }));
    expect(texts()).toEqual(['text 1', 'text 2', 'text 3', 'text 4']);
    expect(room.view.unread_count).toBe(3);
  });

  it('wait for those before them, and count once then too', () => {
    room.receive(created(6));
    room.receive(created(5));
    room.receive(created(5));
    expect(room).toMatchObject({ change: 3, hasGap: true });
    expect(room.view.last_seq).toBe(3);
    room.receive(created(4));
    expect(room).toMatchObject({ change: 6, hasGap: false });
    expect(room.view).toMatchObject({ last_seq: 6, unread_count: 5 });
  });

  it('of an older message leave the newest as it is', () => {
    room.receive(messageEvent('updated', message(2, { change: 4, message: 'new' })));
    expect(texts()).toEqual(['text 1', 'new', 'text 3']);
    expect(room.view).toMatchObject({
      last_message: { id: 'm3' },
      last_change: 4,
      unread_count: 2,
    });
  });

  it('of the newest message change it in the list of rooms too', () => {
    const deleted = { message: null, deleted_at: '2026-01-02T00:00:00.000Z' };
    room.receive(messageEvent('deleted', message(3, { change: 4, ...deleted })));
    expect(room.view).toMatchObject({ last_message: deleted, last_seq: 3, unread_count: 1 });
  });

  it('of messages that the user sent move the marker', () => {
    room.receive(created(4, { sender: person(ME) }));
    expect(room.view).toMatchObject({ read_seq: 4, unread_count: 0 });
  });

  it('keep the id that the user gave a message', () => {
    room.put(message(2, { client_id: 'c', sender: person(ME) }));
    room.receive(messageEvent('updated', message(2, { change: 4 })));
    expect(room.window?.at(2)?.client_id).toBe('c');
    const deleted = { message: null, deleted_at: '2026-01-02T00:00:00.000Z' };
    room.receive(messageEvent('deleted', message(2, { change: 5, ...deleted })));
    expect(room.window?.at(2)?.client_id).toBeNull();
  });

  it('change the room itself', () => {
    const { id, visibility, created_by, created_at, last_message_at } = chat();
    const held = { id, visibility, created_by, created_at, last_message_at };
    const told = { ...held, last_seq: 3, last_change: 4, member_count: 5, chat_name: 'New' };
    room.receive({ type: 'chat.updated', chat_id: id, change: 4, chat: told });
    expect(room.view).toMatchObject({ chat_name: 'New', role: 'member', read_seq: 1 });
  });

  it('leave the view as it is where nothing changes', () => {
    const { view } = room;
    room.receive(created(3));
    room.readTo(0);
    expect(room.view).toBe(view);
    room.readTo(2);
    expect(room.view).not.toBe(view);
  });
});

describe('reactions', () => {
  const shown = (): Message['reactions'] | undefined => room.window?.at(3)?.reactions;

  it('are the own ones where the user did it', () => {
    room.receive(reaction(message(3), { change: 4, by: ME, count: 1 }));
    expect(shown()).toEqual([{ emoji: '👍', count: 1, me: true }]);
    expect(room.view.last_message?.reactions).toEqual(shown());
    room.receive(reaction(message(3), { change: 5, by: 'ada', count: 2 }));
    expect(shown()).toEqual([{ emoji: '👍', count: 2, me: true }]);
    room.receive(reaction(message(3), { change: 6, by: ME, added: false, count: 1 }));
    expect(shown()).toEqual([{ emoji: '👍', count: 1, me: false }]);
  });

  it('are those of others where others did it', () => {
    room.receive(reaction(message(3), { change: 4, by: 'ada', count: 1 }));
    expect(shown()).toEqual([{ emoji: '👍', count: 1, me: false }]);
    expect(room.view.last_message?.reactions).toEqual(shown());
  });

  it('stay the own ones when the message is edited', () => {
    room.receive(reaction(message(3), { change: 4, by: ME, count: 1 }));
    const reactions = [{ emoji: '👍', count: 1 }] as Message['reactions'];
    room.receive(messageEvent('updated', message(3, { change: 5, message: 'new', reactions })));
    expect(shown()).toEqual([{ emoji: '👍', count: 1, me: true }]);
  });

  it('are as an answer says that is as new', () => {
    const reactions = [{ emoji: '👍', count: 1, me: true }];
    room.put(message(3, { change: 4, reactions }));
    room.receive(reaction(message(3), { change: 4, by: 'ada', count: 1 }));
    expect(shown()).toEqual(reactions);
  });
});

describe('what the server says after an absence', () => {
  const told = chat({
    last_seq: 5,
    last_change: 6,
    chat_name: 'New',
    read_seq: 2,
    unread_count: 2,
  });
  const caught = news({
    change: 6,
    chat: told,
    messages: [message(4), message(2, { change: 5, message: 'new' }), message(5, { change: 6 })],
    unread: { read_seq: 2, unread_count: 2 },
  });

  it('is put over what is here', () => {
    room.catchUp(caught);
    expect(texts()).toEqual(['text 1', 'new', 'text 3', 'text 4', 'text 5']);
    expect(room).toMatchObject({ change: 6, hasGap: false, isStale: false });
    expect(room.members.isStale).toBe(true);
    expect(room.view).toMatchObject({ chat_name: 'New', read_seq: 2, unread_count: 2 });
  });

  it('fills a gap, beyond which events go on', () => {
    room.receive(created(5, { change: 6 }));
    room.receive(created(6, { change: 7 }));
    room.catchUp(caught);
    expect(room).toMatchObject({ change: 7, hasGap: false });
    expect(room.view).toMatchObject({ last_seq: 6, unread_count: 3 });
  });

  it('counts no more where events have told more', () => {
    room.receive(created(4));
    room.catchUp(news({ unread: { read_seq: 1, unread_count: 2 } }));
    expect(room).toMatchObject({ change: 4 });
    expect(room.view).toMatchObject({ last_seq: 4, unread_count: 3 });
  });

  it('may be how far the room is read, alone', () => {
    room.catchUp(news({ unread: { read_seq: 2, unread_count: 1 } }));
    expect(room.view).toMatchObject({ read_seq: 2, unread_count: 1 });
    room.catchUp(news({}));
    expect(room.view).toMatchObject({ read_seq: 3, unread_count: 0 });
    expect(room.members.isStale).toBe(false);
  });

  it('leaves a window that ends too early to be read anew', () => {
    room.catchUp({ ...caught, messages: [] });
    expect(room.isStale).toBe(true);
    room.window!.hasNewer = true;
    expect(room.isStale).toBe(false);
  });

  it('undoes everything where the room begins anew, also to less', () => {
    const { epoch } = room;
    room.receive(created(9));
    const { messages: before } = room.window!;
    room.catchUp(news({ change: 2, chat: chat({ last_seq: 2, last_change: 2 }), isReset: true }));
    expect(room).toMatchObject({ change: 2, hasGap: false, isStale: true });
    expect(room.epoch).not.toBe(epoch);
    room.receive(created(3));
    expect(room.window?.messages, 'until it is read anew').toBe(before);
    expect(room.view.last_seq).toBe(3);
  });
});

describe('a page that was asked for before', () => {
  it('has what was put meanwhile, from its own beginning on', () => {
    const endFirst = room.startPage();
    room.receive(messageEvent('updated', message(1, { change: 4, message: 'one' })));
    const endSecond = room.startPage();
    room.receive(messageEvent('updated', message(2, { change: 5, message: 'two' })));
    room.window = windowOf(messages(1, 3));
    endSecond(true);
    expect(texts()).toEqual(['text 1', 'two', 'text 3']);
    room.window = windowOf(messages(1, 3));
    endFirst(true);
    expect(texts()).toEqual(['one', 'two', 'text 3']);
  });

  it('leaves nothing to the next one', () => {
    const end = room.startPage();
    room.receive(messageEvent('updated', message(1, { change: 4, message: 'one' })));
    end(false);
    const next = room.startPage();
    room.window = windowOf(messages(1, 3));
    next(true);
    expect(texts()).toEqual(['text 1', 'text 2', 'text 3']);
  });

  it('has the names of today', () => {
    const end = room.startPage();
    room.showPerson(person('ada', 'Countess'));
    room.window = windowOf(messages(1, 3));
    end(true);
    expect(room.window.messages.map(({ sender }) => sender.fname)).toEqual(
      Array(3).fill('Countess'),
    );
  });
});
