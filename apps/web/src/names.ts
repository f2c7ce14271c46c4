import type { Chat, Profile } from '@conclave/client';

/** What somebody is called; who gave no name, or has erased the account, has none. */
export function nameOf(person: Pick<Profile, 'fname' | 'lname'> | null | undefined): string {
  const name = [person?.fname, person?.lname].filter(Boolean).join(' ').trim();
  return name || 'Somebody';
}

export function roomName({ chat_name, peer }: Pick<Chat, 'chat_name' | 'peer'>): string {
  return chat_name ?? nameOf(peer);
}

/** As in speech: Ada, Bob and 3 others. */
export function listNames(people: readonly Profile[], most = 3): string {
  const names = people.slice(0, most).map(nameOf);
  const rest = people.length - names.length;
  if (rest > 0) names.push(rest === 1 ? '1 other' : `${rest} others`);
  return new Intl.ListFormat('en', { type: 'conjunction' }).format(names);
}
