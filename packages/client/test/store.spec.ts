import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Store } from '../src/store.js';
import type { ServerEvent } from '../src/types.js';
import {
  chat,
  created,
  ME,
  member,
  memberEvent,
  message,
  messages,
  person,
  windowOf,
} from './support/given.js';

const onChange = vi.fn();
const onEvent = vi.fn();
const onTyping = vi.fn();
const onPerson = vi.fn();
const read = (
  user_id: string,
  read_seq: number,
  unread_count?: number,
  chat_id = 'room',
): ServerEvent => ({
  type: 'read.changed',
  chat_id,
  user_id,
  read_seq,
  unread_count,
});

let store: Store;
beforeEach(() => {
  vi.resetAllMocks();
  store = new Store({ onChange, onEvent, onTyping, onPerson });
  store.begin(ME);
  store.adopt(chat({ last_seq: 3, last_change: 3, read_seq: 1, unread_count: 2 }));
  onChange.mockReset();
});

describe('an event', () => {
  it('goes to its room', () => {
    expect(store.receive(created(4))).toBe(false);
    expect(store.rooms.get('room')?.change).toBe(4);
    expect(onChange.mock.calls).toEqual([['room']]);
    expect(onEvent.mock.calls).toEqual([[created(4)]]);
  });

  it('misses the one before it, until that is here', () => {
    expect(store.receive(created(5))).toBe(true);
    expect(store.receive(created(4))).toBe(false);
  });

  it.each<ServerEvent>([created(4, { chat_id: 'other' }), read('ada', 1, undefined, 'other')])(
    'misses all of its room where that is not here: $type',
    (event) => {
      expect(store.receive(event)).toBe(true);
      expect(onChange).not.toHaveBeenCalled();
    },
  );

  it('of a read marker moves that of its user', () => {
    const room = store.rooms.get('room')!;
    room.members.start()([member('ada'), member(ME, { read_seq: 1 })]);
    expect(store.receive(read('ada', 3))).toBe(false);
    expect(room.view.read_seq).toBe(1);
    expect(room.members.byId?.get('ada')?.read_seq).toBe(3);
    store.receive(read(ME, 2, 1));
    expect(room.view).toMatchObject({ read_seq: 2, unread_count: 1 });
    expect(room.members.byId?.get(ME)?.read_seq).toBe(2);
  });

  it('of a marker in the midst of deleted messages asks the server', () => {
    store.rooms.get('room')?.reads.set(3, 0, 2);
    expect(store.receive(read(ME, 1, 1))).toBe(true);
  });

  it('ends a room that is deleted', () => {
    store.receive({ type: 'chat.deleted', chat_id: 'room' });
    store.receive({ type: 'chat.deleted', chat_id: 'other' });
    expect(store.rooms.size).toBe(0);
    expect(onChange.mock.calls).toEqual([['room']]);
  });

  it('ends a room that the user was taken out of, and none that others were', () => {
    store.receive(memberEvent('removed', 4, member('ada')));
    expect(store.rooms.has('room')).toBe(true);
    expect(store.receive(memberEvent('removed', 5, member(ME)))).toBe(false);
    expect(store.rooms.has('room')).toBe(false);
  });

  it('asks for a room again that the user may be back in', () => {
    store.receive(created(6));
    expect(store.receive(memberEvent('removed', 5, member(ME)))).toBe(true);
  });

  it('does not end a room that the user has come back to since', () => {
    expect(store.receive(memberEvent('removed', 2, member(ME)))).toBe(false);
    expect(store.rooms.has('room')).toBe(true);
  });

  it('of typing goes to whoever shows it', () => {
    store.receive({ type: 'typing', chat_id: 'room', user_id: 'ada' });
    expect(onTyping.mock.calls).toEqual([['room', 'ada']]);
  });
});

describe('a room', () => {
  it('is taken where its user is in it', () => {
    store.adopt(chat({ id: 'other', role: null }));
    expect([...store.rooms.keys()]).toEqual(['room']);
  });

  it('stays as it is where it is known already', () => {
    const room = store.rooms.get('room');
    store.adopt(chat({ last_change: 2 }));
    expect(store.rooms.get('room')).toBe(room);
  });

  it('is asked for with its change', () => {
    store.receive(created(4));
    store.adopt(chat({ id: 'other', last_change: 9 }));
    expect(store.cursors()).toEqual({ rooms: { room: 4, other: 9 }, history: null });
  });
});

describe('what an absence brought', () => {
  it('changes, adds and ends rooms', () => {
    store.adopt(chat({ id: 'left' }));
    const news = { messages: [], isReset: false, unread: undefined };
    store.take({
      history: 'h',
      gone: ['left'],
      news: new Map([
        ['room', { ...news, change: 7, chat: chat({ last_change: 7, chat_name: 'New' }) }],
        ['new', { ...news, change: 2, chat: chat({ id: 'new', last_change: 2 }) }],
        ['unknown', { ...news, change: 2 }],
      ]),
    });
    expect(store.cursors()).toEqual({ rooms: { room: 7, new: 2 }, history: 'h' });
    expect(store.rooms.get('room')?.view.chat_name).toBe('New');
    expect(new Set(onChange.mock.calls.flat())).toEqual(new Set(['left', 'room', 'new']));
  });

  it('is nothing to the next user', () => {
    store.history = 'h';
    store.showPerson(person('ada', 'Countess'));
    store.begin('other');
    expect(store.cursors()).toEqual({ rooms: {}, history: null });
    expect(onChange).toHaveBeenCalledWith('room');
    store.adopt(chat());
    store.rooms.get('room')!.window = windowOf([]);
    store.receive(created(1));
    expect(store.rooms.get('room')?.window?.messages[0].sender).toEqual(person('ada'));
  });
});

describe('a person', () => {
  const countess = person('ada', 'Countess');
  const news: ServerEvent = { type: 'user.updated', user: countess };

  it('is shown as they are now, where they are shown', () => {
    store.adopt(chat({ id: 'other' }));
    store.rooms.get('room')!.window = windowOf(messages(1, 3));
    onChange.mockReset();
    expect(store.receive(news)).toBe(false);
    expect(store.rooms.get('room')?.window?.at(1)?.sender).toEqual(countess);
    expect(onChange.mock.calls).toEqual([['room']]);
    expect(onPerson.mock.calls).toEqual([[countess]]);
  });

  it('is not shown by an older name that an event brings later, in a small room', () => {
    store.rooms.get('room')!.window = windowOf(messages(1, 3));
    store.receive(news);
    store.receive(created(4));
    expect(store.rooms.get('room')?.window?.at(4)?.sender).toEqual(countess);
  });

  it('is shown by the name that an event brings in a large room, which is told of no names', () => {
    store.adopt(chat({ id: 'large', member_count: 101 }));
    store.rooms.get('large')!.window = windowOf([]);
    store.receive(news);
    store.receive(created(1, { chat_id: 'large' }));
    expect(store.rooms.get('large')?.window?.at(1)?.sender).toEqual(person('ada'));
  });

  it('is known to have been shown since', () => {
    const before = store.watchPeople();
    store.receive(news);
    const after = store.watchPeople();
    expect([before('ada'), before('bob'), after('ada')]).toEqual([true, false, false]);
  });

  it('is shown once more where an answer was older', () => {
    const isNewer = store.watchPeople();
    store.receive(news);
    store.rooms.get('room')!.window = windowOf([message(1)]);
    store.showNewer(isNewer);
    expect(store.rooms.get('room')?.window?.messages[0].sender).toEqual(countess);
  });

  it('is shown somewhere', () => {
    store.adopt(chat({ id: 'direct', peer: person('peer'), last_message: message(1) }));
    expect(store.shownPeople()).toEqual(new Set(['ada', 'peer']));
  });
});
