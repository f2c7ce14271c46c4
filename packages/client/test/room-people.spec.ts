import { beforeEach, describe, expect, it } from 'vitest';
import { RoomState } from '../src/room-state.js';
import type { Profile } from '../src/types.js';
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

let room: RoomState;
beforeEach(() => {
  room = new RoomState(chat({ last_seq: 3, last_change: 3, last_message: message(3) }), ME);
  room.window = windowOf(messages(1, 3));
});

describe('members', () => {
  const ids = (): string[] => [...(room.members.byId?.keys() ?? [])];
  const of = (id: string): unknown => room.members.byId?.get(id);

  it('that were asked for before have what happened meanwhile', () => {
    const take = room.members.start();
    room.receive(memberEvent('added', 4, member('cyd')));
    room.receive(memberEvent('removed', 5, member('bob')));
    room.members.readTo('ada', 3);
    room.showPerson(person('ada', 'Countess'));
    take([member('ada'), member('bob')]);
    expect(ids()).toEqual(['ada', 'cyd']);
    expect(of('ada')).toMatchObject({ read_seq: 3, user: { fname: 'Countess' } });
  });

  it('that no answer tells of stay as they are, and are to be asked for again', () => {
    room.members.start()([member('ada')]);
    const take = room.members.start();
    expect(room.members.isStale).toBe(false);
    room.receive(memberEvent('added', 4, member('cyd')));
    take(null);
    expect(ids()).toEqual(['ada', 'cyd']);
    expect(room.members.isStale).toBe(true);
  });

  it('read forward, and what they send', () => {
    room.members.start()([member('ada', { read_seq: 2 }), member('bob', { read_seq: null })]);
    room.members.readTo('ada', 1);
    room.members.readTo('bob', 1);
    room.members.readTo('nobody', 1);
    expect(of('ada')).toMatchObject({ read_seq: 2 });
    expect(of('bob')).toMatchObject({ read_seq: null });
    expect(ids()).toHaveLength(2);
    room.receive(created(4));
    expect(of('ada')).toMatchObject({ read_seq: 4 });
  });

  it('change the role of the user alone', () => {
    room.receive(memberEvent('changed', 4, member('ada', { role: 'admin' })));
    expect(room.view).toMatchObject({ role: 'member', member_count: 3 });
    room.receive(memberEvent('changed', 5, member(ME, { role: 'owner' })));
    expect(room.view.role).toBe('owner');
  });
});

describe('a person', () => {
  const countess = person('ada', 'Countess');

  it('is shown as they are now, wherever they stand', () => {
    room = new RoomState(
      chat({ last_seq: 3, last_change: 3, last_message: message(3), peer: person('ada') }),
      ME,
    );
    room.window = windowOf([message(1), message(2, { sender: person('bob') }), message(3)]);
    room.members.start()([member('ada')]);
    room.receive(created(5));
    expect(room.showPerson(countess)).toBe(true);
    room.receive(created(4, { sender: person('bob') }));
    const senders = room.window.messages.map(({ sender }) => sender);
    expect(senders).toEqual([countess, person('bob'), countess, person('bob'), countess]);
    expect(room.view).toMatchObject({ peer: countess, last_message: { sender: countess } });
    expect(room.members.byId?.get('ada')?.user).toEqual(countess);
  });

  it('that is shown nowhere changes nothing', () => {
    const { view } = room;
    const shown = room.window?.messages;
    expect(room.showPerson(person('nobody'))).toBe(false);
    expect(room.window?.messages).toBe(shown);
    expect(room.view).toBe(view);
  });

  it('is known from the newest that is here of them', () => {
    const known = (id: string): Profile | undefined => room.person(id);
    expect(known('bob')).toBeUndefined();
    room.receive(created(4, { sender: person('bob') }));
    room.receive(created(5));
    expect(known('bob')).toEqual(person('bob'));
    room.members.start()([member('cyd')]);
    expect(known('cyd')).toEqual(person('cyd'));
  });
});
