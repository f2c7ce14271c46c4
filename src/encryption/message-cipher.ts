import { Injectable } from '@nestjs/common';
import { deriveKey } from './derive-key.js';
import { BodyUnreadableError, KeyMissingError } from './encryption.errors.js';
import { fernetOpen, fernetSeal, InvalidFernetTokenError } from './fernet.js';
import { OwnerKeys } from './owner-keys.js';

/** What a message's key is derived from. */
export interface Sealable {
  id: string;
  chatId: string;
  senderId: string;
}

/**
 * Seals and opens message bodies, each under a key of its own:
 * HKDF-SHA256(chat key ‖ author key, "conclave/message/v1/" + message id). A token that is moved to
 * another row or room, or given another author, does not open.
 */
@Injectable()
export class MessageCipher {
  constructor(private readonly keys: OwnerKeys) {}

  /**
   * Seal a message body for storage.
   *
   * @param body text, encoded as UTF-8
   * @returns Fernet token: URL-safe base64, at least 100 characters
   * @throws KeyMissingError when the room or the author has no key
   */
  async seal(message: Sealable, body: string): Promise<string> {
    return fernetSeal(await this.messageKey(message), body);
  }

  /**
   * Open a stored body.
   *
   * @throws BodyUnreadableError when the token is not this message's, or a key is gone
   */
  async open(message: Sealable, ciphertext: string): Promise<string> {
    try {
      return fernetOpen(await this.messageKey(message), ciphertext).toString('utf8');
    } catch (error) {
      if (error instanceof InvalidFernetTokenError || error instanceof KeyMissingError) {
        throw new BodyUnreadableError(message.id, { cause: error });
      }
      throw error;
    }
  }

  private async messageKey({ id, chatId, senderId }: Sealable): Promise<Buffer> {
    const [chatKey, authorKey] = await Promise.all([
      this.keys.get(chatId),
      this.keys.get(senderId),
    ]);
    return deriveKey(Buffer.concat([chatKey, authorKey]), `conclave/message/v1/${id}`);
  }
}
