import type { Visibility } from './chat.entity.js';
import type { Role } from './member.entity.js';

/** Who may do what in a public or private room. In a direct room nobody may do any of it. */
const POLICY = {
  rename: ['owner', 'admin'],
  changeVisibility: ['owner'],
  deleteRoom: ['owner'],
  addMember: ['owner', 'admin'],
  removeMember: ['owner', 'admin'],
  removeAdmin: ['owner'],
  changeRole: ['owner'],
  deleteAnyMessage: ['owner', 'admin'],
} satisfies Record<string, Role[]>;

export type Action = keyof typeof POLICY;

export function may(role: Role | null, action: Action, visibility: Visibility): boolean {
  const roles: Role[] = POLICY[action];
  return visibility !== 'direct' && role !== null && roles.includes(role);
}
