import { expect, it } from 'vitest';
import { type Action, may } from '../../src/chat/policy.js';
import type { Visibility } from '../../src/chat/chat.entity.js';
import type { Role } from '../../src/chat/member.entity.js';

const ACTIONS: [action: Action, who: Role[]][] = [
  ['rename', ['owner', 'admin']],
  ['changeVisibility', ['owner']],
  ['deleteRoom', ['owner']],
  ['addMember', ['owner', 'admin']],
  ['removeMember', ['owner', 'admin']],
  ['removeAdmin', ['owner']],
  ['changeRole', ['owner']],
  ['deleteAnyMessage', ['owner', 'admin']],
];

/** Who may, in a room of this kind. */
const allowed = (action: Action, visibility: Visibility): (Role | null)[] =>
  (['owner', 'admin', 'member', null] as const).filter((role) => may(role, action, visibility));

it.each(ACTIONS)('%s is for %j, and in a direct room for nobody', (action, who) => {
  expect(allowed(action, 'public')).toEqual(who);
  expect(allowed(action, 'private')).toEqual(who);
  expect(allowed(action, 'direct')).toEqual([]);
});
