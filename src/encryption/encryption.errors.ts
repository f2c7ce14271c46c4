import { UnavailableError } from '../common/errors.js';

/** The master keys in force cannot open what is stored. */
export class MasterKeyMissingError extends Error {
  constructor(keyId: string) {
    super(
      `The database holds keys wrapped under a master key that MASTER_KEYS does not list ` +
        `(key id ${keyId}). Add it to the list: without it those messages cannot be read.`,
    );
  }
}

/** Others seal under another first master key: what this process sealed would be none of theirs. */
export class OtherMasterKeyError extends Error {
  constructor(theirs: string, ours: string) {
    super(
      `The running servers seal under the master key ${theirs}, and the first one here is ${ours}. ` +
        'Give this command the same MASTER_KEYS, in the same order.',
    );
  }
}

/** A message whose body does not open: moved, changed, or without its keys. */
export class BodyUnreadableError extends Error {
  constructor(messageId: string, options?: ErrorOptions) {
    super(`The body of message ${messageId} does not open`, options);
  }
}

/** A file that does not open: moved, changed, cut, or without its keys. */
export class FileUnreadableError extends Error {
  constructor(fileId: string, options?: ErrorOptions) {
    super(`The file ${fileId} does not open`, options);
  }
}

/** A room or user whose key does not exist, is not the owner's, or cannot be unwrapped. */
export class KeyMissingError extends Error {
  constructor(ownerId: string) {
    super(`There is no usable key of ${ownerId}`);
  }
}

/** A room or user whose key is to be renewed has none. */
export class NoKeyToRenewError extends Error {
  constructor(ownerId: string) {
    super(`There is no room or user ${ownerId} whose key could be renewed. Look at the id.`);
  }
}

/** The key is there, under a master key that this process lacks and others have. */
export class KeyUnavailableError extends UnavailableError {
  constructor() {
    super('This server lacks a key that the answer needs. Try again shortly.');
  }
}
