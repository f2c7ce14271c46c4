import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { ChatModule } from '../chat/chat.module.js';
import { MessageModule } from '../message/message.module.js';
import { Connections } from './connections.js';
import { EventForwarder } from './event-forwarder.js';
import { EventOrder } from './event-order.js';
import { EventStreams } from './event-streams.js';
import { EventsController } from './events.controller.js';
import { HeardRooms } from './heard-rooms.js';
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
    EventOrder,
    EventStreams,
    HeardRooms,
    RealtimeGateway,
    RealtimeMetrics,
    RoomReplay,
    Typing,
    Watch,
  ],
})
export class RealtimeModule {}
