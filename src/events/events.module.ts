import { Global, Module } from '@nestjs/common';
import { BusCipher } from './bus-cipher.js';
import { EventBus } from './event-bus.js';
import { RedisChannels } from './redis-channels.js';
import { RedisClient } from './redis-client.js';

@Global()
@Module({
  providers: [BusCipher, EventBus, RedisChannels, RedisClient],
  exports: [EventBus, RedisClient],
})
export class EventsModule {}
