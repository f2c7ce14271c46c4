import { Injectable } from '@nestjs/common';
import { OwnerKeys } from '../encryption/owner-keys.js';
import { EventBus } from '../events/event-bus.js';

/** Lets every process forget a key the moment it is destroyed. */
@Injectable()
export class KeyEviction {
  constructor(bus: EventBus, keys: OwnerKeys) {
    bus.on('keys.destroyed', ({ ownerIds }) => keys.forget(ownerIds));
  }
}
