import type { CallSetName } from './call-sets.js';
import type { DatabaseKind } from './options.js';
import type { Profile } from './targets.js';

export interface Scenario {
  name: string;
  calls: CallSetName;
  connections: number;
  profile: Profile;
  /** Only on this database. */
  database?: DatabaseKind;
  /** The reference has no such route. */
  isConclaveOnly?: true;
}

const PAGES = 16;

/** Grouped by profile: each group is measured on servers started for it. */
export const SCENARIOS: Scenario[] = [
  { name: 'send', calls: 'send', connections: 1, profile: 'default' },
  { name: 'send', calls: 'send', connections: 16, profile: 'default' },
  { name: 'send', calls: 'send', connections: 64, profile: 'default' },
  {
    name: 'send with markers and edits',
    calls: 'sendsMarkersEdits',
    connections: 64,
    profile: 'default',
  },
  { name: 'page, warm', calls: 'newestPage', connections: PAGES, profile: 'default' },
  { name: 'mixed', calls: 'pagesAndSends', connections: PAGES, profile: 'default' },
  { name: 'room list', calls: 'rooms', connections: PAGES, profile: 'default' },
  { name: 'sync', calls: 'sync', connections: PAGES, profile: 'default', isConclaveOnly: true },
  { name: 'log-in', calls: 'logIn', connections: 1, profile: 'default' },
  { name: 'page, cold', calls: 'walk', connections: 1, profile: 'small cache' },
  { name: 'page, cold', calls: 'walk', connections: PAGES, profile: 'small cache' },
  { name: 'page, deep', calls: 'deepWalk', connections: PAGES, profile: 'small cache' },
  { name: 'page, no cache', calls: 'newestPage', connections: PAGES, profile: 'no cache' },
  {
    name: 'send, slow disk',
    calls: 'send',
    connections: 64,
    profile: 'slow disk',
    database: 'sqlite',
  },
  {
    name: 'send with markers and edits, slow disk',
    calls: 'sendsMarkersEdits',
    connections: 64,
    profile: 'slow disk',
    database: 'sqlite',
  },
];

/** From the start of a process to its first answer. */
export const START = 'start';

export const isWanted = (only: string[], name: string): boolean =>
  only.length === 0 || only.some((prefix) => name.startsWith(prefix));
