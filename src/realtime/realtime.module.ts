import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { ChatModule } from '../chat/chat.module.js';
import { MessageModule } from '../message/message.module.js';
import { Connections } from './connections.js';
import { EventForwarder } from './event-forwarder.js';
import { EventStreams } from './event-streams.js';
import { EventsController } from './events.controller.js';
import { RealtimeGateway } from './realtime.gateway.js';
import { RoomReplay } from './room-replay.js';
import { Typing } from './typing.js';
import { Watch } from './watch.js';
import { RealtimeMetrics } from './realtime-metrics.js';

@Module({
  imports: [AuthModule, ChatModule, MessageModule],
  controllers: [EventsController],
  providers: [
    Connections,
    EventForwarder,
    EventStreams,
    RealtimeGateway,
    RealtimeMetrics,
    RoomReplay,
    Typing,
    Watch,
  ],
  exports: [Connections],
})
export class RealtimeModule {}
