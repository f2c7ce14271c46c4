import { Injectable } from '@nestjs/common';
import { expandKey, extractKey } from '../crypto/derive-key.js';
import { fernetOpen, fernetSeal, InvalidFernetTokenError } from '../crypto/fernet.js';
import { FileUnreadableError, KeyMissingError } from './encryption.errors.js';
import type { Sealable } from './message-cipher.js';
import { OwnerKeys } from './owner-keys.js';

/**
 * Seals what is stored of a file beside its bytes: HKDF-SHA256(chat key ‖ author key,
 * "conclave/file/v1/" + its id) by Fernet. The keys are those that serve the file's own id.
 */
@Injectable()
export class FileCipher {
  constructor(private readonly keys: OwnerKeys) {}

  /** @throws KeyMissingError, KeyUnavailableError */
  async seal(file: Sealable, text: string): Promise<string> {
    return fernetSeal(await this.keyOf(file), text);
  }

  /**
   * @throws FileUnreadableError when the token is not this file's, or a key is gone; KeyUnavailableError
   *   when this process lacks the master key of one
   */
  async open(file: Sealable, token: string): Promise<string> {
    try {
      return fernetOpen(await this.keyOf(file), token).toString('utf8');
    } catch (error) {
      const isShut = error instanceof InvalidFernetTokenError || error instanceof KeyMissingError;
      throw isShut ? new FileUnreadableError(file.id, { cause: error }) : error;
    }
  }

  private async keyOf({ id, chatId, senderId }: Sealable): Promise<Buffer> {
    const [chat, author] = [await this.keys.of(chatId), await this.keys.of(senderId)];
    return expandKey(extractKey(chat.serving(id), author.serving(id)), `conclave/file/v1/${id}`);
  }
}
