import { InitialSchema1763800000000 } from './1763800000000-initial-schema.js';

/** In order. Listed by hand: a pattern of file names would find them in one build and not in another. */
export const migrations = [InitialSchema1763800000000];
