import { Injectable } from '@nestjs/common';
import { MessageCipher } from './message-cipher.js';
import { OwnerKeys } from './owner-keys.js';
import { EventBus } from '../events/event-bus.js';

/** Lets every process forget a key, and what was derived from it, the moment it is destroyed or changed. */
@Injectable()
export class KeyEviction {
  constructor(bus: EventBus, keys: OwnerKeys, cipher: MessageCipher) {
    bus.on('keys.destroyed', ({ ownerIds }) => {
      keys.forget(ownerIds);
      cipher.forget();
    });
    bus.on('keys.changed', ({ ownerIds }) => keys.forget(ownerIds));
    bus.on('memory.stale', () => {
      keys.forgetAll();
      cipher.forget();
    });
  }
}
