import { Injectable } from '@nestjs/common';
import { InvalidInputError } from '../common/errors.js';
import { Settings } from '../config/settings.js';
import { type KnownParts, pointsOf } from './password-parts.js';

/** As many as two common words with something between them have. */
const LEAST_POINTS = 5;
const LEAST_WORD = 3;
const SERVICE = 'conclave';

/** Whose password it is to be. */
export interface PasswordOwner {
  email: string | null;
  fname: string | null;
  lname: string | null;
}

/** Which passwords are too easy to guess. */
@Injectable()
export class PasswordRules {
  private known: Promise<KnownParts> | undefined;

  constructor(private readonly settings: Settings) {}

  /**
   * @param field what the password is called in the request
   * @throws InvalidInputError
   */
  async require(password: string, owner: PasswordOwner, field: string): Promise<void> {
    const text = password.toLowerCase();
    const email = owner.email?.toLowerCase();
    if (text === email || text === email?.split('@')[0]) {
      refuse(field, `${field} must not be your e-mail`);
    }
    if (!this.settings.isPasswordBlocklistOn) return;
    const known = await (this.known ??= loadKnown());
    if (known.common.has(text) || pointsOf(text, known, wordsOf(owner)) < LEAST_POINTS) {
      const parts = 'common words, rows, dates, repeats, your name or your e-mail';
      refuse(
        field,
        `${field} is easy to guess, since all or most of it is made of ${parts}`,
        'Take three or four words that do not belong together, or let a password manager make one',
      );
    }
  }
}

/**
 * From zxcvbn: some 49,000 of the commonest leaked passwords, and how keys lie beside each other. Loaded
 * for the first new password, in some 40 ms: it takes 5 MiB.
 */
async function loadKnown(): Promise<KnownParts> {
  const { adjacencyGraphs, dictionary } = await import('@zxcvbn-ts/language-common');
  const { qwerty, qwertz, azerty } = adjacencyGraphs;
  return {
    common: new Set(dictionary['passwords-common']),
    keyboards: [qwerty, qwertz, azerty].map(
      (graph) => new Map(Object.entries(graph).map(([key, keys]) => [key, keys.join('')])),
    ),
  };
}

function wordsOf({ email, fname, lname }: PasswordOwner): string[] {
  const whole = [email, fname, lname].map((text) => text?.toLowerCase() ?? '');
  const words = whole.flatMap((text) => [
    text,
    ...text.split('@'),
    ...text.split(/[^\p{L}\p{N}]+/u),
  ]);
  return [...new Set([SERVICE, ...words])].filter((word) => word.length >= LEAST_WORD);
}

function refuse(field: string, ...messages: string[]): never {
  throw new InvalidInputError([{ field, messages }]);
}
