import { Injectable } from '@nestjs/common';
import { MessageCipher } from '../encryption/message-cipher.js';
import { OwnerKeys } from '../encryption/owner-keys.js';
import { EventBus } from '../events/event-bus.js';

/** Lets every process forget a key, and what was derived from it, the moment it is destroyed. */
@Injectable()
export class KeyEviction {
  constructor(bus: EventBus, keys: OwnerKeys, cipher: MessageCipher) {
    bus.on('keys.destroyed', ({ ownerIds }) => {
      keys.forget(ownerIds);
      cipher.forget();
    });
  }
}
