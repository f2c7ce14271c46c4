import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { RateLimitModule } from '../rate-limit/rate-limit.module.js';
import { ChatModule } from '../chat/chat.module.js';
import { MessageModule } from '../message/message.module.js';
import { UserModule } from '../user/user.module.js';
import { Connections } from './connections.js';
import { EventForwarder } from './event-forwarder.js';
import { EventOrder } from './event-order.js';
import { EventStreams } from './event-streams.js';
import { EventsController } from './events.controller.js';
import { Subscriptions } from './subscriptions.js';
import { RealtimeGateway } from './realtime.gateway.js';
import { ProfileNews } from './profile-news.js';
import { Ready } from './ready.js';
import { RoomReplay } from './room-replay.js';
import { Reconciler } from './reconciler.js';
import { SocketCallers } from './socket-callers.js';
import { SocketController } from './socket.controller.js';
import { SocketOrigins } from './socket-origins.js';
import { Typing } from './typing.js';
import { Reconciliation } from './reconciliation.js';
import { RealtimeMetrics } from './realtime-metrics.js';

@Module({
  imports: [AuthModule, RateLimitModule, ChatModule, MessageModule, UserModule],
  controllers: [EventsController, SocketController],
  providers: [
    Connections,
    EventForwarder,
    EventOrder,
    EventStreams,
    Subscriptions,
    RealtimeGateway,
    RealtimeMetrics,
    ProfileNews,
    Ready,
    RoomReplay,
    Reconciler,
    SocketCallers,
    SocketOrigins,
    Typing,
    Reconciliation,
  ],
})
export class RealtimeModule {}
