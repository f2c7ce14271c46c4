import { Logger } from '@nestjs/common';
import type { Repository } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../src/crypto/ids.js';
import type { Settings } from '../../src/config/settings.js';
import type { EventBus } from '../../src/events/event-bus.js';
import { MessageCache } from '../../src/message/message-cache.js';
import type { Message } from '../../src/message/message.entity.js';
import type { Reaction } from '../../src/message/reaction.entity.js';
import { MessageViews } from '../../src/message/read/message-views.js';
import type { Person } from '../../src/user/user.entity.js';
import type { UserService } from '../../src/user/user.service.js';
import { Gate } from '../support/gate.js';

const SENDER: Person = { id: newId(), fname: 'Ada', lname: null, profile: null, erasedAt: null };
const ERASED: Person = { ...SENDER, fname: null, erasedAt: new Date(Date.now() + 1000) };
const MESSAGE = {
  id: newId(),
  chatId: newId(),
  seq: 1,
  change: 1,
  senderId: SENDER.id,
  clientId: null,
  clientKey: null,
  replyTo: null,
  ciphertext: 'x',
  reactions: null,
  attachmentCount: 0,
  createdAt: new Date(),
  editedAt: null,
  deletedAt: null,
  body: 'hello',
} satisfies Message;
const SHUT: Message = { ...MESSAGE, id: newId(), body: null, unreadable: true };

let stored: Person;
let asked: string[][];
let gate: Gate;
let views: MessageViews;

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(true));
beforeEach(() => {
  [stored, asked, gate] = [SENDER, [], new Gate()];
  const users = {
    byId: async (ids: string[]) => {
      asked.push(ids);
      await gate.pass();
      return new Map([[stored.id, stored]]);
    },
  };
  views = new MessageViews(
    { findBy: () => Promise.resolve([]) } as unknown as Repository<Reaction>,
    users as unknown as UserService,
    new MessageCache({ bodyCacheBytes: 0 } as Settings, {} as EventBus),
  );
});

const known = new Map([[SENDER.id, SENDER]]);

describe('a message that does not open', () => {
  it('is a tombstone where its sender was erased after they were read, and is not reported', async () => {
    const seeing = views.many(newId(), [SHUT], known);
    await gate.reached; // the sender is asked for once more, although known
    stored = ERASED;
    gate.open();
    const [view] = await seeing;
    expect(view).toMatchObject({ message: null, sender: { fname: null } });
    expect(view.deleted_at).toBe(ERASED.erasedAt!.toISOString());
    expect(view).not.toHaveProperty('unreadable');
    expect(views.unreadable).toBe(0);
  });

  it('is unreadable where they are there, and reported', async () => {
    gate.open();
    const [view] = await views.many(newId(), [SHUT], known);
    expect(view).toMatchObject({ message: null, unreadable: true, deleted_at: null });
    expect(views.unreadable).toBe(1);
  });
});

it('asks for no sender that was read with the message', async () => {
  const [view] = await views.many(newId(), [MESSAGE], known);
  expect(view).toMatchObject({ message: 'hello', sender: { fname: 'Ada' } });
  expect(asked).toEqual([]);
});
