import { Global, Module } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { BusCipher } from './bus-cipher.js';
import { EventBus } from './event-bus.js';
import { GonePurge } from './gone-purge.js';
import { GoneWatch } from './gone-watch.js';
import { RedisChannels } from './redis-channels.js';
import { RedisWatch } from './redis-watch.js';
import { RedisClient } from '../redis/redis-client.js';

@Global()
@Module({
  providers: [
    BusCipher,
    EventBus,
    GonePurge,
    GoneWatch,
    RedisChannels,
    RedisWatch,
    {
      provide: RedisClient,
      inject: [Settings],
      useFactory: (settings: Settings) => RedisClient.with(settings),
    },
  ],
  exports: [EventBus, RedisChannels, RedisClient],
})
export class EventsModule {}
